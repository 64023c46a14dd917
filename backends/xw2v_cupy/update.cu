// The update (xw2v.sgns.update) of the rows that a batch touched, from their summed gradients:
// delta = alpha (sum + decay row);  delta += (phi(z) - 1) (delta . u) u / |u|^2 damps it along u, the mean of the
// other table's rows, with z = alpha |u|^2 (curvature met[0] + share met[1] s (1 - s)),
// s = sigmoid(row . u) and phi(z) = (1 - exp(-z)) / z;
// row -= delta min(1, bound (|row| + floor) / |delta|);  sum = 0.
// A row has met[0] pairs with positives, and met[1] with negatives, each of weight share (groups.cu).
//
// The ids of two lists name the rows, some of them often. The first warp that stamps a row with this step's
// number moves it and clears its sums, the others leave; so nothing is sorted, and only touched rows are cleared.

extern "C" __global__ void bounded_update(
    integer D, double alpha, double bound, double floor, double curvature, double decay, double share, integer step,
    const integer* first, integer n_first, const integer* second, integer n_second, const real* u, real* sums,
    integer* met, integer* stamps, real* table
) {
    const integer i = warp_row();
    if (i >= n_first + n_second) return;
    const integer id = element(first, n_first, second, i);
    unsigned long long before = 0;
    if (threadIdx.x == 0) before = atomicExch((unsigned long long*)stamps + id, (unsigned long long)step);
    if (__shfl_sync(0xffffffffu, before, 0) == (unsigned long long)step) return;

    real *row = table + id * D, *sum = sums + id * D;
    const auto summed = [&](integer d) { return (real)alpha * (sum[d] + (real)decay * row[d]); };
    real row_squared = 0, u_squared = 0, dot = 0, score = 0;
    for (integer d = threadIdx.x; d < D; d += LANES)
        row_squared += row[d] * row[d], u_squared += u[d] * u[d], dot += summed(d) * u[d], score += row[d] * u[d];
    row_squared = warp_sum(row_squared), u_squared = warp_sum(u_squared), dot = warp_sum(dot);
    const real e = exp(-fabs(warp_sum(score)));
    const real of_pairs = (real)curvature * met[2 * id] + (real)share * met[2 * id + 1] * e / ((1 + e) * (1 + e));
    const real z = (real)alpha * u_squared * of_pairs;
    const real less = z > 0 ? (-expm1(-z) / z - 1) * dot / u_squared : 0;  // z > 0 only where u is not 0
    real squared = 0;
    for (integer d = threadIdx.x; d < D; d += LANES) {
        const real delta = summed(d) + less * u[d];
        squared += delta * delta;
    }
    const real length = sqrt(warp_sum(squared)), limit = (real)bound * (sqrt(row_squared) + (real)floor);
    const real scale = length > limit ? limit / length : 1;
    for (integer d = threadIdx.x; d < D; d += LANES) {
        row[d] -= scale * (summed(d) + less * u[d]);
        sum[d] = 0;
    }
    if (threadIdx.x < 2) met[2 * id + threadIdx.x] = 0;
}
