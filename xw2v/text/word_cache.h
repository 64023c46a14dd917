/* A cache that answers with the id of a token met before. It stores complete tokens, so that its
   answers are exact: those that come first, as frequent words do, short ones in smaller entries. */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "word_break.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the first of eight bytes must be the lowest byte of an integer"
#endif

/* A short token of the cache: bytes 0 .. 7 and 8 .. 15, the first in the lowest byte, zeros after
   the last. In an empty entry, low is 0. */
typedef struct {
    uint64_t low;
    uint64_t high;
    int32_t provisional_id;
} ShortEntry;

#define LONG_ENTRY_BYTES 56

typedef struct {
    uint8_t token[LONG_ENTRY_BYTES];
    int32_t bytes; /* 0 in an empty entry */
    int32_t provisional_id;
} LongEntry;

#define SHORT_ENTRIES_LOG2 19
#define LONG_ENTRIES_LOG2 17
#define CACHE_PROBES 4      /* consecutive entries in which a token may be */
#define MAX_SHORT_BYTES 16
#define MAX_LONG_BYTES LONG_ENTRY_BYTES
#define SHORT_ENTRIES ((1 << SHORT_ENTRIES_LOG2) + CACHE_PROBES - 1)
#define LONG_ENTRIES ((1 << LONG_ENTRIES_LOG2) + CACHE_PROBES - 1)

_Static_assert(MAX_SHORT_BYTES == 2 * sizeof(uint64_t), "low and high hold all bytes");
_Static_assert(sizeof(LongEntry) == 64, "a line of the processor's cache");

typedef struct {
    ShortEntry *short_cache; /* (SHORT_ENTRIES,) */
    LongEntry *long_cache;   /* (LONG_ENTRIES,) */
} WordCache;

/* A token: where it is in a text, and as a key of the cache. */
typedef struct {
    uint64_t low; /* of short tokens; of long ones the hash */
    uint64_t high;
    int64_t start;
    int64_t end;
    int64_t entry; /* the first in which it may be */
} Token;

INLINE uint64_t hash_of(uint64_t low, uint64_t high) {
    return low * 0x9E3779B97F4A7C15 ^ high * 0xC2B2AE3D27D4EB4F;
}

/* The key of text[start .. end). */
INLINE Token token_of(const uint8_t *text, int64_t start, int64_t end) {
    Token token = {.start = start, .end = end};
    const int64_t bytes = end - start;
    if (bytes <= MAX_SHORT_BYTES) {
        const uint64_t low = load_bytes(text + start);
        const uint64_t high = load_bytes(text + start + 8);
        token.low = bytes >= 8 ? low : low & (((uint64_t)1 << 8 * bytes) - 1);
        token.high = bytes >= 16  ? high
                     : bytes <= 8 ? 0
                                  : high & (((uint64_t)1 << 8 * (bytes - 8)) - 1);
        token.entry = hash_of(token.low, token.high) >> (64 - SHORT_ENTRIES_LOG2);
    } else if (bytes <= MAX_LONG_BYTES) {
        uint64_t hash = bytes;
        for (int64_t i = start; i < end; i += 8) {
            hash = (hash ^ load_bytes(text + (i + 8 <= end ? i : end - 8))) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 32;
        }
        token.entry = hash * 0xC2B2AE3D27D4EB4F >> (64 - LONG_ENTRIES_LOG2);
    }
    return token;
}

INLINE void prefetch_entry(const WordCache *cache, const Token *token) {
    if (token->end - token->start <= MAX_SHORT_BYTES)
        __builtin_prefetch(cache->short_cache + token->entry);
    else
        __builtin_prefetch(cache->long_cache + token->entry);
}

/* The id of a token in the cache, or -1. With `insert`, that id is put where the token is or goes,
   if there is room for it. */
INLINE int32_t cached_id(const WordCache *cache, const uint8_t *text, const Token *token,
                         const int32_t *insert) {
    const int64_t bytes = token->end - token->start;
    if (text[token->end - 1] == 0) return -1; /* a short key would be that of a shorter token */
    if (bytes <= MAX_SHORT_BYTES) {
        ShortEntry *entry = cache->short_cache + token->entry;
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            const bool empty = entry->low == 0;
            if (!empty && (entry->low != token->low || entry->high != token->high)) continue;
            if (insert != NULL) *entry = (ShortEntry){token->low, token->high, *insert};
            return empty ? -1 : entry->provisional_id;
        }
    } else if (bytes <= MAX_LONG_BYTES) {
        LongEntry *entry = cache->long_cache + token->entry;
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            const bool empty = entry->bytes == 0;
            if (!empty && (entry->bytes != bytes ||
                           memcmp(entry->token, text + token->start, bytes) != 0))
                continue;
            if (insert != NULL) {
                memcpy(entry->token, text + token->start, bytes);
                entry->bytes = bytes;
                entry->provisional_id = *insert;
            }
            return empty ? -1 : entry->provisional_id;
        }
    }
    return -1;
}
