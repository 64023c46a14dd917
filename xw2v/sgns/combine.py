"""How replicas that were trained apart become one again.

N replicas start from the same tables, and each trains on its own part of the text. Then, row by
row, their displacements δ_r are combined. The sum of displacements is right where these are
independent, as where a rare word was met by one replica, or each learned something else about it.
It overshoots where they agree: all have gone most of the way to the same place, and N times as far
lies beyond it. There the mean is right, which elsewhere throws away what N − 1 of N have learned.
How far they agree can be read off the displacements themselves:

    f(v) = min(1, Σ‖v_r‖² / ‖Σv_r‖²)

is 1 for displacements that are orthogonal or oppose each other, 1/N for N equal ones (the gradient
diversity of Yin et al. 2018). Most agreement is in one direction, that of the mean ū of the other
table's rows, along which all pairs of a batch push and pull (see `xw2v.sgns.update`). So the part
along it is separated from the rest, and each has its own factor.

But displacements agree also while all replicas are on their way, and far from overshooting. How far
one of them has gone follows from the curvature y that it met: 1 − e^(−y) of the way, where N in a
row would have gone 1 − e^(−Ny). So the rest may move by a share g of the sum, if that is more:

    g(y) = (1 − e^(−Ny)) / (N (1 − e^(−y))),    y = α · λ/8 · (pairs of the row)

λ is the largest eigenvalue of the covariance of the other table's rows. The curvature of a pair is
σ(1 − σ) λ, which is at most λ/4 and on average about λ/10; a combine is stable as long as y is not
less than half of what it should be.

    row ← row + max(f(rest), g(y)) Σ rest_r + f(along) Σ along_r
    along_r = (δ_r·û) û,    rest_r = δ_r − along_r

One replica's displacement is taken as it is. No row moves further than the sum of displacements,
and where curvature is large no part further than √Σ‖part_r‖², which is what N independent ones of
these lengths would have done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xw2v.sgns.array import Array, dot_rows, namespace_of, safe_divisor, squared_norms

MEAN_SLOPE = 1 / 8  # of the sigmoid over the pairs of a row, at most 1/4, rather too large
POWER_ITERATIONS = 6  # to begin with ...
NEXT_ITERATIONS = 2  # ... and whenever rows have changed
TINY = 1e-30


class Sums(NamedTuple):
    """Sums over the replicas, in their order, of the displacements of U rows.

    Attributes:
        total: (U, D) Σδ_r.
        squares: (U,) Σ‖δ_r‖².
        along_squares: (U,) Σ(δ_r·û)².
    """

    total: Array
    squares: Array
    along_squares: Array


def combined_rows(
    rows: Array, displacements: Sequence[Array], mean: Array, curvature: Array
) -> Array:
    """The rows of the replicas as one.

    Args:
        rows: (U, D) from which all replicas started.
        displacements: δ_r of each replica, (U, D), in the order of ranks; zero for rows that it
            did not touch.
        mean: (D,) ū, about the mean of the other table's rows.
        curvature: (U,) y, that a replica met since the rows were last combined.
    """
    direction = unit(mean)
    sums = summed(displacements[0], direction)
    for displacement in displacements[1:]:
        sums = added(sums, displacement, direction)
    return rows + combined_displacement(sums, direction, curvature, len(displacements))


def unit(mean: Array) -> Array:
    """û (D,); zero where ū is."""
    xp = namespace_of(mean)
    return mean / safe_divisor(xp.sqrt(xp.sum(mean * mean)))


def summed(displacement: Array, direction: Array) -> Sums:
    """The sums over a single replica."""
    along = dot_rows(displacement, direction)
    return Sums(displacement, squared_norms(displacement), along * along)


def added(sums: Sums, displacement: Array, direction: Array) -> Sums:
    """The sums with one more replica."""
    return Sums(
        *(one + other for one, other in zip(sums, summed(displacement, direction), strict=True))
    )


def combined_displacement(sums: Sums, direction: Array, curvature: Array, replicas: int) -> Array:
    """What the rows move by: (U, D)."""
    total, squares, along_squares = sums
    xp = namespace_of(total)
    along = dot_rows(total, direction)  # (U,)
    factor_along = diversity(along_squares, along * along)
    rest = squared_norms(total) - along * along
    factor_rest = xp.maximum(
        diversity(squares - along_squares, rest), saturation(curvature, replicas)
    )
    return (
        factor_rest[:, None] * total + ((factor_along - factor_rest) * along)[:, None] * direction
    )


def diversity(sum_of_squares: Array, square_of_sum: Array) -> Array:
    """f = min(1, Σ‖v_r‖² / ‖Σv_r‖²) of each row; both are 0 or more but for rounding."""
    xp = namespace_of(sum_of_squares)
    zero = xp.zeros_like(sum_of_squares)
    above = xp.where(sum_of_squares > 0, sum_of_squares, zero)
    shorter = square_of_sum > above
    return xp.where(shorter, above / xp.where(shorter, square_of_sum, zero + 1), zero + 1)


def saturation(curvature: Array, replicas: int) -> Array:
    """g = (1 − e^(−Ny)) / (N (1 − e^(−y))) of each row; 1 where y is 0, 1/N where it is large."""
    xp = namespace_of(curvature)
    alone = safe_divisor(-xp.expm1(-curvature))
    together = -xp.expm1(-replicas * curvature) / (replicas * alone)
    return xp.where(curvature > 0, together, xp.ones_like(together))


class Measured(NamedTuple):
    """Of the rows that those of a table meet.

    Attributes:
        direction: (D,) û of their mean.
        curvature: of a pair with one of them: λ/8.
    """

    direction: np.ndarray
    curvature: float


class RowMeter:
    """Measures rows: the direction of their mean, and the curvature of a pair with one of them from
    the largest eigenvalue of their covariance, by power iteration. It goes on from where it was,
    since rows change slowly; at first from the row that is farthest from their mean.
    """

    def __init__(self) -> None:
        self._vector: np.ndarray | None = None  # (D,)

    def __call__(self, rows: np.ndarray, weights: np.ndarray) -> Measured:
        """Measure rows.

        Args:
            rows: (R, D).
            weights: (R,) their shares, which sum to 1.
        """
        mean = np.einsum("r,rd->d", weights, rows)
        centered = rows - mean
        iterations, vector = NEXT_ITERATIONS, self._vector
        if vector is None:
            iterations = POWER_ITERATIONS
            vector = centered[np.argmax(np.einsum("rd,rd->r", centered, centered))]
        for _ in range(iterations):
            vector = vector / max(float(np.sqrt(np.einsum("d,d->", vector, vector))), TINY)
            scores = weights * np.einsum("rd,d->r", centered, vector)
            vector = np.einsum("r,rd->d", scores, centered)
        length = float(np.sqrt(np.einsum("d,d->", vector, vector)))
        self._vector = vector if length > TINY else None
        return Measured(np.asarray(unit(mean)), MEAN_SLOPE * length)
