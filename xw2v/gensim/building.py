"""A model's vocabulary: counted in a text, or from given counts, and grown."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from xw2v import tuning
from xw2v.errors import TrainingError
from xw2v.gensim import arguments
from xw2v.gensim.oldnames import OldNames
from xw2v.gensim.scan import Scan, sentences_of
from xw2v.gensim.utils import TrimRule, effective_min_count, kept_words
from xw2v.settings import Settings
from xw2v.sgns.config import ModelShape
from xw2v.sgns.tables import initial_centers
from xw2v.text.vocabulary import Vocabulary, VocabularyLimits

logger = logging.getLogger(__name__)


class VocabularyBuilder(OldNames):
    """What of `xw2v.gensim.Word2Vec` concerns its words; see there for the attributes."""

    seed: int
    sg: int
    cbow_mean: int
    min_count: int
    effective_min_count: int
    max_vocab_size: int | None
    max_final_vocab: int | None
    raw_vocab: dict[str, int]
    corpus_count: int
    corpus_total_words: int
    syn1neg: np.ndarray
    epochs_trained: int

    def build_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        update: bool = False,
        progress_per: int = 10_000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        **others: Any,
    ) -> None:
        """Count the words of a text and give those that are frequent enough their first vectors.

        Args:
            corpus_iterable, corpus_file: the text; `sentences` is gensim 3's name.
            update: add new words after those that are there, which keep their rows and vectors.
            progress_per: sentences between lines in the log.
            keep_raw_vocab: whether `raw_vocab` keeps all counts.
            trim_rule: of a word, its count and min_count gives a RULE constant.
        """
        others = arguments.renamed(others, arguments.SENTENCES)
        source = sentences_of(others.pop("corpus_iterable", corpus_iterable), corpus_file)
        if "min_count" in others:
            self.min_count = others.pop("min_count")
        scan = self._scan(source, progress_per, trim_rule)
        self._prepare(scan.counts, trim_rule, update, scan)
        self.raw_vocab = scan.counts if keep_raw_vocab else {}

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[str, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """`build_vocab` from words and their counts instead of a text."""
        self.corpus_count = corpus_count or 0
        self._prepare(dict(word_freq), trim_rule, update, None)
        self.raw_vocab = dict(word_freq) if keep_raw_vocab else {}

    def _scan(
        self,
        sentences: Iterable[Any],
        progress_per: int = 10_000,
        trim_rule: TrimRule | None = None,
    ) -> Scan:
        logger.info("collecting all words and their counts")
        return Scan(sentences, progress_per, self.max_vocab_size, trim_rule)

    def _prepare(
        self,
        counts: Mapping[str, int],
        trim_rule: TrimRule | None,
        update: bool,
        scan: Scan | None,
    ) -> None:
        """Give the model the words of `counts` that are frequent enough."""
        if update and not len(self.wv):
            raise TrainingError("there is no vocabulary to update: build it without `update` first")
        if scan is not None:
            self.corpus_count, self.corpus_total_words = scan.sentences, scan.words
        min_count = effective_min_count(counts, self.min_count or 0, self.max_final_vocab)
        self.effective_min_count = min_count
        kept = kept_words(counts, min_count, trim_rule)
        logger.info(
            "effective_min_count=%i retains %i of %i unique words",
            min_count,
            len(kept),
            len(counts),
        )
        if update:
            self._grow(counts, kept)
        elif kept:
            vocabulary = Vocabulary.from_counts(kept, VocabularyLimits(min_count=0))
            self._fill(vocabulary.words, vocabulary.counts, 0)
        else:
            self._fill([], np.empty(0, np.int64), 0)

    def _grow(self, counts: Mapping[str, int], kept: Mapping[str, int]) -> None:
        known = self.wv.index_to_key
        new = [word for word in kept if word not in self.wv.key_to_index]
        more = [counts.get(word, 0) for word in known] + [kept[word] for word in new]
        before = np.zeros(len(more), np.int64)
        if self.wv.counts is not None:
            before[: len(known)] = self.wv.counts
        logger.info("added %i new unique words to %i", len(new), len(known))
        self._fill([*known, *new], before + np.asarray(more), len(known))

    def _fill(self, words: list[str], counts: np.ndarray, n_kept: int) -> None:
        """Take these words; the first `n_kept` keep their vectors, the others get their first."""
        shape = ModelShape.of_words(len(words), self.wv.vector_size)
        cbow = {} if self.sg else arguments.cbow_settings(bool(self.cbow_mean))
        radius = tuning.start_radius(Settings(**cbow))
        center = initial_centers(shape, self.seed & arguments.LARGEST_SEED, radius)
        center[:n_kept] = self.wv.vectors[:n_kept]
        self.wv.fill(list(words), center, counts)
        kept_outputs = self.syn1neg[:n_kept]
        self.syn1neg = np.zeros_like(center)
        self.syn1neg[: len(kept_outputs)] = kept_outputs
        if n_kept == 0:
            self.epochs_trained = 0

    def reset_from(self, other_model: VocabularyBuilder) -> None:
        """Take the words of another model, with first vectors."""
        other = other_model.wv
        counts = np.zeros(len(other), np.int64) if other.counts is None else other.counts
        self.corpus_count = other_model.corpus_count
        self.corpus_total_words = other_model.corpus_total_words
        self._fill(other.index_to_key, counts.copy(), 0)
