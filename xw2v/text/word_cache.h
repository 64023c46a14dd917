/* A cache that answers with the id of a token met before. It stores complete tokens, so that its
   answers are exact: those that come first, as frequent words do, short ones in smaller entries.

   Any number of threads may look tokens up while one inserts others: an entry is written once, and
   what shows that it is not empty is written last. */

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
#define CACHE_PROBES 4 /* consecutive entries in which a token may be */
#define MAX_SHORT_BYTES 16
#define MAX_LONG_BYTES LONG_ENTRY_BYTES
#define SHORT_MISSES_LOG2 15 /* of those that are numbered at a time */
#define LONG_MISSES_LOG2 13
#define SHORT_MISSES ((1 << SHORT_MISSES_LOG2) + CACHE_PROBES - 1)
#define LONG_MISSES ((1 << LONG_MISSES_LOG2) + CACHE_PROBES - 1)
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
    else __builtin_prefetch(cache->long_cache + token->entry);
}

/* Whether the cache may hold a token. With a 0 at its end, a short key would be that of a shorter
   token. */
INLINE bool is_cachable(const uint8_t *text, const Token *token) {
    return text[token->end - 1] != 0 && token->end - token->start <= MAX_LONG_BYTES;
}

INLINE bool is_short(const Token *token) { return token->end - token->start <= MAX_SHORT_BYTES; }

/* Whether an entry, which is not empty, is a token's. */
INLINE bool is_short_entry(const ShortEntry *entry, uint64_t low, const Token *token) {
    return low == token->low && entry->high == token->high;
}

INLINE bool
is_long_entry(const LongEntry *entry, int32_t bytes, const uint8_t *text, const Token *token) {
    return bytes == token->end - token->start &&
           memcmp(entry->token, text + token->start, bytes) == 0;
}

/* The id of a token in the cache, or -1. */
INLINE int32_t cached_id(const WordCache *cache, const uint8_t *text, const Token *token) {
    if (!is_cachable(text, token)) return -1;
    if (is_short(token)) {
        const ShortEntry *entry = cache->short_cache + token->entry;
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            const uint64_t low = __atomic_load_n(&entry->low, __ATOMIC_ACQUIRE);
            if (low == 0) return -1;
            if (is_short_entry(entry, low, token)) return entry->provisional_id;
        }
    } else {
        const LongEntry *entry = cache->long_cache + token->entry;
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            const int32_t bytes = __atomic_load_n(&entry->bytes, __ATOMIC_ACQUIRE);
            if (bytes == 0) return -1;
            if (is_long_entry(entry, bytes, text, token)) return entry->provisional_id;
        }
    }
    return -1;
}

/* Put a token's id into the cache, if it is not there and there is room for it. */
INLINE void insert_id(const WordCache *cache, const uint8_t *text, const Token *token, int32_t id) {
    if (!is_cachable(text, token)) return;
    if (is_short(token)) {
        ShortEntry *entry = cache->short_cache + token->entry;
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            if (entry->low == 0) {
                entry->high = token->high;
                entry->provisional_id = id;
                __atomic_store_n(&entry->low, token->low, __ATOMIC_RELEASE);
                return;
            }
            if (is_short_entry(entry, entry->low, token)) return;
        }
    } else {
        LongEntry *entry = cache->long_cache + token->entry;
        const int64_t bytes = token->end - token->start;
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            if (entry->bytes == 0) {
                memcpy(entry->token, text + token->start, bytes);
                entry->provisional_id = id;
                __atomic_store_n(&entry->bytes, (int32_t)bytes, __ATOMIC_RELEASE);
                return;
            }
            if (is_long_entry(entry, entry->bytes, text, token)) return;
        }
    }
}

/* The number of a token in tables of SHORT_MISSES and LONG_MISSES entries, of which only one thread
   knows; `next` where it has none yet, which it then gets if there is room. Entries with numbers
   below `first` are empty. */
INLINE int32_t number_of(
    const WordCache *numbers, const uint8_t *text, const Token *token, int64_t first, int32_t next
) {
    if (!is_cachable(text, token)) return next;
    if (is_short(token)) {
        ShortEntry *entry =
            numbers->short_cache + (token->entry >> (SHORT_ENTRIES_LOG2 - SHORT_MISSES_LOG2));
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            if (entry->provisional_id < first) {
                *entry = (ShortEntry){token->low, token->high, next};
                return next;
            }
            if (is_short_entry(entry, entry->low, token)) return entry->provisional_id;
        }
    } else {
        LongEntry *entry =
            numbers->long_cache + (token->entry >> (LONG_ENTRIES_LOG2 - LONG_MISSES_LOG2));
        const int64_t bytes = token->end - token->start;
        for (int probe = 0; probe < CACHE_PROBES; probe++, entry++) {
            if (entry->provisional_id < first) {
                memcpy(entry->token, text + token->start, bytes);
                entry->bytes = (int32_t)bytes;
                entry->provisional_id = next;
                return next;
            }
            if (is_long_entry(entry, entry->bytes, text, token)) return entry->provisional_id;
        }
    }
    return next;
}
