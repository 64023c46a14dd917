"""A model's vocabulary: counted in a text, or from given counts, and grown."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from xw2v import tuning
from xw2v.errors import TrainingError
from xw2v.gensim import arguments
from xw2v.gensim.lifecycle import Lifecycle
from xw2v.gensim.oldnames import OldNames
from xw2v.gensim.scan import Scan, sentences_of
from xw2v.gensim.utils import TrimRule, effective_min_count, kept_words
from xw2v.settings import Settings
from xw2v.sgns.config import ModelShape
from xw2v.sgns.sampling import RANGE, keep_thresholds
from xw2v.sgns.tables import initial_centers
from xw2v.text.vocabulary import Vocabulary, VocabularyLimits
from xw2v.training import memory

logger = logging.getLogger(__name__)

FLOAT_BYTES = 4
VOCABULARY_BYTES = 500  # of a word, as gensim reckons


class VocabularyBuilder(Lifecycle, OldNames):
    """What of `xw2v.gensim.Word2Vec` concerns its words; see there for the attributes."""

    seed: int
    sg: int
    cbow_mean: int
    min_count: int
    sample: float | None
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
        source = others.pop("corpus_iterable", corpus_iterable)
        if "min_count" in others:
            self.min_count = others.pop("min_count")
        self.scan_vocab(source, corpus_file, progress_per, trim_rule=trim_rule)
        self._build(update, keep_raw_vocab, trim_rule)

    def _build(self, update: bool, keep_raw_vocab: bool, trim_rule: TrimRule | None) -> None:
        self.prepare_vocab(update, keep_raw_vocab, trim_rule)
        self.add_lifecycle_event("build_vocab", update=update, trim_rule=str(trim_rule))

    def scan_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        progress_per: int = 10_000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count the words of a text, the first step of `build_vocab`; `raw_vocab` has the counts.

        Returns:
            Its words and its sentences.
        """
        scan = self._scan(sentences_of(corpus_iterable, corpus_file), progress_per, trim_rule)
        self._take_counts(scan)
        return scan.words, scan.sentences

    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """Choose the words among those of `scan_vocab` and give them their first vectors.

        Args:
            min_count, sample: in place of the model's.
            dry_run: only report what the words would be.

        Returns:
            Words dropped and kept, tokens of those kept, and what subsampling would leave of them.
        """
        before = self.min_count, self.sample
        self.min_count = self.min_count if min_count is None else min_count
        self.sample = self.sample if sample is None else sample
        kept = self._kept(self.raw_vocab, trim_rule)
        report = self._report(kept)
        if dry_run:
            self.min_count, self.sample = before
            return report
        self._take(self.raw_vocab, kept, update)
        self.raw_vocab = self.raw_vocab if keep_raw_vocab else {}
        return report

    def prepare_weights(self, update: bool = False) -> None:
        """The last step of gensim's `build_vocab`; `prepare_vocab` has done it."""

    def _report(self, kept: Mapping[str, int]) -> dict[str, int]:
        counts = np.fromiter(kept.values(), np.int64, len(kept))
        share = arguments.sample_share(self.sample, int(counts.sum()))
        keep = keep_thresholds(counts, share) / RANGE
        return {
            "drop_unique": len(self.raw_vocab) - len(kept),
            "retain_total": int(counts.sum()),
            "downsample_unique": int(np.count_nonzero(keep < 1)),
            "downsample_total": int((keep * counts).sum()),
            "num_retained_words": len(kept),
        }

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
        self.raw_vocab = arguments.word_counts("word_freq", word_freq)
        self._build(update, keep_raw_vocab, trim_rule)

    def _scan(
        self,
        sentences: Iterable[Any],
        progress_per: int = 10_000,
        trim_rule: TrimRule | None = None,
    ) -> Scan:
        logger.info("collecting all words and their counts")
        return Scan(sentences, progress_per, self.max_vocab_size, trim_rule)

    def _take_counts(self, scan: Scan) -> None:
        self.raw_vocab = scan.counts
        self.corpus_count, self.corpus_total_words = scan.sentences, scan.words

    def _kept(self, counts: Mapping[str, int], trim_rule: TrimRule | None) -> dict[str, int]:
        """The words of `counts` that are frequent enough."""
        min_count = effective_min_count(counts, self.min_count or 0, self.max_final_vocab)
        self.effective_min_count = min_count
        kept = kept_words(counts, min_count, trim_rule)
        message = f"effective_min_count={min_count} retains {len(kept)} of {len(counts)} words"
        self.add_lifecycle_event("prepare_vocab", msg=message)
        return kept

    def _take(self, counts: Mapping[str, int], kept: Mapping[str, int], update: bool) -> None:
        """Give the model the words `kept`, or add them to its own."""
        if update and not len(self.wv):
            raise TrainingError("there is no vocabulary to update: build it without `update` first")
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
        message = f"added {len(new)} new unique words to {len(known)}"
        self.add_lifecycle_event("prepare_vocab", msg=message)
        self._fill([*known, *new], before + np.asarray(more), len(known))

    def _fill(self, words: list[str], counts: np.ndarray, n_kept: int) -> None:
        """Take these words; the first `n_kept` keep their vectors, the others get their first."""
        shape = ModelShape.of_words(len(words), self.wv.vector_size)
        center = self._first_vectors(shape)
        center[:n_kept] = self.wv.vectors[:n_kept]
        self.wv.fill(list(words), center, counts)
        kept_outputs = self.syn1neg[:n_kept]
        self.syn1neg = np.zeros_like(center)
        self.syn1neg[: len(kept_outputs)] = kept_outputs
        if n_kept == 0:
            self.epochs_trained = 0

    def _first_vectors(self, shape: ModelShape) -> np.ndarray:
        """The input vectors, (input_rows, D), that training begins with."""
        cbow = {} if self.sg else arguments.cbow_settings(bool(self.cbow_mean))
        radius = tuning.start_radius(Settings(**cbow))
        return initial_centers(shape, self.seed & arguments.LARGEST_SEED, radius)

    def init_weights(self) -> None:
        """Give all words their first vectors again; `reset_weights` is gensim 3's name."""
        logger.info("resetting layer weights")
        counts = np.ones(len(self.wv), np.int64) if self.wv.counts is None else self.wv.counts
        self._fill(self.wv.index_to_key, counts, 0)

    def estimate_memory(
        self, vocab_size: int | None = None, report: dict[str, int] | None = None
    ) -> dict[str, int]:
        """Bytes that words and their vectors take, as gensim reckons them, and what training needs
        besides.

        Args:
            vocab_size: by default that of the model.
            report: sizes to which these are added.
        """
        words = vocab_size or len(self.wv)
        settings = arguments.settings_of(self, self.alpha, 0.0, self.epochs, 0)
        table = words * self.wv.vector_size * FLOAT_BYTES
        sizes = {
            **(report or {}),
            "vocab": words * VOCABULARY_BYTES,
            "vectors": table,
            "syn1neg": table,
            "training": max(memory.needed(settings, words) - 2 * table, 0),
        }
        if settings.ngram_sizes is not None:
            sizes["vectors_ngrams"] = settings.buckets * self.wv.vector_size * FLOAT_BYTES
        sizes["total"] = sum(sizes.values())
        logger.info("estimated required memory for %i words: %i bytes", words, sizes["total"])
        return sizes

    def reset_from(self, other_model: VocabularyBuilder) -> None:
        """Take the words of another model, with first vectors."""
        other = other_model.wv
        counts = np.zeros(len(other), np.int64) if other.counts is None else other.counts
        self.corpus_count = other_model.corpus_count
        self.corpus_total_words = other_model.corpus_total_words
        self._fill(other.index_to_key, counts.copy(), 0)
