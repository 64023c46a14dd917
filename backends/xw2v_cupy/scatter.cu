// sums[ids[i]] += gradient row i, repeated ids adding up.
//
// The first ids are those of token positions, where the spans of blocks overlap: block k covers the
// positions k b .. k b + b + 2w, and the row of a position is the sum over the spans
// (blocks, b + 2w, D) that cover it. After them come plain rows.

struct GradientRows {
    integer D, blocks, b, w, positions;
    const real *spans, *plain;
};

// A gradient row: the sum of `terms` rows that are `stride` numbers apart.
struct GradientRow {
    const real* first;
    integer terms, stride;

    __device__ GradientRow(const GradientRows& rows, integer i) {
        first = rows.plain + (i - rows.positions) * rows.D, terms = 1, stride = 0;
        if (i >= rows.positions) return;
        const integer s = rows.b + 2 * rows.w, last_block = i / rows.b;
        const integer first_block = i < s ? 0 : (i - s) / rows.b + 1;
        stride = 2 * rows.w * rows.D;
        first = rows.spans + i * rows.D + first_block * stride;
        terms = (last_block < rows.blocks ? last_block + 1 : rows.blocks) - first_block;
    }

    __device__ real operator[](integer d) const {
        real sum = 0;
        for (integer term = 0; term < terms; ++term) sum += first[term * stride + d];
        return sum;
    }
};

extern "C" __global__ void scatter_add(
    integer D, integer blocks, integer b, integer w, integer positions, const real* spans,
    const real* plain, const integer* ids, integer n_ids, Sum* sums
) {
    const integer i = warp_row();
    if (i >= n_ids) return;
    const GradientRow row({D, blocks, b, w, positions, spans, plain}, i);
    Sum* to = sums + ids[i] * D;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) atomicAdd(to + d, to_sum(row[d]));
}

// table[id] += plain row i, in the order of the sorted keys id 2^32 + i: the warp at the first key
// of an id adds all rows of that id in turn.
extern "C" __global__ void scatter_sorted(
    integer D, const real* plain, const integer* keys, integer n_ids, real* table
) {
    const integer start = warp_row();
    if (start >= n_ids) return;
    const integer id = keys[start] >> 32;
    if (start > 0 && keys[start - 1] >> 32 == id) return;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) {
        real sum = table[id * D + d];
        for (integer k = start; k < n_ids && keys[k] >> 32 == id; ++k)
            sum += plain[(keys[k] & 0xffffffffll) * D + d];
        table[id * D + d] = sum;
    }
}
