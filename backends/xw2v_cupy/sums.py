"""Gradients summed by table row on the device, and the update that applies and clears them."""

from __future__ import annotations

from typing import Any, NamedTuple

from xw2v.sgns.array import Array
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import Tables
from xw2v_cupy.kernels import Kernels, blocks_of


class TableSums(NamedTuple):
    """What a batch adds up for each row of a table.

    Attributes:
        gradients: (V, D) of the kernels' `sum_dtype`, zeros between steps.
        pairs: (V, 2) int64 numbers of pairs with positives and with negatives; zeros between steps.
        stamps: (V,) int64, the step that last moved the row.
    """

    gradients: Array
    pairs: Array
    stamps: Array


class RowSums:
    """Sums for each table.

    Attributes:
        center, context: of the two tables; the same where these are tied.
    """

    def __init__(self, kernels: Kernels, config: StepConfig, shape: ModelShape) -> None:
        self._kernels = kernels
        self._config = config
        self._steps = 0
        self._dim = shape.dim
        self.center = self._zeros(shape.input_rows, shape.dim)
        self.context = self.center if config.tied else self._zeros(shape.output_rows, shape.dim)

    def _zeros(self, rows: int, dim: int) -> TableSums:
        xp: Any = self._kernels.library
        return TableSums(
            gradients=xp.zeros((rows, dim), self._kernels.sum_dtype),
            pairs=xp.zeros((rows, 2), xp.int64),
            stamps=xp.zeros(rows, xp.int64),
        )

    def prepare(self, n_center_ids: int, context_ids: Array, means: Array) -> None:
        """Make ready for batches of one shape.

        Args:
            n_center_ids: rows of the input table that a batch touches, with repetitions; not used
                where the tables are tied.
            context_ids: those of the output table; where tables are tied, of both.
            means: (3, D) that updates are damped along: of the negatives, of the centers, half
                their sum; zeros to damp nothing.
        """
        config, center, context = self._config, self.center, self.context
        negatives_mean, centers_mean, average = means[0], means[1], means[2]
        if config.tied:
            n_center_ids = 0
        self._update = self._kernels.prepare(
            "bounded_update",
            blocks_of(n_center_ids + context_ids.shape[0]),
            D=self._dim,
            trust_ratio=float(config.trust_ratio),
            trust_floor=float(config.trust_floor),
            curvature=float(config.curvature),
            weight_decay=float(config.weight_decay),
            shared_weight=config.shared_weight,
            n_center_ids=n_center_ids,
            n_context_ids=context_ids.shape[0],
            context_ids=context_ids,
            center_mean=negatives_mean,
            context_mean=average if config.tied else centers_mean,
            center_sums=center.gradients,
            context_sums=context.gradients,
            center_pairs=center.pairs,
            context_pairs=context.pairs,
            center_stamps=center.stamps,
            context_stamps=context.stamps,
        )

    def apply(self, tables: Tables[Array], center_ids: Array, alpha: float) -> None:
        """The damped and bounded update (`xw2v.sgns.update`) of the touched rows; clears their
        sums.

        Args:
            center_ids: rows of the input table that the batch touched.
        """
        self._steps += 1
        self._update(
            alpha=alpha,
            step=self._steps,
            center_ids=center_ids,
            center=tables.center,
            context=tables.context,
        )
