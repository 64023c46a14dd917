"""Where given pairs of words follow each other in sentences, by the compiled loops.

Sentences become one text, in which pairs are found by their hashes (`pair_search.h`), which is
faster than to look each token up in a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from xw2v.storage.native import NativeLibrary
from xw2v.text.scan import library

UNIT_SEPARATOR, RECORD_SEPARATOR = "\x1f", "\x1e"
SLOTS_PER_PAIR = 8

Places = Iterable[tuple[int, int]]  # of pairs: the sentence, and the first word in it


class PairSearch:
    """Finds pairs of words in sentences.

    Args:
        pairs: the pairs.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._table: np.ndarray | None = None  # (slots,) uint64; None where it cannot be made
        compiled = library()
        if compiled is not None:
            self._table = _hash_table(compiled, pairs)

    def find(self, sentences: Sequence[Sequence[str]]) -> Places | None:
        """Where pairs may be, in order: all that are there, and hardly ever another.

        Returns:
            The places; None where there is no compiled loop, or it does not find these tokens,
            since one of them has a control character or is no text.
        """
        compiled = library()
        if compiled is None or self._table is None:
            return None
        lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
        ends = np.cumsum(np.maximum(lengths, 1))  # an empty sentence is an empty token in the text
        n_tokens = int(ends[-1]) if ends.size else 0
        try:
            text, text_bytes = _text(compiled, sentences)
        except TypeError:
            return None
        found = np.empty(n_tokens + 1, np.int64)
        n_found = compiled.xw2v_find_pairs(
            text,
            text_bytes,
            self._table.ctypes.data,
            self._table.size - 1,
            found.ctypes.data,
            n_tokens,
        )
        if n_found < 0:
            return None
        found = found[:n_found]
        of_sentence = np.searchsorted(ends, found, side="right")
        places = found - np.append(0, ends)[of_sentence]
        return zip(of_sentence.tolist(), places.tolist(), strict=True)


def _text(compiled: NativeLibrary, sentences: Iterable[Sequence[str]]) -> tuple[bytes, int]:
    """The text of `pair_search.h`, and how many bytes it has without its padding."""
    text = RECORD_SEPARATOR.join([*map(UNIT_SEPARATOR.join, sentences), ""])
    encoded = text.encode("utf-8", "surrogatepass")
    return encoded + bytes(compiled.constants["PAIR_PADDING_BYTES"]), len(encoded)


def _hash_table(compiled: NativeLibrary, pairs: Sequence[tuple[str, str]]) -> np.ndarray | None:
    """The hashes of pairs, (slots,) uint64, each at its slot or, where others are, after them."""
    size = 1 << (SLOTS_PER_PAIR * len(pairs)).bit_length()
    hashes = np.zeros(len(pairs) + 1, np.uint64)
    text, text_bytes = _text(compiled, pairs)
    n_pairs = compiled.xw2v_hash_pairs(text, text_bytes, hashes.ctypes.data, hashes.size)
    if n_pairs != len(pairs):  # separators within words
        return None
    table = [0] * size
    for hash_of_pair in hashes[:n_pairs].tolist():
        slot = hash_of_pair >> 32 & size - 1
        while table[slot] not in (0, hash_of_pair):
            slot = slot + 1 & size - 1
        table[slot] = hash_of_pair
    return np.array(table, np.uint64)
