"""The operations of `neighbours_standard` on NumPy, where a few calls are much faster."""

from __future__ import annotations

import numpy as np

from xw2v.vectors import neighbours_standard

SEGMENT_COLUMNS = 256  # of which only the largest value is looked at first


def squared_norms(tile: np.ndarray) -> np.ndarray:
    """(R,) of rows (R, D), without a copy of the products."""
    squares: np.ndarray = np.vecdot(tile, tile)
    return squares


def dot_products(table: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """(Q, V) of queries (Q, D) with the rows of a table (V, D).

    One query takes one pass over the table at the speed of memory; as a matrix-vector product it
    takes twice as long.
    """
    if len(queries) == 1:
        products: np.ndarray = np.vecdot(table, queries[0])[None, :]
    else:
        products = np.asarray(neighbours_standard.dot_products(table, queries))
    return products


def without_columns(scores: np.ndarray, exclude: np.ndarray) -> np.ndarray:
    """Scores (Q, V), changed in place to minus infinity in the columns exclude (Q, E), of which
    -1 is none.
    """
    query, column = np.nonzero(exclude >= 0)
    scores[query, exclude[query, column]] = -np.inf
    return scores


def top_columns(scores: np.ndarray, k: int) -> np.ndarray:
    """Columns (Q, k) of the k largest of each row of scores (Q, V); ties: lowest column first."""
    return np.stack([_top_of_row(row, k) for row in scores])


def _top_of_row(row: np.ndarray, k: int) -> np.ndarray:
    n_segments = len(row) // SEGMENT_COLUMNS
    if n_segments < k:
        return np.argsort(-row, kind="stable")[:k]
    maxima = row[: n_segments * SEGMENT_COLUMNS].reshape(n_segments, -1).max(axis=1)
    # k segments hold a value of at least the k-th largest maximum, so k columns do; hardly more
    # columns than those are left to sort
    threshold = np.partition(maxima, n_segments - k)[n_segments - k]
    columns = np.flatnonzero(row >= threshold)
    return columns[np.argsort(-row[columns], kind="stable")[:k]]
