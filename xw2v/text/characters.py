"""What a character is for the rule of words: the word-break classes of UAX #29, by code point.

They are derived from the general categories and names that Python's `unicodedata` has, after
https://www.unicode.org/reports/tr29/#Default_Word_Boundaries, with these tailorings:

- A colon joins no letters (as in CLDR's root locale).
- U+02BC and the fullwidth apostrophe count as apostrophes.
- No space joins (the narrow one does in UAX #29).
- Letters of scripts written without spaces are a class, not single characters, so that text that
  was segmented stays as it was.
- Numbers other than decimal digits (category No: ½, ², ①, Ethiopic ones) are tokens, runs of them.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import cache
from itertools import chain

import numpy as np


class CharacterClass(IntEnum):
    """Word-break classes; scan.c has the same numbers."""

    OTHER = 0
    LETTER = 1
    HEBREW = 2
    DIGIT = 3
    EAST_ASIAN = 4  # Han, Hiragana, Katakana: written without spaces
    SOUTH_EAST_ASIAN = 5  # Thai, Lao, Khmer, Burmese and others: likewise
    NUMBER = 6  # other than decimal digits, such as ½ and ²: not joined to what is beside it
    CONNECTOR = 7  # such as _: joins anything
    EXTEND = 8  # marks and invisible characters: belong to what they follow
    MID_LETTER = 9  # joins letters
    MID_NUMBER = 10  # joins digits
    MID_BOTH = 11  # joins either
    APOSTROPHE = 12  # likewise
    QUOTATION_MARK = 13  # joins Hebrew letters
    LINE_END = 14


SPACELESS = (CharacterClass.EAST_ASIAN, CharacterClass.SOUTH_EAST_ASIAN)
WORD_CLASSES = (CharacterClass.LETTER, CharacterClass.HEBREW, *SPACELESS)  # of letters
COUNTED_CLASSES = (*WORD_CLASSES, CharacterClass.DIGIT, CharacterClass.NUMBER)

_MEMBERS = {
    CharacterClass.LETTER: "\u00b8\u02c2-\u02c5\u02d2-\u02d7\u02de\u02df\u02e5-\u02eb\u02ed"
    "\u02ef-\u02ff\u055a-\u055c\u055e\u058a\u05f3\u070f\ua708-\ua716\ua720\ua721\ua789\ua78a"
    "\uab5b\uac00-\ud7a3\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189",
    CharacterClass.DIGIT: "\u0600-\u0605\u066b\u06dd\u0890\u0891\u08e2\u19da\U000110bd\U000110cd",
    CharacterClass.EAST_ASIAN: "\u3006\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303a"
    "\u3400-\u4dbf\u4e00-\u9fff\u309b\u309c\u30a0\U00017000-\U00018d7f\U00020000-\U0003fffd",
    CharacterClass.EXTEND: "\uff9e\uff9f\U0001f3fb-\U0001f3ff",
    CharacterClass.MID_LETTER: "\u00b7\u0387\u055f\u05f4\u2027\ufe13",
    CharacterClass.MID_NUMBER: ",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044"
    "\ufe50\ufe54\uff0c\uff1b",
    CharacterClass.MID_BOTH: ".\u2018\u2024\ufe52\uff0e",
    CharacterClass.APOSTROPHE: "'\u2019\u02bc\uff07",
    CharacterClass.QUOTATION_MARK: '"',
    CharacterClass.LINE_END: "\n\r",
    CharacterClass.OTHER: "\u200b\u202f",  # breaks
}
_CATEGORIES = {
    **dict.fromkeys(("Lu", "Ll", "Lt", "Lm", "Lo", "Nl"), CharacterClass.LETTER),
    **dict.fromkeys(("Mn", "Mc", "Me", "Cf"), CharacterClass.EXTEND),
    "Nd": CharacterClass.DIGIT,
    "No": CharacterClass.NUMBER,
    "Pc": CharacterClass.CONNECTOR,
}
_NAMES = {
    "HEBREW": CharacterClass.HEBREW,
    **dict.fromkeys(
        ("CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "HENTAIGANA", "NUSHU", "KHITAN"),
        CharacterClass.EAST_ASIAN,
    ),
    **dict.fromkeys(
        ("THAI ", "LAO ", "KHMER", "MYANMAR", "TAI ", "NEW TAI LUE", "AHOM"),
        CharacterClass.SOUTH_EAST_ASIAN,
    ),
}
# where letters other than the many of Han, Hangul and Tangut are, and marks
_LOOKED_UP = (
    *(range(0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0xD800), range(0xF900, 0x17000)),
    *(range(0x18D80, 0x20000), range(0xE0000, 0xE0200)),
)


@cache
def class_table() -> np.ndarray:
    """The class of every code point, (0x110000,) uint8."""
    table = np.zeros(0x110000, np.uint8)
    for code in chain(*_LOOKED_UP):
        character = chr(code)
        kind = _CATEGORIES.get(unicodedata.category(character), CharacterClass.OTHER)
        if kind == CharacterClass.LETTER and code >= 0x590:
            kind = _letter_class(character)
        table[code] = kind
    for kind, members in _MEMBERS.items():
        for first, last in _ranges(members):
            table[first : last + 1] = kind
    return table


def _letter_class(character: str) -> CharacterClass:
    name = unicodedata.name(character, "")
    kinds = (kind for prefix, kind in _NAMES.items() if name.startswith(prefix))
    return next(kinds, CharacterClass.LETTER)


def _ranges(members: str) -> list[tuple[int, int]]:
    """(first, last) of the characters and ranges in a string such as "ab-e"."""
    found: list[tuple[int, int]] = []
    i = 0
    while i < len(members):
        if members[i + 1 : i + 2] == "-":
            found.append((ord(members[i]), ord(members[i + 2])))
            i += 3
        else:
            found.append((ord(members[i]), ord(members[i])))
            i += 1
    return found


def characters_of(*kinds: CharacterClass) -> str:
    """The characters of some classes as the inside of a set in a regular expression."""
    codes = np.flatnonzero(np.isin(class_table(), kinds))
    starts = codes[np.flatnonzero(np.diff(codes, prepend=-2) > 1)]
    stops = codes[np.flatnonzero(np.diff(codes, append=1 << 30) > 1)]
    ranges = zip(map(chr, starts.tolist()), map(chr, stops.tolist()), strict=True)
    # compiled ten times faster than with escapes
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges)


def classes_of(text: str) -> np.ndarray:
    """The class of each character of a text, (n,) uint8."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return class_table()[codes]


@cache
def _is_counted() -> np.ndarray:
    return np.isin(class_table(), COUNTED_CLASSES)


def count_letters(text: str) -> int:
    """How many letters and digits a text has."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return int(np.count_nonzero(_is_counted()[codes]))


def joiners(text: str) -> np.ndarray:
    """Which characters of a text belong to a word that ends before them, if one does: marks,
    invisible characters, and connectors before a letter or digit. (n,) bool
    """
    classes = classes_of(text)
    before_letter = np.zeros(classes.size, bool)
    before_letter[:-1] = np.isin(classes[1:], COUNTED_CLASSES)
    is_connector = classes == CharacterClass.CONNECTOR
    joins: np.ndarray = (classes == CharacterClass.EXTEND) | (is_connector & before_letter)
    return joins


def invisible_characters() -> str:
    """Formatting that a word is the same without: soft hyphens, marks of direction and others."""
    codes = np.flatnonzero(class_table() == CharacterClass.EXTEND).tolist()
    joiners = "\u200c\u200d"  # which letters may look different without
    return "".join(
        chr(code)
        for code in codes
        if unicodedata.category(chr(code)) == "Cf" and chr(code) not in joiners
    )
