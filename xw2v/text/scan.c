/* Running text to word numbers, where tokens are runs of the letters of one ASCII set (scan.py calls these).

   A cache answers with the number of a word met before. It keeps whole words, so that what it answers is exact: those
   of up to 16 letters, and of these the ones that come first, as frequent words do. */

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the first letter of eight must be the lowest byte of a number"
#endif
#define INLINE static inline __attribute__((always_inline))

#define ENTRIES_LOG2 19
#define PROBES 4   /* entries in which a word may be */
#define LONGEST 16 /* letters of a word in the cache */
#define AHEAD 7    /* bytes that may be read after the blank that ends a text */
#define AT_ONCE 64 /* words that are read before they are looked up: most of their entries are in no near cache */

typedef struct {
    uint64_t low, high; /* letters 0..7 and 8..15, the first the lowest; a low of 0 where the entry is empty */
    int32_t number;
} Entry;

typedef struct {
    const uint8_t *block; /* (size,) UTF-8 */
    const uint8_t *table; /* (256,) of each byte its letter, 33..126, in the case asked for; or ' ', or '\n' */
    uint8_t *text;       /* (size + 1 + AHEAD,) those of the block, and ' ' after it */
    int64_t size, at;    /* at: where to go on */
    int64_t most;        /* words, and lines, at a time */
    int64_t words, lines, strangers, spelt_size; /* found this time */
    int32_t *numbers;    /* (words,) but for the strangers, which the cache does not know: */
    int64_t *ends;       /* (lines,) words before each line end */
    int64_t *places;     /* (strangers,) which words they are */
    uint8_t *spelt;      /* (size + 1 + AHEAD,) their letters, with ' ' after each */
    Entry *cache;        /* size_of_cache() bytes, 0 to begin with */
} Scan;

int64_t size_of_structure(void) { return sizeof(Scan); }
int64_t size_of_cache(void) { return sizeof(Entry) * ((1 << ENTRIES_LOG2) + PROBES - 1); }
int64_t more_bytes(void) { return 1 + AHEAD; }

/* Makes `text` of a block. */
void open_block(Scan *s) {
    const uint8_t *block = s->block, *table = s->table;
    uint8_t *text = s->text;
    int64_t size = s->size;
    for (int64_t i = 0; i < size; i++) text[i] = table[block[i]];
    memset(text + size, ' ', 1 + AHEAD);
    s->at = 0;
}

/* The letters from *at on, up to eight of them, with zeros after them; *at is moved past them. */
INLINE uint64_t letters_at(const uint8_t *text, int64_t *at) {
    const uint64_t each = 0x0101010101010101;
    uint64_t eight;
    memcpy(&eight, text + *at, 8);
    uint64_t others = ~(eight + ('~' - ' ' + 1) * each) & 0x80 * each; /* the top bit of each byte that is no letter */
    *at += others ? __builtin_ctzll(others) / 8 : 8;
    return eight & (((others & -others) >> 7) - 1);
}

/* A word as a key of the cache, where it may be there, and where it is in the text. */
typedef struct {
    uint64_t low, high;
    int64_t start, stop, entry;
} Word;

/* The word that begins at `start`. */
INLINE Word word_at(const uint8_t *text, int64_t start) {
    Word word = {.start = start, .stop = start};
    word.low = letters_at(text, &word.stop);
    if (word.stop == start + 8) {
        word.high = letters_at(text, &word.stop);
        while (text[word.stop] > ' ') word.stop++;
    }
    word.entry = (word.low * 0x9E3779B97F4A7C15 ^ word.high * 0xC2B2AE3D27D4EB4F) >> (64 - ENTRIES_LOG2);
    return word;
}

/* The entry that holds a word, or the empty one where it would go, or none. */
INLINE Entry *entry_of(Entry *cache, const Word *word) {
    if (word->stop - word->start > LONGEST) return 0;
    Entry *entry = cache + word->entry;
    for (int probe = 0; probe < PROBES; probe++, entry++)
        if ((entry->low == word->low && entry->high == word->high) || !entry->low) return entry;
    return 0;
}

/* Finds the next words, until the text or the room for them ends. */
void scan(Scan *s) {
    const uint8_t *text = s->text;
    uint8_t *spelt = s->spelt;
    int64_t at = s->at, words = 0, lines = 0, strangers = 0;
    int n;
    do {
        Word found[AT_ONCE];
        n = 0;
        while (at < s->size && n < AT_ONCE && words + n < s->most && lines < s->most) {
            if (text[at] <= ' ') {
                if (text[at++] == '\n') s->ends[lines++] = words + n;
                continue;
            }
            found[n] = word_at(text, at);
            __builtin_prefetch(s->cache + found[n].entry);
            at = found[n++].stop;
        }
        for (const Word *word = found; word < found + n; word++, words++) {
            const Entry *entry = entry_of(s->cache, word);
            if (entry && entry->low) {
                s->numbers[words] = entry->number;
                continue;
            }
            s->places[strangers++] = words;
            memcpy(spelt, text + word->start, word->stop - word->start);
            spelt += word->stop - word->start;
            *spelt++ = ' ';
        }
    } while (n);
    s->at = at, s->words = words, s->lines = lines, s->strangers = strangers, s->spelt_size = spelt - s->spelt;
}

/* Puts the strangers, whose numbers are there by now, into the cache. */
void remember(Scan *s) {
    for (int64_t i = 0, at = 0; i < s->strangers; i++) {
        Word word = word_at(s->spelt, at);
        Entry *entry = entry_of(s->cache, &word);
        if (entry) *entry = (Entry){word.low, word.high, s->numbers[s->places[i]]};
        at = word.stop + 1;
    }
}
