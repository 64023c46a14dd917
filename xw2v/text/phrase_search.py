"""Where given phrases are in sentences, by the compiled loops.

Sentences become one text, in which phrases are found by their hashes (`phrase_search.h`), which is
faster than to look each token up in a dictionary.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

import numpy as np

from xw2v.storage.native import NativeLibrary
from xw2v.text.scan import RecordTable, library

UNIT_SEPARATOR, RECORD_SEPARATOR = "\x1f", "\x1e"
SLOTS_PER_RECORD = 8
BUFFER_TOKENS = 1 << 14  # of sentences in which phrases are found without new memory
NO_RECORD = -1  # of scan.c


class PhraseSearch:
    """Finds phrases in sentences.

    Args:
        phrases: all different; a first word and a last one, and connectors between them.
        connectors: the words that begin and end no phrase.
    """

    def __init__(self, phrases: Sequence[Sequence[str]], connectors: Iterable[str]) -> None:
        self._compiled = library()
        self._buffers: list[Buffer] = []  # that no call uses
        if self._compiled is not None:
            self._phrases = Records(self._compiled, phrases)
            self._connectors = Records(self._compiled, [(word,) for word in connectors])

    def find(self, sentences: Sequence[list[str]]) -> list[int] | None:
        """Where phrases are, from left to right, and empty tokens that end none; an empty sentence
        has one.

        Returns:
            For each its sentence, where in it its words begin and end, and which phrase it is, or
            NO_RECORD for an empty token; all in one list. None where there is no compiled loop, or
            it does not find these tokens, since one of them has a control character or is no text.
        """
        compiled = self._compiled
        if compiled is None or not (self._phrases.are_plain and self._connectors.are_plain):
            return None
        n_tokens = sum(map(len, sentences)) + sentences.count([])
        padding = self._phrases.padding
        try:
            text = _text(sentences, padding)
        except TypeError:
            return None
        buffer = self._buffer(n_tokens)
        n_found: int = compiled.xw2v_find_phrases(
            self._phrases.address,
            self._connectors.address,
            text,
            len(text) - len(padding),
            buffer.address,
            n_tokens,
        )
        found: list[int] | None = buffer.array[: 4 * n_found].tolist() if n_found >= 0 else None
        if n_tokens <= BUFFER_TOKENS:
            self._buffers.append(buffer)
        return found

    def _buffer(self, n_tokens: int) -> Buffer:
        if n_tokens > BUFFER_TOKENS:
            return Buffer(n_tokens)
        try:
            return self._buffers.pop()
        except IndexError:
            return Buffer(BUFFER_TOKENS)


class Buffer:
    """Room for what is found in so many tokens.

    Attributes:
        array: (4 n_tokens,) int64.
        address: of its first element.
    """

    def __init__(self, n_tokens: int) -> None:
        self.array = np.empty(4 * n_tokens, np.int64)
        self.address: int = self.array.ctypes.data


class Records:
    """A table of records, each of a token or several.

    Attributes:
        are_plain: whether they could be put in it, as no token has a control character.
        address: of its RecordTable.
        padding: of texts that are searched for them.
    """

    def __init__(self, compiled: NativeLibrary, records: Sequence[Sequence[str]]) -> None:
        self.padding = "\0" * compiled.constants["RECORD_PADDING_BYTES"]
        text = _text(records, self.padding)
        size = 1 << (SLOTS_PER_RECORD * len(records)).bit_length()
        self._arrays = (
            np.zeros(size, np.uint64),
            np.zeros(size, np.int32),
            np.zeros(len(records) + 1, np.int64),
        )
        hashes, numbers, starts = (array.ctypes.data for array in self._arrays)
        self._table = RecordTable(hashes, numbers, size - 1, text, starts)
        self.address = ctypes.addressof(self._table)
        text_bytes = len(text) - len(self.padding)
        n_tokens: int = compiled.xw2v_fill_records(self.address, text_bytes, len(records))
        self.are_plain = n_tokens == sum(map(len, records))


def _text(records: Iterable[Sequence[str]], padding: str) -> bytes:
    """The text of `phrase_search.h`, with its padding."""
    text = RECORD_SEPARATOR.join([*map(UNIT_SEPARATOR.join, records), padding])
    return text.encode("utf-8", "surrogatepass")
