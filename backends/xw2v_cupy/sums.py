"""Gradients summed by table row on the device, and the update that applies and clears them."""

from __future__ import annotations

from typing import Any, NamedTuple

from xw2v.objective import Batch, Objective, Tables
from xw2v_cupy.kernels import Kernels

Array = Any


class Ids(NamedTuple):
    """Two lists of table rows, one after the other: (n_first,) and (n_second,) int64 on the device."""

    first: Array
    n_first: int
    second: Array
    n_second: int


class Touched(NamedTuple):
    """The rows of the two tables that a batch touches, with repetitions."""

    centers: Ids
    context: Ids

    @classmethod
    def by(cls, objective: Objective, batch: Batch) -> Touched:
        """The T centers; the T + 2w positions and the negatives."""
        tokens, negatives = batch.tokens, batch.negatives
        w, T = objective.window, batch.left.shape[0]
        return cls(Ids(tokens, 0, tokens[w : w + T], T), Ids(tokens, T + 2 * w, negatives, negatives.size))


class RowSums:
    """For each table a table of zeros, into which a batch's gradients are summed.

    Attributes:
        center, context: (V, D), zeros between steps; one array where the tables are tied.
    """

    def __init__(self, kernels: Kernels, objective: Objective, words: int, size: int) -> None:
        xp = kernels.library
        self._kernels, self._objective = kernels, objective
        self._steps = 0
        self.center = xp.zeros((words, size), kernels.dtype)
        self.context = self.center if objective.tied else xp.zeros_like(self.center)
        self._center_stamps = xp.zeros(words, xp.int64)  # the step that last moved a row
        self._context_stamps = self._center_stamps if objective.tied else xp.zeros_like(self._center_stamps)

    def apply(self, tables: Tables, touched: Touched, alpha: float) -> None:
        """The bounded update (`xw2v.update`) of the touched rows; clears their sums."""
        self._steps += 1
        if not self._objective.tied:  # else the centers are among the context's ids
            self._apply(tables.center, self.center, self._center_stamps, touched.centers, alpha)
        self._apply(tables.context, self.context, self._context_stamps, touched.context, alpha)

    def _apply(self, table: Array, sums: Array, stamps: Array, ids: Ids, alpha: float) -> None:
        rule = self._objective.bound, self._objective.floor, self._objective.weight_decay
        numbers = alpha, *map(float, rule), self._steps
        rows = ids.n_first + ids.n_second
        self._kernels.launch("bounded_update", rows, table.shape[1], *numbers, *ids, stamps, sums, table)
