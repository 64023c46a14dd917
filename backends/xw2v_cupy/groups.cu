// What the groups of a batch have in common, for the control variate (xw2v.sgns.step) and damping (xw2v.sgns.update): the means of
// each group's rows, which become shifts to the batch's means, and how often each table row meets another. A group is g
// tokens, whose p[t] = left[t] + right[t] positive pairs make its `pairs`, and K negatives. Nothing depends on the
// order in which threads run: rows are summed in a fixed one, and what atomics add up is integers.

typedef unsigned long long count;

// The sum over the block's warps of each lane's value.
__device__ inline real sum_of_warps(real value) {
    __syncthreads();  // until all have read the last sum
    shared[threadIdx.y * LANES + threadIdx.x] = value;  // (warps, LANES)
    __syncthreads();
    real sum = 0;
    for (int warp = 0; warp < blockDim.y; ++warp) sum += shared[warp * LANES + threadIdx.x];
    return sum;
}

// met[row] += (its pairs with positives, its pairs with negatives): a center meets each word of its window once and
// its group's K negatives once for each of them; these in turn meet it.
__device__ inline void count_met(
    integer w, integer g, integer K, const integer* tokens, const integer* left, const integer* right,
    const integer* negatives, integer pairs, count* center_met, count* context_met
) {
    for (integer t = threadIdx.y; t < g; t += blockDim.y) {
        const integer p = left[t] + right[t];
        if (threadIdx.x < 2) atomicAdd(center_met + 2 * tokens[w + t] + threadIdx.x, (count)(threadIdx.x ? K * p : p));
        for (integer offset = threadIdx.x - left[t]; offset <= right[t]; offset += LANES)
            if (offset != 0) atomicAdd(context_met + 2 * tokens[w + t + offset], (count)1);
    }
    for (integer k = threadIdx.y * LANES + threadIdx.x; k < K; k += blockDim.y * LANES)
        atomicAdd(context_met + 2 * negatives[k] + 1, (count)pairs);
}

// A thread block for each group and LANES of the D numbers, its warps taking turns at the rows; in float32, 1 kB of
// shared memory. tokens (T + 2w), left, right (T), negatives (T/g, K), tables (V, D), met (V, 2);
// means (T/g, 2, D): of a group's negatives, and of its centers weighted by p, 0 where it has no pairs; pairs (T/g).
extern "C" __global__ void group_means(
    integer D, integer w, integer g, integer K, const integer* tokens, const integer* left, const integer* right,
    const integer* negatives, const real* center, const real* context, count* center_met, count* context_met,
    real* means, integer* pairs
) {
    const integer strips = (D + LANES - 1) / LANES, group = blockIdx.x / strips, strip = blockIdx.x % strips;
    const integer d = min(strip * LANES + threadIdx.x, D - 1);  // lanes beyond D repeat the last number
    tokens += group * g, left += group * g, right += group * g, negatives += group * K;

    integer all = 0;
    for (integer t = threadIdx.x; t < g; t += LANES) all += left[t] + right[t];
    all = warp_sum(all);
    real n = 0, x = 0;
    for (integer k = threadIdx.y; k < K; k += blockDim.y) n += context[negatives[k] * D + d];
    for (integer t = threadIdx.y; t < g; t += blockDim.y) x += (left[t] + right[t]) * center[tokens[w + t] * D + d];
    n = sum_of_warps(n), x = sum_of_warps(x);
    if (threadIdx.y == 0) means[2 * group * D + d] = n / K, means[(2 * group + 1) * D + d] = all ? x / all : 0;
    if (strip > 0) return;
    if (threadIdx.y == 0) pairs[group] = all;
    count_met(w, g, K, tokens, left, right, negatives, all, center_met, context_met);
}

// A warp for each of the D numbers. From the means (groups, 2, D) of groups to their shifts, in place: what brings
// a group's mean to the batch's. And the batch's means (3, D), weighted by pairs: of the negatives, of the centers, and
// half the sum of the two, along which tied tables are damped.
extern "C" __global__ void batch_means(integer D, integer groups, const integer* pairs, real* shifts, real* means) {
    const integer d = warp_row();
    if (d >= D) return;
    real n = 0, x = 0;
    integer all = 0;
    for (integer group = threadIdx.x; group < groups; group += LANES) {
        const real* mean = shifts + 2 * group * D + d;
        n += pairs[group] * mean[0], x += pairs[group] * mean[D], all += pairs[group];
    }
    all = warp_sum(all);
    n = warp_sum(n) / (all ? all : 1), x = warp_sum(x) / (all ? all : 1);
    for (integer group = threadIdx.x; group < groups; group += LANES) {
        real* mean = shifts + 2 * group * D + d;
        mean[0] = n - mean[0], mean[D] = x - mean[D];
    }
    if (threadIdx.x == 0) means[d] = n, means[D + d] = x, means[2 * D + d] = (n + x) / 2;
}

// Sums of gradients dN (groups, K, D) and dX (groups, g, D) of the groups' negatives and centers += what the control
// variate adds, for the rows N and X: weight sigmoid(row . mean) shift.
extern "C" __global__ void add_control_variate(
    integer D, integer groups, integer g, integer K, double share, const integer* left, const integer* right,
    const integer* pairs, const real* means, const real* shifts, const real* N, const real* X, real* dN, real* dX
) {
    const integer i = warp_row(), t = i - groups * K;
    if (t >= groups * g) return;
    const bool negative = t < 0;
    const integer group = negative ? i / K : t / g, of_pairs = negative ? pairs[group] : K * (left[t] + right[t]);
    const real *row = negative ? N + i * D : X + t * D, *mean = means + (negative ? D : 0);
    const real* shift = shifts + (2 * group + (negative ? 1 : 0)) * D;
    real* sum = negative ? dN + i * D : dX + t * D;
    real score = 0;
    for (integer d = threadIdx.x; d < D; d += LANES) score += row[d] * mean[d];
    const real slope = (real)(share * of_pairs) * sigmoid(warp_sum(score));
    for (integer d = threadIdx.x; d < D; d += LANES) sum[d] += slope * shift[d];
}
