/* Whether text is UTF-8, as strictly as Python has it: no longer forms than needed, no surrogates.
 */

#pragma once

#include <stdint.h>

#include "word_break.h"

/* How many newlines there are in bytes of UTF-8; -1 where they are something else. */
int64_t xw2v_newlines(const uint8_t *bytes, int64_t size) {
    int64_t newlines = 0;
    for (int64_t i = 0; i < size; i++) newlines += bytes[i] == '\n';
    for (int64_t i = 0; i < size;) {
        const uint8_t lead = bytes[i];
        if (i + 8 <= size && (load_bytes(bytes + i) & 0x8080808080808080) == 0) {
            i += 8;
        } else if (lead < 0x80) {
            i++;
        } else {
            const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
            if (lead < 0xC2 || lead > 0xF4 || i + more >= size) return -1;
            const uint8_t second = bytes[i + 1];
            const uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            const uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            if (second < least || second > most) return -1;
            for (int k = 2; k <= more; k++) {
                if ((bytes[i + k] & 0xC0) != 0x80) return -1;
            }
            i += 1 + more;
        }
    }
    return newlines;
}
