"""Pairs of words that follow each other, apart from connector words between them, as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

# Numbers of words with connectors before them; words have smaller ones. Those of the first rows of
# connectors and the first words are row << WORD_BITS | word, the others are given in turn.
FIRST_LINKED = 1 << 31
FIRST_OTHER = 3 << 30
WORD_BITS = 24
DIRECT_ROWS = FIRST_OTHER - FIRST_LINKED >> WORD_BITS
MAX_CODES = 1 << 16  # of several connectors, that are found in a table


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
        self._rank = np.full(int(connectors.max(initial=-1)) + 2, -1, np.int32)  # by word
        self._rank[connectors] = np.arange(connectors.size)
        self._connector_rows: dict[tuple[int, ...], int] = {}  # several in a row: their number
        self._others: dict[int, int] = {}  # row << 32 | word of FIRST_OTHER and so on

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
        ranks = self._rank[np.minimum(ids, self._rank.size - 1)]  # -1 for words
        at = np.flatnonzero(ranks < 0)
        lengths = np.diff(ends, prepend=0, append=ids.size)
        sentence = np.repeat(np.arange(lengths.size, dtype=np.int32), lengths)[at]
        same = sentence[1:] == sentence[:-1]
        starts, stops = at[:-1][same], at[1:][same]
        second = ids[stops].astype(np.int64)
        spans = stops - starts
        for span in np.unique(spans[spans > 1]).tolist():
            of_span = np.flatnonzero(spans == span)
            between = ranks[starts[of_span][:, None] + np.arange(1, span)]  # (n, span - 1)
            second[of_span] = self._link(between, second[of_span])
        return Candidates(ids[starts].astype(np.int64) << 32 | second, starts, stops)

    def _link(self, between: np.ndarray, words: np.ndarray) -> np.ndarray:
        """The numbers (n,) of words (n,) with connectors of these ranks (n, k) before them."""
        distinct, which = _distinct_rows(between, self._connectors.size)
        rows = [self._row_of(tuple(row)) for row in self._connectors[distinct].tolist()]
        row = np.array(rows, np.int64)[which]
        linked: np.ndarray = FIRST_LINKED + (row << WORD_BITS | words)
        others = np.flatnonzero((row >= DIRECT_ROWS) | (words >= 1 << WORD_BITS))
        codes, inverse = np.unique(row[others] << 32 | words[others], return_inverse=True)
        numbers = [self._other(code) for code in codes.tolist()]
        linked[others] = np.array(numbers, np.int64)[inverse]
        return linked

    def _row_of(self, connectors: tuple[int, ...]) -> int:
        return self._connector_rows.setdefault(connectors, len(self._connector_rows))

    def _other(self, code: int) -> int:
        return self._others.setdefault(code, FIRST_OTHER + len(self._others))

    def link(self, link: tuple[int, ...]) -> int:
        """The number of connectors and the word after them."""
        row, word = self._row_of(link[:-1]), link[-1]
        return self._direct(row, word) or self._other(row << 32 | word)

    def _direct(self, row: int, word: int) -> int | None:
        is_direct = row < DIRECT_ROWS and word < 1 << WORD_BITS
        return FIRST_LINKED + (row << WORD_BITS | word) if is_direct else None

    def key_of(self, ids: tuple[int, ...]) -> int | None:
        """The number of a pair of words, connectors between them among them; None where no such
        pair was met.
        """
        first, *between, second = ids
        if not between:
            return first << 32 | second
        row = self._connector_rows.get(tuple(between))
        if row is None:
            return None
        linked = self._direct(row, second) or self._others.get(row << 32 | second)
        return None if linked is None else first << 32 | linked

    def last_words(self, second: np.ndarray) -> np.ndarray:
        """The words of numbers that may be of linked words."""
        others = np.fromiter(self._others, np.int64, len(self._others)) & 0xFFFFFFFF
        words = second.copy()
        is_linked, is_other = second >= FIRST_LINKED, second >= FIRST_OTHER
        words[is_linked] &= (1 << WORD_BITS) - 1
        words[is_other] = others[second[is_other] - FIRST_OTHER]
        return words

    def ids_of(self, keys: np.ndarray) -> Iterator[tuple[int, ...]]:
        """The words of each pair, connectors between them among them."""
        others, rows = list(self._others), list(self._connector_rows)
        for first, second in zip((keys >> 32).tolist(), (keys & 0xFFFFFFFF).tolist(), strict=True):
            if second < FIRST_LINKED:
                yield first, second
            elif second < FIRST_OTHER:
                row, word = divmod(second - FIRST_LINKED, 1 << WORD_BITS)
                yield first, *rows[row], word
            else:
                code = others[second - FIRST_OTHER]
                yield first, *rows[code >> 32], code & 0xFFFFFFFF


def _within_sentences(size: int, ends: np.ndarray) -> np.ndarray:
    """Where the next word is of the same sentence."""
    follows = np.ones(max(size - 1, 0), bool)
    inner = ends[(ends > 0) & (ends < size)]
    follows[inner - 1] = False
    return np.flatnonzero(follows)


def _distinct_rows(rows: np.ndarray, base: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of an array (n, k) of numbers below `base`, and for each row which it is,
    (n,).
    """
    if base ** rows.shape[1] <= MAX_CODES:  # the quick way, which needs no sorting
        powers = base ** np.arange(rows.shape[1])
        codes = rows @ powers
        distinct = np.flatnonzero(np.bincount(codes))
        which = np.empty(MAX_CODES, np.int64)
        which[distinct] = np.arange(distinct.size)
        return distinct[:, None] // powers % base, which[codes]
    code = np.zeros(len(rows), np.int64)
    for column in rows.T:
        _, first, code = np.unique(code << 32 | column, return_index=True, return_inverse=True)
    return rows[first], code
