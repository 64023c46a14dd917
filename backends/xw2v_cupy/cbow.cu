// CBOW (xw2v.sgns.step): the gradients of a batch between the tables and their sums in one kernel,
// and the mean of the reference's output rows before it. A thread block takes b centers of a group
// against the group's K negatives. Their hidden vectors, the means or sums of the rows of their
// windows, and the negatives' rows are in shared memory, `width` dimensions at a time, laid out as
// tiles.cu wants them.

// A thread block for each `part` ids of the reference and strip of WARP_SIZE dimensions: sums
// (parts, D) of the ids' rows. The last of a strip finds their mean (D). In a fixed order.
//   arrived (strips): zeros
extern "C" __global__ void reference_mean(
    integer D, integer part, const integer* reference, integer n_reference, const real* context,
    real* sums, real* mean, count* arrived
) {
    const integer strips = (D + WARP_SIZE - 1) / WARP_SIZE, parts = gridDim.x / strips;
    const integer number = blockIdx.x / strips, strip = blockIdx.x % strips;
    // lanes beyond D repeat the last dimension
    const integer d = min(strip * WARP_SIZE + threadIdx.x, D - 1);
    const integer first = number * part, n = min(part, n_reference - first);
    const auto one = [](integer) { return (real)1; };
    const real sum = sum_of_rows(n, reference + first, one, context, D, d);
    if (threadIdx.y == 0) sums[number * D + d] = sum;
    if (!is_last_block(arrived + strip, parts)) return;
    const volatile real* of_parts = sums + d;
    real total = 0;
    for (integer i = threadIdx.y; i < parts; i += blockDim.y) total += of_parts[i * D];
    total = sum_of_warps(total);
    if (threadIdx.y == 0) mean[d] = total / n_reference;
}

// A thread block's part of a batch, and what it keeps in shared memory.
struct CbowBlock {
    integer D;
    int b, w, K;
    int rows, columns;  // b and K up to whole tiles
    int pitch;
    bool aligned;  // whether the rows of tables are whole quads
    const integer *tokens, *left, *right, *negatives;  // tokens begin w before the first center
    const real *center, *context, *reference_mean;

    __device__ int words(int i) const { return left[i] + right[i]; }  // of a center's window
    __device__ const real* own_row(int i) const { return context + tokens[w + i] * D; }

    // in shared memory: (rows, pitch) hidden vectors, (columns, pitch) negatives, (pitch) the mean
    // of the reference minus that of the negatives; (rows, columns) scores, and then their
    // gradients; and for each center (rows), see cbow_scores_to_gradients:
    __device__ real* H() const { return shared; }
    __device__ real* N() const { return H() + rows * pitch; }
    __device__ real* offset() const { return N() + columns * pitch; }
    __device__ real* G() const { return offset() + pitch; }
    __device__ real* positives() const { return G() + rows * columns; }
    __device__ real* coefficients() const { return positives() + rows; }
    __device__ real* factors() const { return coefficients() + rows; }
};

// Hidden vectors of a strip of `dims` dimensions from d0 on, a warp for each: the means or sums
// of the rows of their windows. And the strip of the negatives' rows.
__device__ inline void load_strip(const CbowBlock& at, bool is_mean, integer d0, int dims) {
    const int d = TILE * threadIdx.x;
    __syncthreads();  // until all are done with what was there
    copy_rows(
        at.K, at.columns, [&](int k) { return at.context + at.negatives[k] * at.D + d0; }, dims,
        at.aligned, at.N(), at.pitch
    );
    for (int i = threadIdx.y; d < dims && i < at.rows; i += blockDim.y) {
        Quad sum = {}, hidden = {};
        if (i < at.b) {
            const int end = at.w + i + (int)at.right[i];
            for (int c = at.w + i - (int)at.left[i]; c <= end; ++c) {
                const real* row = at.center + at.tokens[c] * at.D + d0 + d;
                if (c != at.w + i) add_to(sum, load_quad(row, dims - d, at.aligned));
            }
            add_to(hidden, sum, is_mean && at.words(i) ? 1 / (real)at.words(i) : 1);
        }
        quad(at.H() + i * at.pitch + d) = hidden;
    }
    wait_for_copies();
    __syncthreads();
}

// Adds a strip's part to the scores, a warp for a tile of centers with negatives or for the two
// others of a center: with its own output row, and with the mean of the reference.
__device__ inline void add_to_scores(const CbowBlock& at, integer d0, int dims) {
    const int d = TILE * threadIdx.x, tiles = at.rows / TILE;
    for (int item = threadIdx.y; item < tiles + at.b; item += blockDim.y) {
        if (item < tiles) {
            add_scores<TILE>(
                at.H() + item * TILE * at.pitch, at.N(), at.K, dims, at.pitch,
                at.G() + item * TILE * at.columns, at.columns
            );
            continue;
        }
        const int i = item - tiles;
        real own = 0, reference = 0;
        if (d < dims) {
            const Quad hidden = quad(at.H() + i * at.pitch + d);
            own = dot(hidden, load_quad(at.own_row(i) + d0 + d, dims - d, at.aligned));
            if (at.reference_mean)
                reference =
                    dot(hidden, load_quad(at.reference_mean + d0 + d, dims - d, at.aligned));
        }
        own = warp_sum(own), reference = warp_sum(reference);
        if (threadIdx.x == 0) at.positives()[i] += own, at.coefficients()[i] += reference;
    }
}

// In place, from scores to their gradients, and with the mean of the reference to coefficients
// of the control variate; and factors of what each context word receives: a warp for each center.
// Returns this thread's part of the loss if `measure`.
__device__ inline double cbow_scores_to_gradients(
    const CbowBlock& at, double negative, double convexity, bool full_gradient, bool measure
) {
    const real cv_weight = at.reference_mean ? (real)(convexity * negative) : 0;
    double loss = 0;
    for (int i = threadIdx.y; i < at.b; i += blockDim.y) {
        const int words = at.words(i);
        const real weight = words ? (real)(negative / at.K) : 0;
        real* G = at.G() + i * at.columns;
        for (int k = threadIdx.x; k < at.K; k += WARP_SIZE) {
            if (measure && words) loss += weight * softplus(G[k]);
            G[k] = weight * sigmoid(G[k]);
        }
        if (threadIdx.x > 0) continue;
        if (measure && words) loss += softplus(-at.positives()[i]);
        at.positives()[i] = words ? sigmoid(at.positives()[i]) - 1 : 0;
        at.coefficients()[i] = words ? cv_weight * sigmoid(at.coefficients()[i]) : 0;
        at.factors()[i] = full_gradient || !words ? 1 : 1 / (real)words;
    }
    return loss;
}

// The gradients of the output rows of negatives, a warp for a tile of them, and of centers; and
// the strip of the offset.
__device__ inline void
output_gradients(const CbowBlock& at, integer d0, int dims, Sum* context_sums) {
    const int d = lane_quad(dims), tiles = at.columns / TILE;
    const auto add = [&](integer id, const Quad& values) {
        add_row(context_sums + id * at.D + d0, values, dims, at.aligned);
    };
    for (int item = threadIdx.y; item <= tiles + at.b; item += blockDim.y) {
        if (item < tiles) {
            RowTile tile = {};
            tile.add<true>(d, at.G() + item * TILE, at.columns, at.H(), at.pitch, at.rows);
#pragma unroll
            for (int k = 0; k < TILE; ++k)
                if (item * TILE + k < at.K) add(at.negatives[item * TILE + k], tile.sum[k]);
        } else if (item < tiles + at.b) {
            Quad sum = {};
            add_to(
                sum, quad(at.H() + (item - tiles) * at.pitch + d), at.positives()[item - tiles]
            );
            add(at.tokens[at.w + item - tiles], sum);
        } else if (at.reference_mean) {
            Quad sum = {}, offset = load_quad(at.reference_mean + d0 + d, dims - d, at.aligned);
            for (int k = 0; k < at.K; ++k) add_to(sum, quad(at.N() + k * at.pitch + d));
            add_to(offset, sum, -1 / (real)at.K);
            quad(at.offset() + d) = offset;
        }
    }
}

// From hidden vectors to their gradients, in place, a warp for a tile of them.
__device__ inline void hidden_gradients(const CbowBlock& at, integer d0, int dims) {
    const int d = TILE * threadIdx.x;
    __syncthreads();  // until all have read the hidden vectors, and the offset is there
    for (int row = TILE * threadIdx.y; d < dims && row < at.b; row += TILE * blockDim.y) {
        RowTile tile = {};
#pragma unroll
        for (int k = 0; k < TILE; ++k) {
            if (row + k >= at.b) break;
            const Quad own = load_quad(at.own_row(row + k) + d0 + d, dims - d, at.aligned);
            add_to(tile.sum[k], own, at.positives()[row + k]);
            add_to(tile.sum[k], quad(at.offset() + d), at.coefficients()[row + k]);
        }
        tile.add<false>(d, at.G() + row * at.columns, at.columns, at.N(), at.pitch, at.columns);
#pragma unroll
        for (int k = 0; k < TILE; ++k) quad(at.H() + (row + k) * at.pitch + d) = tile.sum[k];
    }
    __syncthreads();
}

// The gradients of the input rows of the block's span, a warp for each: the sums of those of
// the hidden vectors whose windows they are in, times the factors.
__device__ inline void distribute(const CbowBlock& at, integer d0, int dims, Sum* center_sums) {
    const int d = lane_quad(dims);
    for (int c = threadIdx.y; c < at.b + 2 * at.w; c += blockDim.y) {
        Quad sum = {};
        for (int i = c < 2 * at.w ? 0 : c - 2 * at.w; i <= min(c, at.b - 1); ++i) {
            const int distance = c - at.w - i;
            if (distance != 0 && -at.left[i] <= distance && distance <= at.right[i])
                add_to(sum, quad(at.H() + i * at.pitch + d), at.factors()[i]);
        }
        add_row(center_sums + at.tokens[c] * at.D + d0, sum, dims, at.aligned);
    }
}

// tokens (T + 2w), left, right (T), negatives (T/g, K); tables and sums (V, D); reference_mean
// (D), or null without a reference; loss (T/b, warps) or null.
//   out: context_ids (2w + T + T/g K), the tokens beside the centers, the centers, the negatives
extern "C" __global__ void __launch_bounds__(WARP_SIZE* WARPS_PER_BLOCK, BLOCKS) cbow_gradients(
    integer D, integer T, integer b, integer w, integer g, integer K, integer width,
    integer is_mean, integer full_gradient, double negative, double convexity,
    const integer* tokens, const integer* left, const integer* right, const integer* negatives,
    const real* center, const real* context, const real* reference_mean, Sum* center_sums,
    Sum* context_sums, integer* context_ids, double* loss
) {
    const integer first = blockIdx.x * b, group = first / g;
    const int thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;
    for (int i = thread; first == 0 && i < 2 * w; i += threads)
        context_ids[i] = tokens[i < w ? i : T + i];
    tokens += first, left += first, right += first, negatives += group * K, context_ids += 2 * w;
    for (int i = thread; i < b; i += threads) context_ids[first + i] = tokens[w + i];
    for (int k = thread; first % g == 0 && k < K; k += threads)
        context_ids[T + group * K + k] = negatives[k];

    CbowBlock at;
    at.D = D, at.b = b, at.w = w, at.K = K;
    at.rows = whole_tiles(at.b), at.columns = whole_tiles(at.K), at.pitch = pitch_of(width);
    at.aligned = D % TILE == 0;
    at.tokens = tokens, at.left = left, at.right = right, at.negatives = negatives;
    at.center = center, at.context = context, at.reference_mean = reference_mean;
    const int zeros = at.pitch + at.rows * (at.columns + 3);  // of the offset, and scores
    for (int i = thread; i < zeros; i += threads) at.offset()[i] = 0;
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        load_strip(at, is_mean, d0, dims);
        add_to_scores(at, d0, dims);
    }
    __syncthreads();
    const double sum =
        warp_sum(cbow_scores_to_gradients(at, negative, convexity, full_gradient, loss));
    if (loss && threadIdx.x == 0) loss[blockIdx.x * blockDim.y + threadIdx.y] = sum;
    __syncthreads();
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        if (width < D) load_strip(at, is_mean, d0, dims);
        output_gradients(at, d0, dims, context_sums);
        hidden_gradients(at, d0, dims);
        distribute(at, d0, dims, center_sums);
    }
}
