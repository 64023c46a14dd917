"""Sums of words as people type them: `king - man + woman`, `king woman -man`, `"new york" -man`."""

from __future__ import annotations

import re
from collections.abc import Container

# a word in double quotes, with a sign or without, or anything between spaces
_PART = re.compile(r'([+-]?)"([^"]+)"(?=\s|$)|(\S+)')
SIGNS = ("+", "-")


def parse_sum(text: str, vocabulary: Container[object]) -> tuple[list[str], list[str]]:
    """(positive, negative) words of a sum; words with spaces are in double quotes.

    A sign may be apart or at the start of a word, unless a word of the vocabulary is spelt so.

    >>> parse_sum('king - man + "new york"', {"king", "man"})
    (['king', 'new york'], ['man'])
    """
    positive: list[str] = []
    negative: list[str] = []
    sign = "+"
    for match in _PART.finditer(text):
        quoted_sign, word, part = match.groups()
        if part in SIGNS:
            sign = part
            continue
        if word is None:
            word = part
            if part[0] in SIGNS and part not in vocabulary:
                sign, word = part[0], part[1:]
        elif match[0] in vocabulary:
            word = match[0]
        elif quoted_sign:
            sign = quoted_sign
        (negative if sign == "-" else positive).append(word)
        sign = "+"
    return positive, negative
