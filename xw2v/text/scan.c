/* Running text to provisional word ids, where tokens are runs of the letters of one ASCII set: the
   functions that scan.py calls. A chunk of text is opened, then scanned for some tokens at a time.

   A cache answers with the id of a word met before. It stores complete words, so that its answers
   are exact: words of up to MAX_CACHED_LETTERS letters, and of these the ones that come first, as
   frequent words do. Tokens whose words it does not hold are misses: Python gives their ids. */

#include <stdint.h>
#include <string.h>

#include "native.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the first of eight letters must be the lowest byte of an integer"
#endif
#define INLINE static inline __attribute__((always_inline))

/* A word of the cache: letters 0 .. 7 and 8 .. 15, the first in the lowest byte, zeros after the
   last. In an empty entry, low is 0. */
typedef struct {
    uint64_t low;
    uint64_t high;
    int32_t provisional_id;
} CacheEntry;

#define CACHE_ENTRIES_LOG2 19
#define CACHE_PROBES 4      /* consecutive entries in which a word may be */
#define LOOKAHEAD_TOKENS 64 /* cut before they are looked up, to prefetch their entries */
#define CACHE_ENTRIES ((1 << CACHE_ENTRIES_LOG2) + CACHE_PROBES - 1)

#define SCAN_CONSTANTS(K)                                                                          \
    K(MAX_CACHED_LETTERS, 16)                                                                      \
    K(TEXT_PADDING_BYTES, 8) /* after a text: a separator, and what is read past it */             \
    K(CACHE_BYTES, CACHE_ENTRIES * (int)sizeof(CacheEntry))

#define SCAN_STATE_MEMBERS(M)                                                                      \
    M(const uint8_t *, chunk)       /* (chunk_bytes,) UTF-8 */                                     \
    M(const uint8_t *, ascii_table) /* (256,) of each byte its letter, in the case asked for; or   \
                                       a separator, a space or a newline */                        \
    M(int64_t, chunk_bytes)                                                                        \
    M(uint8_t *, text)            /* (chunk_bytes + TEXT_PADDING_BYTES,) letters and separators */ \
    M(int64_t, position)          /* where in the text to go on */                                 \
    M(int64_t, max_tokens)        /* at most so many, and so many lines, are found at a time */    \
    M(int64_t, tokens)            /* found this time */                                            \
    M(int64_t, lines)             /* ended this time */                                            \
    M(int64_t, misses)            /* of the tokens */                                              \
    M(int64_t, miss_text_bytes)                                                                    \
    M(int32_t *, provisional_ids) /* (tokens,) of their words; Python sets those of misses */ \
    M(int64_t *, line_ends)       /* (lines,) tokens before each line end */                       \
    M(int64_t *, miss_positions)  /* (misses,) which tokens they are */                            \
    M(uint8_t *, miss_text)       /* (miss_text_bytes,) their letters, with ' ' after each; has    \
                                     room for the text */                                          \
    M(CacheEntry *, cache)        /* CACHE_BYTES, zeros to begin with */

NATIVE_CONSTANTS(SCAN_CONSTANTS)
NATIVE_STRUCTURE(ScanState, SCAN_STATE_MEMBERS)

_Static_assert(MAX_CACHED_LETTERS == 2 * sizeof(uint64_t), "low and high hold all letters");
_Static_assert(TEXT_PADDING_BYTES >= sizeof(uint64_t), "next_letters() reads eight bytes anywhere");

/* Make the text of a chunk. */
void xw2v_open_chunk(ScanState *state) {
    const uint8_t *chunk = state->chunk;
    const uint8_t *ascii_table = state->ascii_table;
    const int64_t size = state->chunk_bytes;
    uint8_t *text = state->text;
    for (int64_t i = 0; i < size; i++) text[i] = ascii_table[chunk[i]];
    memset(text + size, ' ', TEXT_PADDING_BYTES);
    state->position = 0;
}

/* The letters from *position on, up to eight, then zeros. *position is moved past them. */
INLINE uint64_t next_letters(const uint8_t *text, int64_t *position) {
    const uint64_t ones = 0x0101010101010101; /* in each byte */
    uint64_t bytes;
    memcpy(&bytes, text + *position, sizeof bytes);
    /* letters are 33 .. 126: adding 95 sets the top bit of a letter's byte, and carries nowhere */
    const uint64_t separators = ~(bytes + ('~' - ' ' + 1) * ones) & 0x80 * ones;
    *position += separators ? __builtin_ctzll(separators) / 8 : 8;
    const uint64_t first = separators & -separators; /* 0 where all are letters: the mask is ~0 */
    return bytes & ((first >> 7) - 1);
}

/* A token: its word as a key of the cache, and where it is in a text. */
typedef struct {
    uint64_t low;
    uint64_t high;
    int64_t start;
    int64_t end;
    int64_t entry; /* the first in which the word may be */
} Token;

INLINE Token token_at(const uint8_t *text, int64_t start) {
    Token token = {.start = start, .end = start};
    token.low = next_letters(text, &token.end);
    if (token.end == start + 8) {
        token.high = next_letters(text, &token.end);
        while (text[token.end] > ' ') token.end++;
    }
    const uint64_t hash = token.low * 0x9E3779B97F4A7C15 ^ token.high * 0xC2B2AE3D27D4EB4F;
    token.entry = hash >> (64 - CACHE_ENTRIES_LOG2);
    return token;
}

/* The entry that holds a token's word, or the empty one where it would go, or null. */
INLINE CacheEntry *find_entry(CacheEntry *cache, const Token *token) {
    if (token->end - token->start > MAX_CACHED_LETTERS) return NULL;
    CacheEntry *entry = cache + token->entry;
    for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
        if (entry->low == token->low && entry->high == token->high) return entry;
        if (entry->low == 0) return entry;
    }
    return NULL;
}

/* Find the next tokens, until the text ends or max_tokens or as many lines are found. */
void xw2v_scan(ScanState *state) {
    const uint8_t *text = state->text;
    const int64_t max_tokens = state->max_tokens;
    uint8_t *miss_text = state->miss_text;
    int64_t position = state->position;
    int64_t tokens = 0;
    int64_t lines = 0;
    int64_t misses = 0;
    int found;
    do {
        Token ahead[LOOKAHEAD_TOKENS];
        found = 0;
        /* pass 1: cut some tokens and prefetch their entries, most of which are in no near cache */
        while (position < state->chunk_bytes && found < LOOKAHEAD_TOKENS &&
               tokens + found < max_tokens && lines < max_tokens) {
            if (text[position] <= ' ') {
                if (text[position] == '\n') state->line_ends[lines++] = tokens + found;
                position++;
                continue;
            }
            ahead[found] = token_at(text, position);
            __builtin_prefetch(state->cache + ahead[found].entry);
            position = ahead[found].end;
            found++;
        }
        /* pass 2: look them up */
        for (const Token *token = ahead; token < ahead + found; token++, tokens++) {
            const CacheEntry *entry = find_entry(state->cache, token);
            if (entry != NULL && entry->low != 0) {
                state->provisional_ids[tokens] = entry->provisional_id;
                continue;
            }
            const int64_t letters = token->end - token->start;
            state->miss_positions[misses++] = tokens;
            memcpy(miss_text, text + token->start, letters);
            miss_text[letters] = ' ';
            miss_text += letters + 1;
        }
    } while (found > 0);
    state->position = position;
    state->tokens = tokens;
    state->lines = lines;
    state->misses = misses;
    state->miss_text_bytes = miss_text - state->miss_text;
}

/* Insert the words of the misses, whose ids have been set by now. */
void xw2v_cache_insert(ScanState *state) {
    int64_t position = 0;
    for (int64_t i = 0; i < state->misses; i++) {
        const Token token = token_at(state->miss_text, position);
        CacheEntry *entry = find_entry(state->cache, &token);
        if (entry != NULL) {
            const int32_t provisional_id = state->provisional_ids[state->miss_positions[i]];
            *entry = (CacheEntry){token.low, token.high, provisional_id};
        }
        position = token.end + 1;
    }
}
