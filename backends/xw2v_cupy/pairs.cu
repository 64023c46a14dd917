// Everything between the tables and the sums of gradients in one kernel: a thread block takes b
// centers against n = s + K columns, the context rows of their span and then their group's
// negatives. Rows and scores stay in shared memory; rows pass through it `width` dimensions at a
// time, and a row there has an odd `pitch`, so that one dimension of 32 rows is in 32 banks. The
// sums begin with what the control variate adds (groups.cu).

// A thread sums TILE rows by TILE columns at a time: a value read from shared memory serves TILE
// sums.
#define TILE 4
static_assert(TILE == 4, "`multiply` has a case for each number of strips of columns up to TILE");
// Thread blocks that a multiprocessor can hold at once, which limits the registers of a thread.
#if __CUDA_ARCH__ >= 900
#define BLOCKS 4
#else
#define BLOCKS 3
#endif

// Copies one number from a table to shared memory, asynchronously until wait_for_copies().
__device__ inline void copy_async(real* to, const real* from) {
#if __CUDA_ARCH__ >= 800
    const unsigned address = __cvta_generic_to_shared(to);
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(address), "l"(from),
                 "n"(sizeof(real)));
#else
    *to = *from;
#endif
}

__device__ inline void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// The first `dims` dimensions of the rows ids[0 .. n_ids] of a table (V, D) into shared memory: a
// warp for each.
__device__ inline void copy_rows(
    const integer* ids, int n_ids, const real* table, integer D, int dims, real* rows, int pitch
) {
    for (int i = threadIdx.y; i < n_ids; i += blockDim.y) {
        const real* row = table + ids[i] * D;
        for (int d = threadIdx.x; d < dims; d += WARP_SIZE)
            copy_async(rows + i * pitch + d, row + d);
    }
}

// The sums of TILE rows from `row` on by J columns of each lane, WARP_SIZE apart, from `first` on;
// see `multiply`.
template <int J, typename Start, typename Place, typename Store>
__device__ inline void multiply_tile(
    int row, int first, int rows, int columns, int terms, const real* A, int row_A, int term_A,
    const real* B, int column_B, int term_B, Start start, Place place, Store store
) {
    const real *a[TILE], *b[J];
    real sum[TILE][J];
    for (int i = 0; i < TILE; ++i) a[i] = A + min(row + i, rows - 1) * row_A;
    for (int j = 0; j < J; ++j) b[j] = B + min(first + j * WARP_SIZE, columns - 1) * column_B;
    for (int i = 0; i < TILE; ++i)
        for (int j = 0; j < J; ++j)
            sum[i][j] = start(min(row + i, rows - 1), min(first + j * WARP_SIZE, columns - 1));
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
        real* to = place(row + i);  // once for a row: after atomics it would be computed again
        for (int j = 0; j < J; ++j)
            if (first + j * WARP_SIZE < columns) store(to + first + j * WARP_SIZE, sum[i][j]);
    }
}

// store(place(i) + c, start(i, c) + sum over k of A[i row_A + k term_A] B[c column_B + k term_B]),
// i < rows and c < columns: a warp for a tile of TILE rows and at most TILE WARP_SIZE columns. It
// takes the tile of its number `warp`, and then every blockDim.y-th.
template <typename... Rest>
__device__ inline void multiply(int warp, int rows, int columns, Rest... rest) {
    const int tiles = (rows + TILE - 1) / TILE, strips = (columns + WARP_SIZE - 1) / WARP_SIZE;
    for (int item = warp; item < tiles * ((strips + TILE - 1) / TILE); item += blockDim.y) {
        const int row = item % tiles * TILE, strip = item / tiles * TILE;
        const int first = strip * WARP_SIZE + threadIdx.x;
        switch (strips - strip) {
            case 1: multiply_tile<1>(row, first, rows, columns, rest...); break;
            case 2: multiply_tile<2>(row, first, rows, columns, rest...); break;
            case 3: multiply_tile<3>(row, first, rows, columns, rest...); break;
            default: multiply_tile<TILE>(row, first, rows, columns, rest...);
        }
    }
}

// scores[i] += row i . other(i), of rows (n_rows, pitch) in shared memory: a warp for each.
template <typename Other>
__device__ inline void add_scores(
    const real* rows, int n_rows, int pitch, int dims, Other other, real* scores
) {
    for (int i = threadIdx.y; i < n_rows; i += blockDim.y) {
        const real* by = other(i);
        real sum = 0;
        for (int d = threadIdx.x; d < dims; d += WARP_SIZE) sum += rows[i * pitch + d] * by[d];
        sum = warp_sum(sum);
        if (threadIdx.x == 0) scores[i] += sum;
    }
}

// From scores (b, b + 2w + K) to their gradients, in place: the block's centers against their span
// and their negatives. Returns this thread's part of the loss if `measure`.
__device__ inline double scores_to_gradients(
    int b, int w, int K, double shared_weight, const integer* left, const integer* right,
    bool measure, real* G
) {
    const int s = b + 2 * w, n = s + K, threads = blockDim.y * WARP_SIZE;
    double sum = 0;
    for (int i = threadIdx.y * WARP_SIZE + threadIdx.x; i < b * n; i += threads) {
        const int row = i / n, c = i % n, distance = c - w - row;
        const bool positive = c < s;
        const bool inside = distance != 0 && -left[row] <= distance && distance <= right[row];
        const bool is_pair = !positive || inside;
        const real weight =
            positive ? (real)is_pair : (real)shared_weight * (left[row] + right[row]);
        if (measure && is_pair) sum += weight * softplus(positive ? -G[i] : G[i]);
        G[i] = is_pair ? weight * (sigmoid(G[i]) - (real)positive) : 0;
    }
    return sum;
}

// From the scores of b centers and K negatives with the mean rows (b + K) to their control variate
// coefficients, in place: weight sigmoid(score).
__device__ inline void scores_to_cv_coefficients(
    int b, integer K, double shared_weight, const integer* left, const integer* right,
    real* scores
) {
    integer block_pairs = 0;
    for (int row = 0; row < b; ++row) block_pairs += left[row] + right[row];
    const int threads = blockDim.y * WARP_SIZE;
    for (int i = threadIdx.y * WARP_SIZE + threadIdx.x; i < b + K; i += threads) {
        const integer pairs = i < b ? K * (left[i] + right[i]) : block_pairs;
        scores[i] = (real)(shared_weight * pairs) * sigmoid(scores[i]);
    }
}

// tokens (T + 2w), left, right (T), negatives (T/g, K); tables and sums (V, D); means (3, D) and
// control variate offsets (T/g, 2, D) from groups.cu; loss (T/b, warps) or null. In shared memory
// X (b, pitch), Y (n, pitch) = C over N, G (b, n), and the cv_coefficients (b + K) of centers and
// negatives.
extern "C" __global__ void __launch_bounds__(WARP_SIZE* WARPS_PER_BLOCK, BLOCKS) pair_gradients(
    integer D, integer b, integer w, integer g, integer K, integer width, double shared_weight,
    const integer* tokens, const integer* left, const integer* right, const integer* negatives,
    const real* center, const real* context, const real* means, const real* offsets,
    real* center_sums, real* context_sums, double* loss
) {
    const integer first = blockIdx.x * b;  // the block's first center
    const int s = b + 2 * w, n = s + K, pitch = width | 1;
    tokens += first, left += first, right += first, negatives += first / g * K;
    const real *negatives_mean = means, *centers_mean = means + D;
    const real* negatives_offset = offsets + 2 * (first / g) * D;
    const real* centers_offset = negatives_offset + D;
    real *X = shared, *Y = X + b * pitch, *N = Y + s * pitch, *G = Y + n * pitch;
    real* cv_coefficients = G + b * n;
    const int thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;

    const auto load = [&](integer d0, int dims) {
        __syncthreads();  // until all are done with what was there
        copy_rows(tokens + w, b, center + d0, D, dims, X, pitch);
        copy_rows(tokens, s, context + d0, D, dims, Y, pitch);
        copy_rows(negatives, K, context + d0, D, dims, N, pitch);
        wait_for_copies();
        __syncthreads();
    };
    for (int i = thread; i < b * n + b + K; i += threads) G[i] = 0;  // and the coefficients
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        load(d0, dims);
        multiply(
            threadIdx.y, b, n, dims, X, pitch, 1, Y, pitch, 1,
            [&](int i, int c) { return G[i * n + c]; }, [&](int i) { return G + i * n; },
            [](real* score, real sum) { *score = sum; }
        );
        add_scores(X, b, pitch, dims, [&](int) { return negatives_mean + d0; }, cv_coefficients);
        add_scores(N, K, pitch, dims, [&](int) { return centers_mean + d0; }, cv_coefficients + b);
    }
    __syncthreads();
    double sum = scores_to_gradients(b, w, K, shared_weight, left, right, loss, G);
    scores_to_cv_coefficients(b, K, shared_weight, left, right, cv_coefficients);
    sum = warp_sum(sum);
    if (loss && threadIdx.x == 0) loss[blockIdx.x * blockDim.y + threadIdx.y] = sum;
    __syncthreads();
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        if (width < D) load(d0, dims);
        const auto add = [](real* to, real sum) { atomicAdd(to, sum); };
        multiply(
            threadIdx.y, b, dims, n, G, n, 1, Y, 1, pitch,
            [&](int i, int d) { return cv_coefficients[i] * negatives_offset[d0 + d]; },
            [&](int i) { return center_sums + tokens[w + i] * D + d0; }, add
        );
        multiply(  // from the last warp on: the centers are for the first ones
            blockDim.y - 1 - threadIdx.y, n, dims, b, G, 1, n, X, 1, pitch,
            [&](int c, int d) {
                return c < s ? 0 : cv_coefficients[b + c - s] * centers_offset[d0 + d];
            },
            [&](int c) { return context_sums + (c < s ? tokens[c] : negatives[c - s]) * D + d0; },
            add
        );
    }
}
