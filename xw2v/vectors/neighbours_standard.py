"""What the search for neighbours computes, in the Array API standard: on any library and device."""

from __future__ import annotations

from math import inf

from xw2v.sgns.array import Array, device_of, namespace_of
from xw2v.sgns.array import squared_norms as squared_norms  # one of the operations

TILE_ROWS = 1 << 14  # rows of the table in one product


def row_tiles(table: Array) -> list[Array]:
    """Views (at most TILE_ROWS, D) of a table (V, D)."""
    total = table.shape[0]
    return [table[start : min(start + TILE_ROWS, total), :] for start in range(0, total, TILE_ROWS)]


def dot_products(table: Array, queries: Array) -> Array:
    """(Q, V) of queries (Q, D) with the rows of a table (V, D)."""
    xp = namespace_of(table)
    return xp.concat(
        [xp.matmul(queries, xp.matrix_transpose(tile)) for tile in row_tiles(table)], axis=1
    )


def without_columns(scores: Array, exclude: Array) -> Array:
    """Scores (Q, V) with minus infinity in the columns exclude (Q, E), of which -1 is none."""
    xp = namespace_of(scores)
    columns = xp.arange(scores.shape[1], device=device_of(scores))[None, :]
    never = xp.full_like(scores, -inf)
    for e in range(exclude.shape[1]):
        scores = xp.where(columns == exclude[:, e][:, None], never, scores)
    return scores


def top_columns(scores: Array, k: int) -> Array:
    """Columns (Q, k) of the k largest of each row of scores (Q, V); ties: lowest column first."""
    xp = namespace_of(scores)
    return xp.argsort(scores, axis=1, descending=True, stable=True)[:, :k]
