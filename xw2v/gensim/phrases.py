"""Phrases: collocations found in token lists and joined, with gensim's names, counts and scores.

Words that follow each other, apart from connector words between them, are joined where they score
above a threshold.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from xw2v.errors import UsageError
from xw2v.gensim.joining import PhraseJoiner
from xw2v.gensim.phrasecounts import PhraseCounts
from xw2v.gensim.phrasetable import PhraseTable
from xw2v.gensim.scorers import Scorer, npmi_scorer, original_scorer, scorer_of
from xw2v.text.joined_counts import can_split, ways_to_split
from xw2v.text.phrases import ENGLISH_CONNECTOR_WORDS as CONNECTOR_WORDS

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "Phraser",
    "Phrases",
    "npmi_scorer",
    "original_scorer",
]

ENGLISH_CONNECTOR_WORDS = frozenset(CONNECTOR_WORDS)

CHUNK_TOKENS = 1 << 18  # counted at a time
Ways = Callable[[str], Iterable[tuple[str, ...]]]

logger = logging.getLogger(__name__)


class Phrases(PhraseCounts, PhraseJoiner):
    """Counts words and pairs, and joins pairs that score high.

    Args:
        sentences: token lists to count; more can be added by `add_vocab`.
        min_count: the discount of the default score; npmi leaves out pairs that occur fewer times.
        threshold: what a phrase scores above.
        max_vocab_size: distinct words and pairs; beyond it the rarest are dropped.
        delimiter: what joins the words of a phrase.
        progress_per: sentences between lines in the log.
        scoring: "default", "npmi", or a function with the parameters of
            `xw2v.gensim.scorers.original_scorer`.
        connector_words: such as ENGLISH_CONNECTOR_WORDS; `common_terms` is gensim 3's name.

    Raises:
        UsageError: a value out of range.
    """

    def __init__(
        self,
        sentences: Iterable[Sequence[str]] | None = None,
        min_count: float = 5,
        threshold: float = 10.0,
        max_vocab_size: int = 40_000_000,
        delimiter: str | bytes = "_",
        progress_per: int = 10_000,
        scoring: str | Scorer = "default",
        connector_words: Iterable[str] = (),
        common_terms: Iterable[str] = (),
    ) -> None:
        if min_count <= 0:
            raise UsageError("must be 1 or more", setting="min_count", value=min_count)
        if scoring == "default" and threshold <= 0:
            raise UsageError("must be above 0", setting="threshold", value=threshold)
        if scoring == "npmi" and not -1 <= threshold <= 1:
            raise UsageError("must be in -1 .. 1 for npmi", setting="threshold", value=threshold)
        self.min_count, self.threshold = min_count, threshold
        self.max_vocab_size = max_vocab_size
        self.delimiter = delimiter.decode() if isinstance(delimiter, bytes) else delimiter
        self.progress_per = max(progress_per, 1)
        self.scoring = scorer_of(scoring)
        self.connector_words = frozenset([*connector_words, *common_terms])
        self._forget_counts()
        self._table: tuple[object, PhraseTable | None] = (None, None)
        self.lifecycle_events = []
        if sentences is not None:
            began = time.perf_counter()
            self.add_vocab(sentences)
            seconds = time.perf_counter() - began
            self.add_lifecycle_event("created", msg=f"built {self} in {seconds:.2f}s")

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{self.counts().n_distinct} vocab, min_count={self.min_count}, "
            f"threshold={self.threshold}, max_vocab_size={self.max_vocab_size}>"
        )

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str | None, float | None]:
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        score = self._score(word_a, word_b, self.counts().count(phrase))
        return (phrase, score) if score > self.threshold else (None, None)

    def _score(self, word_a: str, word_b: str, count: int) -> float:
        counts = self.counts()
        of_words = counts.count(word_a), counts.count(word_b)
        if min(*of_words, count) <= 0:
            return -math.inf
        return self.scoring(
            worda_count=of_words[0],
            wordb_count=of_words[1],
            bigram_count=count,
            len_vocab=counts.n_distinct,
            min_count=self.min_count,
            corpus_word_count=self.corpus_word_count,
        )

    def _scored(self, ways: Ways) -> Iterator[tuple[tuple[str, ...], str, float]]:
        """The phrases that were counted: their words, joined, and their scores.

        Args:
            ways: how a phrase that was counted is split into words.
        """
        is_known = self.scoring is npmi_scorer or (
            self.scoring is original_scorer and self.threshold >= 0
        )
        for phrase, count in self.counts().joined(self.min_count if is_known else 1):
            for words in ways(phrase):
                score = self._score(words[0], words[-1], count)
                if score > self.threshold:
                    yield words, phrase, score

    def known_phrases(self) -> PhraseTable | None:
        if self.scoring not in (original_scorer, npmi_scorer):
            return None
        made_with = (
            self.delimiter,
            self.connector_words,
            self.threshold,
            self.min_count,
            self.scoring,
            self.counts(),
            self.counts().n_distinct,
        )
        if self._table[0] != made_with:
            self._table = (made_with, self._new_table())
        return self._table[1]

    def _new_table(self) -> PhraseTable | None:
        if not can_split(self.delimiter, self.connector_words):
            return None
        table = PhraseTable(self.connector_words)
        for words, phrase, score in self._scored(self._ways):
            table.add(words, phrase, score)
        return table

    def _ways(self, phrase: str) -> Iterable[tuple[str, ...]]:
        return ways_to_split(phrase, self.delimiter, self.connector_words)

    def export_phrases(self, *unused: Any, **options: Any) -> dict[str, float]:
        """All phrases that were counted, and their scores."""
        found = self._scored(lambda phrase: [tuple(phrase.split(self.delimiter))])
        return {phrase: score for _, phrase, score in found}

    def freeze(self) -> FrozenPhrases:
        """The phrases alone, which are faster to join and take less memory."""
        return FrozenPhrases(self)

    def _content(self) -> dict[str, Any]:
        names = ("max_vocab_size", "progress_per", "vocab", "min_reduce", "corpus_word_count")
        return super()._content() | {name: getattr(self, name) for name in names}

    def _restore(self, content: Mapping[str, Any]) -> None:
        super()._restore(content)
        self.max_vocab_size, self.progress_per = content["max_vocab_size"], content["progress_per"]
        self._forget_counts()
        self.vocab, self.min_reduce = dict(content["vocab"]), content["min_reduce"]
        self.corpus_word_count = content["corpus_word_count"]
        self._table = (None, None)


class FrozenPhrases(PhraseJoiner):
    """The phrases of `Phrases`, to be joined in any text.

    Attributes:
        phrasegrams: phrase -> score.
    """

    def __init__(self, phrases_model: Phrases) -> None:
        for name in ("min_count", "threshold", "delimiter", "scoring", "connector_words"):
            setattr(self, name, getattr(phrases_model, name))
        self.lifecycle_events = []
        self.phrasegrams = phrases_model.export_phrases()
        self._table: tuple[object, PhraseTable | None] = (None, None)
        self.add_lifecycle_event("created", msg=f"exported {self} from {phrases_model}")

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.phrasegrams)} phrases, min_count={self.min_count}, "
            f"threshold={self.threshold}>"
        )

    def known_phrases(self) -> PhraseTable | None:
        made_with = (self.delimiter, self.connector_words, self.threshold, len(self.phrasegrams))
        if self._table[0] != made_with:
            self._table = (made_with, self._new_table())
        return self._table[1]

    def _new_table(self) -> PhraseTable | None:
        if not can_split(self.delimiter, self.connector_words):
            return None
        table = PhraseTable(self.connector_words)
        for phrase, score in self.phrasegrams.items():
            if score > self.threshold:
                for words in ways_to_split(phrase, self.delimiter, self.connector_words):
                    table.add(words, phrase, score)
        return table

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str | None, float | None]:
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        score = self.phrasegrams.get(phrase, -math.inf)
        return (phrase, score) if score > self.threshold else (None, None)

    def _content(self) -> dict[str, Any]:
        return super()._content() | {"phrasegrams": self.phrasegrams}

    def _restore(self, content: Mapping[str, Any]) -> None:
        super()._restore(content)
        self.phrasegrams = dict(content["phrasegrams"])
        self._table = (None, None)


Phraser = FrozenPhrases
