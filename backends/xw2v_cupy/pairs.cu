// Skip-gram (xw2v.sgns.step): everything between the tables and the sums of gradients in one
// kernel. A thread block takes b centers against n = s + K columns, the context rows of their span
// and then their group's negatives. Rows and scores stay in shared memory, laid out as tiles.cu
// wants them; rows pass through it `width` dimensions at a time. The sums begin with what the
// control variate adds (groups.cu).

// A thread block's part of a batch, and what it keeps in shared memory.
struct PairBlock {
    integer D;
    int b, w, K, s, n;
    int rows, columns;  // b and n up to whole tiles
    int pitch;
    bool aligned;  // whether the rows of tables are whole quads
    const integer *tokens, *left, *right, *negatives;  // tokens begin w before the first center
    const real *center, *context, *means;

    // in shared memory: (rows, pitch) centers, (columns, pitch) the others, (2, pitch) means;
    // (rows, columns) scores, and then their gradients; and coefficients of the control variate,
    // of centers (rows) and of columns (columns), those of the span 0
    __device__ real* X() const { return shared; }
    __device__ real* Y() const { return X() + rows * pitch; }
    __device__ real* M() const { return Y() + columns * pitch; }
    __device__ real* G() const { return M() + 2 * pitch; }
    __device__ real* of_centers() const { return G() + rows * columns; }
    __device__ real* of_columns() const { return of_centers() + rows; }
};

// A strip of `dims` dimensions of the block's rows, from d0 on.
__device__ inline void load_strip(const PairBlock& at, integer d0, int dims) {
    const integer D = at.D;
    real* N = at.Y() + at.s * at.pitch;
    __syncthreads();  // until all are done with what was there
    copy_rows(
        at.b, at.rows, [&](int i) { return at.center + at.tokens[at.w + i] * D + d0; }, dims,
        at.aligned, at.X(), at.pitch
    );
    copy_rows(
        at.s, at.s, [&](int c) { return at.context + at.tokens[c] * D + d0; }, dims, at.aligned,
        at.Y(), at.pitch
    );
    copy_rows(
        at.K, at.columns - at.s, [&](int k) { return at.context + at.negatives[k] * D + d0; },
        dims, at.aligned, N, at.pitch
    );
    copy_rows(
        2, 2, [&](int i) { return at.means + i * D + d0; }, dims, at.aligned, at.M(), at.pitch
    );
    wait_for_copies();
    __syncthreads();
}

// Adds a strip's part to the scores of the centers, a warp for each tile of them; and to those
// with the means: of centers with that of the negatives, and of negatives with that of the
// centers.
__device__ inline void add_to_scores(const PairBlock& at, int dims) {
    const real *negatives_mean = at.M(), *centers_mean = at.M() + at.pitch;
    const int tiles = at.rows / TILE;
    for (int item = threadIdx.y; item < tiles + 2; item += blockDim.y) {
        if (item < tiles)
            add_scores<TILE>(
                at.X() + item * TILE * at.pitch, at.Y(), at.n, dims, at.pitch,
                at.G() + item * TILE * at.columns, at.columns
            );
        else if (item == tiles)
            add_scores<1>(
                centers_mean, at.Y() + at.s * at.pitch, at.K, dims, at.pitch,
                at.of_columns() + at.s, 0
            );
        else add_scores<1>(negatives_mean, at.X(), at.b, dims, at.pitch, at.of_centers(), 0);
    }
}

// From scores to their gradients, in place, a warp for each center: it meets the words of its
// window and the negatives. And from the scores with the means to coefficients of the control
// variate, weight sigmoid(score). Returns this thread's part of the loss if `measure`.
__device__ inline double
scores_to_gradients(const PairBlock& at, real shared_weight, bool measure) {
    double loss = 0;
    for (int i = threadIdx.y; i < at.b; i += blockDim.y) {
        const int left = at.left[i], right = at.right[i], own = at.w + i;  // its column
        const real of_negatives = shared_weight * (left + right);
        real* G = at.G() + i * at.columns;
        for (int c = threadIdx.x; c < at.n; c += WARP_SIZE) {
            const bool positive = c < at.s;
            const bool inside = c != own && own - left <= c && c <= own + right;
            const real weight = positive ? (real)inside : of_negatives;
            if (measure && weight > 0) loss += weight * softplus(positive ? -G[c] : G[c]);
            G[c] = weight * (sigmoid(G[c]) - (real)positive);
        }
        if (threadIdx.x == 0)
            at.of_centers()[i] = at.K * of_negatives * sigmoid(at.of_centers()[i]);
    }
    int pairs = 0;
    for (int i = threadIdx.x; i < at.b; i += WARP_SIZE) pairs += at.left[i] + at.right[i];
    const real weight = shared_weight * warp_sum(pairs);
    const int thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;
    for (int c = at.s + thread; c < at.n; c += threads)
        at.of_columns()[c] = weight * sigmoid(at.of_columns()[c]);
    return loss;
}

// Adds a strip of the gradients to the sums, a warp for each tile of centers or of columns.
//   group_means: the group's (2, D), of the negatives and of the centers
__device__ inline void add_gradients(
    const PairBlock& at, integer d0, int dims, const real* group_means, Sum* center_sums,
    Sum* context_sums
) {
    const int d = lane_quad(dims), left = dims - d, tiles = at.rows / TILE;
    for (int item = threadIdx.y; item < tiles + at.columns / TILE; item += blockDim.y) {
        const bool of_centers = item < tiles;
        const int row = TILE * (of_centers ? item : item - tiles);
        const real* groups_mean = group_means + (of_centers ? 0 : at.D) + d0 + d;
        const real* factors = (of_centers ? at.of_centers() : at.of_columns()) + row;
        Quad correction = quad(at.M() + (of_centers ? 0 : at.pitch) + d);
        add_to(correction, load_quad(groups_mean, left, at.aligned), -1);
        RowTile tile = {};
#pragma unroll
        for (int k = 0; k < TILE; ++k) add_to(tile.sum[k], correction, factors[k]);
        if (of_centers)
            tile.add<false>(
                d, at.G() + row * at.columns, at.columns, at.Y(), at.pitch, at.columns
            );
        else tile.add<true>(d, at.G() + row, at.columns, at.X(), at.pitch, at.rows);
#pragma unroll
        for (int k = 0; k < TILE; ++k) {
            const int i = row + k;
            if (i >= (of_centers ? at.b : at.n)) break;
            const integer id = of_centers ? at.tokens[at.w + i]
                               : i < at.s ? at.tokens[i]
                                          : at.negatives[i - at.s];
            Sum* sums = (of_centers ? center_sums : context_sums) + id * at.D + d0;
            add_row(sums, tile.sum[k], dims, at.aligned);
        }
    }
}

// tokens (T + 2w), left, right (T), negatives (T/g, K); tables and sums (V, D); means (3, D) and
// group_means (T/g, 2, D) from groups.cu; loss (T/b, warps) or null.
extern "C" __global__ void __launch_bounds__(WARP_SIZE* WARPS_PER_BLOCK, BLOCKS) pair_gradients(
    integer D, integer b, integer w, integer g, integer K, integer width, double shared_weight,
    const integer* tokens, const integer* left, const integer* right, const integer* negatives,
    const real* center, const real* context, const real* means, const real* group_means,
    Sum* center_sums, Sum* context_sums, double* loss
) {
    const integer first = blockIdx.x * b, group = first / g;  // the block's first center
    PairBlock at;
    at.D = D, at.b = b, at.w = w, at.K = K, at.s = b + 2 * w, at.n = at.s + K;
    at.rows = whole_tiles(at.b), at.columns = whole_tiles(at.n), at.pitch = pitch_of(width);
    at.aligned = D % TILE == 0;
    at.tokens = tokens + first, at.left = left + first, at.right = right + first;
    at.negatives = negatives + group * K, at.center = center, at.context = context;
    at.means = means;

    const int thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;
    const int scores = at.rows * at.columns + at.rows + at.columns;  // and those with the means
    for (int i = thread; i < scores; i += threads) at.G()[i] = 0;
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        load_strip(at, d0, dims);
        add_to_scores(at, dims);
    }
    __syncthreads();
    const double sum = warp_sum(scores_to_gradients(at, (real)shared_weight, loss));
    if (loss && threadIdx.x == 0) loss[blockIdx.x * blockDim.y + threadIdx.y] = sum;
    __syncthreads();
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        if (width < D) load_strip(at, d0, dims);
        add_gradients(at, d0, dims, group_means + 2 * group * D, center_sums, context_sums);
    }
}
