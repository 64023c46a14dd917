"""The vectors of n-grams, from which words that were never seen get theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xw2v.errors import InputError
from xw2v.text.ngrams import NgramRule, bucket_of

CHUNK_WORDS = 1 << 12  # whose n-grams are gathered at a time


class SubwordTable:
    """A vector for each bucket of n-grams that training met.

    A word that was seen has the mean of its own vector and those of its n-grams. One that was not
    has the mean of its n-grams' vectors, in which buckets that training did not meet count as
    zeros.

    Attributes:
        rule: which n-grams a word has, and in which buckets they fall.
        rows: (B, D) float32; may be a memory map.
        buckets: (B,) int64, all different: the bucket of each row.

    Raises:
        InputError: sizes that do not match, or a bucket that is there twice or that the rule does
            not have.
    """

    def __init__(self, rule: NgramRule, rows: np.ndarray, buckets: np.ndarray) -> None:
        if rows.ndim != 2 or buckets.shape != (len(rows),):
            raise InputError(f"{buckets.size} buckets, but vectors of shape {rows.shape}")
        order = np.argsort(buckets, kind="stable")  # linear where they are in order
        ordered = buckets[order]
        distinct = (np.diff(ordered) > 0).all()
        if len(buckets) and not (distinct and ordered[0] >= 0 and ordered[-1] < rule.buckets):
            raise InputError(f"buckets must be different and in 0 .. {rule.buckets - 1}")
        self.rule = rule
        self.rows = rows
        self.buckets = buckets
        self._order, self._ordered = (
            order,
            ordered,
        )  # the numbers of the rows by bucket; the buckets

    def knows(self, word: str) -> bool:
        """Whether an n-gram of a word falls in a bucket that training met."""
        return bool(self._there([word])[0].any())

    def vectors_of(self, words: Sequence[str]) -> np.ndarray:
        """The vectors (n, D) of words as if none had been seen: zeros for one without n-grams."""
        found = np.empty((len(words), self.rows.shape[1]), np.float32)
        for part, sums, counts in self._sums(words):
            found[part] = sums / np.maximum(counts, 1)
        return found

    def ngram_vectors(self, word: str) -> tuple[list[str], np.ndarray]:
        """The n-grams of a word, and their vectors (n, D): zeros for one whose bucket training did
        not meet.
        """
        there, rows, _ = self._there([word])
        vectors = np.zeros((len(there), self.rows.shape[1]))
        vectors[there] = self.rows[rows[there]]
        return self.rule.ngrams_of(word), vectors

    def vector_of_ngram(self, ngram: str) -> np.ndarray | None:
        """The vector (D,) of an n-gram, markers included; None where training did not meet its
        bucket.
        """
        bucket = bucket_of(ngram, self.rule.buckets)
        rows = self.rows_of_buckets(bucket, bucket + 1)
        return np.asarray(self.rows[rows[0]]) if len(rows) else None

    def rows_of_buckets(self, start: int, stop: int) -> np.ndarray:
        """The numbers of the rows of those buckets start .. stop - 1 that have one, by bucket."""
        return self._order[slice(*np.searchsorted(self._ordered, (start, stop)))]

    def composed(self, words: Sequence[str], own: np.ndarray) -> np.ndarray:
        """The vectors (n, D) of words that were seen: means of their own (n, D) and those of their
        n-grams.
        """
        found = np.empty(own.shape, np.float32)
        for part, sums, counts in self._sums(words):
            found[part] = (own[part] + sums) / (counts + 1)
        return found

    def own_rows(self, words: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """The own vectors (n, D) of words that were seen, whose means with those of their n-grams
        are `vectors` (n, D).
        """
        own = np.empty(vectors.shape, np.float32)
        for part, sums, counts in self._sums(words):
            own[part] = vectors[part] * (counts + 1) - sums
        return own

    def _there(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For the n-grams of words: whether there is a row (N,), which (N,), and where each word's
        begin (n + 1,).
        """
        offsets, buckets = self.rule.buckets_of(words)
        if len(self.buckets) == 0:
            return np.zeros(len(buckets), bool), np.zeros(len(buckets), np.int64), offsets
        found = np.minimum(np.searchsorted(self._ordered, buckets), len(self.buckets) - 1)
        return self._ordered[found] == buckets, self._order[found], offsets

    def _sums(self, words: Sequence[str]) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Part by part of the words: which, the sums (n, D) of the vectors of their n-grams, and
        the numbers of these (n, 1); in float64.
        """
        for start in range(0, len(words), CHUNK_WORDS):
            there, rows, offsets = self._there(words[start : start + CHUNK_WORDS])
            counts = np.diff(offsets)
            word = np.repeat(np.arange(len(counts)), counts)[there]
            sums = np.zeros((len(counts), self.rows.shape[1]))
            if len(word):  # a sum over each run of one word
                first = np.flatnonzero(np.diff(word, prepend=-1))
                gathered = self.rows[rows[there]].astype(np.float64)
                sums[word[first]] = np.add.reduceat(gathered, first, axis=0)
            yield slice(start, start + len(counts)), sums, counts[:, None].astype(np.float64)
