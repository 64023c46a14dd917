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
// rows are cleared.

extern "C" __global__ void bounded_update(
    integer D, double alpha, double trust_ratio, double trust_floor, double curvature,
    double weight_decay, double shared_weight, integer step, const integer* ids, integer n_ids,
    const real* mean, real* sums, integer* pairs, integer* stamps, real* table
) {
    const integer i = warp_row();
    if (i >= n_ids) return;
    const integer id = ids[i];
    count stamp = 0;
    if (threadIdx.x == 0) stamp = atomicExch((count*)stamps + id, (count)step);
    if (__shfl_sync(0xffffffffu, stamp, 0) == (count)step) return;

    real *row = table + id * D, *sum = sums + id * D;
    const auto descent = [&](integer d) {
        return (real)alpha * (sum[d] + (real)weight_decay * row[d]);
    };
    real row_squared = 0, mean_squared = 0, dot = 0, score = 0;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) {
        row_squared += row[d] * row[d], mean_squared += mean[d] * mean[d];
        dot += descent(d) * mean[d], score += row[d] * mean[d];
    }
    row_squared = warp_sum(row_squared), mean_squared = warp_sum(mean_squared);
    dot = warp_sum(dot);
    const real e = exp(-fabs(warp_sum(score)));
    const real positive_curvature = (real)curvature * pairs[2 * id];
    const real negative_curvature =
        (real)shared_weight * pairs[2 * id + 1] * e / ((1 + e) * (1 + e));
    const real z = (real)alpha * mean_squared * (positive_curvature + negative_curvature);
    // z > 0 only where the mean is not 0
    const real damping = z > 0 ? (-expm1(-z) / z - 1) * dot / mean_squared : 0;
    real delta_squared = 0;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) {
        const real delta = descent(d) + damping * mean[d];
        delta_squared += delta * delta;
    }
    const real norm = sqrt(warp_sum(delta_squared));
    const real limit = (real)trust_ratio * (sqrt(row_squared) + (real)trust_floor);
    const real scale = norm > limit ? limit / norm : 1;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) {
        row[d] -= scale * (descent(d) + damping * mean[d]);
        sum[d] = 0;
    }
    if (threadIdx.x < 2) pairs[2 * id + threadIdx.x] = 0;
}
