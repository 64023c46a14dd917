"""Where given pairs of words follow each other in sentences, by the compiled loops.

Sentences become one text, in which pairs are found by their hashes (`pair_search.h`), which is
faster than to look each token up in a dictionary.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from xw2v.storage.native import NativeLibrary
from xw2v.text.scan import PairTable, library

UNIT_SEPARATOR, RECORD_SEPARATOR = "\x1f", "\x1e"
SLOTS_PER_PAIR = 8
BUFFER_TOKENS = 1 << 14  # of sentences in which pairs are found without new memory
NO_PAIR = -1  # of scan.c

Found = tuple[int, int, int]  # sentence, token of it, pair or NO_PAIR


class PairSearch:
    """Finds pairs of words in sentences.

    Args:
        pairs: the pairs, all different.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._compiled = library()
        self._buffers: list[Buffer] = []  # that no call uses
        self._is_ready = self._compiled is not None and self._fill(self._compiled, pairs)

    def _fill(self, compiled: NativeLibrary, pairs: Sequence[tuple[str, str]]) -> bool:
        """Make the table of pairs; whether it could be, as no word has a control character."""
        self._padding = "\0" * compiled.constants["PAIR_PADDING_BYTES"]
        try:
            text = self._text(pairs)
        except TypeError:
            return False
        size = 1 << (SLOTS_PER_PAIR * len(pairs)).bit_length()
        self._arrays = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        self._starts = np.zeros(len(pairs) + 1, np.int64)
        hashes, numbers = (array.ctypes.data for array in self._arrays)
        self._table = PairTable(hashes, numbers, size - 1, text, self._starts.ctypes.data)
        self._address = ctypes.addressof(self._table)
        text_bytes = len(text) - len(self._padding)
        found: int = compiled.xw2v_fill_pairs(self._address, text_bytes, len(pairs))
        return found == len(pairs)

    def _text(self, records: Iterable[Sequence[str]]) -> bytes:
        """The text of `pair_search.h`, with its padding."""
        text = RECORD_SEPARATOR.join([*map(UNIT_SEPARATOR.join, records), self._padding])
        return text.encode("utf-8", "surrogatepass")

    def find(self, sentences: Sequence[list[str]]) -> Iterator[Found] | None:
        """Where pairs and empty tokens are, in order; an empty sentence has one.

        Returns:
            The sentence, where in it the pair begins, and its number; or where the empty token is,
            and NO_PAIR. None where there is no compiled loop, or it does not find these tokens,
            since one of them has a control character or is no text.
        """
        if not self._is_ready or self._compiled is None:
            return None
        n_tokens = sum(map(len, sentences)) + sentences.count([])
        try:
            text = self._text(sentences)
        except TypeError:
            return None
        buffer = self._buffer(n_tokens)
        n_found: int = self._compiled.xw2v_find_pairs(
            self._address, text, len(text) - len(self._padding), buffer.address, n_tokens
        )
        if n_found < 0:
            return None
        values = iter(buffer.array[: 3 * n_found].tolist())
        if len(buffer.array) == Buffer.SIZE:
            self._buffers.append(buffer)
        return zip(values, values, values, strict=True)

    def _buffer(self, n_tokens: int) -> Buffer:
        """Room for what is found in so many tokens."""
        if n_tokens > BUFFER_TOKENS:
            return Buffer(n_tokens)
        try:
            return self._buffers.pop()
        except IndexError:
            return Buffer(BUFFER_TOKENS)


class Buffer:
    """Room for what is found in so many tokens.

    Attributes:
        array: (6 n_tokens,) int64.
        address: of its first element.
    """

    SIZE = 6 * BUFFER_TOKENS  # of those that are used again

    def __init__(self, n_tokens: int) -> None:
        self.array = np.empty(6 * n_tokens, np.int64)
        self.address: int = self.array.ctypes.data
