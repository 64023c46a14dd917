// Everything between the tables and the sums of gradients in one kernel: a thread block takes b centers against
// n = s + K columns, the context rows of their span and then their group's negatives. Rows and scores stay in
// shared memory; rows pass through it `width` numbers at a time, and a row there has an odd `pitch`, so that the
// same number of 32 rows lies in 32 banks. What the control variate adds (groups.cu) is where the sums begin.

#define TILE 4  // a thread sums TILE rows by TILE columns at a time: what it reads of shared memory serves TILE sums
#if __CUDA_ARCH__ >= 900
#define BLOCKS 4  // that a multiprocessor can hold at once: no more registers for a thread than lets these in
#else
#define BLOCKS 3
#endif

// One number from a table to shared memory, which may arrive as late as wait_for_copies().
__device__ inline void copy_later(real* to, const real* from) {
#if __CUDA_ARCH__ >= 800
    const unsigned address = __cvta_generic_to_shared(to);
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(address), "l"(from), "n"(sizeof(real)));
#else
    *to = *from;
#endif
}

__device__ inline void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// The first `numbers` of the rows ids[0 .. count] of a table (V, D) into shared memory: a warp for each.
__device__ inline void copy_rows(
    const integer* ids, int count, const real* table, integer D, int numbers, real* rows, int pitch
) {
    for (int i = threadIdx.y; i < count; i += blockDim.y) {
        const real* row = table + ids[i] * D;
        for (int d = threadIdx.x; d < numbers; d += LANES) copy_later(rows + i * pitch + d, row + d);
    }
}

// The sums of TILE rows from `row` on by J columns of each lane, LANES apart, from `first` on; see `multiply`.
template <int J, typename Start, typename Place, typename Store>
__device__ inline void multiply_tile(
    int row, int first, int rows, int columns, int terms, const real* A, int row_A, int term_A, const real* B,
    int column_B, int term_B, Start start, Place place, Store store
) {
    const real *a[TILE], *b[J];
    real sum[TILE][J];
    for (int i = 0; i < TILE; ++i) a[i] = A + min(row + i, rows - 1) * row_A;
    for (int j = 0; j < J; ++j) b[j] = B + min(first + j * LANES, columns - 1) * column_B;
    for (int i = 0; i < TILE; ++i)
        for (int j = 0; j < J; ++j)
            sum[i][j] = start(min(row + i, rows - 1), min(first + j * LANES, columns - 1));
#pragma unroll 2
    for (int k = 0; k < terms; ++k) {
        real y[J];
        for (int j = 0; j < J; ++j) y[j] = *b[j], b[j] += term_B;
        for (int i = 0; i < TILE; ++i) {
            const real x = *a[i];
            a[i] += term_A;
            for (int j = 0; j < J; ++j) sum[i][j] += x * y[j];
        }
    }
    for (int i = 0; i < TILE; ++i) {
        if (row + i >= rows) break;
        real* to = place(row + i);  // once for a row: what follows atomics would be worked out again
        for (int j = 0; j < J; ++j)
            if (first + j * LANES < columns) store(to + first + j * LANES, sum[i][j]);
    }
}

// store(place(i) + c, start(i, c) + the sum over k of A[i row_A + k term_A] B[c column_B + k term_B]), i < rows and
// c < columns: a warp for TILE rows of at most TILE LANES columns. It takes the tile that is its number `warp`, and then
// every blockDim.y-th.
template <typename... Rest> __device__ inline void multiply(int warp, int rows, int columns, Rest... rest) {
    const int tiles = (rows + TILE - 1) / TILE, strips = (columns + LANES - 1) / LANES;
    for (int item = warp; item < tiles * ((strips + TILE - 1) / TILE); item += blockDim.y) {
        const int row = item % tiles * TILE, strip = item / tiles * TILE, first = strip * LANES + threadIdx.x;
        switch (strips - strip) {
            case 1: multiply_tile<1>(row, first, rows, columns, rest...); break;
            case 2: multiply_tile<2>(row, first, rows, columns, rest...); break;
            case 3: multiply_tile<3>(row, first, rows, columns, rest...); break;
            default: multiply_tile<TILE>(row, first, rows, columns, rest...);
        }
    }
}

// scores[i] += row i . mean, of rows (count, pitch) in shared memory: a warp for each.
__device__ inline void add_mean_scores(
    const real* rows, int count, int pitch, int numbers, const real* mean, real* scores
) {
    for (int i = threadIdx.y; i < count; i += blockDim.y) {
        real sum = 0;
        for (int d = threadIdx.x; d < numbers; d += LANES) sum += rows[i * pitch + d] * mean[d];
        sum = warp_sum(sum);
        if (threadIdx.x == 0) scores[i] += sum;
    }
}

// tokens (T + 2w), left, right (T), negatives (T/g, K); tables and sums (V, D); means (3, D) and shifts (T/g, 2, D)
// from groups.cu; loss (T/b, warps) or null. In shared memory X (b, pitch), Y (n, pitch) = C over N, G (b, n), and for
// centers and negatives (b + K) the sum of G were all that they meet the mean row.
extern "C" __global__ void __launch_bounds__(LANES* WARPS, BLOCKS) pair_gradients(
    integer D, integer b, integer w, integer g, integer K, integer width, double share, const integer* tokens,
    const integer* left, const integer* right, const integer* negatives, const real* center, const real* context,
    const real* means, const real* shifts, real* center_sums, real* context_sums, double* loss
) {
    const integer first = blockIdx.x * b;  // the block's first center
    const int s = b + 2 * w, n = s + K, pitch = width | 1;
    tokens += first, left += first, right += first, negatives += first / g * K;
    const real *mean_N = means, *mean_X = means + D, *shift_N = shifts + 2 * (first / g) * D, *shift_X = shift_N + D;
    real *X = shared, *Y = X + b * pitch, *N = Y + s * pitch, *G = Y + n * pitch, *slopes = G + b * n;
    const int thread = threadIdx.y * LANES + threadIdx.x, threads = blockDim.y * LANES;

    const auto load = [&](integer d0, int numbers) {
        __syncthreads();  // until all are done with what was there
        copy_rows(tokens + w, b, center + d0, D, numbers, X, pitch);
        copy_rows(tokens, s, context + d0, D, numbers, Y, pitch);
        copy_rows(negatives, K, context + d0, D, numbers, N, pitch);
        wait_for_copies();
        __syncthreads();
    };
    for (int i = thread; i < b * n + b + K; i += threads) G[i] = 0;  // and the slopes
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int numbers = min(width, D - d0);
        load(d0, numbers);
        multiply(
            threadIdx.y, b, n, numbers, X, pitch, 1, Y, pitch, 1, [&](int i, int c) { return G[i * n + c]; },
            [&](int i) { return G + i * n; }, [](real* score, real sum) { *score = sum; }
        );
        add_mean_scores(X, b, pitch, numbers, mean_N + d0, slopes);
        add_mean_scores(N, K, pitch, numbers, mean_X + d0, slopes + b);
    }
    __syncthreads();
    double sum = 0;
    for (int i = thread; i < b * n; i += threads) {
        const int row = i / n, c = i % n, offset = c - (int)w - row;
        const bool positive = c < s;
        const bool counts = !positive || (offset != 0 && -left[row] <= offset && offset <= right[row]);
        const real weight = positive ? (real)counts : (real)share * (left[row] + right[row]);
        if (loss && counts) sum += weight * softplus(positive ? -G[i] : G[i]);
        G[i] = counts ? weight * (sigmoid(G[i]) - (real)positive) : 0;
    }
    integer pairs = 0;
    for (int row = 0; row < b; ++row) pairs += left[row] + right[row];
    for (int i = thread; i < b + K; i += threads)
        slopes[i] = (real)(share * (i < b ? K * (left[i] + right[i]) : pairs)) * sigmoid(slopes[i]);
    sum = warp_sum(sum);
    if (loss && threadIdx.x == 0) loss[blockIdx.x * blockDim.y + threadIdx.y] = sum;
    __syncthreads();
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int numbers = min(width, D - d0);
        if (width < D) load(d0, numbers);
        const auto add = [](real* to, real sum) { atomicAdd(to, sum); };
        multiply(
            threadIdx.y, b, numbers, n, G, n, 1, Y, 1, pitch,
            [&](int i, int d) { return slopes[i] * shift_N[d0 + d]; },
            [&](int i) { return center_sums + tokens[w + i] * D + d0; }, add
        );
        multiply(  // from the last warp on: the centers are for the first ones
            blockDim.y - 1 - threadIdx.y, n, numbers, b, G, 1, n, X, 1, pitch,
            [&](int c, int d) { return c < s ? 0 : slopes[b + c - s] * shift_X[d0 + d]; },
            [&](int c) { return context_sums + (c < s ? tokens[c] : negatives[c - s]) * D + d0; }, add
        );
    }
}
