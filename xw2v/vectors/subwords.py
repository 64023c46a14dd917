"""The vectors of n-grams, from which words that were never seen get theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xw2v.errors import InputError
from xw2v.text.ngrams import NgramRule

CHUNK_WORDS = 1 << 12  # whose n-grams are gathered at a time


class SubwordTable:
    """A vector for each bucket of n-grams that training met.

    A word that was seen has the mean of its own vector and those of its n-grams. One that was not
    has the mean of its n-grams' vectors, in which buckets that training did not meet count as
    zeros.

    Attributes:
        rule: which n-grams a word has, and in which buckets they fall.
        rows: (B, D) float32; may be a memory map.
        buckets: (B,) int64, ascending: the bucket of each row.

    Raises:
        InputError: sizes that do not match, or buckets that are not in order or that the rule does
            not have.
    """

    def __init__(self, rule: NgramRule, rows: np.ndarray, buckets: np.ndarray) -> None:
        if rows.ndim != 2 or buckets.shape != (len(rows),):
            raise InputError(f"{buckets.size} buckets, but vectors of shape {rows.shape}")
        in_order = (np.diff(buckets) > 0).all()
        if len(buckets) and not (in_order and buckets[0] >= 0 and buckets[-1] < rule.buckets):
            raise InputError(f"buckets must be in order and in 0 .. {rule.buckets - 1}")
        self.rule = rule
        self.rows = rows
        self.buckets = buckets

    def knows(self, word: str) -> bool:
        """Whether an n-gram of a word falls in a bucket that training met."""
        return bool(self._there([word])[0].any())

    def vectors_of(self, words: Sequence[str]) -> np.ndarray:
        """The vectors (n, D) of words as if none had been seen: zeros for one without n-grams."""
        sums, counts = self._sums(words)
        means: np.ndarray = sums / np.maximum(counts, 1)[:, None]
        return means.astype(np.float32)

    def own_rows(self, words: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """The own vectors (n, D) of words that were seen, whose means with those of their n-grams
        are `vectors` (n, D).
        """
        sums, counts = self._sums(words)
        own: np.ndarray = vectors * (counts + 1.0)[:, None] - sums
        return own.astype(np.float32)

    def _there(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For the n-grams of words: whether there is a row (N,), which (N,), and where each word's
        begin (n + 1,).
        """
        offsets, buckets = self.rule.buckets_of(words)
        if len(self.buckets) == 0:
            return np.zeros(len(buckets), bool), np.zeros(len(buckets), np.int64), offsets
        rows = np.minimum(np.searchsorted(self.buckets, buckets), len(self.buckets) - 1)
        return self.buckets[rows] == buckets, rows, offsets

    def _sums(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Sums (n, D) of the vectors of each word's n-grams, in float64, and their numbers (n,)."""
        sums = np.zeros((len(words), self.rows.shape[1]))
        counts = np.zeros(len(words), np.int64)
        for start in range(0, len(words), CHUNK_WORDS):
            there, rows, offsets = self._there(words[start : start + CHUNK_WORDS])
            counts[start : start + len(offsets) - 1] = np.diff(offsets)
            word = start + np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[there]
            if len(word):  # a sum over each run of one word
                first = np.flatnonzero(np.diff(word, prepend=-1))
                gathered = self.rows[rows[there]].astype(np.float64)
                sums[word[first]] = np.add.reduceat(gathered, first, axis=0)
        return sums, counts
