// rows[i] = table[ids[i]], the ids being those of two lists.

extern "C" __global__ void gather(
    integer D, const integer* first, integer n_first, const integer* second, integer n_second, const real* table,
    real* rows
) {
    const integer i = warp_row();
    if (i >= n_first + n_second) return;
    const real* from = table + element(first, n_first, second, i) * D;
    for (integer d = threadIdx.x; d < D; d += LANES) rows[i * D + d] = from[d];
}
