"""FastText under gensim's names and with its defaults: Word2Vec whose words are composed of
n-grams, and fastText's files.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import TrainingError, UsageError
from xw2v.gensim import arguments
from xw2v.gensim.keyedvectors import KeyedVectors
from xw2v.gensim.notices import old_name
from xw2v.gensim.utils import TrimRule
from xw2v.gensim.word2vec import Word2Vec
from xw2v.sgns.config import ModelShape
from xw2v.sgns.interface import SubwordIndex
from xw2v.sgns.subwords import composed_vectors
from xw2v.text.ngrams import NgramRule, subword_index
from xw2v.training.trainer import Trainer
from xw2v.vectors.formats import WordVectors, decoding_of, fasttext_binary
from xw2v.vectors.formats.rows import ReadOptions
from xw2v.vectors.formats.trained_as import TrainedAs
from xw2v.vectors.query import Key
from xw2v.vectors.subwords import SubwordTable

__all__ = [
    "FastText",
    "FastTextKeyedVectors",
    "load_facebook_model",
    "load_facebook_vectors",
    "save_facebook_model",
]

logger = logging.getLogger(__name__)


class FastTextKeyedVectors(KeyedVectors):
    """Words and their vectors, and those of n-grams; see `KeyedVectors`.

    Attributes:
        min_n, max_n, bucket: which n-grams there are; 0 where there are none.
    """

    compatible_hash = True  # with fastText's

    @property
    def min_n(self) -> int:
        return 0 if self.subwords is None else self.subwords.rule.min_n

    @property
    def max_n(self) -> int:
        return 0 if self.subwords is None else self.subwords.rule.max_n

    @property
    def bucket(self) -> int:
        return 0 if self.subwords is None else self.subwords.rule.buckets

    @property
    def vectors_vocab(self) -> np.ndarray:
        """(V, D) the words' own vectors, without those of their n-grams."""
        if self.subwords is None:
            return self.vectors
        return self.subwords.own_rows(self.index_to_key, self.vectors)

    @property
    def vectors_ngrams(self) -> np.ndarray:
        """(bucket, D) a copy of the n-grams' vectors: zeros for those that no word has."""
        table = np.zeros((self.bucket, self.vector_size), np.float32)
        if self.subwords is not None:
            table[self.subwords.buckets] = self.subwords.rows
        return table

    @property
    def buckets_word(self) -> list[np.ndarray]:
        """The buckets of the n-grams of each word, uint32."""
        if self.subwords is None:
            return [np.empty(0, np.uint32)] * len(self)
        offsets, buckets = self.subwords.rule.buckets_of(self.index_to_key)
        return np.split(buckets.astype(np.uint32), offsets[1:-1])

    def get_vector(self, word: Key, norm: bool = False) -> np.ndarray:  # gensim's name of the key
        """The vector (D,) of a word, read-only; with `norm` scaled to norm 1."""
        return super().get_vector(word, norm)

    def _no_locks(self, factors: np.ndarray) -> None:
        if not (np.asarray(factors) == 1).all():
            raise UsageError("words that are composed of n-grams cannot be locked")

    vectors_vocab_lockf = vectors_ngrams_lockf = property(
        lambda self: np.ones(1, np.float32), _no_locks, doc="1: training moves all."
    )

    def get_sentence_vector(self, sentence: Sequence[str]) -> np.ndarray:
        """(D,) the mean of the words' vectors at norm 1, those of unseen words too."""
        return self.get_mean_vector(sentence)


class FastText(Word2Vec):
    """Word2Vec whose words are composed of n-grams; arguments, their order and defaults are
    gensim's.

    Args:
        min_n, max_n: the fewest and the most characters of an n-gram.
        bucket: how many vectors n-grams share. Those that no word of the vocabulary has take no
            memory.
        word_ngrams: 1; gensim, too, has no others.
        sentences, corpus_file, others: as of `Word2Vec`.

    Raises:
        UsageError: a value out of range, or one that is refused.
        InputError, TrainingError: as of `Word2Vec`.
    """

    word_ngrams = 1

    def __init__(
        self,
        sentences: Iterable[Any] | None = None,
        corpus_file: Any = None,
        sg: int = 0,
        hs: int = 0,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        word_ngrams: int = 1,
        sample: float = 1e-3,
        seed: int = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Callable[[Any], int] = hash,
        epochs: int = 5,
        null_word: int = 0,
        min_n: int = 3,
        max_n: int = 6,
        sorted_vocab: int = 1,
        bucket: int = 2_000_000,
        trim_rule: TrimRule | None = None,
        batch_words: int | None = None,
        callbacks: Iterable[Any] = (),
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        **others: Any,
    ) -> None:
        if word_ngrams != 1:
            raise UsageError(
                "there are n-grams of characters alone; leave it out", setting="word_ngrams"
            )
        self._ngrams = min_n, max_n, bucket
        super().__init__(
            sentences,
            corpus_file,
            vector_size=vector_size,
            alpha=alpha,
            window=window,
            min_count=min_count,
            max_vocab_size=max_vocab_size,
            sample=sample,
            seed=seed,
            workers=workers,
            min_alpha=min_alpha,
            sg=sg,
            hs=hs,
            negative=negative,
            ns_exponent=ns_exponent,
            cbow_mean=cbow_mean,
            hashfxn=hashfxn,
            epochs=epochs,
            null_word=null_word,
            sorted_vocab=sorted_vocab,
            batch_words=batch_words,
            trim_rule=trim_rule,
            callbacks=callbacks,
            max_final_vocab=max_final_vocab,
            shrink_windows=shrink_windows,
            **others,
        )

    def _begin(self, *given: Any) -> None:
        self._use_ngrams(*self._ngrams)
        super()._begin(*given)

    @classmethod
    def load_fasttext_format(cls, model_file: Any, encoding: str = "utf-8") -> FastText:
        """gensim 3's name for `load_facebook_model`."""
        old_name("FastText.load_fasttext_format", "load_facebook_model")
        return load_facebook_model(model_file, encoding)

    def _use_ngrams(self, min_n: int, max_n: int, bucket: int) -> None:
        if max_n and bucket:
            own = {"subword": f"{min_n}-{max_n}", "buckets": bucket}
            self.own_arguments = self.own_arguments | own
        arguments.settings_of(self, self.alpha, 0.0, self.epochs, 0)  # which checks them
        rule = NgramRule(min_n, max_n, bucket) if max_n and bucket else None
        empty = np.empty((0, self.vector_size), np.float32)
        self.wv = FastTextKeyedVectors(self.vector_size)
        if rule is not None:
            self.wv.subwords = SubwordTable(rule, empty, np.empty(0, np.int64))

    # --- the tables ---

    def _fill(self, words: list[str], counts: np.ndarray, n_kept: int) -> None:
        """Take these words; the first `n_kept` keep their vectors, and n-grams that are known
        theirs.
        """
        before, kept = self.wv.subwords, self.wv.vectors[:n_kept]
        super()._fill(words, counts, n_kept)
        if before is None:
            return
        index = subword_index(words, before.rule)
        shape = ModelShape(index.input_rows, len(words), self.vector_size)
        table = self._first_vectors(shape)
        if n_kept:
            table = _with_rows_of(table, index, before)
            table[:n_kept] = before.own_rows(words[:n_kept], kept)
        self._take_composed(index, table)

    def _starting_tables(self, trainer: Trainer) -> tuple[np.ndarray, np.ndarray]:
        center, context = super()._starting_tables(trainer)
        index, subwords = trainer.index, self.wv.subwords
        if index is None or subwords is None:
            return center, context
        if self.wv.is_locked() is not None:
            raise TrainingError("words that are composed of n-grams cannot be locked")
        shape = ModelShape(index.input_rows, len(self.wv), self.vector_size)
        table = self._first_vectors(shape)
        table = _with_rows_of(table, index, subwords)
        table[: len(self.wv)] = subwords.own_rows(self.wv.index_to_key, center)
        return table, context

    def take_tables(self, trainer: Trainer, center: np.ndarray, context: np.ndarray) -> None:
        if trainer.index is None:
            super().take_tables(trainer, center, context)
            return
        self._take_composed(trainer.index, center)
        self.syn1neg = context

    def _take_composed(self, index: SubwordIndex, table: np.ndarray) -> None:
        assert self.wv.subwords is not None
        rule, V = self.wv.subwords.rule, index.vocab_size
        self.wv.vectors = composed_vectors(index, table)
        self.wv.subwords = SubwordTable(rule, table[V:].copy(), index.buckets)


def _with_rows_of(table: np.ndarray, index: SubwordIndex, subwords: SubwordTable) -> np.ndarray:
    """A table (V + B, D) with the vectors of those n-grams that are known."""
    ours, theirs = np.intersect1d(
        index.buckets, subwords.buckets, assume_unique=True, return_indices=True
    )[1:]
    table[index.vocab_size + ours] = subwords.rows[theirs]
    return table


# --- fastText's files ---


def load_facebook_model(path: Any, encoding: str = "utf-8") -> FastText:
    """A model that fastText wrote (.bin), which can be trained further.

    Raises:
        InputError: the file cannot be read, or holds no skip-gram or CBOW model.
    """
    arguments_there = fasttext_binary.read_arguments(Path(path))
    content = fasttext_binary.read(Path(path), _options(encoding))
    model = FastText(
        sg=int(arguments_there.model == fasttext_binary.SKIPGRAM),
        vector_size=arguments_there.dim,
        window=arguments_there.ws,
        epochs=max(arguments_there.epoch, 1),
        negative=max(arguments_there.neg, 1),
        min_count=arguments_there.min_count,
        sample=arguments_there.t,
        min_n=max(arguments_there.minn, 1),
        max_n=arguments_there.maxn,
        bucket=arguments_there.bucket,
    )
    counts = np.ones(len(content.words), np.int64) if content.counts is None else content.counts
    model.wv.fill(content.words, content.vectors, counts)
    model.wv.subwords = content.subwords
    outputs = np.zeros_like(content.vectors) if content.context is None else content.context
    model.syn1neg = outputs
    return model


def load_facebook_vectors(path: Any, encoding: str = "utf-8") -> FastTextKeyedVectors:
    """The vectors of a model that fastText wrote; raises what `load_facebook_model` does."""
    content = fasttext_binary.read(Path(path), _options(encoding))
    return FastTextKeyedVectors(content.words, content.vectors, content.counts, content.subwords)


def save_facebook_model(model: FastText, path: Any, encoding: str = "utf-8") -> None:
    """Write a model as fastText does (.bin).

    Raises:
        InputError: the file cannot be written, or a word cannot be.
    """
    if encoding.replace("-", "").lower() != "utf8":
        raise UsageError("fastText's files are UTF-8", setting="encoding", value=encoding)
    wv = model.wv
    about = TrainedAs(
        "skipgram" if model.sg else "cbow",
        model.window,
        model.epochs,
        model.effective_min_count,
        int(model.negative),
        float(model.sample or 0),
    )
    content = WordVectors(
        wv.index_to_key,
        wv.vectors,
        wv.counts,
        context=model.syn1neg,
        subwords=wv.subwords,
        trained_as=about,
    )
    fasttext_binary.write(Path(path), content)


def _options(encoding: str) -> ReadOptions:
    return ReadOptions(decoding=decoding_of(encoding, "strict"))
