/* Records of tokens by their hashes, for scan.c, which has the structure RecordTable.

   A text is records of tokens: UNIT_SEPARATOR after each token of a record but the last, and
   RECORD_SEPARATOR after that; RECORD_PADDING_BYTES follow. All bytes below 0x20 are taken as
   separators, so that a text whose tokens contain some has too many tokens. */

#pragma once

#include <string.h>

#include "word_break.h"

#define RECORD_SEPARATOR 0x1E

#define EACH_BYTE 0x0101010101010101u
#define HASH_FACTOR 0x9E3779B97F4A7C15u
#define TOKENS_FACTOR 0xC2B2AE3D27D4EB4Fu

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

/* The hash of tokens and one more. */
INLINE uint64_t hash_more(uint64_t hash, uint64_t token) {
    return mixed(hash * TOKENS_FACTOR, token);
}

/* Put a record into a table. */
INLINE void insert_record(RecordTable *table, uint64_t hash, int32_t record) {
    hash |= 1; /* never 0, which is an empty slot */
    int64_t slot = hash >> 32 & table->mask;
    while (table->hashes[slot]) slot = (slot + 1) & table->mask;
    table->hashes[slot] = hash;
    table->numbers[slot] = record;
}

/* Which record of a table has this hash and these bytes, without its last separator; NO_RECORD
   where there is none. */
INLINE int64_t
find_record(const RecordTable *table, uint64_t hash, const uint8_t *bytes, int64_t size) {
    hash |= 1;
    for (int64_t slot = hash >> 32 & table->mask; table->hashes[slot];
         slot = (slot + 1) & table->mask) {
        if (table->hashes[slot] != hash) continue;
        const int64_t start = table->starts[table->numbers[slot]];
        const int64_t end = table->starts[table->numbers[slot] + 1] - 1; /* its separator */
        if (end - start == size && memcmp(table->text + start, bytes, size) == 0)
            return table->numbers[slot];
    }
    return NO_RECORD;
}
