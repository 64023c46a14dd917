"""Nearest rows of a table by cosine, as products of tiles: never (V, V), never a normalised copy.

The operations come from `neighbours_standard`, which runs on any array library of the Array API
standard, or from `neighbours_numpy`, which does the same faster on NumPy. Ties go to the earlier
row, which is the more frequent word.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np
from array_api_compat import is_numpy_array

from xw2v.errors import InputError
from xw2v.sgns.array import Array, namespace_of, safe_divisor
from xw2v.vectors import neighbours_numpy, neighbours_standard
from xw2v.vectors.arrays import unit
from xw2v.vectors.neighbours_standard import row_tiles

TILE_QUERIES = 64  # in one product with a tile of rows: more are not faster
MAX_SCORES = 1 << 24  # held at a time (64 MB in float32)


def _operations(array: Array) -> ModuleType:
    return neighbours_numpy if is_numpy_array(array) else neighbours_standard


def row_norms(table: Array) -> Array:
    """Norm of each row of a table (V, D), as (V,)."""
    xp, squared_norms = namespace_of(table), _operations(table).squared_norms
    if not table.shape[0]:
        return xp.zeros(0, dtype=table.dtype)
    return xp.concat([xp.sqrt(squared_norms(tile)) for tile in row_tiles(table)])


def cosines(table: Array, divisors: Array, queries: Array) -> Array:
    """Cosines (Q, V) of queries with the rows of a table.

    Args:
        table: (V, D).
        divisors: (V,) from `safe_divisor` of the `row_norms`.
        queries: (Q, D) of norm 1.
    """
    products: Array = _operations(table).dot_products(table, queries)
    return products / divisors[None, :]


def cosine_similarities(vector_1: np.ndarray, vectors_all: np.ndarray) -> np.ndarray:
    """Cosines (n,) of a vector (D,) with vectors (n, D); 0 where one of the two is zeros."""
    if vectors_all.ndim != 2 or vectors_all.size == 0 or vector_1.shape != vectors_all.shape[1:]:
        raise InputError(
            f"a vector of shape {vector_1.shape} and vectors of shape {vectors_all.shape}: "
            "give (D,) and (n, D)"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        norms, norm = (
            np.asarray(row_norms(vectors_all)),
            np.linalg.norm(vector_1.astype(np.float64)),
        )
    if not (np.isfinite(norms).all() and np.isfinite(norm)):
        raise InputError("a vector has a non-finite value, or values too large for a norm")
    divisors = safe_divisor(norms)
    found = np.asarray(cosines(vectors_all, divisors, unit(vector_1)[None, :]))[0]
    clipped: np.ndarray = np.clip(found, -1, 1)
    return clipped


def nearest(
    table: Array, divisors: Array, queries: Array, k: int, exclude: Array | None = None
) -> tuple[Array, Array]:
    """The k rows of a table with the largest cosine to each query, best first.

    Args:
        table: (V, D), on any device.
        divisors: (V,) from `safe_divisor` of the `row_norms`.
        queries: (Q, D) of norm 1, on the same device, as is `exclude`.
        k: how many, at least 1; all V where there are fewer.
        exclude: (Q, E) rows not to be answered, -1 for none. Where fewer than k others are left,
            they come last, with a cosine of minus infinity.

    Returns:
        rows (Q, k) int64 and cosines (Q, k).
    """
    xp = namespace_of(table)
    vocab_size, n_queries = table.shape[0], queries.shape[0]
    step = max(1, min(TILE_QUERIES, MAX_SCORES // vocab_size))
    rows, values = [], []
    for start in range(0, n_queries, step):
        tile = slice(start, min(start + step, n_queries))
        scores = cosines(table, divisors, queries[tile, :])  # (q, V)
        if exclude is not None:
            scores = _operations(table).without_columns(scores, exclude[tile, :])
        columns, best = top_k(scores, min(k, vocab_size))
        rows.append(columns)
        values.append(best)
    return xp.concat(rows), xp.concat(values)


def top_k(scores: Array, k: int) -> tuple[Array, Array]:
    """Columns (Q, k) and values (Q, k) of the k largest of each row of scores (Q, V), best
    first.
    """
    xp = namespace_of(scores)
    if k == 1:
        columns = xp.argmax(scores, axis=1)[:, None]
    else:
        columns = _operations(scores).top_columns(scores, k)
    return columns, xp.take_along_axis(scores, columns, axis=1)
