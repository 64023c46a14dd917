/* Records of tokens by their hashes, and the phrases in a text that are among them: a part of
   scan.c, whose constants it has.

   A text is records of tokens: UNIT_SEPARATOR after each token of a record but the last, and
   RECORD_SEPARATOR after that; RECORD_PADDING_BYTES follow. All bytes below 0x20 are taken as
   separators, so that a text whose tokens contain some has too many tokens. */

#pragma once

#include <string.h>

#include "native.h"
#include "word_break.h"

#define RECORD_SEPARATOR 0x1E

#define RECORD_TABLE_MEMBERS(M)                                                                    \
    M(uint64_t *, hashes) /* (mask + 1,) of records, each at its slot or, where others are, after  \
                             them; 0 in empty slots, of which there are some */                    \
    M(int32_t *, numbers) /* (mask + 1,) which records they are */                                 \
    M(int64_t, mask)                                                                               \
    M(const uint8_t *, text) /* the records, as above */                                           \
    M(int64_t *, starts)     /* (records + 1,) where they begin in it, and the end */

NATIVE_STRUCTURE(RecordTable, RECORD_TABLE_MEMBERS)

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

/* Put the records of a table's text into it, which is empty. Returns how many tokens they have, or
   -1 where there are not so many records. */
int64_t xw2v_fill_records(RecordTable *table, int64_t text_bytes, int64_t records) {
    int64_t tokens = 0, record = 0;
    for (int64_t position = 0; position < text_bytes; record++) {
        if (record == records) return -1;
        table->starts[record] = position;
        uint64_t hash = hash_token(table->text, &position);
        for (tokens++; table->text[position++] != RECORD_SEPARATOR; tokens++)
            hash = hash_more(hash, hash_token(table->text, &position));
        insert_record(table, hash, (int32_t)record);
    }
    table->starts[record] = text_bytes;
    return record == records ? tokens : -1;
}

/* The phrases in a text, from left to right, and the empty tokens that end none.

   phrases: each is a record: a first and a last token, and connectors between them.
   connectors: each is a record of one token; they begin and end no phrase.
   found: (n, 4) the record, the first token of it and the token after the last, and which phrase
   these are, or NO_RECORD for an empty token. There may be as many as tokens.
   Returns n, or -1 where the text does not have so many tokens. */
int64_t xw2v_find_phrases(
    const RecordTable *phrases, const RecordTable *connectors, const uint8_t *text,
    int64_t text_bytes, int64_t *found, int64_t tokens
) {
    int64_t n = 0, token = 0, record = 0, place = 0;
    int64_t first = -1, first_byte = 0; /* the token that may begin a phrase */
    uint64_t hash = 0;                  /* of the tokens from there on */
    for (int64_t position = 0; position < text_bytes; position++, token++, place++) {
        if (token == tokens) return -1;
        const int64_t start = position;
        const uint64_t of_token = hash_token(text, &position);
        const uint64_t of_all = first < 0 ? of_token : hash_more(hash, of_token);
        if (find_record(connectors, of_token, text + start, position - start) != NO_RECORD) {
            hash = of_all;
        } else {
            const int64_t phrase =
                first < 0 ? NO_RECORD
                          : find_record(phrases, of_all, text + first_byte, position - first_byte);
            const bool is_empty = position == start;
            if (phrase != NO_RECORD || is_empty) {
                int64_t *one = found + 4 * n++;
                one[0] = record;
                one[1] = phrase != NO_RECORD ? first : place;
                one[2] = place + 1;
                one[3] = phrase;
                first = -1;
            } else {
                first = place;
                first_byte = start;
                hash = of_token;
            }
        }
        if (text[position] == RECORD_SEPARATOR) {
            record++;
            place = first = -1;
        }
    }
    return token == tokens ? n : -1;
}
