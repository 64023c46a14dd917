"""Nearest rows of a table by cosine, as blocked matrix products: never (V, V), never a normalised
copy.

Everything here is in the Array API standard and takes its namespace from the table, so it runs
where the table is; on NumPy a few calls are replaced by faster ones with the same result. Ties go
to the earlier row, which is the more frequent word.
"""

from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_namespace

SCORES = 1 << 24  # most scores held at a time (64 MB in float32)
ROWS = 1 << 14  # rows of the table in one product
QUERIES = 64  # queries in one product with them: more are not faster
STRETCH = 256  # columns of which only the largest is looked at first


def row_norms(vectors: Any) -> Any:
    """Length of each row of vectors (V, D), as (V,)."""
    xp = array_namespace(vectors)
    return xp.concat([xp.sqrt(_self_products(xp, block)) for block in _row_blocks(vectors)])


def _self_products(xp: Any, block: Any) -> Any:
    return np.vecdot(block, block) if is_numpy_namespace(xp) else xp.sum(block * block, axis=-1)


def _row_blocks(vectors: Any) -> list[Any]:
    total = vectors.shape[0]
    return [vectors[start : min(start + ROWS, total), :] for start in range(0, total, ROWS)]


def divisors(norms: Any) -> Any:
    """Norms (V,) to divide by: 1 in place of 0, so that a row of zeros has a cosine of 0."""
    xp = array_namespace(norms)
    return xp.where(norms == 0, xp.ones_like(norms), norms)


def cosines(vectors: Any, lengths: Any, queries: Any) -> Any:
    """Cosine (Q, V) of unit queries (Q, D) with the rows of vectors (V, D), whose `divisors` are
    lengths (V,).
    """
    xp = array_namespace(vectors)
    if queries.shape[0] == 1 and is_numpy_namespace(xp):
        # one pass over the table at the speed of memory: a matrix-vector product takes twice as
        # long
        scores = np.vecdot(vectors, queries[0])[None, :]
    else:
        scores = xp.concat(
            [queries @ xp.matrix_transpose(block) for block in _row_blocks(vectors)], axis=1
        )
    return scores / lengths[None, :]


def nearest(
    vectors: Any, lengths: Any, queries: Any, k: int, exclude: Any = None
) -> tuple[Any, Any]:
    """The k rows of `vectors` with the largest cosine to each query, best first.

    Args:
        vectors: (V, D), on any device.
        lengths: (V,) from `divisors` of `row_norms`.
        queries: (Q, D) of unit length, on the same device, as is `exclude`.
        k: how many, at least 1; all V where there are fewer.
        exclude: (Q, E) rows not to be answered, -1 for none. Where fewer than k others are left,
            they come last, with a cosine of minus infinity.

    Returns:
        rows (Q, k) int64 and cosines (Q, k).
    """
    xp = array_namespace(vectors)
    total, count = vectors.shape[0], queries.shape[0]
    step = max(1, min(QUERIES, SCORES // total))
    found = []
    for start in range(0, count, step):
        end = min(start + step, count)
        scores = cosines(vectors, lengths, queries[start:end, :])  # (q, V)
        if exclude is not None:
            scores = _without(xp, scores, exclude[start:end, :])
        found.append(top_k(scores, min(k, total)))
    return xp.concat([rows for rows, _ in found]), xp.concat([values for _, values in found])


def _without(xp: Any, scores: Any, exclude: Any) -> Any:
    """Scores (q, V) with minus infinity in the columns exclude (q, E)."""
    if is_numpy_namespace(xp):
        query, column = np.nonzero(exclude >= 0)
        scores[query, exclude[query, column]] = -np.inf
        return scores
    columns = xp.arange(scores.shape[1], device=device(scores))[None, :]
    never = xp.full_like(scores, -xp.inf)
    for e in range(exclude.shape[1]):
        scores = xp.where(columns == exclude[:, e][:, None], never, scores)
    return scores


def top_k(scores: Any, k: int) -> tuple[Any, Any]:
    """Columns (Q, k) and values (Q, k) of the k largest of each row of scores (Q, V), best
    first.
    """
    xp = array_namespace(scores)
    if k == 1:
        columns = xp.argmax(scores, axis=1)[:, None]
    elif is_numpy_namespace(xp):
        columns = np.stack([_top_of_row(row, k) for row in scores])
    else:
        columns = xp.argsort(scores, axis=1, descending=True, stable=True)[:, :k]
    return columns, xp.take_along_axis(scores, columns, axis=1)


def _top_of_row(row: np.ndarray, k: int) -> np.ndarray:
    """Columns of the k largest of row (V,): best first, of equals the first column."""
    stretches = row[: len(row) // STRETCH * STRETCH].reshape(-1, STRETCH).max(axis=1)
    if len(stretches) < k:
        return np.argsort(-row, kind="stable")[:k]
    # k stretches reach this far, so k columns do; hardly more than those are left to sort
    reached = np.partition(stretches, len(stretches) - k)[len(stretches) - k]
    columns = np.flatnonzero(row >= reached)
    return columns[np.argsort(-row[columns], kind="stable")[:k]]
