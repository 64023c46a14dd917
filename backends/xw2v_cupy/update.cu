// The bounded update (xw2v.update) of the rows that a batch touched, from their summed gradients:
// delta = alpha (sum + decay row);  row -= delta min(1, bound (|row| + floor) / |delta|);  sum = 0.
//
// The ids of two lists name the rows, some of them often. The first warp that stamps a row with this step's
// number moves it, the others leave; so nothing is sorted, counted or cleared.

extern "C" __global__ void bounded_update(
    integer D, double alpha, double bound, double floor, double decay, integer step, const integer* first,
    integer n_first, const integer* second, integer n_second, integer* stamps, real* sums, real* table
) {
    const integer i = warp_row();
    if (i >= n_first + n_second) return;
    const integer id = element(first, n_first, second, i);
    unsigned long long before = 0;
    if (threadIdx.x == 0) before = atomicExch((unsigned long long*)stamps + id, (unsigned long long)step);
    if (__shfl_sync(0xffffffffu, before, 0) == (unsigned long long)step) return;

    real *row = table + id * D, *sum = sums + id * D;
    real row_squared = 0, delta_squared = 0;
    for (integer d = threadIdx.x; d < D; d += LANES) {
        const real delta = (real)alpha * (sum[d] + (real)decay * row[d]);
        row_squared += row[d] * row[d], delta_squared += delta * delta;
    }
    const real limit = (real)bound * (sqrt(warp_sum(row_squared)) + (real)floor);
    const real length = sqrt(warp_sum(delta_squared));
    const real scale = length > limit ? limit / length : 1;
    for (integer d = threadIdx.x; d < D; d += LANES) {
        row[d] -= scale * ((real)alpha * (sum[d] + (real)decay * row[d]));
        sum[d] = 0;
    }
}
