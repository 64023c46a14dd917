"""Vectors in two dimensions, so that they can be looked at.

PCA needs nothing; t-SNE and UMAP come from scikit-learn and umap-learn. All three see directions
alone (rows scaled to norm 1), as cosines do, and give the same map for the same vectors and seed.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec

import numpy as np

from xw2v.errors import InputError, MissingDependencyError, UsageError

METHODS = ("pca", "tsne", "umap")
LIBRARY = {  # import name, package
    "tsne": ("sklearn", "scikit-learn"),
    "umap": ("umap", "umap-learn"),
}
MIN_WORDS = 5  # that t-SNE and UMAP need to find neighbourhoods among
PERPLEXITY = 30.0  # van der Maaten and Hinton 2008: 5 to 50
UMAP_NEIGHBOURS = 15  # its authors' default


def best_method(words: int) -> str:
    """t-SNE where scikit-learn is installed and there are words enough for it, else PCA."""
    return "tsne" if find_spec("sklearn") and words >= MIN_WORDS else "pca"


def project(vectors: np.ndarray, method: str = "pca", seed: int = 1) -> np.ndarray:
    """Points on a plane whose distances reflect the vectors' cosines.

    Args:
        vectors: (n, D), at least one row.
        method: "pca" keeps the directions in which the vectors differ most; "tsne" and "umap" keep
            neighbours together, and their distances between far groups mean little.
        seed: of t-SNE and UMAP; PCA needs none.

    Returns:
        (n, 2) float64

    Raises:
        UsageError: an unknown method, or too few words for it.
        InputError: a vector with a non-finite value.
        MissingDependencyError: the library of that method is not installed.

    Example:
        >>> project(np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])).round(2).tolist()
        [[-0.66, -0.11], [-0.1, 0.19], [0.76, -0.07]]
    """
    if method not in METHODS:
        raise UsageError(f"choose one of {', '.join(METHODS)}", setting="method", value=method)
    least = 1 if method == "pca" else MIN_WORDS
    if len(vectors) < least:
        raise UsageError(
            f"a map by {method} needs at least {least} words, not {len(vectors)}"
            + ("" if method == "pca" else "; `method` pca does with fewer")
        )
    unit = unit_rows(vectors)
    if method == "pca":
        return _pca(unit)
    module, package = LIBRARY[method]
    if find_spec(module) is None:
        raise MissingDependencyError(
            f'needs {package}: pip install "xw2v[{method}]"', setting="method", value=method
        )
    return _tsne(unit, seed) if method == "tsne" else _umap(unit, seed)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows (n, D) scaled to norm 1, in float64; zeros stay zeros.

    Raises InputError for a non-finite value.
    """
    exact = np.asarray(vectors, dtype=np.float64)
    if not np.isfinite(exact).all():
        row = int(np.argmin(np.isfinite(exact).all(axis=1)))
        raise InputError(
            f"vector {row} of the map has a non-finite value; did its training diverge?"
        )
    norms = np.linalg.norm(exact, axis=1, keepdims=True)
    return exact / np.where(norms == 0, 1, norms)


def _pca(unit: np.ndarray) -> np.ndarray:
    """The first two principal components, each with its largest coordinate positive."""
    centered = unit - unit.mean(axis=0)
    left, singular, _ = np.linalg.svd(centered, full_matrices=False)
    points = np.zeros((len(unit), 2))
    components = min(2, len(singular))  # vectors of one dimension have one
    points[:, :components] = left[:, :components] * singular[:components]
    largest = points[np.abs(points).argmax(axis=0), [0, 1]]
    return points * np.where(largest < 0, -1, 1)  # SVD leaves the sign open


def _tsne(unit: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits  # scikit-learn brings it

    perplexity = min(PERPLEXITY, (len(unit) - 1) / 3)
    start = _pca(unit)
    start *= 1e-4 / max(start[:, 0].std(), 1e-12)  # as scikit-learn scales its own start
    tsne = TSNE(
        perplexity=perplexity, init=start.astype(np.float32), random_state=_seed(seed), n_jobs=1
    )
    with threadpool_limits(1):  # on a busy machine its threads mostly wait for each other
        return np.asarray(tsne.fit_transform(unit.astype(np.float32)), dtype=np.float64)


def _umap(unit: np.ndarray, seed: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about optional parts of UMAP that are not used here
        from umap import UMAP

        start = _pca(unit)
        flat = (np.ptp(start, axis=0) <= 1e-9).any()  # UMAP divides by the range
        umap = UMAP(
            n_neighbors=min(UMAP_NEIGHBOURS, len(unit) - 1),
            metric="cosine",
            init="random" if flat else start,
            random_state=_seed(seed),
            n_jobs=1,
        )
        return np.asarray(umap.fit_transform(unit.astype(np.float32)), dtype=np.float64)


def _seed(seed: int) -> int:
    return seed % 2**32  # what these libraries accept
