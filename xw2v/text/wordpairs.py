"""Pairs of words that follow each other, apart from connector words between them, as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

FIRST_LINKED = 1 << 31  # numbers of words with connectors before them; words have smaller ones


class Candidates(NamedTuple):
    """Pairs of words in a chunk that may be phrases, connectors between them left out.

    Attributes:
        keys: (n,) int64, first << 32 | second; second is a word, or one linked by connectors.
        starts, stops: (n,) where in the chunk the first and the second word are.
    """

    keys: np.ndarray
    starts: np.ndarray
    stops: np.ndarray


class PairKeys:
    """Numbers pairs of words.

    Args:
        connectors: (n,) int64, the ids of connector words.
    """

    def __init__(self, connectors: np.ndarray) -> None:
        self._connectors = connectors
        self._connector_rows: dict[tuple[int, ...], int] = {}  # several in a row: their number
        self._linked: dict[int, int] = {}  # that << 32 | the word after them: their number

    def candidates(self, ids: np.ndarray, ends: np.ndarray) -> Candidates:
        """The pairs in a chunk.

        Args:
            ids: (n,) of the words.
            ends: (S,) how many ids come before each sentence end.
        """
        if not self._connectors.size:
            starts = _within_sentences(ids.size, ends)
            first, second = ids[starts].astype(np.int64), ids[starts + 1].astype(np.int64)
            return Candidates(first << 32 | second, starts, starts + 1)
        at = np.flatnonzero(~np.isin(ids, self._connectors))
        sentence = np.searchsorted(ends, at, side="right")
        same = sentence[1:] == sentence[:-1]
        starts, stops = at[:-1][same], at[1:][same]
        second = ids[stops].astype(np.int64)
        spans = stops - starts
        for span in np.unique(spans[spans > 1]).tolist():
            of_span = np.flatnonzero(spans == span)
            between = ids[starts[of_span][:, None] + np.arange(1, span)]  # (n, span - 1)
            second[of_span] = self._link(between, second[of_span])
        return Candidates(ids[starts].astype(np.int64) << 32 | second, starts, stops)

    def _link(self, between: np.ndarray, words: np.ndarray) -> np.ndarray:
        """The numbers (n,) of words (n,) with connectors (n, k) before them."""
        rows, which = _distinct_rows(between)
        numbers = [self._number_of(tuple(row)) for row in rows.tolist()]
        codes = np.array(numbers, np.int64)[which] << 32 | words
        distinct, inverse = np.unique(codes, return_inverse=True)
        linked = self._linked
        found = [linked.setdefault(code, FIRST_LINKED + len(linked)) for code in distinct.tolist()]
        return np.array(found, np.int64)[inverse]

    def _number_of(self, connectors: tuple[int, ...]) -> int:
        return self._connector_rows.setdefault(connectors, len(self._connector_rows))

    def link(self, link: tuple[int, ...]) -> int:
        """The number of connectors and the word after them."""
        code = self._number_of(link[:-1]) << 32 | link[-1]
        return self._linked.setdefault(code, FIRST_LINKED + len(self._linked))

    def key_of(self, ids: tuple[int, ...]) -> int | None:
        """The number of a pair of words, connectors between them among them; None where no such
        pair was met.
        """
        first, *between, second = ids
        if not between:
            return first << 32 | second
        row = self._connector_rows.get(tuple(between))
        linked = None if row is None else self._linked.get(row << 32 | second)
        return None if linked is None else first << 32 | linked

    def last_words(self, second: np.ndarray) -> np.ndarray:
        """The words of numbers that may be of linked words."""
        last = np.fromiter(self._linked, np.int64, len(self._linked)) & 0xFFFFFFFF
        words = second.copy()
        is_linked = second >= FIRST_LINKED
        words[is_linked] = last[second[is_linked] - FIRST_LINKED]
        return words

    def ids_of(self, keys: np.ndarray) -> Iterator[tuple[int, ...]]:
        """The words of each pair, connectors between them among them."""
        codes, rows = list(self._linked), list(self._connector_rows)
        for first, second in zip((keys >> 32).tolist(), (keys & 0xFFFFFFFF).tolist(), strict=True):
            if second < FIRST_LINKED:
                yield first, second
            else:
                code = codes[second - FIRST_LINKED]
                yield first, *rows[code >> 32], code & 0xFFFFFFFF


def _within_sentences(size: int, ends: np.ndarray) -> np.ndarray:
    """Where the next word is of the same sentence."""
    follows = np.ones(max(size - 1, 0), bool)
    inner = ends[(ends > 0) & (ends < size)]
    follows[inner - 1] = False
    return np.flatnonzero(follows)


def _distinct_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of an array (n, k) of ids, and for each row which it is, (n,)."""
    code = np.zeros(len(rows), np.int64)
    for column in rows.T:
        _, first, code = np.unique(code << 32 | column, return_index=True, return_inverse=True)
    return rows[first], code
