"""Vectors of sentences: means of their words' vectors, weighted as by Arora et al. (2017), "A
simple but tough-to-beat baseline for sentence embeddings".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_array

from xw2v.vectors.keyedvectors import KeyedVectors

BATCH_SENTENCES = 1 << 14  # whose words are looked up at a time


def inverse_frequency_weights(counts: np.ndarray, a: float) -> np.ndarray:
    """a / (a + p(w)) of each word, p(w) its share of all tokens (ibid., eq. 3).

    Args:
        counts: (V,) how often each word was met.
        a: the share at which a word counts half.

    Returns:
        (V,) float64.
    """
    shares = counts / max(counts.sum(), 1)
    weights: np.ndarray = a / (a + shares)
    return weights


def rows_of(vectors: KeyedVectors, sentences: Iterable[Sequence[str]]) -> list[list[int]]:
    """The rows of each sentence's words; those that `vectors` lacks are left out."""
    index = vectors.key_to_index
    return [[index[word] for word in sentence if word in index] for sentence in sentences]


def weighted_means(
    vectors: KeyedVectors, sentences: Sequence[Sequence[str]], weights: np.ndarray | None = None
) -> np.ndarray:
    """The mean of weights[w] v_w over the words of each sentence (ibid., algorithm 1, line 2).

    Args:
        sentences: N token lists.
        weights: (V,) of the words, 1 by default.

    Returns:
        (N, D) float32; zeros where no word is known.
    """
    means = np.zeros((len(sentences), vectors.vector_size), np.float32)
    for first in range(0, len(sentences), BATCH_SENTENCES):
        rows = rows_of(vectors, sentences[first : first + BATCH_SENTENCES])
        lengths = np.array([len(words) for words in rows])
        ends = np.concatenate(([0], np.cumsum(lengths)))
        ids = np.array([row for words in rows for row in words], np.int64)
        shares = np.repeat(1 / np.maximum(lengths, 1), lengths)
        if weights is not None:
            shares *= weights[ids]
        matrix = csr_array((shares.astype(np.float32), ids, ends), (len(rows), len(vectors)))
        means[first : first + len(rows)] = matrix @ vectors.vectors
    return means


def common_components(means: np.ndarray, components: int) -> np.ndarray:
    """The first singular vectors of sentences' means, not centered (ibid., algorithm 1, line 4).

    Args:
        means: (N, D).

    Returns:
        (components, D) float32, orthonormal.
    """
    gram = means.T.astype(np.float64) @ means  # (D, D)
    _, directions = np.linalg.eigh(gram)  # by rising eigenvalue
    return np.ascontiguousarray(directions.T[::-1][:components], np.float32)


def without_components(means: np.ndarray, components: np.ndarray) -> np.ndarray:
    """v - u uᵀ v for each mean v, (N, D), and component u (ibid., algorithm 1, line 6)."""
    left: np.ndarray = means - (means @ components.T) @ components
    return left
