// table[id[i]] += gradient row i, repeated ids adding up.
//
// The first rows belong to token positions, where the spans of blocks overlap: block k covers the positions
// k b .. k b + b + 2w, and the row of a position is the sum over the spans (blocks, b + 2w, D) that cover it.
// After them come plain rows.

struct Rows {
    integer D, blocks, b, w, positions;
    const real *spans, *plain;
};

// A gradient row: the sum of `terms` rows that lie `apart` numbers apart.
struct Row {
    const real* from;
    integer terms, apart;

    __device__ Row(const Rows& rows, integer i) {
        from = rows.plain + (i - rows.positions) * rows.D, terms = 1, apart = 0;
        if (i >= rows.positions) return;
        const integer s = rows.b + 2 * rows.w, first = i < s ? 0 : (i - s) / rows.b + 1, last = i / rows.b;
        apart = 2 * rows.w * rows.D;
        from = rows.spans + i * rows.D + first * apart;
        terms = (last < rows.blocks ? last + 1 : rows.blocks) - first;
    }

    __device__ real operator[](integer d) const {
        real sum = 0;
        for (integer term = 0; term < terms; ++term) sum += from[term * apart + d];
        return sum;
    }
};

// With atomics: the last bits depend on the order in which the device gets to them.
extern "C" __global__ void scatter_add(
    integer D, integer blocks, integer b, integer w, const integer* tokens, integer positions, const real* spans,
    const integer* ids, integer count, const real* plain, real* table
) {
    const integer i = warp_row();
    if (i >= positions + count) return;
    const Row row({D, blocks, b, w, positions, spans, plain}, i);
    real* into = table + element(tokens, positions, ids, i) * D;
    for (integer d = threadIdx.x; d < D; d += LANES) atomicAdd(into + d, row[d]);
}

// In a fixed order: sorted keys id 2^32 + i stand for the N rows, and the warp at the first key of an id adds
// all rows of that id in turn.
extern "C" __global__ void scatter_sorted(
    integer D, integer blocks, integer b, integer w, integer positions, const real* spans, const real* plain,
    const integer* keys, integer N, real* table
) {
    const integer start = warp_row();
    if (start >= N) return;
    const integer id = keys[start] >> 32;
    if (start > 0 && keys[start - 1] >> 32 == id) return;
    for (integer d = threadIdx.x; d < D; d += LANES) {
        real sum = table[id * D + d];
        for (integer k = start; k < N && keys[k] >> 32 == id; ++k)
            sum += Row({D, blocks, b, w, positions, spans, plain}, keys[k] & 0xffffffffll)[d];
        table[id * D + d] = sum;
    }
}
