"""What the rule of combining (`xw2v.sgns.combine`) takes beside displacements: whose rows they are,
the direction of the other table's mean, and the curvature that replicas met.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xw2v.sgns.combine import RowMeter
from xw2v.sgns.combine_rows import FLOAT, OwnedRows
from xw2v.training.replica_messages import COUNT

MEAN_ROWS = 1024  # the most frequent rows of a table, whose mean stands for that of all


def stretch_of(rows: int, rank: int, size: int) -> tuple[int, int]:
    """The rows [first, last) of those due that a rank owns, and combines for all."""
    return rows * rank // size, rows * (rank + 1) // size


class CombineTerms:
    """These terms, for tables as they are now.

    Args:
        shares: each word's share of centers, and of negatives.
        pairs: (V,) of the input and of the output table, see `CombineSchedule`.
    """

    def __init__(
        self, shares: tuple[np.ndarray, np.ndarray], pairs: tuple[np.ndarray, np.ndarray]
    ) -> None:
        of_centers, of_negatives = (share[:MEAN_ROWS] / share[:MEAN_ROWS].sum() for share in shares)
        # A table is damped along the mean of the other's rows as they are met.
        self._weights = of_negatives.astype(FLOAT), of_centers.astype(FLOAT)
        self._pairs = pairs
        self.reset()

    def reset(self) -> None:
        """Measure as if nothing had been measured before."""
        self._meters = [RowMeter() for _ in self._weights]

    def header(self, numbers: Sequence[int], tables: Sequence[np.ndarray]) -> np.ndarray:
        """What a rank lets the others know at a combine: the numbers that are given, and what the
        rows of each table meet, as this rank's are now; int64, to be read by `heard`.

        Args:
            tables: the first `MEAN_ROWS` rows of each, or more, on the host; also where fewer are
                due, which would say little of those that pairs meet.
        """
        found = np.empty((len(tables), 1 + tables[0].shape[1]))
        for i, weights in enumerate(self._weights[: len(tables)]):
            rows = tables[-1 - i][: len(weights)]
            found[i, 1:], found[i, 0] = self._meters[i](rows, weights)
        return np.concatenate([numbers, found.view(COUNT).ravel()])

    def owned(
        self,
        bases: Sequence[np.ndarray],
        stretches: Sequence[tuple[int, int]],
        alpha: float,
        measured: Sequence[np.ndarray],
    ) -> list[OwnedRows]:
        """Rows of each table that are to be combined.

        Args:
            stretches: of each table the first row, and the row after the last.
            alpha: the learning rate.
            measured: by each rank, see `heard`. The largest curvature holds, and the direction of
                rank 0.
        """
        curvatures = np.max([of_rank[:, 0] for of_rank in measured], axis=0)
        directions = measured[0][:, 1:].astype(FLOAT)
        owned = []
        for i, (first, last) in enumerate(stretches):
            curvature = self._pairs[i][first:last] * FLOAT.type(alpha * curvatures[i])
            owned.append(OwnedRows(first, bases[i], directions[i], curvature))
        return owned


def header_length(numbers: int, tables: int, dim: int) -> int:
    """Of a header with so many numbers, for so many tables of D columns."""
    return numbers + tables * (1 + dim)


def heard(
    headers: Sequence[np.ndarray], numbers: int, dim: int
) -> tuple[list[list[int]], list[np.ndarray]]:
    """The numbers of each rank's header, of which there are so many, and what each has measured:
    (tables, 1 + D) float64, of each table the curvature and the direction.
    """
    measured = [header[numbers:].view(np.float64).reshape(-1, 1 + dim) for header in headers]
    return [header[:numbers].tolist() for header in headers], measured
