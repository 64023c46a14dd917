"""How often words, and pairs that follow each other, were met in token lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, islice

import numpy as np

from xw2v.text.paircounts import PairCounts
from xw2v.text.scan import Scanner, WordCache, library
from xw2v.text.tokens import RawRule
from xw2v.text.word_index import WordIndex
from xw2v.text.wordpairs import FIRST_LINKED, PairKeys

ALL_PAIRS = 1 << 62  # no limit
MIN_SCANNED_TOKENS = 1 << 14  # fewer are looked up one by one


class CollocationCounts:
    """Counts of words and pairs; connector words are counted in neither, see `text.phrases`.

    Attributes:
        connectors: the connector words.
        words: all words met so far, after the connectors, in order of first appearance.
        tokens: how many were added, connectors among them.
    """

    def __init__(self, connector_words: Iterable[str] = ()) -> None:
        self.connectors = frozenset(connector_words)
        self.words = list(self.connectors)
        self.tokens = 0
        self._n_connectors = len(self.words)
        self._index = WordIndex()
        for word in self.words:
            self._index[word]
        self._keys = PairKeys(np.arange(self._n_connectors))
        self._counts = np.zeros(self._n_connectors, np.int64)  # by word
        self._pairs = PairCounts(ALL_PAIRS)
        self._word_lengths = np.empty(0, np.int64)
        self._cache: WordCache | None = None
        self._scans = True  # whether the scanner finds the tokens as they are

    def add(self, sentences: Sequence[Sequence[str]]) -> list[str]:
        """Count the words and pairs of token lists; returns the words that are new."""
        lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
        ends = np.cumsum(lengths)
        ids = self._ids(sentences, lengths)
        size = ids.size
        counts = np.bincount(ids, minlength=len(self._index))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._pairs.add(self._keys.candidates(ids, ends).keys)
        self.tokens += size
        known = len(self.words)
        self.words += islice(self._index, known, None)
        return self.words[known:]

    def _ids(self, sentences: Sequence[Sequence[str]], lengths: np.ndarray) -> np.ndarray:
        """The ids of all tokens, int64.

        Args:
            lengths: (S,) tokens of each sentence.
        """
        size = int(lengths.sum())
        ids = self._scanned(sentences, lengths) if size >= MIN_SCANNED_TOKENS else None
        if ids is None:
            tokens = chain.from_iterable(sentences)
            return np.fromiter(map(self._index.__getitem__, tokens), np.int64, size)
        return ids

    def _scanned(
        self, sentences: Sequence[Sequence[str]], lengths: np.ndarray
    ) -> np.ndarray | None:
        """The ids as the compiled scanner finds them, which is faster; None where there is none, or
        it does not find these tokens, since one of them is empty, has a space or is no text.
        """
        compiled = library()
        if compiled is None or not self._scans:
            return None
        if self._cache is None:
            self._cache = WordCache(compiled)
        try:
            text = "\n".join(map(" ".join, sentences))
            data = text.encode()
        except (TypeError, UnicodeEncodeError):
            return None
        known, size = len(self._index), int(lengths.sum())
        scanner = Scanner(compiled, RawRule(), self._cache)
        scanner.open(data)
        parts = [np.empty(0, np.int32)]
        while (found := scanner.next(size)) is not None:
            if found.misses is not None:
                new = self._index.ids_of(found.misses.words)
                found.number(compiled, new)
                self._cache.insert(found.misses, new)
            parts.append(found.ids)
        ids = np.concatenate(parts).astype(np.int64)
        spaces = len(sentences) - 1 + int(np.maximum(lengths - 1, 0).sum())
        if ids.size == size and self._lengths()[ids].sum() + spaces == len(text):
            return ids
        for word in list(islice(self._index, known, None)):
            del self._index[word]
        self._index.default_factory = count(known).__next__
        self._word_lengths = self._word_lengths[:known]
        self._scans, self._cache = False, None  # what follows is likely to be alike
        return None

    def _lengths(self) -> np.ndarray:
        """Characters of each word in the index, (V,) int64."""
        new = map(len, islice(self._index, len(self._word_lengths), None))
        self._word_lengths = np.append(self._word_lengths, np.fromiter(new, np.int64))
        return self._word_lengths

    def n_distinct(self) -> int:
        """Distinct words and pairs."""
        return len(self.words) - self._n_connectors + self._pairs.totals()[0].size

    def word_counts(self) -> dict[str, int]:
        """Each word, but for connectors, and how often it was met."""
        own = slice(self._n_connectors, None)
        return dict(zip(self.words[own], self._counts[own].tolist(), strict=True))

    def pair_counts(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs as numbers, sorted, (P,) int64, and how often each was met, (P,)."""
        return self._pairs.totals()

    def ends_of(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The first and the last word of pairs, as rows of `words`, and whether connectors stand
        between them.
        """
        second = pairs & 0xFFFFFFFF
        return pairs >> 32, self._keys.last_words(second), second >= FIRST_LINKED

    def words_of(self, pairs: np.ndarray) -> Iterator[list[str]]:
        """The words of pairs, connectors between them among them."""
        words = self.words
        for ids in self._keys.ids_of(pairs):
            yield [words[i] for i in ids]

    def pair_of(self, words: Sequence[str]) -> int | None:
        """The number of a pair, connectors between its words among them; None where there is
        none.
        """
        if not all(word in self._index for word in words):
            return None
        return self._keys.key_of(tuple([self._index[word] for word in words]))
