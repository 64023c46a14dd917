// From a chunk of the corpus to subsampled tokens with their windows, and negatives: the integers
// of xw2v/sgns/batches.py, sampling.py and draws.py.
//
// A warp draws for the tokens of 32 Philox counters, its rows of 32 adjacent tokens, of which each
// lane has one. The first of a chunk's tokens may be anywhere in the first counter: token 0 of the
// chunk is at position `start` of the corpus, and those outside 0 .. n_tokens are not there.

const int TOKEN_ROWS = 4;  // of a warp, one for each word of a counter
const unsigned ALL_LANES = 0xffffffffu;

// The subsampled tokens: six rows of an array (6, length), see xw2v.sgns.interface.Stretch.
struct StretchRows {
    integer* ids;
    integer* sentence;
    integer* size;
    integer* position;
    integer* left;
    integer* right;

    __device__ StretchRows(integer* stretch, integer length)
        : ids(stretch), sentence(stretch + length), size(stretch + 2 * length),
          position(stretch + 3 * length), left(stretch + 4 * length), right(stretch + 5 * length) {
    }
};

// The token of the chunk that is the first of a warp's.
__device__ inline integer first_token(integer start, integer warp) {
    return warp * (TOKEN_ROWS * WARP_SIZE) - start % 4;
}

// The halves, high ones or low, of the words of a warp's tokens: draws[row] is that of this lane's
// token in each row.
__device__ inline void shuffled_halves(
    unsigned long long seed, unsigned long long stream, integer start, integer warp, bool high,
    unsigned draws[TOKEN_ROWS]
) {
    unsigned long long words[4];
    philox(seed, stream, start / 4 + warp * WARP_SIZE + threadIdx.x, words);
    for (int row = 0; row < TOKEN_ROWS; ++row)
        for (int word = 0; word < 4; ++word) {
            const unsigned half = (unsigned)(high ? words[word] >> 32 : words[word]);
            const int lane = row * (WARP_SIZE / 4) + threadIdx.x / 4;  // whose counter it is of
            const unsigned draw = __shfl_sync(ALL_LANES, half, lane);
            if (threadIdx.x % 4 == word) draws[row] = draw;
        }
}

// A warp for each 32 counters: kept (warps, TOKEN_ROWS), a bit for each token that subsampling
// keeps, and n_kept (warps). ids, thresholds: see ArraySampler.
extern "C" __global__ void keep_tokens(
    unsigned long long seed, unsigned long long stream, integer start, integer n_tokens,
    integer warps, const int* ids, const integer* thresholds, unsigned* kept, integer* n_kept
) {
    const integer warp = warp_row();
    if (warp >= warps) return;
    unsigned draws[TOKEN_ROWS];
    shuffled_halves(seed, stream, start, warp, true, draws);
    bool keep[TOKEN_ROWS];
    for (int row = 0; row < TOKEN_ROWS; ++row) {
        const integer token = first_token(start, warp) + row * WARP_SIZE + threadIdx.x;
        keep[row] = token >= 0 && token < n_tokens && draws[row] < thresholds[ids[token]];
    }
    int total = 0;
    for (int row = 0; row < TOKEN_ROWS; ++row) {
        const unsigned mask = __ballot_sync(ALL_LANES, keep[row]);
        if (threadIdx.x == 0) kept[TOKEN_ROWS * warp + row] = mask;
        total += __popc(mask);
    }
    if (threadIdx.x == 0) n_kept[warp] = total;
}

// The last of the sentences that begin at or before a position, or else the first; a warp searches
// together. Sentence s begins at offsets[s], and offsets[sentences] is the end.
__device__ inline integer
sentence_at(const integer* offsets, integer sentences, integer position) {
    integer low = 0, high = sentences;  // it is one of low .. high - 1
    while (high - low > 1) {
        const integer step = (high - low + WARP_SIZE - 1) / WARP_SIZE;
        const integer probe = low + (threadIdx.x + 1) * step;
        const bool begun = probe < high && offsets[probe] <= position;
        low += step * __popc(__ballot_sync(ALL_LANES, begun));
        high = min(high, low + step);
    }
    return low;
}

// Writes what keep_tokens kept to the stretch, in order, from its token `before` on; kept_up_to
// (warps) counts the kept tokens of all warps up to each. offsets (sentences + 1): of sentences
// from first_sentence on, which the chunk's tokens are in.
extern "C" __global__ void place_tokens(
    unsigned long long seed, unsigned long long stream, integer start, integer warps,
    const int* ids, const integer* offsets, integer sentences, integer first_sentence,
    integer window, integer fixed_window, const unsigned* kept, const integer* kept_up_to,
    integer before, integer length, integer* stretch
) {
    const integer warp = warp_row();
    if (warp >= warps) return;
    const StretchRows rows(stretch, length);
    unsigned draws[TOKEN_ROWS], masks[TOKEN_ROWS];
    shuffled_halves(seed, stream, start, warp, false, draws);
    integer begin = before + kept_up_to[warp];  // where the row's tokens begin in the stretch
    for (int row = 0; row < TOKEN_ROWS; ++row) {
        masks[row] = kept[TOKEN_ROWS * warp + row];
        begin -= __popc(masks[row]);
    }
    const integer first = first_token(start, warp);
    integer sentence = sentence_at(offsets, sentences, start + first);
    for (int row = 0; row < TOKEN_ROWS; ++row) {
        if (masks[row] >> threadIdx.x & 1) {
            const integer token = first + row * WARP_SIZE + threadIdx.x;
            const integer to = begin + __popc(masks[row] & ((1u << threadIdx.x) - 1));
            while (offsets[sentence + 1] <= start + token) ++sentence;
            const integer drawn = ((unsigned long long)draws[row] * window >> 32) + 1;
            rows.ids[to] = ids[token];
            rows.sentence[to] = first_sentence + sentence;
            rows.size[to] = fixed_window ? window : drawn;
            rows.position[to] = start + token;
        }
        begin += __popc(masks[row]);
    }
}

// A thread for each token: those before the chunk's, `before` of them, are copied to the beginning
// of the stretch, and `padding` ones, of no sentence and no window, written to its end.
extern "C" __global__ void frame_stretch(
    integer before, const integer* ids, const integer* sentence, const integer* size,
    const integer* position, integer padding, integer padding_position, integer length,
    integer* stretch
) {
    const integer i = warp_row() * WARP_SIZE + threadIdx.x;
    if (i >= before + padding) return;
    const StretchRows rows(stretch, length);
    const bool pad = i >= before;
    const integer to = pad ? length - padding + i - before : i;
    rows.ids[to] = pad ? 0 : ids[i];
    rows.sentence[to] = pad ? -1 : sentence[i];
    rows.size[to] = pad ? 0 : size[i];
    rows.position[to] = pad ? padding_position : position[i];
}

// The sentence of a token of the stretch; outside it, one that no token has.
__device__ inline integer sentence_of(const StretchRows& rows, integer i, integer length) {
    return i >= 0 && i < length ? rows.sentence[i] : -2;
}

// How many tokens next to token `from`, to the right or (direction -1) to the left, are in its
// sentence without a break; `limit` or more if that many are. A warp looks together.
__device__ inline integer run_beyond(
    const StretchRows& rows, integer from, integer direction, integer length, integer limit
) {
    if (from >= length) return 0;
    const integer sentence = sentence_of(rows, from, length);
    integer reach = 0;
    for (; reach < limit; reach += WARP_SIZE) {
        const integer i = from + direction * (reach + 1 + threadIdx.x);
        const unsigned other = __ballot_sync(ALL_LANES, sentence_of(rows, i, length) != sentence);
        if (other) return reach + __ffs(other) - 1;
    }
    return reach;
}

// A warp for each 32 tokens: left and right of the stretch, how far each token's window, of
// `window` at most, reaches within its sentence.
extern "C" __global__ void window_extents(integer window, integer length, integer* stretch) {
    const integer base = warp_row() * WARP_SIZE, i = base + threadIdx.x;
    if (base >= length) return;
    const StretchRows rows(stretch, length);
    const int lane = threadIdx.x;
    const integer sentence = sentence_of(rows, i, length);
    // the lanes, after lane 0, at which a sentence begins
    const unsigned begins =
        __ballot_sync(ALL_LANES, lane > 0 && sentence != sentence_of(rows, i - 1, length));
    const integer before = run_beyond(rows, base, -1, length, window);
    const integer after = run_beyond(rows, base + WARP_SIZE - 1, 1, length, window);
    if (i >= length) return;
    const unsigned up_to = ALL_LANES >> (WARP_SIZE - 1 - lane);  // this lane and those before it
    const unsigned begun = begins & up_to, beginning = begins & ~up_to;
    const integer to_left = begun ? lane - (WARP_SIZE - 1 - __clz(begun)) : lane + before;
    const integer to_right =
        beginning ? __ffs(beginning) - 2 - lane : WARP_SIZE - 1 - lane + after;
    rows.left[i] = min(rows.size[i], to_left);
    rows.right[i] = min(rows.size[i], to_right);
}

// See low_discrepancy_uint32 of xw2v/sgns/draws.py.
__device__ inline unsigned low_discrepancy(unsigned position, unsigned key) {
    unsigned x = position;
    x ^= x * 0x3D20ADEAu;
    x = (x + key) * (key >> 16 | 1);
    x ^= x * 0x05526C56u;
    x ^= x * 0x53A22864u;
    return __brev(x);
}

// A thread for each draw: ids (n_draws), the words of the alias table thresholds, aliases
// (vocab_size) for the draws from number `first` of the sequence on.
extern "C" __global__ void draw_negatives(
    integer key, integer first, integer n_draws, integer vocab_size, const integer* thresholds,
    const integer* aliases, integer* ids
) {
    const integer i = warp_row() * WARP_SIZE + threadIdx.x;
    if (i >= n_draws) return;
    const unsigned draw = low_discrepancy((unsigned)(first + i), (unsigned)key);
    const unsigned long long place = (unsigned long long)draw * vocab_size;
    const integer column = place >> 32, within = place & 0xffffffffu;  // and how far into it
    ids[i] = within < thresholds[column] ? column : aliases[column];
}
