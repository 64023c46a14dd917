// Words composed of their own rows and those of their n-grams, around a step: the mathematics of
// xw2v.sgns.subwords. Word v is composed of the rows rows[offsets[v]] .. rows[offsets[v + 1] - 1]
// of the table; each of these is an entry.
//
// A warp works on the word of one of the batch's tokens. The first warp that stamps a word with
// this step's number owns it: what belongs to the word is at the owner's place in arrays of
// (n_tokens) rows, and the warps of its other tokens leave. Which one is first changes no result.

struct Entries {
    integer first, last;

    __device__ Entries(const integer* offsets, integer word)
        : first(offsets[word]), last(offsets[word + 1]) {}

    __device__ real share() const { return 1 / (real)(last - first); }
};

// What is measured of a word's change: measures (n_tokens, MEASURES).
enum { NORM_BEFORE, MOVED, ALONG, CURVED, MEASURES };

// What is summed over the words of a row: row_sums (R, ROW_SUMS).
enum { ROW_CURVED, ROW_MOVED, ROW_SUMS };

// (1 - exp(-z)) / z
__device__ inline real phi(real z) { return z > 0 ? -expm1(-z) / z : 1; }

// Into composed (V, D) and before (n_tokens, D), the means of the words' rows. Where left and right
// (n_tokens) are given, pairs (V) counts each word's positive pairs.
extern "C" __global__ void compose_words(
    integer D, integer step, const integer* tokens, integer n_tokens, const integer* left,
    const integer* right, const integer* offsets, const integer* rows, const real* table,
    integer* stamps, integer* owners, integer* pairs, real* composed, real* before
) {
    const integer t = warp_row();
    if (t >= n_tokens) return;
    const integer word = tokens[t];
    count stamp = 0;
    if (threadIdx.x == 0) {
        if (left) atomicAdd((count*)pairs + word, (count)(left[t] + right[t]));
        stamp = atomicExch((count*)stamps + word, (count)step);
    }
    if (__shfl_sync(0xffffffffu, stamp, 0) == (count)step) return;
    if (threadIdx.x == 0) owners[word] = t;
    const Entries entries(offsets, word);
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) {
        real sum = 0;
        for (integer entry = entries.first; entry < entries.last; ++entry)
            sum += table[rows[entry] * D + d];
        composed[word * D + d] = before[t * D + d] = sum * entries.share();
    }
}

// A warp for each group and strip of WARP_SIZE dimensions: sums (groups, D) of the group's K
// negatives' rows, times the group's positive pairs, which are group_pairs (groups).
extern "C" __global__ void negative_sums(
    integer D, integer groups, integer g, integer K, const integer* left, const integer* right,
    const integer* negatives, const real* context, real* sums, integer* group_pairs
) {
    const integer strips = (D + WARP_SIZE - 1) / WARP_SIZE, i = warp_row();
    const integer group = i / strips, strip = i % strips, d = strip * WARP_SIZE + threadIdx.x;
    if (group >= groups) return;
    integer positives = 0;
    for (integer t = group * g + threadIdx.x; t < (group + 1) * g; t += WARP_SIZE)
        positives += left[t] + right[t];
    positives = warp_sum(positives);
    if (strip == 0 && threadIdx.x == 0) group_pairs[group] = positives;
    if (d >= D) return;
    real sum = 0;
    for (integer k = group * K; k < (group + 1) * K; ++k) sum += context[negatives[k] * D + d];
    sums[group * D + d] = positives * sum;
}

// A warp for each dimension: direction (D), the mean of the negatives' rows over the batch's pairs.
extern "C" __global__ void mean_negative(
    integer D, integer groups, integer K, const integer* group_pairs, const real* sums,
    real* direction
) {
    const integer d = warp_row();
    if (d >= D) return;
    real sum = 0;
    integer pairs = 0;
    for (integer group = threadIdx.x; group < groups; group += WARP_SIZE)
        sum += sums[group * D + d], pairs += group_pairs[group];
    sum = warp_sum(sum), pairs = warp_sum(pairs);
    if (threadIdx.x == 0) direction[d] = pairs ? sum / ((real)pairs * K) : 0;
}

// From the vectors before the step to the changes (n_tokens, D), in place, and their measures; with
// row_sums given, these are added up over the words of each row, by atomics. direction null: CBOW,
// where nothing is damped.
extern "C" __global__ void measure_changes(
    integer D, double alpha, double negative, double curvature, const integer* tokens,
    integer n_tokens, const integer* offsets, const integer* rows, const integer* owners,
    const real* composed, const real* direction, const integer* pairs, real* change,
    real* measures, real* row_sums
) {
    const integer t = warp_row();
    if (t >= n_tokens) return;
    const integer word = tokens[t];
    if (owners[word] != t) return;
    real before = 0, moved = 0, score = 0, along = 0, mean = 0;
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) {
        const real x = change[t * D + d], delta = composed[word * D + d] - x;
        const real u = direction ? direction[d] : 0;
        before += x * x, moved += delta * delta;
        score += x * u, along += delta * u, mean += u * u;
        change[t * D + d] = delta;
    }
    before = sqrt(warp_sum(before)), moved = sqrt(warp_sum(moved));
    score = warp_sum(score), along = warp_sum(along), mean = warp_sum(mean);
    const real e = exp(-fabs(score)), positives = direction ? pairs[word] : 0;
    const real negative_curvature = (real)negative * e / ((1 + e) * (1 + e));
    const real curved = (real)alpha * mean * ((real)curvature + negative_curvature) * positives;
    if (threadIdx.x == 0) {
        real* measure = measures + MEASURES * t;
        measure[NORM_BEFORE] = before, measure[MOVED] = moved;
        measure[ALONG] = mean > 0 ? along / mean : 0, measure[CURVED] = curved;
    }
    if (!row_sums) return;
    const Entries entries(offsets, word);
    for (integer entry = entries.first + threadIdx.x; entry < entries.last; entry += WARP_SIZE) {
        real* sums = row_sums + ROW_SUMS * rows[entry];
        atomicAdd(sums + ROW_CURVED, curved), atomicAdd(sums + ROW_MOVED, moved);
    }
}

// Damps and bounds the changes for what others move in the words' rows, in place. Clears the words'
// pairs.
extern "C" __global__ void damp_changes(
    integer D, double trust_ratio, double trust_floor, const integer* tokens, integer n_tokens,
    const integer* offsets, const integer* rows, const integer* owners, const real* direction,
    const real* measures, const real* row_sums, integer* pairs, real* change
) {
    const integer t = warp_row();
    if (t >= n_tokens) return;
    const integer word = tokens[t];
    if (owners[word] != t) return;
    if (threadIdx.x == 0) pairs[word] = 0;
    const Entries entries(offsets, word);
    real curved = 0, moved = 0;
    for (integer entry = entries.first + threadIdx.x; entry < entries.last; entry += WARP_SIZE) {
        const real* sums = row_sums + ROW_SUMS * rows[entry];
        curved += sums[ROW_CURVED], moved += sums[ROW_MOVED];
    }
    curved = warp_sum(curved) * entries.share(), moved = warp_sum(moved) * entries.share();
    const real* measure = measures + MEASURES * t;
    const real limit = (real)trust_ratio * (measure[NORM_BEFORE] + (real)trust_floor);
    const real scale = moved > limit ? limit / moved : 1;
    const real damping = (phi(curved) / phi(measure[CURVED]) - 1) * measure[ALONG];
    for (integer d = threadIdx.x; d < D; d += WARP_SIZE) {
        const real u = direction ? direction[d] : 0;
        change[t * D + d] = scale * (change[t * D + d] + damping * u);
    }
}

// Adds the changes to the words' rows by atomics, and clears the rows' sums.
extern "C" __global__ void add_changes(
    integer D, const integer* tokens, integer n_tokens, const integer* offsets,
    const integer* rows, const integer* owners, const real* change, real* row_sums, real* table
) {
    const integer t = warp_row();
    if (t >= n_tokens) return;
    const integer word = tokens[t];
    if (owners[word] != t) return;
    const Entries entries(offsets, word);
    for (integer entry = entries.first; entry < entries.last; ++entry) {
        const integer row = rows[entry];
        if (threadIdx.x < ROW_SUMS) row_sums[ROW_SUMS * row + threadIdx.x] = 0;
        for (integer d = threadIdx.x; d < D; d += WARP_SIZE)
            atomicAdd(table + row * D + d, change[t * D + d]);
    }
}

// The same two sums in a fixed order: a warp for each row of the table, which goes through the
// words of the row, row_words[row_offsets[row]] .. row_words[row_offsets[row + 1] - 1].

// The place of the n-th word of a row, if there is one and the batch has it; else -1.
__device__ inline integer place_in_batch(
    integer n, const Entries& words, const integer* row_words, const integer* stamps,
    const integer* owners, integer step
) {
    if (words.first + n >= words.last) return -1;
    const integer word = row_words[words.first + n];
    return stamps[word] == step ? owners[word] : -1;
}

// row_sums (R, ROW_SUMS), all of them.
extern "C" __global__ void sum_by_row(
    integer R, integer step, const integer* row_offsets, const integer* row_words,
    const integer* stamps, const integer* owners, const real* measures, real* row_sums
) {
    const integer row = warp_row();
    if (row >= R) return;
    const Entries words(row_offsets, row);
    real curved = 0, moved = 0;
    for (integer n = threadIdx.x; words.first + n < words.last; n += WARP_SIZE) {
        const integer t = place_in_batch(n, words, row_words, stamps, owners, step);
        if (t < 0) continue;
        curved += measures[MEASURES * t + CURVED], moved += measures[MEASURES * t + MOVED];
    }
    curved = warp_sum(curved), moved = warp_sum(moved);
    if (threadIdx.x == 0) {
        row_sums[ROW_SUMS * row + ROW_CURVED] = curved;
        row_sums[ROW_SUMS * row + ROW_MOVED] = moved;
    }
}

extern "C" __global__ void add_by_row(
    integer D, integer R, integer step, const integer* row_offsets, const integer* row_words,
    const integer* stamps, const integer* owners, const real* change, real* table
) {
    const integer row = warp_row();
    if (row >= R) return;
    const Entries words(row_offsets, row);
    for (integer first = 0; words.first + first < words.last; first += WARP_SIZE) {
        const integer own =
            place_in_batch(first + threadIdx.x, words, row_words, stamps, owners, step);
        for (int lane = 0; lane < WARP_SIZE; ++lane) {
            const integer t = __shfl_sync(0xffffffffu, own, lane);
            if (t < 0) continue;
            for (integer d = threadIdx.x; d < D; d += WARP_SIZE)
                table[row * D + d] += change[t * D + d];
        }
    }
}
