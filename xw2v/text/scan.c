/* Running text to provisional word ids: the functions that scan.py calls. A chunk of text is
   opened, then scanned for some tokens at a time.

   Tokens are either runs of the letters of one ASCII set, in a text that a table makes of the
   chunk, or follow from the classes of characters (word_break.h), in the chunk as it is.

   A cache (word_cache.h) answers with the id of a token met before. Tokens that it does not hold
   are misses. They are numbered as they appear, each distinct one once: Python makes words of them
   and gives their ids, which then take the place of the numbers. */

#include <stdint.h>
#include <string.h>

#include "native.h"
#include "phrase_search.h"
#include "utf8.h"
#include "word_break.h"
#include "word_cache.h"

#define LOOKAHEAD_TOKENS 64 /* cut before they are looked up, to prefetch their entries */

#define SCAN_CONSTANTS(K)                                                                          \
    K(TEXT_PADDING_BYTES, 16) /* after a text: a separator, and what is read past it */            \
    K(MAX_REPLACEMENTS, 5)                                                                         \
    K(ENDS_WORD, 128)                                                                              \
    K(SHORT_CACHE_BYTES, SHORT_ENTRIES *(int)sizeof(ShortEntry))                                   \
    K(LONG_CACHE_BYTES, LONG_ENTRIES *(int)sizeof(LongEntry))                                      \
    K(SHORT_MISSES_BYTES, SHORT_MISSES *(int)sizeof(ShortEntry))                                   \
    K(LONG_MISSES_BYTES, LONG_MISSES *(int)sizeof(LongEntry))

#define SCAN_STATE_MEMBERS(M)                                                                       \
    M(const uint8_t *, chunk)        /* (chunk_bytes,) UTF-8 */                                     \
    M(const uint8_t *, ascii_table)  /* (256,) of each byte its letter, in the case asked for; or   \
                                        a separator, a space or a newline. Null where tokens follow \
                                        from classes */                                             \
    M(const int64_t *, replaced)     /* (MAX_REPLACEMENTS,) code points that the table applies to   \
                                        as to the ASCII characters */                               \
    M(const uint8_t *, replacements) /* (MAX_REPLACEMENTS,), with ENDS_WORD where no letter of the  \
                                        same word follows */                                        \
    M(const uint8_t *, code_point_classes) /* (0x110000,); null where a chunk is ASCII */           \
    M(const uint8_t *, byte_classes)       /* (256,), see Classes */                                \
    M(int64_t, keep_digits)                /* whether a token may have no letter */                 \
    M(int64_t, chunk_bytes)                                                                         \
    M(uint8_t *, text)     /* (text_bytes + TEXT_PADDING_BYTES,) letters and separators,            \
                              or the chunk */                                                       \
    M(int64_t, text_bytes) /* at most chunk_bytes */                                                \
    M(int64_t, position)   /* where in the text to go on */                                         \
    M(int64_t, max_tokens) /* at most so many, and so many lines, are found at a time */            \
    M(int64_t, tokens)     /* found this time */                                                    \
    M(int64_t, lines)      /* ended this time */                                                    \
    M(int64_t, misses)     /* among them, each distinct one once */                                 \
    M(int64_t, miss_text_bytes)                                                                     \
    M(int64_t, letters)           /* letters and digits of all chunks */                            \
    M(int64_t, letters_outside)   /* those in no token */                                           \
    M(int64_t, cut_tokens)        /* that a joiner follows, see `joiners` in characters.py; with    \
                                     classes, there are none */                                     \
    M(int32_t *, provisional_ids) /* (tokens,) of their words; -1 - k for the k-th miss */          \
    M(int64_t *, line_ends)       /* (lines,) tokens before each line end */                        \
    M(uint8_t *, miss_text)       /* (miss_text_bytes,) their bytes, with ' ' after each; has       \
                                     room for twice the text */                                     \
    M(ShortEntry *, short_cache)  /* SHORT_CACHE_BYTES, zeros to begin with */                      \
    M(LongEntry *, long_cache)    /* LONG_CACHE_BYTES, likewise */                                  \
    M(ShortEntry *, short_misses) /* SHORT_MISSES_BYTES, likewise */                                \
    M(LongEntry *, long_misses)   /* LONG_MISSES_BYTES, likewise */                                 \
    M(int64_t, first_miss)        /* the number of this time's first miss, above all before it */

NATIVE_CONSTANTS(SCAN_CONSTANTS)
NATIVE_STRUCTURE(ScanState, SCAN_STATE_MEMBERS)

_Static_assert(TEXT_PADDING_BYTES >= MAX_SHORT_BYTES, "16 bytes are read anywhere");

/* How many bytes are ASCII letters or digits. */
static int64_t count_ascii(const uint8_t *bytes, int64_t size) {
    int64_t total = 0;
    for (int64_t start = 0; start < size; start += 128) {
        const int64_t end = start + 128 < size ? start + 128 : size;
        uint8_t found = 0; /* one byte wide, so that the compiler vectorises by bytes */
        for (int64_t i = start; i < end; i++) {
            const uint8_t letter = (uint8_t)((bytes[i] | 0x20) - 'a') < 26;
            const uint8_t digit = (uint8_t)(bytes[i] - '0') < 10;
            found += letter | digit;
        }
        total += found;
    }
    return total;
}

/* Whether one of eight bytes is beyond ASCII or an underscore. */
INLINE bool any_special(uint64_t bytes) {
    const uint64_t ones = 0x0101010101010101; /* in each byte */
    const uint64_t zero_if_equal = bytes ^ (uint64_t)'_' * ones;
    const uint64_t equal = (zero_if_equal - ones) & ~zero_if_equal;
    return ((bytes | equal) & 0x80 * ones) != 0;
}

/* Whether a letter or digit begins at chunk[i]. */
INLINE bool is_letter_at(const ScanState *state, int64_t i) {
    if (i >= state->chunk_bytes) return false;
    if (state->chunk[i] < 0x80) return count_ascii(state->chunk + i, 1);
    return begins_token(state->code_point_classes[next_code_point(state->chunk, &i)]);
}

/* Make letters and separators of a chunk by the table; how many bytes they are. Characters beyond
   ASCII become separators, but for those that are replaced. Without classes, there are none. */
static int64_t translate(ScanState *state) {
    const uint8_t *chunk = state->chunk;
    const uint8_t *table = state->ascii_table;
    const int64_t size = state->chunk_bytes;
    uint8_t *out = state->text;
    int64_t letters = count_ascii(chunk, size);
    bool after_letter = false; /* whether a token's letter directly precedes */
    for (int64_t i = 0; i < size;) {
        if (i + 8 <= size && !any_special(load_bytes(chunk + i))) {
            do {
                for (int k = 0; k < 8; k++) out[k] = table[chunk[i + k]];
                out += 8;
                i += 8;
            } while (i + 8 <= size && !any_special(load_bytes(chunk + i)));
            after_letter = out[-1] > ' ';
            if (i == size) break;
        }
        if (chunk[i] < 0x80) {
            const bool cuts = chunk[i] == '_' && table['_'] == ' ' && after_letter;
            *out = table[chunk[i++]];
            state->cut_tokens += cuts && is_letter_at(state, i);
            after_letter = *out++ > ' ';
            continue;
        }
        const uint32_t code_point = next_code_point(chunk, &i);
        const int class = state->code_point_classes[code_point];
        letters += begins_token(class);
        const bool joins = class == EXTEND || (class == CONNECTOR && is_letter_at(state, i));
        state->cut_tokens += after_letter && joins;
        after_letter = false;
        *out = ' ';
        for (int k = 0; k < MAX_REPLACEMENTS; k++) {
            if (state->replaced[k] != (int64_t)code_point) continue;
            const bool ends_word = state->replacements[k] & ENDS_WORD;
            *out = table[state->replacements[k] & 0x7F];
            after_letter = *out > ' ' && !ends_word;
            state->cut_tokens += *out > ' ' && ends_word; /* by the mark that follows it */
            out[1] = ' ';
            out += ends_word;
            break;
        }
        out++;
    }
    const int64_t text_bytes = out - state->text;
    state->letters += letters;
    state->letters_outside += letters - count_ascii(state->text, text_bytes);
    return text_bytes;
}

/* Make the text of a chunk. */
void xw2v_open_chunk(ScanState *state) {
    if (state->ascii_table != NULL) {
        state->text_bytes = translate(state);
    } else {
        state->text_bytes = state->chunk_bytes;
        memcpy(state->text, state->chunk, state->text_bytes);
    }
    memset(state->text + state->text_bytes, ' ', TEXT_PADDING_BYTES);
    state->position = 0;
}

/* The letters from *position on, up to eight, then zeros. *position is moved past them. */
INLINE uint64_t next_letters(const uint8_t *text, int64_t *position) {
    const uint64_t ones = 0x0101010101010101; /* in each byte */
    const uint64_t bytes = load_bytes(text + *position);
    /* letters are 33 .. 126: adding 95 sets the top bit of a letter's byte, and carries nowhere */
    const uint64_t separators = ~(bytes + ('~' - ' ' + 1) * ones) & 0x80 * ones;
    *position += separators ? __builtin_ctzll(separators) / 8 : 8;
    const uint64_t first = separators & -separators; /* 0 where all are letters: the mask is ~0 */
    return bytes & ((first >> 7) - 1);
}

/* The token of letters of the ASCII set that begins at `start`. */
INLINE Token ascii_token(const uint8_t *text, int64_t start) {
    Token token = {.start = start, .end = start};
    token.low = next_letters(text, &token.end);
    if (token.end == start + 8) {
        token.high = next_letters(text, &token.end);
        if (text[token.end] > ' ') {
            while (text[token.end] > ' ') token.end++;
            return token_of(text, start, token.end);
        }
    }
    token.entry = hash_of(token.low, token.high) >> (64 - SHORT_ENTRIES_LOG2);
    return token;
}

/* Cut up to `limit` tokens from state->position on; how many there are. */
INLINE int cut_ascii(ScanState *state, Token *ahead, int64_t limit) {
    const uint8_t *text = state->text;
    const WordCache cache = {state->short_cache, state->long_cache};
    int64_t position = state->position;
    int found = 0;
    while (position < state->text_bytes && found < limit && state->lines < state->max_tokens) {
        if (text[position] <= ' ') {
            if (text[position] == '\n') state->line_ends[state->lines++] = state->tokens + found;
            position++;
            continue;
        }
        ahead[found] = ascii_token(text, position);
        prefetch_entry(&cache, ahead + found);
        position = ahead[found++].end;
    }
    state->position = position;
    return found;
}

/* The same where tokens follow from the classes of characters. */
INLINE int cut_by_class(ScanState *state, Token *ahead, int64_t limit) {
    const Classes classes = {state->code_point_classes, state->byte_classes};
    const uint8_t *text = state->text;
    const WordCache cache = {state->short_cache, state->long_cache};
    int64_t position = state->position;
    int found = 0;
    while (position < state->text_bytes && found < limit && state->lines < state->max_tokens) {
        const int64_t start = position;
        const int class = next_class(text, &position, &classes);
        if (begins_token(class)) {
            const TokenEnd token = end_token(text, start, &classes);
            position = token.end;
            state->letters += token.letters;
            if (token.has_letter || state->keep_digits) {
                ahead[found] = token_of(text, start, token.end);
                prefetch_entry(&cache, ahead + found++);
            } else {
                state->letters_outside += token.letters;
            }
        } else if (class == LINE_END) {
            state->line_ends[state->lines++] = state->tokens + found;
        }
    }
    state->position = position;
    return found;
}

/* Which miss a token is; a new one's bytes go to *miss_text. */
INLINE int64_t miss_of(ScanState *state, const Token *token, uint8_t **miss_text) {
    const WordCache numbers = {state->short_misses, state->long_misses};
    const int32_t next = (int32_t)(state->first_miss + state->misses);
    const int32_t number = number_of(&numbers, state->text, token, state->first_miss, next);
    if (number == next) {
        const int64_t bytes = token->end - token->start;
        memcpy(*miss_text, state->text + token->start, bytes);
        (*miss_text)[bytes] = ' ';
        *miss_text += bytes + 1;
        state->misses++;
    }
    return number - state->first_miss;
}

/* Find the next tokens, until the text ends or max_tokens or as many lines are found. */
void xw2v_scan(ScanState *state) {
    const uint8_t *text = state->text;
    const WordCache cache = {state->short_cache, state->long_cache};
    uint8_t *miss_text = state->miss_text;
    state->first_miss += state->misses;
    if (state->first_miss == 0 || state->first_miss > INT32_MAX - state->max_tokens) {
        memset(state->short_misses, 0, SHORT_MISSES_BYTES);
        memset(state->long_misses, 0, LONG_MISSES_BYTES);
        state->first_miss = 1; /* 0 is that of empty entries */
    }
    state->tokens = 0;
    state->lines = 0;
    state->misses = 0;
    int found;
    do {
        /* pass 1: cut some tokens and prefetch their entries, most of which are in no near cache */
        Token ahead[LOOKAHEAD_TOKENS];
        const int64_t room = state->max_tokens - state->tokens;
        const int64_t limit = room < LOOKAHEAD_TOKENS ? room : LOOKAHEAD_TOKENS;
        found = state->ascii_table != NULL ? cut_ascii(state, ahead, limit)
                                           : cut_by_class(state, ahead, limit);
        /* pass 2: look them up */
        for (const Token *token = ahead; token < ahead + found; token++, state->tokens++) {
            int32_t provisional_id = cached_id(&cache, text, token);
            if (provisional_id < 0) provisional_id = -1 - miss_of(state, token, &miss_text);
            state->provisional_ids[state->tokens] = provisional_id;
        }
    } while (found > 0);
    state->miss_text_bytes = miss_text - state->miss_text;
}

/* Insert tokens: `text` has their bytes, with ' ' after each, and TEXT_PADDING_BYTES. */
void xw2v_cache_insert(
    ShortEntry *short_cache, LongEntry *long_cache, const uint8_t *text, const int32_t *ids,
    int64_t tokens
) {
    const WordCache cache = {short_cache, long_cache};
    int64_t position = 0;
    for (int64_t i = 0; i < tokens; i++) {
        int64_t end = position;
        while (text[end] != ' ') end++;
        const Token token = token_of(text, position, end);
        insert_id(&cache, text, &token, ids[i]);
        position = end + 1;
    }
}

/* Put the ids of misses where they were found among ids (n,), and count all ids, unless counts is
   null. */
void xw2v_number(int32_t *ids, int64_t n, const int32_t *ids_of_misses, int64_t *counts) {
    for (int64_t i = 0; i < n; i++) {
        if (ids[i] < 0) ids[i] = ids_of_misses[-1 - ids[i]];
        if (counts != NULL) counts[ids[i]]++;
    }
}

/* The ids (n,) in rows of a vocabulary, without those that have none (-1); how many are left.
   `ends` (m,), each a number of ids, become the numbers of those left. */
int64_t xw2v_renumber(
    const int32_t *rows, const int32_t *ids, int64_t n, int32_t *kept, int64_t *ends, int64_t m
) {
    int64_t total = 0;
    int64_t i = 0;
    for (int64_t e = 0; e <= m; e++) {
        const int64_t stop = e < m ? ends[e] : n;
        for (; i < stop; i++) {
            kept[total] = rows[ids[i]];
            total += kept[total] >= 0;
        }
        if (e < m) ends[e] = total;
    }
    return total;
}
