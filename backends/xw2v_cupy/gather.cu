// rows[i] = table[ids[i]], i < n_ids.

extern "C" __global__ void gather(
    integer D, const integer* ids, integer n_ids, const real* table, real* rows
) {
    const integer i = warp_row();
    if (i >= n_ids) return;
    const real* from = table + ids[i] * D;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) rows[i * D + d] = from[d];
}
