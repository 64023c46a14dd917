"""What the search for neighbours computes, in the Array API standard: on any library and device."""

from __future__ import annotations

from array_api_compat import array_namespace, device

from xw2v.vectors.arrays import Array

TILE_ROWS = 1 << 14  # rows of the table in one product


def row_tiles(table: Array) -> list[Array]:
    """Views (at most TILE_ROWS, D) of a table (V, D)."""
    total = table.shape[0]
    return [table[start : min(start + TILE_ROWS, total), :] for start in range(0, total, TILE_ROWS)]


def squared_norms(tile: Array) -> Array:
    """(R,) of rows (R, D)."""
    return array_namespace(tile).sum(tile * tile, axis=-1)


def dot_products(table: Array, queries: Array) -> Array:
    """(Q, V) of queries (Q, D) with the rows of a table (V, D)."""
    xp = array_namespace(table)
    return xp.concat([queries @ xp.matrix_transpose(tile) for tile in row_tiles(table)], axis=1)


def without_columns(scores: Array, exclude: Array) -> Array:
    """Scores (Q, V) with minus infinity in the columns exclude (Q, E), of which -1 is none."""
    xp = array_namespace(scores)
    columns = xp.arange(scores.shape[1], device=device(scores))[None, :]
    never = xp.full_like(scores, -xp.inf)
    for e in range(exclude.shape[1]):
        scores = xp.where(columns == exclude[:, e][:, None], never, scores)
    return scores


def top_columns(scores: Array, k: int) -> Array:
    """Columns (Q, k) of the k largest of each row of scores (Q, V); ties: lowest column first."""
    xp = array_namespace(scores)
    return xp.argsort(scores, axis=1, descending=True, stable=True)[:, :k]
