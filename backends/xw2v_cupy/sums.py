"""Gradients summed by table row on the device, and the update that applies and clears them."""

from __future__ import annotations

from typing import Any, NamedTuple

from xw2v.sgns.array import Array
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import Tables
from xw2v_cupy.kernels import Kernels


class TouchedRows(NamedTuple):
    """The rows of the two tables that a batch touches, with repetitions.

    Attributes:
        center: (T,) int64 ids of the centers; CBOW: (T + 2w,) of the tokens.
        context: (T + 2w + T/g·K,) int64 ids of the tokens, then of the negatives; CBOW: (T +
            T/g·K,) of the centers in place of the tokens, or where tables are tied of all tokens.
    """

    center: Array
    context: Array


class TableSums(NamedTuple):
    """What a batch adds up for each row of a table.

    Attributes:
        gradients: (V, D), zeros between steps.
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
        self._rule = {
            "trust_ratio": float(config.trust_ratio),
            "trust_floor": float(config.trust_floor),
            "curvature": float(config.curvature),
            "weight_decay": float(config.weight_decay),
            "shared_weight": config.shared_weight,
        }
        self.center = self._zeros(shape.input_rows, shape.dim)
        self.context = self.center if config.tied else self._zeros(shape.output_rows, shape.dim)

    def _zeros(self, rows: int, dim: int) -> TableSums:
        xp: Any = self._kernels.library
        return TableSums(
            gradients=xp.zeros((rows, dim), self._kernels.dtype),
            pairs=xp.zeros((rows, 2), xp.int64),
            stamps=xp.zeros(rows, xp.int64),
        )

    def apply(
        self, tables: Tables[Array], touched: TouchedRows, means: Array, alpha: float
    ) -> None:
        """The damped and bounded update (`xw2v.sgns.update`) of the touched rows; clears their
        sums.

        Args:
            means: (3, D) that updates are damped along: of the negatives, of the centers, half
                their sum; zeros to damp nothing.
        """
        self._steps += 1
        negatives_mean, centers_mean, average = means[0], means[1], means[2]
        if self._config.tied:  # the input rows are among the context's ids
            self._apply(tables.context, self.context, touched.context, average, alpha)
        else:
            self._apply(tables.center, self.center, touched.center, negatives_mean, alpha)
            self._apply(tables.context, self.context, touched.context, centers_mean, alpha)

    def _apply(self, table: Array, sums: TableSums, ids: Array, mean: Array, alpha: float) -> None:
        n_ids = ids.shape[0]
        self._kernels.launch(
            "bounded_update",
            n_ids,
            D=table.shape[1],
            alpha=float(alpha),
            **self._rule,
            step=self._steps,
            ids=ids,
            n_ids=n_ids,
            mean=mean,
            sums=sums.gradients,
            pairs=sums.pairs,
            stamps=sums.stamps,
            table=table,
        )
