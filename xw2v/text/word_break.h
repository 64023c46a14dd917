/* Where the token ends that begins at some character: the word boundaries of UAX #29 as a loop.

   Characters have the classes of characters.py; `_word_regex` in tokens.py is the same rule as a
   regular expression. Where all characters but whitespace are letters, tokens are what stands
   between whitespace. */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "native.h"

#define INLINE static inline __attribute__((always_inline))

enum { /* CharacterClass of characters.py */
    OTHER,
    LETTER,
    HEBREW,
    DIGIT,
    EAST_ASIAN,
    SOUTH_EAST_ASIAN,
    NUMBER,
    CONNECTOR,
    EXTEND,
    MID_LETTER,
    MID_NUMBER,
    MID_BOTH,
    APOSTROPHE,
    QUOTATION_MARK,
    LINE_END,
    MULTIBYTE, /* of a byte alone: the class depends on the bytes after it */
};

/* The class of each code point, and of each byte where that is enough to know it: of ASCII, and of
   the bytes of characters that are letters whatever follows. */
typedef struct {
    const uint8_t *of_code_point;
    const uint8_t *of_byte;
} Classes;

/* A token that `end_token` cut: text[start .. end). */
typedef struct {
    int64_t end;
    int64_t letters; /* and digits */
    bool has_letter;
} TokenEnd;

INLINE uint64_t load_bytes(const uint8_t *bytes) {
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    return eight;
}

/* The code point beyond ASCII at text[*position]; *position is moved past it. The text is UTF-8. */
INLINE uint32_t next_code_point(const uint8_t *text, int64_t *position) {
    const uint8_t *bytes = text + *position;
    const uint8_t lead = bytes[0];
    if (lead < 0xE0) {
        *position += 2;
        return (lead & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
    }
    if (lead < 0xF0) {
        *position += 3;
        return (lead & 0x0Fu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
    }
    *position += 4;
    return (lead & 0x07u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 |
           (bytes[3] & 0x3Fu);
}

/* The class of the character at text[*position]; *position is moved past it. */
INLINE int next_class(const uint8_t *text, int64_t *position, const Classes *classes) {
    if (text[*position] < 0x80) return classes->of_byte[text[(*position)++]];
    return classes->of_code_point[next_code_point(text, position)];
}

INLINE bool begins_token(int class) { return class >= LETTER && class <= NUMBER; }

/* Whether two characters are of one token, with a joiner between them (OTHER: none). */
INLINE bool is_joined(int before, int joiner, int after) {
    const bool letter_before = before == LETTER || before == HEBREW;
    const bool letter_after = after == LETTER || after == HEBREW;
    const bool letters = letter_before && letter_after;
    const bool digits = before == DIGIT && after == DIGIT;
    switch (joiner) {
        case OTHER:
            if (before >= EAST_ASIAN && before <= NUMBER) return before == after;
            return letter_after || after == DIGIT;
        case CONNECTOR: return true;
        case MID_LETTER: return letters;
        case MID_NUMBER: return digits;
        case QUOTATION_MARK: return before == HEBREW && after == HEBREW;
        default: return letters || digits; /* MID_BOTH, APOSTROPHE */
    }
}

/* The end of the token that begins at `start`, where the class of the character begins one. The
   text ends with a character of class OTHER. */
INLINE TokenEnd end_token(const uint8_t *text, int64_t start, const Classes *classes) {
    TokenEnd token = {.end = start};
    int64_t position = start;
    int before = OTHER;           /* class of the token's last letter or digit */
    int joiner = OTHER;           /* class of what follows it and may join it to the next one */
    bool after_hebrew = false;    /* whether the character before is a Hebrew letter */
    int64_t apostrophe_end = 0;   /* of the one that directly follows a Hebrew letter */
    for (;;) {
        if (before == LETTER && joiner == OTHER) { /* runs of letters whose first byte tells */
            while (classes->of_byte[text[position]] == LETTER) {
                token.letters += (text[position] & 0xC0) != 0x80; /* not within a character */
                position++;
            }
            token.end = position;
        }
        const int class = next_class(text, &position, classes);
        if (begins_token(class)) {
            if (before != OTHER && !is_joined(before, joiner, class)) break;
            token.end = position;
            token.letters++;
            token.has_letter |= class != DIGIT && class != NUMBER;
            before = class;
            joiner = OTHER;
            after_hebrew = class == HEBREW;
            continue;
        }
        if (class == EXTEND && joiner != QUOTATION_MARK) {
            if (joiner == OTHER) token.end = position;
        } else if (class == CONNECTOR && (joiner == OTHER || joiner == CONNECTOR)) {
            joiner = CONNECTOR;
        } else if (class >= MID_LETTER && class <= QUOTATION_MARK && joiner == OTHER &&
                   (class != QUOTATION_MARK || after_hebrew)) {
            joiner = class;
            if (class == APOSTROPHE && after_hebrew) apostrophe_end = position;
        } else {
            break;
        }
        after_hebrew = false;
    }
    if (joiner == APOSTROPHE && apostrophe_end > token.end) token.end = apostrophe_end; /* geresh */
    return token;
}
