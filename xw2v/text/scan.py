"""Running text to provisional word ids, compiled: for all rules of tokens but most patterns.

`scan.c` has a cache of the tokens met before. The others, its misses, about one token in a hundred
of English, are normalised by their rule, to be looked up in the index of all words: what happens to
a token beyond cutting it out of the text is Python's alone. `xw2v.text.tokens` is the oracle in the
tests.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import NamedTuple

import numpy as np

from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature, native_library
from xw2v.storage.python_api import OBJECT_METHOD, USE_PYTHON
from xw2v.text.characters import CharacterClass, class_table
from xw2v.text.tokens import Losses, TokenRule

MAX_SCAN_TOKENS = 1 << 18  # and lines, that are found at a time
MULTIBYTE = 15  # of word_break.h


class ScanState(ctypes.Structure):
    """ScanState of scan.c, which says what its members are."""

    _fields_ = [
        ("chunk", ctypes.c_char_p),
        ("ascii_table", ctypes.c_char_p),
        ("replaced", Pointer),
        ("replacements", ctypes.c_char_p),
        ("code_point_classes", Pointer),
        ("byte_classes", Pointer),
        ("keep_digits", Count),
        ("chunk_bytes", Count),
        ("text", Pointer),
        ("text_bytes", Count),
        ("position", Count),
        ("max_tokens", Count),
        ("tokens", Count),
        ("lines", Count),
        ("misses", Count),
        ("miss_text_bytes", Count),
        ("letters", Count),
        ("letters_outside", Count),
        ("cut_tokens", Count),
        ("provisional_ids", Pointer),
        ("line_ends", Pointer),
        ("miss_text", Pointer),
        ("short_cache", Pointer),
        ("long_cache", Pointer),
        ("short_misses", Pointer),
        ("long_misses", Pointer),
        ("first_miss", Count),
    ]


OF_STATE: Signature = (None, ctypes.POINTER(ScanState))
FUNCTIONS: dict[str, Signature] = {
    "xw2v_newlines": (Count, ctypes.c_char_p, Count),
    "xw2v_open_chunk": OF_STATE,
    "xw2v_scan": OF_STATE,
    "xw2v_cache_insert": (None, Pointer, Pointer, Pointer, Pointer, Count),
    "xw2v_number": (None, Pointer, Count, Pointer, Pointer),
    "xw2v_renumber": (Count, Pointer, Pointer, Count, Pointer, Pointer, Count),
    "xw2v_use_python": USE_PYTHON,
    "xw2v_fill_filter": OBJECT_METHOD,
    "xw2v_join_phrases": OBJECT_METHOD,
    "xw2v_find_phrases": OBJECT_METHOD,
}


@cache
def library() -> NativeLibrary | None:
    """The compiled loops; None where this installation has none, because no C compiler was found at
    install time.
    """
    return native_library("xw2v_scan", (ScanState,), FUNCTIONS)


def is_fast(rule: TokenRule) -> bool:
    """Whether `Scanner` serves a rule."""
    return rule.ascii_table is not None or rule.classes is not None


class Misses(NamedTuple):
    """Tokens that the cache did not hold, each distinct one once, or seldom more often.

    Attributes:
        words: what the rule makes of them.
        text: their bytes for `WordCache.insert`.
    """

    words: list[str]
    text: np.ndarray


class WordCache:
    """Ids of tokens that were met before. Several scanners may read it while one thread inserts."""

    def __init__(self, library: NativeLibrary) -> None:
        self._library = library
        self.short_cache = np.zeros(library.constants["SHORT_CACHE_BYTES"], np.uint8)
        self.long_cache = np.zeros(library.constants["LONG_CACHE_BYTES"], np.uint8)

    def insert(self, misses: Misses, ids: np.ndarray) -> None:
        """Take the ids of misses, (n,) int32."""
        self._library.xw2v_cache_insert(
            self.short_cache.ctypes.data,
            self.long_cache.ctypes.data,
            misses.text.ctypes.data,
            ids.ctypes.data,
            ids.size,
        )

    def clear(self) -> None:
        """Forget all, as must be done when words leave the index. What a scanner finds meanwhile
        is of no use.
        """
        self.short_cache.fill(0)
        self.long_cache.fill(0)


class Found(NamedTuple):
    """Tokens of a chunk.

    Attributes:
        ids: (n,) int32, provisional; -1 - k for the k-th of the misses, until they are `number`ed.
        line_ends: (m,) int64, tokens before each line end.
        misses: None where there are none.
    """

    ids: np.ndarray
    line_ends: np.ndarray
    misses: Misses | None

    def number(
        self,
        library: NativeLibrary,
        ids_of_misses: np.ndarray | None,
        counts: np.ndarray | None = None,
    ) -> None:
        """Put the ids of the misses in their places, and count all ids.

        Args:
            library: the compiled loops.
            ids_of_misses: (m,) int32; None where there are none.
            counts: (n,) int64 of each provisional id; None where they are not counted.
        """
        new, totals = (
            None if array is None else array.ctypes.data for array in (ids_of_misses, counts)
        )
        library.xw2v_number(self.ids.ctypes.data, self.ids.size, new, totals)


class Scanner:
    """Finds the tokens of chunks of text and gives them provisional ids, as far as they are known.

    Args:
        library: the compiled loops.
        rule: one that `is_fast`.
        cache: the ids that are known.

    Attributes:
        library: the compiled loops.
        losses: letters and digits of the chunks so far, those in no token, and cut tokens.
    """

    def __init__(self, library: NativeLibrary, rule: TokenRule, cache: WordCache) -> None:
        self.library = library
        self._rule = rule
        self._cache = cache
        self._set_replacements(rule.replacements)
        self._text = np.zeros(0, np.uint8)
        self._miss_text = np.zeros(0, np.uint8)
        self._provisional_ids = np.empty(MAX_SCAN_TOKENS, np.int32)
        self._line_ends = np.empty(MAX_SCAN_TOKENS, np.int64)
        self._short_misses = np.empty(library.constants["SHORT_MISSES_BYTES"], np.uint8)
        self._long_misses = np.empty(library.constants["LONG_MISSES_BYTES"], np.uint8)
        self._state = ScanState(
            ascii_table=rule.ascii_table,
            replaced=self._replaced.ctypes.data,
            replacements=self._replacements,
            keep_digits=rule.keep_digits,
            provisional_ids=self._provisional_ids.ctypes.data,
            line_ends=self._line_ends.ctypes.data,
            short_cache=cache.short_cache.ctypes.data,
            long_cache=cache.long_cache.ctypes.data,
            short_misses=self._short_misses.ctypes.data,
            long_misses=self._long_misses.ctypes.data,
        )
        if rule.classes is not None:
            self._set_classes(rule.classes)

    def _set_replacements(self, replacements: dict[str, str]) -> None:
        """Characters beyond ASCII and the one that stands for each; what else follows it, such as
        a combining mark, ends the word.
        """
        most, ends_word = (self.library.constants[n] for n in ("MAX_REPLACEMENTS", "ENDS_WORD"))
        codes = [ord(character) for character in replacements]
        self._replaced = np.array(codes + [-1] * (most - len(codes)), np.int64)
        self._replacements = bytes(
            ord(new[0]) | (ends_word if len(new) > 1 else 0) for new in replacements.values()
        ).ljust(most)

    def _set_classes(self, classes: np.ndarray) -> None:
        self._classes = np.ascontiguousarray(classes, np.uint8)
        self._byte_classes = byte_classes(self._classes)
        self._state.code_point_classes = self._classes.ctypes.data
        self._state.byte_classes = self._byte_classes.ctypes.data

    @property
    def losses(self) -> Losses:
        state = self._state
        return Losses(int(state.letters), int(state.letters_outside), int(state.cut_tokens))

    def open(self, chunk: bytes) -> None:
        """Take a chunk of UTF-8 text that begins and ends between words."""
        state = self._state
        if not state.code_point_classes and not chunk.isascii():
            self._set_classes(class_table())
        room = len(chunk) + self.library.constants["TEXT_PADDING_BYTES"]
        if room > self._text.size:
            self._text = np.zeros(room, np.uint8)
            self._miss_text = np.zeros(3 * room, np.uint8)
            state.text = self._text.ctypes.data
            state.miss_text = self._miss_text.ctypes.data
        state.chunk = chunk
        state.chunk_bytes = len(chunk)
        self.library.xw2v_open_chunk(state)

    def next(self, max_tokens: int) -> Found | None:
        """The next tokens of the chunk, at most `max_tokens`; None where it is at its end."""
        state = self._state
        if state.position == state.text_bytes:
            return None
        state.max_tokens = min(max_tokens, MAX_SCAN_TOKENS)
        self.library.xw2v_scan(state)
        return Found(
            self._provisional_ids[: state.tokens].copy(),
            self._line_ends[: state.lines].copy(),
            self._misses() if state.misses else None,
        )

    def _misses(self) -> Misses:
        state = self._state
        size = state.miss_text_bytes
        words = self._miss_text[: size - 1].tobytes().decode().split(" ")
        if self._rule.normalises:
            words = list(map(self._rule.normalise, words))
        padded = size + self.library.constants["TEXT_PADDING_BYTES"]
        return Misses(words, self._miss_text[:padded].copy())


def byte_classes(classes: np.ndarray) -> np.ndarray:
    """The classes of bytes that word_break.h asks for, (256,) uint8.

    Args:
        classes: of code points, (0x110000,).
    """
    of_byte = np.full(256, MULTIBYTE, np.uint8)
    of_byte[:0x80] = classes[:0x80]
    of_byte[0x80:0xC0] = CharacterClass.LETTER  # within characters whose first byte is a letter's
    for lead in range(0xC2, 0xF0):
        bits = 6 if lead < 0xE0 else 12
        first = (lead & (0x1F if lead < 0xE0 else 0x0F)) << bits
        start = 0x800 if lead == 0xE0 else first
        if (classes[start : first + (1 << bits)] == CharacterClass.LETTER).all():
            of_byte[lead] = CharacterClass.LETTER
    return of_byte
