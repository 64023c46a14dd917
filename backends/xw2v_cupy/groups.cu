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

// The sum over n rows of weight(i) times dimension d of the row ids[i] of a table (V, D), for each
// lane's d. The warps share the rows: a lane looks up a row's id and weight for all, so that rows
// are read without waiting for each other.
template <typename Weight>
__device__ inline real sum_of_rows(
    integer n, const integer* ids, Weight weight, const real* table, integer D, integer d
) {
    const int share = min(WARP_SIZE, (int)(n + blockDim.y - 1) / (int)blockDim.y);
    real sum = 0;
    for (integer first = threadIdx.y * share; first < n; first += blockDim.y * share) {
        const int rows = min((integer)share, n - first);
        const bool mine = threadIdx.x < rows;
        const integer id = mine ? ids[first + threadIdx.x] : 0;
        const real factor = mine ? weight(first + threadIdx.x) : 0;
#pragma unroll 8
        for (int i = 0; i < rows; ++i)
            sum += __shfl_sync(0xffffffffu, factor, i) *
                   table[__shfl_sync(0xffffffffu, id, i) * D + d];
    }
    return sum_of_warps(sum);
}

// Whether this is the last of so many thread blocks to get here, which then sees what the others
// have written, if it reads past the first-level cache (volatile); arrived counts them, and is 0
// again at the end.
__device__ inline bool is_last_block(count* arrived, integer blocks) {
    const bool first_thread = threadIdx.x == 0 && threadIdx.y == 0;
    __threadfence();
    __syncthreads();
    if (first_thread) shared[0] = atomicAdd(arrived, (count)1) == (count)(blocks - 1);
    __syncthreads();
    const bool is_last = shared[0] != 0;
    if (is_last && first_thread) *arrived = 0;
    __threadfence();
    return is_last;
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

// The batch's means (3, D) from those of the groups, weighted by pairs, for the WARP_SIZE
// dimensions that d is one of, the warps taking turns at the groups: of the negatives, of the
// centers, and half the sum of the two, along which tied tables are damped.
__device__ inline void find_batch_means(
    integer D, integer groups, integer d, const volatile integer* group_pairs,
    const volatile real* group_means, real* means
) {
    integer pairs = 0;
    for (integer group = threadIdx.x; group < groups; group += WARP_SIZE)
        pairs += group_pairs[group];
    pairs = warp_sum(pairs);
    real n = 0, x = 0;
#pragma unroll 8
    for (integer group = threadIdx.y; group < groups; group += blockDim.y) {
        const real weight = group_pairs[group];
        n += weight * group_means[2 * group * D + d];
        x += weight * group_means[(2 * group + 1) * D + d];
    }
    n = sum_of_warps(n) / (pairs ? pairs : 1), x = sum_of_warps(x) / (pairs ? pairs : 1);
    if (threadIdx.y == 0) means[d] = n, means[D + d] = x, means[2 * D + d] = (n + x) / 2;
}

// First a thread block for each group and strip of WARP_SIZE dimensions; in float32, 1 kB of shared
// memory. The last of a strip finds the batch's means. Then blocks whose threads count tokens.
//   in: tokens (T + 2w), left, right (T), negatives (T/g, K), tables center, context (V, D)
//   added to: center_pairs, context_pairs (V, 2), pairs with positives and with negatives
//   out: group_means (T/g, 2, D) of a group's negatives, and of its centers weighted by their
//        positive pairs, 0 where there are none; group_pairs (strips, T/g) its positive pairs;
//        means (3, D), see find_batch_means; context_ids (T + 2w + T/g K) the tokens and then the
//        negatives
//   arrived (strips): zeros
extern "C" __global__ void group_means(
    integer D, integer groups, integer w, integer g, integer K, const integer* tokens,
    const integer* left, const integer* right, const integer* negatives, const real* center,
    const real* context, count* center_pairs, count* context_pairs, real* group_means,
    integer* group_pairs, real* means, integer* context_ids, count* arrived
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
    const auto one = [](integer) { return (real)1; };
    const auto pairs = [&](integer t) { return (real)(left[t] + right[t]); };
    const real n = sum_of_rows(K, negatives, one, context, D, d);
    const real x = sum_of_rows(g, tokens + w, pairs, center, D, d);
    if (threadIdx.y == 0) {
        group_means[2 * group * D + d] = n / K;
        group_means[(2 * group + 1) * D + d] = positives ? x / positives : 0;
    }
    if (thread == 0) group_pairs[strip * groups + group] = positives;
    for (integer k = thread; strip == 0 && k < K; k += threads) {
        context_ids[k] = negatives[k];
        atomicAdd(context_pairs + 2 * negatives[k] + 1, (count)positives);
    }
    if (is_last_block(arrived + strip, groups))
        find_batch_means(D, groups, d, group_pairs + strip * groups, group_means, means);
}

// Gradients dN (groups, K, D) and dX (groups, g, D) of the groups' negatives and centers, of rows
// N and X, += cv_coefficient (mean - group's mean), where cv_coefficient is the weight times
// sigmoid(row . mean).
extern "C" __global__ void add_control_variate(
    integer D, integer groups, integer g, integer K, double shared_weight, const integer* left,
    const integer* right, const integer* group_pairs, const real* means, const real* group_means,
    const real* N, const real* X, real* dN, real* dX
) {
    const integer i = warp_row(), t = i - groups * K;
    if (t >= groups * g) return;
    const bool negative = t < 0;
    const integer group = negative ? i / K : t / g;
    const integer pairs = negative ? group_pairs[group] : K * (left[t] + right[t]);
    const real* row = negative ? N + i * D : X + t * D;
    const real* other = means + (negative ? D : 0);  // of the rows that this one meets
    const real* groups_other = group_means + (2 * group + (negative ? 1 : 0)) * D;
    real* gradient = negative ? dN + i * D : dX + t * D;
    real score = 0;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) score += row[d] * other[d];
    const real cv_coefficient = (real)(shared_weight * pairs) * sigmoid(warp_sum(score));
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE)
        gradient[d] += cv_coefficient * (other[d] - groups_other[d]);
}
