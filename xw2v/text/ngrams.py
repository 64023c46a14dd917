"""Character n-grams of words, by fastText's rules (Bojanowski et al. 2017, "Enriching word vectors
with subword information").

A word is put between the markers < and >, and its n-grams are the runs of n = min_n .. max_n
Unicode characters of that, except those of one character that is a marker. An n-gram belongs to the
bucket FNV-1a(its UTF-8 bytes) mod `buckets`, where FNV-1a is of 32 bits and each byte is extended
by its sign, as in fastText.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xw2v.settings import Settings
from xw2v.sgns.interface import SubwordIndex

FNV_OFFSET_BASIS, FNV_PRIME = 2166136261, 16777619
END_OF_SENTENCE = "</s>"  # fastText's, the one word without n-grams
CHUNK_WORDS = 1 << 15  # whose n-grams are hashed at a time
MAX_CHARACTER_BYTES = 4


@dataclass(frozen=True)
class NgramRule:
    """Which n-grams a word has, and in how many buckets they fall.

    Attributes:
        min_n, max_n: the fewest and the most characters of an n-gram, markers included.
        buckets: their number.
    """

    min_n: int
    max_n: int
    buckets: int

    def buckets_of(self, words: Sequence[str]) -> NgramBuckets:
        """The buckets of the n-grams of each word, in the order of fastText: by where the n-gram
        begins, then by its size.
        """
        parts = [
            self._buckets_of_chunk(words[start : start + CHUNK_WORDS])
            for start in range(0, len(words), CHUNK_WORDS)
        ]
        counts = np.concatenate([[0], *(count for _, count in parts)])
        buckets = np.concatenate([np.empty(0, np.int64), *(bucket for bucket, _ in parts)])
        return NgramBuckets(np.cumsum(counts), buckets)

    def ngrams_of(self, word: str) -> list[str]:
        """The n-grams of a word, in the order of `buckets_of`."""
        marked, last = f"<{word}>", len(word) + 1
        if word == END_OF_SENTENCE:
            return []
        return [
            marked[begin : begin + n]
            for begin in range(len(marked))
            for n in range(self.min_n, min(self.max_n, len(marked) - begin) + 1)
            if n > 1 or begin not in (0, last)
        ]

    def _buckets_of_chunk(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Buckets (N,) of all n-grams, and how many each word has (words,)."""
        marked = [f"<{word}>".encode("utf-8", "surrogatepass") for word in words]
        data = np.frombuffer(b"".join(marked) + bytes(MAX_CHARACTER_BYTES), np.int8)
        begins = np.flatnonzero((data[:-MAX_CHARACTER_BYTES] & -64) != -128)  # (C,) no continuation
        C = len(begins)
        size = np.diff(begins, append=len(data) - MAX_CHARACTER_BYTES)  # (C,) bytes
        word_begins = np.cumsum([0, *map(len, marked)])
        first = np.searchsorted(begins, word_begins)  # (words + 1,) first character of each word
        left = np.repeat(first[1:], np.diff(first)) - np.arange(C)  # (C,) characters to word's end
        is_marker = np.zeros(C, bool)
        is_marker[first[:-1]] = is_marker[first[1:] - 1] = True
        silent = np.asarray([word == END_OF_SENTENCE for word in words], bool)
        left[np.repeat(silent, np.diff(first))] = 0

        sizes = range(self.min_n, self.max_n + 1)
        found = np.zeros((C, len(sizes)), np.uint32)
        there = np.zeros((C, len(sizes)), bool)
        hashes = np.full(C, FNV_OFFSET_BASIS, np.uint32)
        signed = data.astype(np.uint32)  # extended by their sign
        for n in range(1, self.max_n + 1):
            going = np.flatnonzero(left >= n)
            last = going + n - 1  # the characters that are added
            for byte in range(MAX_CHARACTER_BYTES):
                has = size[last] > byte
                going_on, at = going[has], begins[last[has]] + byte
                hashes[going_on] = (hashes[going_on] ^ signed[at]) * np.uint32(FNV_PRIME)
            if n in sizes:
                found[:, n - self.min_n] = hashes
                there[going, n - self.min_n] = True
                if n == 1:
                    there[is_marker, n - self.min_n] = False
        totals = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        return found[there].astype(np.int64) % self.buckets, np.diff(totals[first])


def bucket_of(ngram: str, buckets: int) -> int:
    """The bucket of an n-gram, markers included."""
    value = FNV_OFFSET_BASIS
    for byte in ngram.encode("utf-8", "surrogatepass"):
        extended = byte if byte < 0x80 else byte | 0xFFFFFF00
        value = (value ^ extended) * FNV_PRIME & 0xFFFFFFFF
    return value % buckets


def ngram_rule(settings: Settings) -> NgramRule | None:
    """The rule that settings name; None where words have no n-grams."""
    sizes = settings.ngram_sizes
    return None if sizes is None else NgramRule(*sizes, settings.buckets)


class NgramBuckets(NamedTuple):
    """The n-grams of V words.

    Attributes:
        offsets: (V + 1,) int64, where each word's begin, and the end.
        buckets: (N,) int64, word by word.
    """

    offsets: np.ndarray
    buckets: np.ndarray


def subword_index(words: Sequence[str], rule: NgramRule) -> SubwordIndex:
    """The rows that compose the words of a vocabulary. Buckets that none of its n-grams falls in
    have no row; the others have theirs in the order in which words first have them. So the rows of
    frequent words lie close together, and most of those of a rare one side by side.
    """
    V = len(words)
    offsets, buckets = rule.buckets_of(words)
    N = len(buckets)
    row_of_bucket = np.empty(rule.buckets, np.int64)
    row_of_bucket[buckets[::-1]] = np.arange(N)[::-1]  # the first of a bucket's n-grams
    there = buckets[row_of_bucket[buckets] == np.arange(N)]  # (B,)
    row_of_bucket[there] = np.arange(V, V + len(there))
    rows = row_of_bucket[buckets].astype(np.int32)
    rows = np.insert(rows, offsets[:-1], np.arange(V, dtype=np.int32))
    return SubwordIndex(offsets + np.arange(V + 1), rows, there)


def index_of(words: Sequence[str], settings: Settings) -> SubwordIndex | None:
    """The rows that compose each word, by the rule of the settings; None where words are rows."""
    rule = ngram_rule(settings)
    return None if rule is None else subword_index(words, rule)
