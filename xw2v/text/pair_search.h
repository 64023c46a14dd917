/* Where pairs of tokens that follow each other in a text are among given ones, by hashes, for
   scan.c, which has the structure PairTable.

   A text is records of tokens: UNIT_SEPARATOR after each token of a record but the last, and
   RECORD_SEPARATOR after that; PAIR_PADDING_BYTES follow. All bytes below 0x20 are taken as
   separators, so that a text whose tokens contain some has too many tokens. */

#pragma once

#include <string.h>

#include "word_break.h"

#define RECORD_SEPARATOR 0x1E

#define EACH_BYTE 0x0101010101010101u
#define HASH_FACTOR 0x9E3779B97F4A7C15u
#define PAIR_FACTOR 0xC2B2AE3D27D4EB4Fu

INLINE uint64_t mixed(uint64_t hash, uint64_t bytes) {
    hash = (hash ^ bytes) * HASH_FACTOR;
    return hash ^ hash >> 32;
}

/* The hash of the token at *position, which becomes where its separator is. */
INLINE uint64_t hash_token(const uint8_t *text, int64_t *position) {
    uint64_t hash = HASH_FACTOR;
    for (;;) {
        const uint64_t bytes = load_bytes(text + *position);
        /* the lowest bit that is set is that of the first byte below 0x20 */
        const uint64_t separators = (bytes - 0x20 * EACH_BYTE) & ~bytes & 0x80 * EACH_BYTE;
        if (separators) {
            const int length = __builtin_ctzll(separators) >> 3;
            *position += length;
            return mixed(hash, bytes & (((uint64_t)1 << 8 * length) - 1));
        }
        hash = mixed(hash, bytes);
        *position += 8;
    }
}

/* Never 0, which is an empty slot of a table. */
INLINE uint64_t hash_pair(uint64_t first, uint64_t second) {
    return mixed(first * PAIR_FACTOR, second) | 1;
}

/* Put a pair into a table. */
INLINE void insert_pair(PairTable *table, uint64_t hash, int32_t pair) {
    int64_t slot = hash >> 32 & table->mask;
    while (table->hashes[slot]) slot = (slot + 1) & table->mask;
    table->hashes[slot] = hash;
    table->numbers[slot] = pair;
}

/* Which pair of a table has this hash and these bytes, of two tokens and the separator between
   them; NO_PAIR where there is none. */
INLINE int64_t
find_pair(const PairTable *table, uint64_t hash, const uint8_t *bytes, int64_t size) {
    for (int64_t slot = hash >> 32 & table->mask; table->hashes[slot];
         slot = (slot + 1) & table->mask) {
        if (table->hashes[slot] != hash) continue;
        const int64_t start = table->starts[table->numbers[slot]];
        const int64_t end = table->starts[table->numbers[slot] + 1] - 1; /* its separator */
        if (end - start == size && memcmp(table->text + start, bytes, size) == 0)
            return table->numbers[slot];
    }
    return NO_PAIR;
}
