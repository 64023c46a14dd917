"""A CBOW batch's gradients on CUDA, from the tables to the sums in one kernel (`cbow.cu`)."""

from __future__ import annotations

from typing import Any

from xw2v.sgns.array import Array
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v_cupy.fused import FusedSizes
from xw2v_cupy.kernels import NULL, WARP_SIZE, WARPS_PER_BLOCK, Kernels
from xw2v_cupy.memory import REFERENCE_PART
from xw2v_cupy.scatter import scatter_add
from xw2v_cupy.sums import RowSums, TouchedRows


class CbowGradients:
    """Sums the gradients of batches of one shape; see `xw2v_cupy.step.Gradients`. Three launches:
    two for the mean of the reference, if there is one.

    Args:
        T: tokens of a batch.
        D: dimensions.
        n_reference: R, ids of a batch's reference.
        sizes: of a thread block, which is a group if deterministic.
        deterministic: write the gradients of rows out and add them in order, instead of by atomics.
    """

    def __init__(
        self,
        config: StepConfig,
        kernels: Kernels,
        T: int,
        D: int,
        n_reference: int,
        sizes: FusedSizes,
        *,
        deterministic: bool = False,
    ) -> None:
        xp: Any = kernels.library
        dtype, b, w = kernels.dtype, sizes.block, config.window
        n_negatives = T // config.group * config.shared_negatives
        self.config = config
        self.kernels = kernels
        self.sizes = sizes
        self.deterministic = deterministic
        self.means = xp.zeros((3, D), dtype)  # nothing is damped
        self.reference_sums = xp.empty((-(-n_reference // REFERENCE_PART), D), dtype)
        self.reference_mean = xp.empty(D, dtype)
        self.context_ids = xp.empty(2 * w + T + n_negatives, xp.int64)
        self.loss = xp.empty((T // b, WARPS_PER_BLOCK), xp.float64)
        if deterministic:
            self.center_rows = xp.empty((T // b, b + 2 * w, D), dtype)
            self.context_rows = xp.empty((T + n_negatives, D), dtype)

    def touched(self, batch: Batch[Array]) -> TouchedRows:
        """All tokens in the input table; centers and negatives in the output table."""
        context_ids = self.context_ids
        if not self.config.tied:
            context_ids = context_ids[2 * self.config.window :]
        return TouchedRows(batch.tokens, context_ids)

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], sums: RowSums, measure: bool
    ) -> Array | None:
        config, sizes, rows = self.config, self.sizes, (NULL, NULL)
        if self.deterministic:
            rows = self.center_rows, self.context_rows
        D = tables.center.shape[1]
        self._find_reference_mean(tables, batch)
        self.kernels.launch_blocks(
            "cbow_gradients",
            len(self.loss),
            sizes.shared_bytes,
            D=D,
            T=batch.left.shape[0],
            b=sizes.block,
            w=config.window,
            g=config.group,
            K=config.shared_negatives,
            width=sizes.width,
            is_mean=int(config.cbow_mean),
            full_gradient=int(config.cbow_gradient == "full"),
            negative=float(config.negative),
            convexity=float(config.convexity),
            tokens=batch.tokens,
            left=batch.left,
            right=batch.right,
            negatives=batch.negatives,
            **tables._asdict(),
            reference_mean=self.reference_mean if batch.reference.shape[0] else NULL,
            center_sums=sums.center.gradients,
            context_sums=sums.context.gradients,
            center_rows=rows[0],
            context_rows=rows[1],
            context_ids=self.context_ids,
            loss=self.loss if measure else NULL,
        )
        if self.deterministic:
            self._add_in_order(batch, sums)
        loss: Array | None = self.loss.sum() if measure else None
        return loss

    def _find_reference_mean(self, tables: Tables[Array], batch: Batch[Array]) -> None:
        n_reference, (parts, D) = batch.reference.shape[0], self.reference_sums.shape
        if not n_reference:
            return
        self.kernels.launch_blocks(
            "reference_sums",
            parts * -(-D // WARP_SIZE),
            WARPS_PER_BLOCK * WARP_SIZE * self.kernels.dtype.itemsize,
            D=D,
            part=REFERENCE_PART,
            reference=batch.reference,
            n_reference=n_reference,
            context=tables.context,
            sums=self.reference_sums,
        )
        self.kernels.launch(
            "reference_mean",
            D,
            D=D,
            parts=parts,
            n_reference=n_reference,
            sums=self.reference_sums,
            mean=self.reference_mean,
        )

    def _add_in_order(self, batch: Batch[Array], sums: RowSums) -> None:
        kernels, w = self.kernels, self.config.window
        spans, rows = self.center_rows, self.context_rows
        scatter_add(
            kernels, sums.center.gradients, batch.tokens, rows, spans, w, deterministic=True
        )
        ids = self.context_ids[2 * w :]  # of centers and negatives
        scatter_add(kernels, sums.context.gradients, ids, rows, deterministic=True)
