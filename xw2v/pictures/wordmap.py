"""A map of words: which ones, where they lie, and which of them belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xw2v.errors import UsageError
from xw2v.pictures.projection import best_method, project, unit_rows
from xw2v.pictures.stamp import stamp_for
from xw2v.text.vocabulary import UNKNOWN
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.ngram_shares import ngram_shares

METHOD_NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
MAX_GROUPS = 10  # colours that an eye tells apart
SHOWN_NGRAMS = 4  # of a word
MIN_GROUP_WORDS = 4  # on average; a map of few words has fewer groups
KMEANS_STARTS, KMEANS_ROUNDS = 5, 30
LIGHT = (  # the groups' colours on a light ground ...
    "#2f6db5",
    "#c4472f",
    "#2e8555",
    "#8457b8",
    "#b07a12",
    "#16838f",
    "#b83f7c",
    "#66781f",
    "#5c6f8c",
    "#8a5a3c",
)
DARK = (  # ... and on a dark one
    "#7db3f2",
    "#f58e78",
    "#6fcf97",
    "#c09cf0",
    "#e8b84f",
    "#5ccbd8",
    "#f08bbd",
    "#b5c85a",
    "#a9b8d0",
    "#d3a585",
)


@dataclass(frozen=True)
class WordMap:
    """Words on a plane, the most important first.

    Attributes:
        words: n words.
        points: (n, 2) float64.
        groups: (n,) int64 number of the cluster of similar directions that a word belongs to.
        vectors: (n, D) float64 of norm 1.
        counts: (n,) occurrences, or None where they are not known.
        method: how the points were found ("pca", "tsne", "umap").
        stamp: of all the vectors; see `xw2v.pictures.stamp`.
        chosen: whether somebody asked for these words, rather than for the most frequent ones.
        composed: (n,) whether a word was never seen, and is composed of n-grams; its count is 0.
        ngrams: (n,) the n-grams that contribute most to a word, with their shares in per cent, or
            None where words have no n-grams.
    """

    words: list[str]
    points: np.ndarray
    groups: np.ndarray
    vectors: np.ndarray
    counts: np.ndarray | None
    method: str
    stamp: str
    chosen: bool = False
    composed: Sequence[bool] = ()
    ngrams: Sequence[Sequence[tuple[str, int]]] | None = None


def word_map(
    vectors: KeyedVectors,
    words: int | Sequence[str] = 1000,
    method: str | None = None,
    seed: int = 1,
) -> WordMap:
    """A map of the first (most frequent) `words` words, or of the words given.

    Args:
        vectors: of a model.
        words: how many, or which ones.
        method: "pca", "tsne" or "umap"; by default t-SNE where scikit-learn is installed and there
            are words enough for it, else PCA.
        seed: of t-SNE, UMAP and the groups.

    Raises:
        UnknownWordError: a word that is not there.
        UsageError, InputError, MissingDependencyError: see `xw2v.pictures.projection.project`.
    """
    if isinstance(words, int):
        shown = [word for word in vectors.index_to_key[:words] if word != UNKNOWN]
    else:
        shown = list(dict.fromkeys(words))
    if not shown:
        raise UsageError(f"a map needs a word other than {UNKNOWN}, and there is none")
    unit = unit_rows(vectors[shown])
    method = method or best_method(len(shown))
    rows = np.asarray([vectors.get_index(word, -1) for word in shown])
    counts = None
    if vectors.counts is not None:
        counts = np.where(rows >= 0, vectors.counts[rows], 0)
    return WordMap(
        shown,
        project(unit, method, seed),
        groups_of(unit, seed),
        unit,
        counts,
        method,
        stamp_for(vectors.index_to_key, vectors.vectors),
        chosen=not isinstance(words, int),
        composed=(rows < 0).tolist(),
        ngrams=None if vectors.subwords is None else [_ngrams(vectors, word) for word in shown],
    )


def _ngrams(vectors: KeyedVectors, word: str) -> list[tuple[str, int]]:
    """The n-grams that contribute most to a word, with their shares in per cent."""
    shares = ngram_shares(vectors, word)[:SHOWN_NGRAMS]
    return [(each.ngram, round(100 * each.share)) for each in shares if each.share > 0]


def unit_square(points: np.ndarray) -> np.ndarray:
    """Points (n, 2) scaled to the range 0 to 1 along each axis; 0.5 where all are equal."""
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    return np.where(span > 0, (points - low) / np.where(span > 0, span, 1), 0.5)


def groups_of(unit: np.ndarray, seed: int = 1) -> np.ndarray:
    """Group number (n,) of each row of unit vectors (n, D), the largest group being 0.

    Spherical k-means (Dhillon and Modha 2001), started as k-means++ does; the best of a few starts.
    """
    count = min(MAX_GROUPS, max(1, len(unit) // MIN_GROUP_WORDS))
    rng = np.random.default_rng(seed)
    results = [_k_means(unit, count, rng) for _ in range(KMEANS_STARTS)]
    _, group = max(results, key=lambda result: result[0])
    by_size = np.argsort(-np.bincount(group, minlength=count), kind="stable")
    rank = np.empty(count, np.int64)
    rank[by_size] = np.arange(count)
    ranked: np.ndarray = rank[group]
    return ranked


def _k_means(unit: np.ndarray, count: int, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """The sum of cosines of rows (n, D) with their group's center, and each row's group (n,)."""
    centers = unit[rng.integers(len(unit), size=1)]  # (k, D)
    while len(centers) < count:
        far = np.clip(1 - (unit @ centers.T).max(axis=1), 1e-9, None)  # (n,)
        centers = np.concatenate([centers, unit[rng.choice(len(unit), size=1, p=far / far.sum())]])
    for _ in range(KMEANS_ROUNDS):
        cosine = unit @ centers.T  # (n, k)
        group = cosine.argmax(axis=1)
        sums = np.zeros_like(centers)
        np.add.at(sums, group, unit)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        centers = np.where(norms > 0, sums / np.where(norms > 0, norms, 1), centers)
    return float(cosine.max(axis=1).sum()), group


def central_words(drawn: WordMap, count: int) -> list[list[str]]:
    """Of each group of a map the `count` words nearest to the group's center, the nearest first."""
    words = []
    for group in range(int(drawn.groups.max()) + 1):
        rows = np.flatnonzero(drawn.groups == group)
        cosine = drawn.vectors[rows] @ drawn.vectors[rows].sum(axis=0)  # times the center's norm
        nearest = rows[np.argsort(-cosine, kind="stable")[:count]]
        words.append([drawn.words[row] for row in nearest.tolist()])
    return words
