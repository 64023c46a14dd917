"""The scatter-add that makes large batches learn: summed, damped along one direction, and bounded.

The gradients of a row's pairs in a batch are all taken at the same stale row. Their sum overshoots
where a frequent word has hundreds; their mean hardly moves rare words. So they are summed, and then

    Δ = α (Σg + λ·row)
    Δ ← Δ + (φ(z) − 1) (Δ·û) û,    z = α‖ū‖² (κ m⁺ + σ(s)(1 − σ(s)) m⁻),    s = row·ū,
                                   φ(z) = (1 − e^(−z)) / z
    row ← row − Δ · min(1, τ (‖row‖ + ρ) / ‖Δ‖)

The second line damps what hundreds of pairs have in common. Each pulls or pushes the row along a
row of the other table, and those share their mean ū. Along it, the loss of one of the m⁻ pairs with
negatives has the curvature σ(s)(1 − σ(s)) ‖ū‖², that of one of the m⁺ with positives, whose scores
differ, about κ‖ū‖²; so that taken one after the other they would have gone φ(z) as far as their
sum. In other directions they hardly interfere, and nothing is damped. The third line is a trust
region for each row (LARS, You et al. 2017, bounds layers likewise). Rare words move as in plain
SGD.
"""

from __future__ import annotations

from typing import NamedTuple

from xw2v.sgns.array import Array, device_of, dot_rows, namespace_of, safe_divisor
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import StepConfig

MIN_Z = 1e-30  # at this z, φ(z) is 1


class RowGradients(NamedTuple):
    """Gradients of the rows of one table that a batch touches, repeated rows not yet summed.

    Attributes:
        ids: (N,) int64 rows, repetitions allowed.
        rows: (N, D) their gradients.
        weights: (N, 2) positive_weight and negative_weight: total weights of the pairs with
            positives and with negatives that each gradient sums over; summed over a row, its m⁺
            and m⁻.
        mean: (D,) ū, the mean of the other table's rows in pairs with negatives. Without weights
            and mean nothing is damped.
    """

    ids: Array
    rows: Array
    weights: Array | None = None
    mean: Array | None = None

    def merged(self, other: RowGradients) -> RowGradients:
        """Those of both for one table, damped along the average of their means."""
        xp = namespace_of(self.rows)
        ids, rows = xp.concat([self.ids, other.ids]), xp.concat([self.rows, other.rows])
        if self.weights is None or self.mean is None:
            return RowGradients(ids, rows)
        assert other.weights is not None
        weights = xp.concat([self.weights, other.weights])
        return RowGradients(ids, rows, weights, 0.5 * (self.mean + other.mean))


def bounded_update(
    backend: Backend, config: StepConfig, table: Array, gradients: RowGradients, alpha: float
) -> None:
    """Move the touched rows of a table down their summed gradients, in place.

    Args:
        config: of which trust_ratio τ, trust_floor ρ, curvature κ and weight_decay λ matter.
        table: (V, D), changed in place.
        alpha: learning rate α.
    """
    xp = namespace_of(table)
    touched, segment = xp.unique_inverse(gradients.ids)  # (U,), (N,)
    segment = xp.reshape(segment, (-1,))
    U, like = touched.shape[0], {"dtype": table.dtype, "device": device_of(table)}
    total = xp.zeros((U, table.shape[1]), **like)  # (U, D)
    backend.scatter_add(total, segment, gradients.rows)
    current = xp.take(table, touched, axis=0)  # (U, D)
    delta = alpha * (total + config.weight_decay * current)
    if gradients.weights is not None and gradients.mean is not None:
        weights = xp.zeros((U, 2), **like)
        backend.scatter_add(weights, segment, gradients.weights)
        delta = damped(config, delta, current, weights, gradients.mean, alpha)
    limit = config.trust_ratio * (row_norms(current) + config.trust_floor)  # (U,)
    norm = row_norms(delta)  # (U,)
    scale = xp.where(norm > limit, limit / xp.where(norm > limit, norm, xp.ones_like(norm)), 1.0)
    backend.scatter_add(table, touched, -scale[:, None] * delta)


def damped(
    config: StepConfig, delta: Array, current: Array, weights: Array, mean: Array, alpha: float
) -> Array:
    """The changes (U, D) of rows (U, D), damped along `mean` (D,).

    Args:
        weights: (U, 2) positive_weight m⁺ and negative_weight m⁻ of each row.
    """
    xp = namespace_of(delta)
    squared_norm = xp.sum(mean * mean)
    e = xp.exp(-xp.abs(dot_rows(current, mean)))  # (U,)
    positive_weight, negative_weight = weights[:, 0], weights[:, 1]
    of_negatives = negative_weight * e / (1 + e) ** 2  # σ(s)(1 − σ(s)) = e/(1 + e)²
    z = alpha * squared_norm * (config.curvature * positive_weight + of_negatives)
    z = xp.where(z > MIN_Z, z, xp.full_like(z, MIN_Z))
    factor = -xp.expm1(-z) / z - 1  # φ(z) − 1
    along = dot_rows(delta, mean) / safe_divisor(squared_norm)
    return delta + (factor * along)[:, None] * mean


def row_norms(rows: Array) -> Array:
    """Euclidean norms (U,) of rows (U, D)."""
    norms: Array = namespace_of(rows).linalg.vector_norm(rows, axis=1)
    return norms
