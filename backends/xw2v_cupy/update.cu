// The update (xw2v.sgns.update) of the rows that a batch touched, from their summed gradients, with
// u the mean of the other table's rows:
//
//   delta = alpha (sum + weight_decay row)
//   delta += (phi(z) - 1) (delta . u) u / |u|^2,    phi(z) = (1 - exp(-z)) / z,
//       z = alpha |u|^2 (curvature positives + shared_weight negatives s (1 - s)),
//       s = sigmoid(row . u)
//   row -= delta min(1, trust_ratio (|row| + trust_floor) / |delta|)
//   sum = 0
//
// pairs (V, 2) holds a row's numbers of pairs with positives and with negatives, each of these of
// weight `shared_weight` (groups.cu).
//
// The ids name the rows, some of them often. The first warp that stamps a row with this step's
// number moves it and clears its sums, the others leave; so nothing is sorted, and only touched
// rows are cleared. What a warp reads does not wait for the stamp.

struct __align__(16) SumQuad { Sum at[TILE]; };

__device__ inline Quad load_sums(const Sum* from, int left, bool aligned) {
    SumQuad sums = {};
    if (aligned) sums = *reinterpret_cast<const SumQuad*>(from);
    Quad values;
#pragma unroll
    for (int k = 0; k < TILE; ++k) {
        if (!aligned && k < left) sums.at[k] = from[k];
        values.at[k] = from_sum(sums.at[k]);
    }
    return values;
}

__device__ inline void clear_sums(Sum* to, int left, bool aligned) {
    if (aligned) *reinterpret_cast<SumQuad*>(to) = SumQuad{};
#pragma unroll
    for (int k = 0; k < TILE; ++k)
        if (!aligned && k < left) to[k] = 0;
}

// Sums over the warp of four values at once, whose shuffles overlap.
__device__ inline Quad warp_sums(Quad values) {
    for (int distance = WARP_SIZE / 2; distance > 0; distance /= 2)
#pragma unroll
        for (int k = 0; k < TILE; ++k)
            values.at[k] += __shfl_xor_sync(0xffffffffu, values.at[k], distance);
    return values;
}

// A warp for each id: the center's first, of rows of `center`, and then those of `context`. Where
// the tables are tied there are none of the first kind.
extern "C" __global__ void __launch_bounds__(WARP_SIZE* WARPS_PER_BLOCK, BLOCKS + 1) bounded_update(
    integer D, double alpha, double trust_ratio, double trust_floor, double curvature,
    double weight_decay, double shared_weight, integer step, integer n_center_ids,
    integer n_context_ids, const integer* center_ids, const integer* context_ids,
    const real* center_mean, const real* context_mean, Sum* center_sums, Sum* context_sums,
    integer* center_pairs, integer* context_pairs, integer* center_stamps, integer* context_stamps,
    real* center, real* context
) {
    const integer number = warp_row();
    if (number >= n_center_ids + n_context_ids) return;
    const bool first = number < n_center_ids, aligned = D % TILE == 0;
    const integer id = first ? center_ids[number] : context_ids[number - n_center_ids];
    integer* stamps = first ? center_stamps : context_stamps;
    count stamp = 0;
    if (threadIdx.x == 0) stamp = atomicExch((count*)stamps + id, (count)step);

    const real* mean = first ? center_mean : context_mean;
    real* row = (first ? center : context) + id * D;
    Sum* sum = (first ? center_sums : context_sums) + id * D;
    integer* pairs = (first ? center_pairs : context_pairs) + 2 * id;
    const real rate = alpha, decay = weight_decay;
    const auto descent = [&](integer d, const Quad& values) {
        Quad delta = load_sums(sum + d, D - d, aligned);
        add_to(delta, values, decay);
        Quad scaled = {};
        add_to(scaled, delta, rate);
        return scaled;
    };
    Quad products = {};  // |row|^2, |u|^2, delta . u, row . u
    for (integer d = TILE * threadIdx.x; d < D; d += TILE * WARP_SIZE) {
        const Quad x = load_quad(row + d, D - d, aligned), u = load_quad(mean + d, D - d, aligned);
        products.at[0] += dot(x, x), products.at[1] += dot(u, u);
        products.at[2] += dot(descent(d, x), u), products.at[3] += dot(x, u);
    }
    const integer positives = pairs[0], negatives = pairs[1];
    if (__shfl_sync(0xffffffffu, stamp, 0) == (count)step) return;
    products = warp_sums(products);
    const real row_squared = products.at[0], mean_squared = products.at[1];
    const real e = exp(-fabs(products.at[3]));
    const real positive_curvature = (real)curvature * positives;
    const real negative_curvature = (real)shared_weight * negatives * e / ((1 + e) * (1 + e));
    const real z = rate * mean_squared * (positive_curvature + negative_curvature);
    // z > 0 only where the mean is not 0
    const real damping = z > 0 ? (-expm1(-z) / z - 1) * products.at[2] / mean_squared : 0;
    const auto damped = [&](integer d, const Quad& values) {
        Quad delta = descent(d, values);
        add_to(delta, load_quad(mean + d, D - d, aligned), damping);
        return delta;
    };
    real delta_squared = 0;
    for (integer d = TILE * threadIdx.x; d < D; d += TILE * WARP_SIZE) {
        const Quad delta = damped(d, load_quad(row + d, D - d, aligned));
        delta_squared += dot(delta, delta);
    }
    const real norm = sqrt(warp_sum(delta_squared));
    const real limit = (real)trust_ratio * (sqrt(row_squared) + (real)trust_floor);
    const real scale = norm > limit ? limit / norm : 1;
    for (integer d = TILE * threadIdx.x; d < D; d += TILE * WARP_SIZE) {
        Quad moved = load_quad(row + d, D - d, aligned);
        add_to(moved, damped(d, moved), -scale);
        store_quad(row + d, moved, D - d, aligned);
        clear_sums(sum + d, D - d, aligned);
    }
    if (threadIdx.x < 2) pairs[threadIdx.x] = 0;
}
