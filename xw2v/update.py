"""The bounded scatter-add: what makes large batches learn.

The gradients of a row's pairs in a batch are all taken at the same stale row. Their sum overshoots where a
frequent word has hundreds; their mean hardly moves rare words. So they are summed, and no row moves further
in one batch than a share of its own length, a trust region for each row (LARS, You et al. 2017, bounds
layers likewise):

    Δ = α (Σg + λ·row);    row ← row − Δ · min(1, τ (‖row‖ + ρ) / ‖Δ‖)

It is plain SGD for the rows that do not reach the bound, 90 to 98 % of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace, device

if TYPE_CHECKING:
    from xw2v.backend import Backend

Array = Any


def bounded_update(
    backend: Backend,
    table: Array,
    ids: Array,
    gradients: Array,
    alpha: float,
    bound: float,
    floor: float,
    weight_decay: float = 0.0,
) -> None:
    """Move the touched rows of a table down their summed gradients, each within its bound, in place.

    Args:
        table: (V, D), changed in place.
        ids: (N,) int64 rows, repetitions allowed.
        gradients: (N, D).
        alpha: learning rate α.
        bound, floor: τ and ρ above.
        weight_decay: λ above.
    """
    xp = array_namespace(table)
    rows, segment = xp.unique_inverse(ids)  # (U,), (N,)
    total = xp.zeros((rows.shape[0], table.shape[1]), dtype=table.dtype, device=device(table))  # (U, D)
    backend.scatter_add(total, xp.reshape(segment, (-1,)), gradients)
    current = xp.take(table, rows, axis=0)  # (U, D)
    delta = alpha * (total + weight_decay * current) if weight_decay else alpha * total
    limit = bound * (row_norms(current) + floor)
    length = row_norms(delta)
    scale = xp.where(length > limit, limit / xp.where(length > limit, length, xp.ones_like(length)), 1.0)
    backend.scatter_add(table, rows, -scale[:, None] * delta)


def row_norms(rows: Array) -> Array:
    """Euclidean lengths (U,) of rows (U, D)."""
    return array_namespace(rows).linalg.vector_norm(rows, axis=1)
