"""Running text to word numbers, compiled: the fast path for patterns that are one set of ASCII
characters.

`scan.c` answers with the numbers of words that it has met before, and spells out the others, about
one in a hundred of English, for the index of all words. `xw2v.text.tokens` is its oracle in the
tests.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np

from xw2v.storage.native import Count, Pointer, native_library
from xw2v.text.tokens import LOWER_TO_ASCII, Tokenizer

MOST = 1 << 15  # words, and lines, that are found at a time


class State(ctypes.Structure):
    """Scan of scan.c, which says what its members are."""

    _fields_ = [
        ("block", ctypes.c_char_p),
        ("table", ctypes.c_char_p),
        ("text", Pointer),
        *(
            (name, Count)
            for name in ("size", "at", "most", "words", "lines", "strangers", "spelt_size")
        ),
        *((name, Pointer) for name in ("numbers", "ends", "places", "spelt", "cache")),
    ]


@cache
def library() -> ctypes.CDLL | None:
    """The compiled loops; None where this installation has none, for want of a C compiler."""
    found = native_library("xw2v_scan", State)
    if found is not None:
        found.size_of_cache.restype = found.more_bytes.restype = Count
        for function in (found.open_block, found.scan, found.remember):
            function.restype, function.argtypes = None, [ctypes.POINTER(State)]
    return found


class Scanner:
    """Finds and numbers the words of blocks of text.

    tokenizer: one that has an `ascii_table`. number: a word's number, or a new one where the word
    is new.
    """

    def __init__(
        self, library: ctypes.CDLL, tokenizer: Tokenizer, number: Callable[[str], int]
    ) -> None:
        self._library, self._number = library, number
        replacements = LOWER_TO_ASCII if tokenizer.lowercase else {}
        self._replacements = [
            (character.encode(), lower.encode()) for character, lower in replacements.items()
        ]
        self._text, self._spelt = np.zeros((2, 0), np.uint8)
        self._numbers, (self._ends, self._places) = (
            np.empty(MOST, np.int32),
            np.empty((2, MOST), np.int64),
        )
        self._cache = np.zeros(library.size_of_cache(), np.uint8)
        self._state = State(
            table=tokenizer.ascii_table,
            cache=self._cache.ctypes.data,
            numbers=self._numbers.ctypes.data,
            ends=self._ends.ctypes.data,
            places=self._places.ctypes.data,
        )

    def forget(self) -> None:
        """Empty the cache, as must be done when words leave the index."""
        self._cache.fill(0)

    def open(self, block: bytes) -> None:
        """Take a block of UTF-8 text that begins and ends between words."""
        if not block.isascii():
            for character, lower in self._replacements:
                if (
                    character[-1] in block and character in block
                ):  # the first test is a good deal faster
                    block = block.replace(character, lower)
        state, room = self._state, len(block) + self._library.more_bytes()
        if room > self._text.size:
            self._text, self._spelt = np.zeros((2, room), np.uint8)
        state.text, state.spelt = self._text.ctypes.data, self._spelt.ctypes.data
        state.block, state.size = block, len(block)
        self._library.open_block(state)

    def next(self, most: int) -> tuple[np.ndarray, np.ndarray] | None:
        """At most so many of the words that are left, or None where the block is at its end.

        The answer holds ids (n,) int32 and ends (m,) int64, the words of these n before each line
        end.
        """
        state = self._state
        if state.at == state.size:
            return None
        state.most = min(most, MOST)
        self._library.scan(state)
        places = self._places[: state.strangers]
        if places.size:
            strangers = self._spelt[: state.spelt_size].tobytes().decode("ascii").split()
            self._numbers[places] = np.fromiter(map(self._number, strangers), np.int32, places.size)
            self._library.remember(state)
        return self._numbers[: state.words].copy(), self._ends[: state.lines].copy()
