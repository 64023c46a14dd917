/* From a chunk of token ids to subsampled tokens with their windows, and negatives: the functions
   of xw2v/sgns/batches.py, sampling.py and draws.py, in units that a team works through. All draws
   are functions of a position, so what a unit finds does not depend on who does it.

       xw2v_subsample    keep tokens of a chunk; how far each one's window reaches
       xw2v_negatives    the negatives of a stretch of batches
*/

#include "native.h"
#include "team.h"

#include <string.h>

#define SAMPLING_CONSTANTS(K)                                                                      \
    K(UNIT_TOKENS, 4096) /* of a chunk that are subsampled together, a multiple of 4 */            \
    K(UNIT_NEGATIVES, 4096)

/* A chunk of the corpus, and the stretch of subsampled tokens that it is added to. */
#define CHUNK_MEMBERS(M)                                                                           \
    M(const int32_t *, ids)     /* (n,) of the tokens from position `start` on */                  \
    M(const int64_t *, offsets) /* (sentences + 1,) their ends: offsets[0] <= start */             \
    M(int64_t, sentences)                                                                          \
    M(int64_t, first_sentence) /* number of the first of them */                                   \
    M(int64_t, start)                                                                              \
    M(int64_t, tokens)             /* n */                                                         \
    M(const int64_t *, thresholds) /* (V,) of draws that keep a word, in 2^32nds */                \
    M(int64_t, window)             /* w */                                                         \
    M(int64_t, fixed_window)       /* whether all windows are w wide */                            \
    M(uint64_t, seed)              /* the key of the draws: seed ... */                            \
    M(uint64_t, stream)            /* ... and stream */                                            \
    M(int64_t, before)             /* tokens of the stretch that are there already */              \
    M(int64_t, after)              /* tokens of padding that end it */                             \
    M(int64_t, kept)               /* tokens of the chunk that subsampling left */                 \
    M(int64_t *, kept_of_unit)     /* (units,) */                                                  \
    M(int32_t *, place_of_kept)    /* (n,) within the chunk, those of each unit at its start */    \
    M(int32_t *, size_of_kept)     /* (n,) window size, likewise */                                \
    M(int64_t *, stretch_ids)      /* (before + n + after,) the stretch: ids ... */                \
    M(int64_t *, sentence)         /* ... number of the sentence, -1 for padding ... */            \
    M(int64_t *, size)             /* ... window size, 0 for padding ... */                        \
    M(int64_t *, position)         /* ... index in the corpus ... */                               \
    M(int64_t *, left)             /* ... and context words to the left ... */                     \
    M(int64_t *, right)            /* ... and to the right, within the stretch */

#define NEGATIVES_MEMBERS(M)                                                                       \
    M(const int64_t *, thresholds) /* (V,) of the alias table, see xw2v.sgns.sampling */           \
    M(const int64_t *, aliases)    /* (V,) */                                                      \
    M(int64_t, vocab_size)                                                                         \
    M(uint32_t, key)   /* of the hash of low_discrepancy_uint32 */                                 \
    M(uint64_t, start) /* the number of the first draw */                                          \
    M(int64_t, count)                                                                              \
    M(int64_t *, ids) /* (count,) */

NATIVE_CONSTANTS(SAMPLING_CONSTANTS)
NATIVE_STRUCTURE(Chunk, CHUNK_MEMBERS)
NATIVE_STRUCTURE(Negatives, NEGATIVES_MEMBERS)

/* Philox4x64-10 (Salmon et al. 2011): the four words of a counter. */
static void philox(uint64_t counter, uint64_t key0, uint64_t key1, uint64_t words[4]) {
    uint64_t c0 = counter, c1 = 0, c2 = 0, c3 = 0;
    for (int round = 0; round < 10; round++) {
        const unsigned __int128 a = (unsigned __int128)c0 * 0xD2E7470EE14C6C93;
        const unsigned __int128 b = (unsigned __int128)c2 * 0xCA5A826395121157;
        c0 = (uint64_t)(b >> 64) ^ c1 ^ key0;
        c2 = (uint64_t)(a >> 64) ^ c3 ^ key1;
        c1 = (uint64_t)b;
        c3 = (uint64_t)a;
        key0 += 0x9E3779B97F4A7C15;
        key1 += 0xBB67AE8584CAA73B;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

static int64_t units_of(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

/* Keep tokens whose draw is below their word's threshold; a token's word of the stream gives both
   draws, the high half this one and the low half that of its window's size. */
static void subsample(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    Chunk *chunk = job;
    const int64_t first = unit * UNIT_TOKENS, rest = chunk->tokens - first;
    const int64_t count = rest < UNIT_TOKENS ? rest : UNIT_TOKENS;
    const uint64_t at = (uint64_t)(chunk->start + first);
    const int64_t fixed = chunk->fixed_window;
    int32_t *place = chunk->place_of_kept + first, *size = chunk->size_of_kept + first;
    uint64_t words[4];
    int64_t kept = 0;
    if (at % 4 != 0) philox(at / 4, chunk->seed, chunk->stream, words);
    for (int64_t i = 0; i < count; i++) {
        const uint64_t lane = (at + (uint64_t)i) % 4;
        if (lane == 0) philox((at + (uint64_t)i) / 4, chunk->seed, chunk->stream, words);
        const uint64_t word = words[lane];
        place[kept] = (int32_t)(first + i);
        const uint64_t low = fixed ? 0xFFFFFFFF : word & 0xFFFFFFFF; /* the largest draw gives w */
        size[kept] = (int32_t)((low * (uint64_t)chunk->window) >> 32) + 1;
        kept += (int64_t)(word >> 32) < chunk->thresholds[chunk->ids[first + i]];
    }
    chunk->kept_of_unit[unit] = kept;
}

/* The index of the last sentence that begins at or before a position. */
static int64_t sentence_at(const Chunk *chunk, int64_t position) {
    int64_t low = 0, high = chunk->sentences; /* offsets[low] <= position < offsets[high] */
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (chunk->offsets[middle] <= position) low = middle;
        else high = middle;
    }
    return low;
}

/* Place a unit's kept tokens in the stretch, after those of the units before it. */
static void compact(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    Chunk *chunk = job;
    const int32_t *place = chunk->place_of_kept + unit * UNIT_TOKENS;
    const int32_t *size = chunk->size_of_kept + unit * UNIT_TOKENS;
    const int64_t kept = chunk->kept_of_unit[unit];
    int64_t to = chunk->before;
    for (int64_t u = 0; u < unit; u++) to += chunk->kept_of_unit[u];
    if (unit == units_of(chunk->tokens, UNIT_TOKENS) - 1) chunk->kept = to + kept - chunk->before;
    if (kept == 0) return;
    int64_t sentence = sentence_at(chunk, chunk->start + place[0]);
    for (int64_t i = 0; i < kept; i++, to++) {
        const int64_t position = chunk->start + place[i];
        while (chunk->offsets[sentence + 1] <= position) sentence++;
        chunk->stretch_ids[to] = chunk->ids[place[i]];
        chunk->sentence[to] = chunk->first_sentence + sentence;
        chunk->size[to] = size[i];
        chunk->position[to] = position;
    }
}

/* How far the windows of a unit's share of the stretch reach within their sentences. */
static void extents(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const Chunk *chunk = job;
    const int64_t length = chunk->before + chunk->kept + chunk->after;
    const int64_t units = units_of(chunk->before + chunk->tokens + chunk->after, UNIT_TOKENS);
    const int64_t *sentence = chunk->sentence;
    const int64_t first = length * unit / units, last = length * (unit + 1) / units;
    if (first == last) return;
    int64_t start = first; /* of the sentence, or where no window of the unit reaches */
    while (start > 0 && first - start < chunk->window && sentence[start - 1] == sentence[first])
        start--;
    for (int64_t i = first; i < last; i++) {
        if (i > first && sentence[i] != sentence[i - 1]) start = i;
        chunk->left[i] = i - start < chunk->size[i] ? i - start : chunk->size[i];
    }
    int64_t end = last; /* likewise, one past it */
    while (end < length && end - last < chunk->window && sentence[end] == sentence[last - 1]) end++;
    for (int64_t i = last - 1; i >= first; i--) {
        if (i < last - 1 && sentence[i] != sentence[i + 1]) end = i + 1;
        chunk->right[i] = end - 1 - i < chunk->size[i] ? end - 1 - i : chunk->size[i];
    }
}

static void pad(void *job, int64_t unit, int64_t thread) {
    (void)unit;
    (void)thread;
    Chunk *chunk = job;
    const int64_t first = chunk->before + chunk->kept;
    for (int64_t i = first; i < first + chunk->after; i++) {
        chunk->stretch_ids[i] = 0;
        chunk->sentence[i] = -1;
        chunk->size[i] = 0;
        chunk->position[i] = chunk->start + chunk->tokens;
    }
}

/* Add what subsampling leaves of a chunk, and padding, to the stretch. */
void xw2v_subsample(Chunk *chunk, Team *team) {
    const int64_t units = units_of(chunk->tokens, UNIT_TOKENS);
    const int64_t total = chunk->before + chunk->tokens + chunk->after;
    chunk->kept = 0;
    team_run(
        team, chunk,
        (Phase[]){
            {units, subsample}, {units, compact}, {1, pad}, {units_of(total, UNIT_TOKENS), extents}
        },
        4
    );
}

/* See low_discrepancy_uint32 of xw2v/sgns/draws.py. */
static uint32_t low_discrepancy(uint32_t x, uint32_t key) {
    x ^= x * 0x3D20ADEA;
    x = (x + key) * (key >> 16 | 1);
    x ^= x * 0x05526C56;
    x ^= x * 0x53A22864;
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0F0F0F0F) | (x & 0x0F0F0F0F) << 4;
    x = (x >> 8 & 0x00FF00FF) | (x & 0x00FF00FF) << 8;
    return x >> 16 | x << 16;
}

static void draw_negatives(void *job, int64_t unit, int64_t thread) {
    (void)thread;
    const Negatives *n = job;
    const int64_t first = unit * UNIT_NEGATIVES;
    const int64_t last = first + UNIT_NEGATIVES < n->count ? first + UNIT_NEGATIVES : n->count;
    for (int64_t i = first; i < last; i++) {
        const uint32_t draw = low_discrepancy((uint32_t)(n->start + (uint64_t)i), n->key);
        const uint64_t place = draw * (uint64_t)n->vocab_size; /* column, and how far into it */
        const int64_t column = (int64_t)(place >> 32), within = (int64_t)(place & 0xFFFFFFFF);
        n->ids[i] = within < n->thresholds[column] ? column : n->aliases[column];
    }
}

void xw2v_negatives(Negatives *negatives, Team *team) {
    const int64_t units = units_of(negatives->count, UNIT_NEGATIVES);
    team_run(team, negatives, &(Phase){units, draw_negatives}, 1);
}
