"""Gradients summed by table row on the device, and the update that applies and clears them."""

from __future__ import annotations

from typing import Any, NamedTuple

from xw2v.sgns.interface import Batch, StepConfig, Tables
from xw2v_cupy.kernels import Kernels

Array = Any


class Ids(NamedTuple):
    """Two lists of table rows, one after the other: (n_first,) and (n_second,) int64 on the
    device.
    """

    first: Array
    n_first: int
    second: Array
    n_second: int


class Touched(NamedTuple):
    """The rows of the two tables that a batch touches, with repetitions."""

    centers: Ids
    context: Ids

    @classmethod
    def by(cls, config: StepConfig, batch: Batch) -> Touched:
        """The T centers; the T + 2w positions and the negatives."""
        tokens, negatives = batch.tokens, batch.negatives
        w, T = config.window, batch.left.shape[0]
        return cls(
            Ids(tokens, 0, tokens[w : w + T], T), Ids(tokens, T + 2 * w, negatives, negatives.size)
        )


class TableSums(NamedTuple):
    """What a batch adds up for each row of a table.

    Attributes:
        gradients: (V, D), zeros between steps.
        met: (V, 2) int64, the row's pairs with positives and with negatives; zeros between steps.
        stamps: (V,) int64, the step that last moved the row.
    """

    gradients: Array
    met: Array
    stamps: Array


class RowSums:
    """Sums for each table.

    Attributes:
        center, context: of the two tables; the same where these are tied.
    """

    def __init__(self, kernels: Kernels, config: StepConfig, words: int, size: int) -> None:
        self._kernels, self._objective = kernels, config
        self._steps = 0

        def zeros() -> TableSums:
            xp = kernels.library
            counts = xp.zeros((words, 2), xp.int64), xp.zeros(words, xp.int64)
            return TableSums(xp.zeros((words, size), kernels.dtype), *counts)

        self.center = zeros()
        self.context = self.center if config.tied else zeros()

    def apply(self, tables: Tables, touched: Touched, means: Array, alpha: float) -> None:
        """The damped and bounded update (`xw2v.sgns.update`) of the touched rows; clears their
        sums.

        Args:
            means: (3, D) that updates are damped along: of the negatives, of the centers, half
                their sum.
        """
        self._steps += 1
        of_negatives, of_centers, of_both = means
        if self._objective.tied:  # the centers are among the context's ids
            self._apply(tables.context, self.context, touched.context, of_both, alpha)
        else:
            self._apply(tables.center, self.center, touched.centers, of_negatives, alpha)
            self._apply(tables.context, self.context, touched.context, of_centers, alpha)

    def _apply(self, table: Array, sums: TableSums, ids: Ids, mean: Array, alpha: float) -> None:
        o = self._objective
        rule = map(
            float, (alpha, o.bound, o.floor, o.curvature, o.weight_decay, o.negative / o.shared)
        )
        rows, D = ids.n_first + ids.n_second, table.shape[1]
        self._kernels.launch(
            "bounded_update", rows, D, *rule, self._steps, *ids, mean, *sums, table
        )
