"""The scatter-add that makes large batches learn: summed, damped along one direction, and bounded.

The gradients of a row's pairs in a batch are all taken at the same stale row. Their sum overshoots
where a frequent word has hundreds; their mean hardly moves rare words. So they are summed, and then

    Δ = α (Σg + λ·row)
    Δ ← Δ + (φ(z) − 1) (Δ·û) û,    z = α‖ū‖² (κ m⁺ + σ(s)(1 − σ(s)) m⁻),  s = row·ū,  φ(z) = (1 −
    e^(−z))/z row ← row − Δ · min(1, τ (‖row‖ + ρ) / ‖Δ‖)

The second line damps what hundreds of pairs have in common. Each pulls or pushes the row along a
row of the other table, and those share their mean ū. Along it, the loss of one of the m⁻ pairs with
negatives has the curvature σ(s)(1 − σ(s)) ‖ū‖², that of one of the m⁺ with positives, whose scores
differ, about κ‖ū‖²; so that taken one after the other they would have gone φ(z) as far as their
sum. Across it they hardly interfere. The third is a trust region for each row (LARS, You et al.
2017, bounds layers likewise). Rare words move as in plain SGD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from array_api_compat import array_namespace, device

from xw2v.sgns.interface import StepConfig

if TYPE_CHECKING:
    from xw2v.sgns.backend import Backend

Array = Any
TINY = 1e-30  # at this z, φ(z) is 1


class RowGradients(NamedTuple):
    """Gradients of the rows of one table that a batch touches, repeated rows not yet summed.

    Attributes:
        ids: (N,) int64 rows, repetitions allowed.
        rows: (N, D) their gradients.
        weight: (N, 2) total weights of the pairs with positives and with negatives that each
            gradient sums over; summed over a row, its m⁺ and m⁻.
        mean: (D,) ū, the mean of the other table's rows in pairs with negatives. Without the two
            nothing is damped.
    """

    ids: Array
    rows: Array
    weight: Array | None = None
    mean: Array | None = None


def bounded_update(
    backend: Backend, config: StepConfig, table: Array, gradients: RowGradients, alpha: float
) -> None:
    """Move the touched rows of a table down their summed gradients, in place.

    Args:
        config: of which bound τ, floor ρ, curvature κ and weight_decay λ matter.
        table: (V, D), changed in place.
        alpha: learning rate α.
    """
    xp = array_namespace(table)
    ids, rows, weight, mean = gradients
    touched, segment = xp.unique_inverse(ids)  # (U,), (N,)
    segment = xp.reshape(segment, (-1,))
    U, like = touched.shape[0], {"dtype": table.dtype, "device": device(table)}
    total = xp.zeros((U, table.shape[1]), **like)  # (U, D)
    backend.scatter_add(total, segment, rows)
    current = xp.take(table, touched, axis=0)  # (U, D)
    delta = alpha * (total + config.weight_decay * current)
    if weight is not None:
        pairs = xp.zeros((U, 2), **like)
        backend.scatter_add(pairs, segment, weight)
        delta = damped(config, delta, current, pairs, mean, alpha)
    limit = config.bound * (row_norms(current) + config.floor)
    length = row_norms(delta)
    scale = xp.where(
        length > limit, limit / xp.where(length > limit, length, xp.ones_like(length)), 1.0
    )
    backend.scatter_add(table, touched, -scale[:, None] * delta)


def damped(
    config: StepConfig, delta: Array, current: Array, pairs: Array, mean: Array, alpha: float
) -> Array:
    """The changes (U, D) of rows (U, D) with `pairs` (U, 2) of weights m⁺ and m⁻, damped along
    `mean` (D,).
    """
    xp = array_namespace(delta)
    squared = xp.sum(mean * mean)
    e = xp.exp(-xp.abs(xp.matmul(current, mean)))  # (U,)
    curvature = (
        config.curvature * pairs[:, 0] + pairs[:, 1] * e / (1 + e) ** 2
    )  # σ(s)(1 − σ(s)) = e/(1 + e)²
    z = alpha * squared * curvature
    z = xp.where(z > TINY, z, xp.full_like(z, TINY))
    less = -xp.expm1(-z) / z - 1  # φ(z) − 1
    along = xp.matmul(delta, mean) / xp.where(squared > 0, squared, xp.ones_like(squared))
    return delta + (less * along)[:, None] * mean


def row_norms(rows: Array) -> Array:
    """Euclidean lengths (U,) of rows (U, D)."""
    return array_namespace(rows).linalg.vector_norm(rows, axis=1)
