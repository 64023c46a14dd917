// What the groups of a batch have in common: the means of each group's rows, for the control
// variate (xw2v.sgns.step) and for damping (xw2v.sgns.update), and how many pairs each table row
// has. A group is g tokens, of which token t has left[t] + right[t] positive pairs, and K
// negatives. Nothing depends on the order in which threads run: rows are summed in a fixed one, and
// what atomics add up is integers.

// The sum over the block's warps of each lane's value.
__device__ inline real sum_of_warps(real value) {
    __syncthreads();  // until all have read the last sum
    shared[threadIdx.y * WARP_SIZE + threadIdx.x] = value;  // (warps, WARP_SIZE)
    __syncthreads();
    real sum = 0;
    for (int warp = 0; warp < blockDim.y; ++warp) sum += shared[warp * WARP_SIZE + threadIdx.x];
    return sum;
}

// A thread for each token: lists its id, and counts its pairs, as a center with the words of its
// window and for each of these one with each of the group's K negatives, and as a context word of
// the centers at most w tokens away.
__device__ inline void count_token(
    integer position, integer n_centers, integer w, integer K, const integer* tokens,
    const integer* left, const integer* right, count* center_pairs, count* context_pairs,
    integer* context_ids
) {
    if (position >= n_centers + 2 * w) return;
    const integer id = tokens[position], own = position - w;  // its number as a center
    context_ids[position] = id;
    if (0 <= own && own < n_centers) {
        const integer pairs = left[own] + right[own];
        if (pairs) atomicAdd(center_pairs + 2 * id, (count)pairs);
        if (pairs) atomicAdd(center_pairs + 2 * id + 1, (count)(K * pairs));
    }
    integer pairs = 0;
    for (integer t = max(own - w, 0ll); t <= min(own + w, n_centers - 1); ++t) {
        const integer distance = own - t;
        pairs += distance != 0 && -left[t] <= distance && distance <= right[t];
    }
    if (pairs) atomicAdd(context_pairs + 2 * id, (count)pairs);
}

// First a thread block for each group and strip of WARP_SIZE dimensions, its warps taking turns at
// the rows; in float32, 1 kB of shared memory. Then blocks whose threads count tokens.
//   in: tokens (T + 2w), left, right (T), negatives (T/g, K), tables center, context (V, D)
//   added to: center_pairs, context_pairs (V, 2), pairs with positives and with negatives
//   out: means (T/g, 2, D) of a group's negatives, and of its centers weighted by their positive
//        pairs, 0 where there are none; group_pairs (T/g) its positive pairs;
//        context_ids (T + 2w + T/g K) the tokens and then the negatives
extern "C" __global__ void group_means(
    integer D, integer groups, integer w, integer g, integer K, const integer* tokens,
    const integer* left, const integer* right, const integer* negatives, const real* center,
    const real* context, count* center_pairs, count* context_pairs, real* means,
    integer* group_pairs, integer* context_ids
) {
    const integer strips = (D + WARP_SIZE - 1) / WARP_SIZE;
    const integer thread = threadIdx.y * WARP_SIZE + threadIdx.x, threads = blockDim.y * WARP_SIZE;
    const integer group = blockIdx.x / strips, strip = blockIdx.x % strips;
    if (group >= groups) {
        const integer position = (blockIdx.x - groups * strips) * threads + thread;
        count_token(
            position, groups * g, w, K, tokens, left, right, center_pairs, context_pairs,
            context_ids
        );
        return;
    }
    // lanes beyond D repeat the last dimension
    const integer d = min(strip * WARP_SIZE + threadIdx.x, D - 1);
    context_ids += groups * g + 2 * w + group * K;
    tokens += group * g, left += group * g, right += group * g, negatives += group * K;

    integer positives = 0;
    for (integer t = threadIdx.x; t < g; t += WARP_SIZE) positives += left[t] + right[t];
    positives = warp_sum(positives);
    real n = 0, x = 0;
    for (integer k = threadIdx.y; k < K; k += blockDim.y) n += context[negatives[k] * D + d];
    for (integer t = threadIdx.y; t < g; t += blockDim.y)
        x += (left[t] + right[t]) * center[tokens[w + t] * D + d];
    n = sum_of_warps(n), x = sum_of_warps(x);
    if (threadIdx.y == 0) {
        means[2 * group * D + d] = n / K;
        means[(2 * group + 1) * D + d] = positives ? x / positives : 0;
    }
    if (strip > 0) return;
    if (thread == 0) group_pairs[group] = positives;
    for (integer k = thread; k < K; k += threads) {
        context_ids[k] = negatives[k];
        atomicAdd(context_pairs + 2 * negatives[k] + 1, (count)positives);
    }
}

// A thread block for each strip of WARP_SIZE dimensions, its warps taking turns at the groups. From
// the means (groups, 2, D) of groups to their control variate offsets, in place: the batch's mean
// minus the group's. And the batch's means (3, D), weighted by pairs: of the negatives, of the
// centers, and half the sum of the two, along which tied tables are damped.
extern "C" __global__ void batch_means(
    integer D, integer groups, const integer* group_pairs, real* offsets, real* means
) {
    const integer d = blockIdx.x * WARP_SIZE + threadIdx.x, own = min(d, D - 1);
    integer pairs = 0;
    for (integer group = threadIdx.x; group < groups; group += WARP_SIZE)
        pairs += group_pairs[group];
    pairs = warp_sum(pairs);
    real n = 0, x = 0;
    for (integer group = threadIdx.y; group < groups; group += blockDim.y) {
        n += group_pairs[group] * offsets[2 * group * D + own];
        x += group_pairs[group] * offsets[(2 * group + 1) * D + own];
    }
    n = sum_of_warps(n) / (pairs ? pairs : 1), x = sum_of_warps(x) / (pairs ? pairs : 1);
    if (d >= D) return;
    for (integer group = threadIdx.y; group < groups; group += blockDim.y) {
        real* mean = offsets + 2 * group * D + d;
        mean[0] = n - mean[0], mean[D] = x - mean[D];
    }
    if (threadIdx.y == 0) means[d] = n, means[D + d] = x, means[2 * D + d] = (n + x) / 2;
}

// Gradients dN (groups, K, D) and dX (groups, g, D) of the groups' negatives and centers, of rows N
// and X, += cv_coefficient offset, where cv_coefficient = weight sigmoid(row . mean).
extern "C" __global__ void add_control_variate(
    integer D, integer groups, integer g, integer K, double shared_weight, const integer* left,
    const integer* right, const integer* group_pairs, const real* means, const real* offsets,
    const real* N, const real* X, real* dN, real* dX
) {
    const integer i = warp_row(), t = i - groups * K;
    if (t >= groups * g) return;
    const bool negative = t < 0;
    const integer group = negative ? i / K : t / g;
    const integer pairs = negative ? group_pairs[group] : K * (left[t] + right[t]);
    const real *row = negative ? N + i * D : X + t * D, *mean = means + (negative ? D : 0);
    const real* offset = offsets + (2 * group + (negative ? 1 : 0)) * D;
    real* gradient = negative ? dN + i * D : dX + t * D;
    real score = 0;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) score += row[d] * mean[d];
    const real cv_coefficient = (real)(shared_weight * pairs) * sigmoid(warp_sum(score));
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) gradient[d] += cv_coefficient * offset[d];
}
