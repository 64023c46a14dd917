// CBOW (xw2v.sgns.step): the gradients of a batch between the tables and their sums in one kernel,
// and the mean of the reference's output rows before it. A thread block takes b centers of a group
// against the group's K negatives. Their hidden vectors, the means or sums of the rows of their
// windows, and the negatives' rows are in shared memory, `width` dimensions at a time; of those
// each lane of a warp has TILE at most.

// A thread block for each `part` ids of the reference and strip of WARP_SIZE dimensions, its warps
// taking turns at the rows: sums (parts, D) of the ids' rows, in a fixed order.
extern "C" __global__ void reference_sums(
    integer D, integer part, const integer* reference, integer n_reference, const real* context,
    real* sums
) {
    const integer strips = (D + WARP_SIZE - 1) / WARP_SIZE;
    const integer number = blockIdx.x / strips, strip = blockIdx.x % strips;
    // lanes beyond D repeat the last dimension
    const integer d = min(strip * WARP_SIZE + threadIdx.x, D - 1);
    const integer end = min((number + 1) * part, n_reference);
    real sum = 0;
    for (integer i = number * part + threadIdx.y; i < end; i += blockDim.y)
        sum += context[reference[i] * D + d];
    sum = sum_of_warps(sum);
    if (threadIdx.y == 0) sums[number * D + d] = sum;
}

// A warp for each dimension: from sums (parts, D) to their mean (D) over the reference.
extern "C" __global__ void reference_mean(
    integer D, integer parts, integer n_reference, const real* sums, real* mean
) {
    const integer d = warp_row();
    if (d >= D) return;
    real sum = 0;
    for (integer number = threadIdx.x; number < parts; number += WARP_SIZE)
        sum += sums[number * D + d];
    sum = warp_sum(sum);
    if (threadIdx.x == 0) mean[d] = sum / n_reference;
}

// What a lane holds of a row of `dims` dimensions: one of WARP_SIZE adjacent ones, TILE times.
struct LaneSums {
    real sum[TILE] = {};

    __device__ void add(const real* row, int dims, real factor = 1) {
        for (int k = 0; k < TILE; ++k) {
            const int d = threadIdx.x + k * WARP_SIZE;
            if (d < dims) sum[k] += factor * row[d];
        }
    }

    template <typename Store> __device__ void store(real* row, int dims, Store store) const {
        for (int k = 0; k < TILE; ++k) {
            const int d = threadIdx.x + k * WARP_SIZE;
            if (d < dims) store(row + d, sum[k]);
        }
    }
};

// A thread block's part of a batch, and what it keeps in shared memory.
struct CbowBlock {
    integer D;
    int b, w, K, pitch;  // pitch: of a row in shared memory
    const integer *tokens, *left, *right, *negatives;  // tokens begin w before the first center
    const real *center, *context, *reference_mean;
    real *H, *N, *G;  // (b, pitch), (K, pitch), (b, K)
    real* offset;     // (width) the mean of the reference minus that of the negatives
    real *positives, *coefficients, *factors;  // (b) each; see scores_to_gradients

    __device__ int words(int i) const { return left[i] + right[i]; }  // of a center's window

    // Hidden vectors of a strip of `dims` dimensions from d0 on, a warp for each: the means or sums
    // of the rows of their windows. And the strip of the negatives' rows.
    __device__ void load(bool is_mean, integer d0, int dims) const {
        __syncthreads();  // until all are done with what was there
        copy_rows(negatives, K, context + d0, D, dims, N, pitch);
        for (int i = threadIdx.y; i < b; i += blockDim.y) {
            const int end = w + i + (int)right[i];
            LaneSums sums;
            for (int c = w + i - (int)left[i]; c <= end; ++c)
                if (c != w + i) sums.add(center + tokens[c] * D + d0, dims);
            const real share = is_mean && words(i) ? 1 / (real)words(i) : 1;
            sums.store(H + i * pitch, dims, [&](real* to, real sum) { *to = share * sum; });
        }
        wait_for_copies();
        __syncthreads();
    }

    // Adds a strip's part to the scores: of negatives, of the centers' own output rows, and of the
    // mean of the reference.
    __device__ void add_to_scores(integer d0, int dims) const {
        multiply(
            threadIdx.y, b, K, dims, H, pitch, 1, N, pitch, 1,
            [&](int i, int k) { return G[i * K + k]; }, [&](int i) { return G + i * K; },
            [](real* score, real sum) { *score = sum; }
        );
        add_scores(
            H, b, pitch, dims, [&](int i) { return context + tokens[w + i] * D + d0; }, positives
        );
        if (reference_mean)
            add_scores(H, b, pitch, dims, [&](int) { return reference_mean + d0; }, coefficients);
    }

    // In place, from scores to their gradients, and with the mean of the reference to coefficients
    // of the control variate; and factors of what each context word receives. Returns this thread's
    // part of the loss if `measure`.
    __device__ double scores_to_gradients(
        double negative, double convexity, bool full_gradient, bool measure
    ) const {
        const int thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;
        const real cv_weight = reference_mean ? (real)(convexity * negative) : 0;
        double loss = 0;
        for (int i = thread; i < b * K; i += threads) {
            const real weight = words(i / K) ? (real)(negative / K) : 0;
            if (measure && weight > 0) loss += weight * softplus(G[i]);
            G[i] = weight * sigmoid(G[i]);
        }
        for (int i = thread; i < b; i += threads) {
            if (measure && words(i)) loss += softplus(-positives[i]);
            positives[i] = words(i) ? sigmoid(positives[i]) - 1 : 0;
            coefficients[i] = words(i) ? cv_weight * sigmoid(coefficients[i]) : 0;
            factors[i] = full_gradient || !words(i) ? 1 : 1 / (real)words(i);
        }
        return loss;
    }

    // The gradients of the output rows of negatives and centers.
    template <typename PlaceNegative, typename PlaceCenter, typename Add>
    __device__ void output_gradients(
        integer d0, int dims, PlaceNegative of_negative, PlaceCenter of_center, Add add
    ) const {
        multiply(
            threadIdx.y, K, dims, b, G, 1, K, H, 1, pitch, [](int, int) { return (real)0; },
            [&](int k) { return of_negative(k) + d0; }, add
        );
        for (int i = threadIdx.y; i < b; i += blockDim.y) {
            LaneSums sums;
            sums.add(H + i * pitch, dims, positives[i]);
            sums.store(of_center(i) + d0, dims, add);
        }
    }

    // From hidden vectors to their gradients, in place.
    __device__ void hidden_gradients(integer d0, int dims) const {
        const int thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;
        for (int d = thread; d < dims; d += threads) {
            real sum = 0;
            for (int k = 0; k < K; ++k) sum += N[k * pitch + d];
            offset[d] = reference_mean ? reference_mean[d0 + d] - sum / K : 0;
        }
        __syncthreads();  // also until all have read the hidden vectors
        multiply(
            threadIdx.y, b, dims, K, G, K, 1, N, 1, pitch,
            [&](int i, int d) {
                return positives[i] * context[tokens[w + i] * D + d0 + d] +
                       coefficients[i] * offset[d];
            },
            [&](int i) { return H + i * pitch; }, [](real* to, real sum) { *to = sum; }
        );
        __syncthreads();
    }

    // The gradients of the input rows of the block's span, a warp for each: the sums of those of
    // the hidden vectors whose windows they are in, times the factors.
    template <typename Place, typename Add>
    __device__ void distribute(integer d0, int dims, Place of_column, Add add) const {
        for (int c = threadIdx.y; c < b + 2 * w; c += blockDim.y) {
            LaneSums sums;
            for (int i = c < 2 * w ? 0 : c - 2 * w; i <= min(c, b - 1); ++i) {
                const int distance = c - w - i;
                if (distance != 0 && -left[i] <= distance && distance <= right[i])
                    sums.add(H + i * pitch, dims, factors[i]);
            }
            sums.store(of_column(c) + d0, dims, add);
        }
    }
};

// tokens (T + 2w), left, right (T), negatives (T/g, K); tables and sums (V, D); reference_mean (D),
// or null without a reference; loss (T/b, warps) or null.
//   added to, by atomics: center_sums, context_sums (V, D)
//   or out, where given: center_rows (T/b, b + 2w, D), the gradients of the rows of spans, and
//       context_rows (T + T/g K, D), those of centers and negatives, for which a block is a group
//   out: context_ids (2w + T + T/g K), the tokens beside the centers, the centers, the negatives
extern "C" __global__ void __launch_bounds__(WARP_SIZE* WARPS_PER_BLOCK, BLOCKS) cbow_gradients(
    integer D, integer T, integer b, integer w, integer g, integer K, integer width,
    integer is_mean, integer full_gradient, double negative, double convexity,
    const integer* tokens, const integer* left, const integer* right, const integer* negatives,
    const real* center, const real* context, const real* reference_mean, real* center_sums,
    real* context_sums, real* center_rows, real* context_rows, integer* context_ids, double* loss
) {
    const integer first = blockIdx.x * b, group = first / g;
    const int thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;
    for (int i = thread; first == 0 && i < 2 * w; i += threads)
        context_ids[i] = tokens[i < w ? i : T + i];
    tokens += first, left += first, right += first, negatives += group * K, context_ids += 2 * w;
    for (int i = thread; i < b; i += threads) context_ids[first + i] = tokens[w + i];
    for (int k = thread; first % g == 0 && k < K; k += threads)
        context_ids[T + group * K + k] = negatives[k];

    const int pitch = width | 1;
    real *H = shared, *N = H + b * pitch, *G = N + K * pitch, *offset = G + b * K;
    real* values = offset + width;
    const CbowBlock block = {
        D, (int)b, (int)w, (int)K, pitch, tokens, left, right, negatives, center, context,
        reference_mean, H, N, G, offset, values, values + b, values + 2 * b
    };
    for (int i = thread; i < b * K; i += threads) G[i] = 0;
    for (int i = thread; i < 2 * b; i += threads) values[i] = 0;  // scores
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        block.load(is_mean, d0, dims);
        block.add_to_scores(d0, dims);
    }
    __syncthreads();
    const double sum =
        warp_sum(block.scores_to_gradients(negative, convexity, full_gradient, loss));
    if (loss && threadIdx.x == 0) loss[blockIdx.x * blockDim.y + threadIdx.y] = sum;
    __syncthreads();

    const auto add = [&](real* to, real value) {
        if (center_rows) *to = value;
        else atomicAdd(to, value);
    };
    real* center_to = center_rows + blockIdx.x * (b + 2 * w) * D;
    real* context_to = context_rows + first * D;
    for (integer d0 = 0; d0 < D; d0 += width) {
        const int dims = min(width, D - d0);
        if (width < D) block.load(is_mean, d0, dims);
        block.output_gradients(
            d0, dims,
            [&](int k) {
                return context_rows ? context_rows + (T + group * K + k) * D
                                    : context_sums + negatives[k] * D;
            },
            [&](int i) {
                return context_rows ? context_to + i * D : context_sums + tokens[w + i] * D;
            },
            add
        );
        block.hidden_gradients(d0, dims);
        block.distribute(
            d0, dims,
            [&](int c) {
                return center_rows ? center_to + c * D : center_sums + tokens[c] * D;
            },
            add
        );
    }
}
