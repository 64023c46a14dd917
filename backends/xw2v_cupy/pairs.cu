// Everything between the tables and the sums of gradients in one kernel: a thread block takes b centers against
// n = s + K columns, the context rows of their span and then their group's negatives. Rows and scores stay in
// shared memory; rows pass through it `width` numbers at a time, and a row there has an odd `pitch`, so that the
// same number of 32 rows lies in 32 banks. What the control variate adds (groups.cu) is where the sums begin.

#define TILE 4  // rows whose sums a thread keeps at a time

struct Block {
    int b, w, s, n, width, pitch;
    integer D, first;  // first: place of the block's first center among the batch's
    const integer *tokens, *negatives;

    __device__ integer center(int row) const { return tokens[first + w + row]; }
    __device__ integer column(int c) const { return c < s ? tokens[first + c] : negatives[c - s]; }
};

// Numbers d0 .. d0 + width of the block's rows into shared memory, zeros beyond D.
__device__ inline void load_rows(const Block& block, integer d0, const real* center, const real* context) {
    __syncthreads();  // until all are done with what was there
    for (int i = threadIdx.y; i < block.b + block.n; i += blockDim.y) {
        const real* row = i < block.b ? center + block.center(i) * block.D
                                      : context + block.column(i - block.b) * block.D;
        for (int d = threadIdx.x; d < block.width; d += LANES)
            shared[i * block.pitch + d] = d0 + d < block.D ? row[d0 + d] : 0;
    }
    __syncthreads();
}

// G += X Y^T: a lane for each column, a warp for TILE rows.
__device__ inline void add_scores(const Block& block, const real* X, const real* Y, real* G) {
    const int tiles = (block.b + TILE - 1) / TILE, strips = (block.n + LANES - 1) / LANES;
    for (int item = threadIdx.y; item < tiles * strips; item += blockDim.y) {
        const int row = item % tiles * TILE, c = item / tiles * LANES + threadIdx.x;
        const real* y = Y + (c < block.n ? c : 0) * block.pitch;
        real sum[TILE] = {0};
        for (int d = 0; d < block.width; ++d)
            for (int j = 0; j < TILE; ++j) sum[j] += X[min(row + j, block.b - 1) * block.pitch + d] * y[d];
        for (int j = 0; j < TILE; ++j)
            if (c < block.n && row + j < block.b) G[(row + j) * block.n + c] += sum[j];
    }
}

// scores[i] += row i . mean, for the centers X and then the negatives N, whose means (2, D) lie the other way round: a
// warp for each.
__device__ inline void add_mean_scores(
    const Block& block, integer d0, const real* means, const real* X, const real* N, real* scores
) {
    for (int i = threadIdx.y; i < block.b + block.n - block.s; i += blockDim.y) {
        const real* row = i < block.b ? X + i * block.pitch : N + (i - block.b) * block.pitch;
        const real* mean = means + (i < block.b ? 0 : block.D);
        real sum = 0;
        for (int d = threadIdx.x; d < block.width && d0 + d < block.D; d += LANES) sum += row[d] * mean[d0 + d];
        sum = warp_sum(sum);
        if (threadIdx.x == 0) scores[i] += sum;
    }
}

// sums[id(i)] += start(i) + sum over k of weight (i, k) row k, weights lying at G + i across + k along: a lane for each
// number, a warp for TILE of the sums.
template <typename Id, typename Start>
__device__ inline void add_products(
    const Block& block, const real* G, int across, int along, int count, const real* rows, int terms, Id id,
    Start start, integer d0, real* sums
) {
    const int tiles = (count + TILE - 1) / TILE, strips = (block.width + LANES - 1) / LANES;
    for (int item = threadIdx.y; item < tiles * strips; item += blockDim.y) {
        const int i = item % tiles * TILE, d = item / tiles * LANES + threadIdx.x;
        const real* column = rows + min(d, block.width - 1);
        real sum[TILE];
        for (int j = 0; j < TILE; ++j) sum[j] = start(min(i + j, count - 1), min(d0 + d, block.D - 1));
        for (int k = 0; k < terms; ++k)
            for (int j = 0; j < TILE; ++j)
                sum[j] += G[min(i + j, count - 1) * across + k * along] * column[k * block.pitch];
        for (int j = 0; j < TILE; ++j)
            if (i + j < count && d < block.width && d0 + d < block.D)
                atomicAdd(sums + id(i + j) * block.D + d0 + d, sum[j]);
    }
}

// tokens (T + 2w), left, right (T), negatives (T/g, K); tables and sums (V, D); means (3, D) and shifts (T/g, 2, D)
// from groups.cu; loss (T/b, warps) or null. In shared memory X (b, pitch), Y (n, pitch) = C over N, G (b, n), and for
// centers and negatives (b + K) the sum of G were all that they meet the mean row.
extern "C" __global__ void pair_gradients(
    integer D, integer b, integer w, integer g, integer K, integer width, double share, const integer* tokens,
    const integer* left, const integer* right, const integer* negatives, const real* center, const real* context,
    const real* means, const real* shifts, real* center_sums, real* context_sums, double* loss
) {
    const integer first = blockIdx.x * b;
    const int s = b + 2 * w, n = s + K, pitch = width | 1;
    const Block block = {(int)b, (int)w, s, n, (int)width, pitch, D, first, tokens, negatives + first / g * K};
    const real *shift_N = shifts + 2 * (first / g) * D, *shift_X = shift_N + D;
    real *X = shared, *Y = X + b * pitch, *N = Y + s * pitch, *G = Y + n * pitch, *slopes = G + b * n;
    const int thread = threadIdx.y * LANES + threadIdx.x, threads = blockDim.y * LANES;

    for (int i = thread; i < b * n + b + K; i += threads) G[i] = 0;  // and the slopes
    for (integer d0 = 0; d0 < D; d0 += width) {
        load_rows(block, d0, center, context);
        add_scores(block, X, Y, G);
        add_mean_scores(block, d0, means, X, N, slopes);
    }
    __syncthreads();
    double sum = 0;
    for (int i = thread; i < b * n; i += threads) {
        const int row = i / n, c = i % n, offset = c - (int)w - row;
        const integer to_left = left[first + row], to_right = right[first + row];
        const bool positive = c < s;
        const bool counts = !positive || (offset != 0 && -to_left <= offset && offset <= to_right);
        const real weight = positive ? (real)counts : (real)share * (to_left + to_right);
        if (loss && counts) sum += weight * softplus(positive ? -G[i] : G[i]);
        G[i] = counts ? weight * (sigmoid(G[i]) - (real)positive) : 0;
    }
    integer pairs = 0;
    for (int row = 0; row < b; ++row) pairs += left[first + row] + right[first + row];
    for (int i = thread; i < b + K; i += threads)
        slopes[i] = (real)(share * (i < b ? K * (left[first + i] + right[first + i]) : pairs)) * sigmoid(slopes[i]);
    sum = warp_sum(sum);
    if (loss && threadIdx.x == 0) loss[blockIdx.x * blockDim.y + threadIdx.y] = sum;
    __syncthreads();
    for (integer d0 = 0; d0 < D; d0 += width) {
        if (width < D) load_rows(block, d0, center, context);
        add_products(
            block, G, n, 1, b, Y, n, [&](int i) { return block.center(i); },
            [&](int i, integer d) { return slopes[i] * shift_N[d]; }, d0, center_sums
        );
        add_products(
            block, G, 1, n, n, X, b, [&](int i) { return block.column(i); },
            [&](int i, integer d) { return i < s ? (real)0 : slopes[b + i - s] * shift_X[d]; }, d0, context_sums
        );
    }
}
