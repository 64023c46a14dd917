"""A scikit-learn transformer from token lists to vectors, for a Pipeline.

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from xw2v.sklearn import Word2VecVectorizer

classifier = make_pipeline(Word2VecVectorizer(), LogisticRegression()).fit(sentences, labels)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from xw2v.errors import InputError, MissingDependencyError, UsageError
from xw2v.model import Word2Vec
from xw2v.text.sentences import check_sentence
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.sentence_vectors import (
    common_components,
    inverse_frequency_weights,
    rows_of,
    weighted_means,
    without_components,
)

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise MissingDependencyError(
        f'xw2v.sklearn needs scikit-learn: pip install "xw2v[sklearn]" ({error})'
    ) from None

WEIGHTINGS = ("mean", "sif")


class Word2VecVectorizer(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]  # scikit-learn has no types
    TransformerMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Turns token lists into the (weighted) means of their words' vectors.

    Args:
        word2vec: a `Word2Vec` with the settings to train with, on the texts of `fit`; its settings
            are parameters of a search (`word2vec__window`). By default `Word2Vec()`.
        vectors: vectors that are there already instead: KeyedVectors, a file or a run's folder.
        weighting: "mean", or "sif": smooth inverse frequency (Arora et al. 2017), where a word w
            counts a / (a + p(w)), and the texts' common components are taken out.
        a: of "sif". p(w) is from the counts of the vectors or, where they have none, from `fit`'s
            texts.
        components: of "sif", how many common components are taken out; 0 takes out none.

    Attributes:
        vectors_: the KeyedVectors that are used.
        word2vec_: the trained `Word2Vec`, where there is one.
        word_weights_: (V,) of "sif".
        components_: (components, D) of "sif".

    A text without a known word becomes zeros.
    """

    def __init__(
        self,
        word2vec: Word2Vec | None = None,
        vectors: KeyedVectors | str | os.PathLike[str] | None = None,
        weighting: str = "mean",
        a: float = 1e-3,
        components: int = 1,
    ) -> None:
        self.word2vec = word2vec
        self.vectors = vectors
        self.weighting = weighting
        self.a = a
        self.components = components

    def fit(self, X: Iterable[Sequence[str]], y: Any = None) -> Self:
        """Train vectors on token lists, unless they are given, and find what "sif" needs.

        Args:
            X: token lists.
            y: without effect.

        Raises:
            InputError: X is something else, or too little to train on.
            UsageError: a parameter out of range.
        """
        self._check()
        sentences = _sentences(X)
        if self.vectors is None:
            self.word2vec_ = Word2Vec() if self.word2vec is None else clone(self.word2vec)
            self.vectors_ = self.word2vec_.fit(sentences).wv
        elif isinstance(self.vectors, KeyedVectors):
            self.vectors_ = self.vectors
        else:
            self.vectors_ = KeyedVectors.load(os.fspath(self.vectors))
        if self.weighting == "sif":
            counts = _counts(self.vectors_, sentences)
            self.word_weights_ = inverse_frequency_weights(counts, self.a)
            means = weighted_means(self.vectors_, sentences, self.word_weights_)
            self.components_ = common_components(means, self.components)
        self._n_features_out = self.vectors_.vector_size
        return self

    def transform(self, X: Iterable[Sequence[str]]) -> np.ndarray:
        """The vectors of token lists, (N, D) float32."""
        check_is_fitted(self)
        sentences = _sentences(X)
        if self.weighting == "mean":
            return weighted_means(self.vectors_, sentences)
        means = weighted_means(self.vectors_, sentences, self.word_weights_)
        return without_components(means, self.components_)

    def fit_transform(self, X: Iterable[Sequence[str]], y: Any = None) -> np.ndarray:
        """`fit`, and the vectors of the same texts; X may be a generator."""
        sentences = _sentences(X)
        return self.fit(sentences, y).transform(sentences)

    def _check(self) -> None:
        if self.word2vec is not None and self.vectors is not None:
            raise UsageError("give either `word2vec` to train or `vectors`", setting="vectors")
        if self.weighting not in WEIGHTINGS:
            raise UsageError("choose mean or sif", setting="weighting", value=self.weighting)
        if not self.a > 0:
            raise UsageError("give a number above 0", setting="a", value=self.a)
        if self.components < 0:
            raise UsageError("give 0 or more", setting="components", value=self.components)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _sentences(X: Iterable[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Texts as a sequence of token lists; InputError where one is something else."""
    if isinstance(X, (str, bytes)) or not isinstance(X, Iterable):
        raise InputError(f"give a list of token lists, not a {type(X).__name__}", setting="X")
    sentences = list(X)
    for number, sentence in enumerate(sentences):
        check_sentence(sentence, number)
    return sentences


def _counts(vectors: KeyedVectors, sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """(V,) how often each word was met: as the vectors say, or else in these texts."""
    if vectors.counts is not None:
        return np.asarray(vectors.counts)
    rows = [row for words in rows_of(vectors, sentences) for row in words]
    return np.bincount(np.array(rows, np.int64), minlength=len(vectors))
