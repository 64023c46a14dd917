"""How often words and pairs were met, as `Phrases` counts them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from xw2v.errors import InputError
from xw2v.gensim.utils import prune
from xw2v.text.collocations import CollocationCounts
from xw2v.text.joined_counts import JoinedCounts

CHUNK_TOKENS = 1 << 18  # counted at a time

logger = logging.getLogger(__name__)


class GivenCounts:
    """`JoinedCounts` of a dictionary."""

    def __init__(self, counts: dict[str, int], delimiter: str) -> None:
        self._counts = counts
        self._delimiter = delimiter

    @property
    def n_distinct(self) -> int:
        return len(self._counts)

    def count(self, string: str) -> int:
        return self._counts.get(string, 0)

    def joined(self, fewest: float = 1) -> Iterator[tuple[str, int]]:
        delimiter = self._delimiter
        for string, times in self._counts.items():
            if times >= fewest and delimiter in string:
                yield string, times


class PhraseCounts:
    """What of `Phrases` concerns counting.

    Words and pairs are counted as numbers. Only where so many are met that the rarest are to be
    dropped on the way, or where someone asks for `vocab`, they are counted by their strings.
    """

    delimiter: str
    connector_words: frozenset[str]
    max_vocab_size: int
    progress_per: int
    min_reduce: int
    corpus_word_count: int

    def _forget_counts(self) -> None:
        self.min_reduce = 1
        self.corpus_word_count = 0
        self._collocations: CollocationCounts | None = CollocationCounts(self.connector_words)
        self._vocab: dict[str, int] = {}  # where that is None
        self._counts: JoinedCounts | GivenCounts | None = None

    def __getstate__(self) -> dict[str, Any]:
        vocab = self.vocab
        return {**vars(self), "_vocab": vocab, "_counts": None, "_table": (None, None)}

    @property
    def vocab(self) -> dict[str, int]:
        """Words, and pairs as they are joined, and how often they were met."""
        if self._collocations is not None:
            self.vocab = JoinedCounts(self._collocations, self.delimiter).all()
        return self._vocab

    @vocab.setter
    def vocab(self, counts: dict[str, int]) -> None:
        self._collocations, self._vocab, self._counts = None, counts, None

    def counts(self) -> JoinedCounts | GivenCounts:
        """The counts by string."""
        if self._counts is None:
            if self._collocations is None:
                self._counts = GivenCounts(self._vocab, self.delimiter)
            else:
                self._counts = JoinedCounts(self._collocations, self.delimiter)
        return self._counts

    def add_vocab(self, sentences: Iterable[Sequence[str]]) -> None:
        """Count the words and pairs of a text, beside those counted before."""
        counts, min_reduce, is_first = Counter[str](), 1, True
        for chunk, size in self._chunks(sentences):
            if self._collocations is not None:
                if self._collocations.n_distinct() + 2 * size <= self.max_vocab_size:
                    self._add(self._collocations, chunk)
                    is_first = False
                    continue
                before = self.vocab  # from here on sentence by sentence, dropping on the way
                if not is_first:
                    counts.update(before)
                    self.vocab = {}
            for words in chunk:
                self._count(counts, words)
                if len(counts) > self.max_vocab_size:
                    prune(counts, min_reduce)
                    min_reduce += 1
        self._merge(counts, min_reduce)
        logger.info("collected the words and pairs of %i words", self.corpus_word_count)
        self._counts = None

    def _chunks(
        self, sentences: Iterable[Sequence[str]]
    ) -> Iterator[tuple[list[Sequence[str]], int]]:
        """Sentences, many at a time, and how many tokens they have."""
        chunk, size = list[Sequence[str]](), 0
        for number, sentence in enumerate(sentences):
            if number % self.progress_per == 0:
                logger.info(
                    "PROGRESS: at sentence #%i, %i words", number, self.corpus_word_count + size
                )
            words = sentence if isinstance(sentence, (list, tuple)) else list(sentence)
            chunk.append(words)
            size += len(words)
            if size >= CHUNK_TOKENS:
                self.corpus_word_count += size
                yield chunk, size
                chunk, size = [], 0
        self.corpus_word_count += size
        yield chunk, size

    def _add(self, collocations: CollocationCounts, chunk: list[Sequence[str]]) -> None:
        new = collocations.add(chunk)
        others = [kind.__name__ for kind in set(map(type, new)) if not issubclass(kind, str)]
        if others:
            raise InputError(f"tokens are strings, and one is of type {min(others)}")

    def _merge(self, counts: Counter[str], min_reduce: int) -> None:
        """Add what was counted by sentence."""
        if not counts:
            return
        if not self._vocab:
            self.vocab = dict(counts)
            return
        self.min_reduce = max(self.min_reduce, min_reduce)
        for token, count in counts.items():
            self._vocab[token] = self._vocab.get(token, 0) + count
        if len(self._vocab) > self.max_vocab_size:
            prune(self._vocab, self.min_reduce)
            self.min_reduce += 1

    def _count(self, counts: Counter[str], words: Sequence[str]) -> None:
        join = self.delimiter.join
        if self.connector_words.isdisjoint(words):
            counts.update(words)
            counts.update(map(join, pairwise(words)))
            return
        places = [i for i, word in enumerate(words) if word not in self.connector_words]
        counts.update([words[i] for i in places])
        pairs = pairwise(places)
        counts.update([join(words[i : j + 1]) for i, j in pairs])
