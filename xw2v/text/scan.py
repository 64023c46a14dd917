"""Running text to provisional word ids, compiled: the fast path for patterns that are one set of
ASCII characters.

`scan.c` has a cache of the words met before. The others, its misses, about one token in a hundred
of English, are looked up in the index of all words. `xw2v.text.tokens` is its oracle in the tests.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np

from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature, native_library
from xw2v.text.tokens import LOWER_TO_ASCII, Tokenizer

MAX_SCAN_TOKENS = 1 << 15  # and lines, that are found at a time


class ScanState(ctypes.Structure):
    """ScanState of scan.c, which says what its members are."""

    _fields_ = [
        ("chunk", ctypes.c_char_p),
        ("ascii_table", ctypes.c_char_p),
        ("chunk_bytes", Count),
        ("text", Pointer),
        ("position", Count),
        ("max_tokens", Count),
        ("tokens", Count),
        ("lines", Count),
        ("misses", Count),
        ("miss_text_bytes", Count),
        ("provisional_ids", Pointer),
        ("line_ends", Pointer),
        ("miss_positions", Pointer),
        ("miss_text", Pointer),
        ("cache", Pointer),
    ]


OF_STATE: Signature = (None, ctypes.POINTER(ScanState))
FUNCTIONS = dict.fromkeys(("xw2v_open_chunk", "xw2v_scan", "xw2v_cache_insert"), OF_STATE)


@cache
def library() -> NativeLibrary | None:
    """The compiled loops; None where this installation has none, because no C compiler was found at
    install time.
    """
    return native_library("xw2v_scan", (ScanState,), FUNCTIONS)


class Scanner:
    """Finds the tokens of chunks of text and gives them provisional ids.

    Args:
        library: the compiled loops.
        tokenizer: one that has an `ascii_table`.
        provisional_id: a word's id, or a new one where the word is new.
    """

    def __init__(
        self, library: NativeLibrary, tokenizer: Tokenizer, provisional_id: Callable[[str], int]
    ) -> None:
        self._library = library
        self._provisional_id = provisional_id
        replacements = LOWER_TO_ASCII if tokenizer.lowercase else {}
        self._replacements = [
            (character.encode(), lower.encode()) for character, lower in replacements.items()
        ]
        self._text, self._miss_text = np.zeros((2, 0), np.uint8)
        self._provisional_ids = np.empty(MAX_SCAN_TOKENS, np.int32)
        self._line_ends = np.empty(MAX_SCAN_TOKENS, np.int64)
        self._miss_positions = np.empty(MAX_SCAN_TOKENS, np.int64)
        self._cache = np.zeros(library.constants["CACHE_BYTES"], np.uint8)
        self._state = ScanState(
            ascii_table=tokenizer.ascii_table,
            provisional_ids=self._provisional_ids.ctypes.data,
            line_ends=self._line_ends.ctypes.data,
            miss_positions=self._miss_positions.ctypes.data,
            cache=self._cache.ctypes.data,
        )

    def cache_clear(self) -> None:
        """Empty the cache, as must be done when words leave the index."""
        self._cache.fill(0)

    def open(self, chunk: bytes) -> None:
        """Take a chunk of UTF-8 text that begins and ends between words."""
        if not chunk.isascii():
            for character, lower in self._replacements:
                # the test for the last byte alone is much faster, and enough for most chunks
                if character[-1] in chunk and character in chunk:
                    chunk = chunk.replace(character, lower)
        state = self._state
        room = len(chunk) + self._library.constants["TEXT_PADDING_BYTES"]
        if room > self._text.size:
            self._text, self._miss_text = np.zeros((2, room), np.uint8)
            state.text = self._text.ctypes.data
            state.miss_text = self._miss_text.ctypes.data
        state.chunk = chunk
        state.chunk_bytes = len(chunk)
        self._library.xw2v_open_chunk(state)

    def next(self, max_tokens: int) -> tuple[np.ndarray, np.ndarray] | None:
        """The next tokens of the chunk.

        Args:
            max_tokens: at most so many.

        Returns:
            Provisional ids (n,) int32 and line ends (m,) int64, each the tokens of these n before
            it; or None where the chunk is at its end.
        """
        state = self._state
        if state.position == state.chunk_bytes:
            return None
        state.max_tokens = min(max_tokens, MAX_SCAN_TOKENS)
        self._library.xw2v_scan(state)
        if state.misses:
            misses = self._miss_text[: state.miss_text_bytes].tobytes().decode("ascii").split()
            self._provisional_ids[self._miss_positions[: state.misses]] = np.fromiter(
                map(self._provisional_id, misses), np.int32, state.misses
            )
            self._library.xw2v_cache_insert(state)
        return self._provisional_ids[: state.tokens].copy(), self._line_ends[: state.lines].copy()
