"""Phrases: collocations found in token lists and joined, with gensim's names, counts and scores.

Words that follow each other, apart from connector words between them, are joined where they score
above a threshold.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from xw2v.errors import UsageError
from xw2v.gensim.joining import PhraseJoiner
from xw2v.gensim.scorers import Scorer, npmi_scorer, original_scorer, scorer_of
from xw2v.gensim.utils import prune
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

logger = logging.getLogger(__name__)


class Phrases(PhraseJoiner):
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
        self.vocab: dict[str, int] = {}
        self.min_reduce = 1
        self.corpus_word_count = 0
        if sentences is not None:
            self.add_vocab(sentences)

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.vocab)} vocab, min_count={self.min_count}, "
            f"threshold={self.threshold}, max_vocab_size={self.max_vocab_size}>"
        )

    def add_vocab(self, sentences: Iterable[Sequence[str]]) -> None:
        """Count the words and pairs of a text, beside those counted before."""
        counts, min_reduce = Counter[str](), 1
        for number, sentence in enumerate(sentences):
            if number % self.progress_per == 0:
                logger.info("PROGRESS: at sentence #%i, %i word types", number, len(counts))
            words = sentence if isinstance(sentence, (list, tuple)) else list(sentence)
            self.corpus_word_count += len(words)
            self._count(counts, words)
            if len(counts) > self.max_vocab_size:
                prune(counts, min_reduce)
                min_reduce += 1
        logger.info("collected %i words and pairs", len(counts))
        if not self.vocab:
            self.vocab = dict(counts)
            return
        self.min_reduce = max(self.min_reduce, min_reduce)
        for token, count in counts.items():
            self.vocab[token] = self.vocab.get(token, 0) + count
        if len(self.vocab) > self.max_vocab_size:
            prune(self.vocab, self.min_reduce)
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

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str | None, float | None]:
        phrase = self.delimiter.join([word_a, *in_between, word_b])
        counts = [self.vocab.get(token, 0) for token in (word_a, word_b, phrase)]
        if min(counts) <= 0:
            return None, None
        score = self.scoring(
            worda_count=counts[0],
            wordb_count=counts[1],
            bigram_count=counts[2],
            len_vocab=len(self.vocab),
            min_count=self.min_count,
            corpus_word_count=self.corpus_word_count,
        )
        return (phrase, score) if score > self.threshold else (None, None)

    def export_phrases(self, *unused: Any, **options: Any) -> dict[str, float]:
        """All phrases that were counted, and their scores."""
        found = {}
        for token in self.vocab:
            first, *between_and_last = token.split(self.delimiter)
            if between_and_last:
                phrase, score = self.score_candidate(
                    first, between_and_last[-1], between_and_last[:-1]
                )
                if phrase is not None and score is not None:
                    found[phrase] = score
        return found

    def freeze(self) -> FrozenPhrases:
        """The phrases alone, which are faster to join and take less memory."""
        return FrozenPhrases(self)

    def _content(self) -> dict[str, Any]:
        names = ("max_vocab_size", "progress_per", "vocab", "min_reduce", "corpus_word_count")
        return super()._content() | {name: getattr(self, name) for name in names}

    def _restore(self, content: Mapping[str, Any]) -> None:
        super()._restore(content)
        self.max_vocab_size, self.progress_per = content["max_vocab_size"], content["progress_per"]
        self.vocab, self.min_reduce = dict(content["vocab"]), content["min_reduce"]
        self.corpus_word_count = content["corpus_word_count"]


class FrozenPhrases(PhraseJoiner):
    """The phrases of `Phrases`, to be joined in any text.

    Attributes:
        phrasegrams: phrase -> score.
    """

    def __init__(self, phrases_model: Phrases) -> None:
        for name in ("min_count", "threshold", "delimiter", "scoring", "connector_words"):
            setattr(self, name, getattr(phrases_model, name))
        self.phrasegrams = phrases_model.export_phrases()

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<{len(self.phrasegrams)} phrases, min_count={self.min_count}, "
            f"threshold={self.threshold}>"
        )

    def may_have_phrases(self, words: Sequence[str]) -> bool:
        pairs = map(self.delimiter.join, pairwise(words))
        return not self.phrasegrams.keys().isdisjoint(pairs)

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


Phraser = FrozenPhrases
