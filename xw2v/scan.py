"""Running text to word numbers, compiled: the fast path for patterns that are one set of ASCII characters.

`scan.c` answers with the numbers of words that it has met before, and spells out the others, about one in a hundred of
English, for the index of all words. `xw2v.tokens` is its oracle in the tests.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np

from xw2v.native import native_library
from xw2v.tokens import LOWER_TO_ASCII, Tokenizer

MOST = 1 << 15  # words, and lines, that are found at a time

Pointer, Count = ctypes.c_void_p, ctypes.c_int64


class State(ctypes.Structure):
    """Scan of scan.c, which says what its members are."""

    _fields_ = [
        ("block", ctypes.c_char_p), ("table", ctypes.c_char_p), ("text", Pointer),
        *((name, Count) for name in ("size", "at", "most", "words", "lines", "strangers", "spelt_size")),
        *((name, Pointer) for name in ("numbers", "ends", "places", "spelt", "cache")),
    ]  # fmt: skip


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

    tokenizer: one that has an `ascii_table`. number: a word's number, or a new one where the word is new.
    """

    def __init__(self, library: ctypes.CDLL, tokenizer: Tokenizer, number: Callable[[str], int]) -> None:
        self._library, self._number = library, number
        replacements = LOWER_TO_ASCII if tokenizer.lowercase else {}
        self._replacements = [(character.encode(), lower.encode()) for character, lower in replacements.items()]
        self._numbers, (self._ends, self._places) = np.empty(MOST, np.int32), np.empty((2, MOST), np.int64)
        self._state = State(
            table=tokenizer.ascii_table,
            numbers=self._numbers.ctypes.data, ends=self._ends.ctypes.data, places=self._places.ctypes.data,
        )  # fmt: skip
        self._make_room(0)
        self.forget()

    def _make_room(self, size: int) -> None:
        self._text, self._spelt = np.zeros((2, size + self._library.more_bytes()), np.uint8)
        self._state.text, self._state.spelt = self._text.ctypes.data, self._spelt.ctypes.data
        self._most_bytes = size

    def forget(self) -> None:
        """Empty the cache, as must be done when words leave the index."""
        self._cache = np.zeros(self._library.size_of_cache(), np.uint8)
        self._state.cache = self._cache.ctypes.data

    def open(self, block: bytes) -> None:
        """Take a block of UTF-8 text that begins and ends between words."""
        if not block.isascii():
            for character, lower in self._replacements:
                if character[-1] in block and character in block:  # the first test is a good deal faster
                    block = block.replace(character, lower)
        if len(block) > self._most_bytes:
            self._make_room(len(block))
        self._state.block, self._state.size = block, len(block)
        self._library.open_block(self._state)

    def next(self, most: int) -> tuple[np.ndarray, np.ndarray] | None:
        """At most so many of the words that are left, or None where the block is at its end.

        The answer holds ids (n,) int32 and ends (m,) int64, the words of these n before each line end.
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
