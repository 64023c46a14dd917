"""A CBOW batch's gradients on CUDA, from the tables to the sums in one kernel (`cbow.cu`)."""

from __future__ import annotations

from typing import Any

from xw2v.sgns.array import Array
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v_cupy.arguments import batch_arguments
from xw2v_cupy.fused import FusedSizes
from xw2v_cupy.kernels import NULL, WARP_SIZE, WARPS_PER_BLOCK, Kernels
from xw2v_cupy.memory import REFERENCE_PART
from xw2v_cupy.sums import RowSums


class CbowGradients:
    """Sums the gradients of batches of one shape; see `xw2v_cupy.step.Gradients`. Two launches: one
    for the mean of the reference, if there is one.

    Args:
        T: tokens of a batch.
        D: dimensions.
        n_reference: R, ids of a batch's reference.
        sizes: of a thread block.
        sums: what is added to.
    """

    def __init__(
        self,
        config: StepConfig,
        kernels: Kernels,
        T: int,
        D: int,
        n_reference: int,
        sizes: FusedSizes,
        sums: RowSums,
    ) -> None:
        xp: Any = kernels.library
        dtype, b, w = kernels.dtype, sizes.block, config.window
        n_negatives = T // config.group * config.shared_negatives
        self.config = config
        self.kernels = kernels
        self.means = xp.zeros((3, D), dtype)  # nothing is damped
        self.loss = xp.empty((T // b, WARPS_PER_BLOCK), xp.float64)
        self._ids = xp.empty(2 * w + T + n_negatives, xp.int64)
        self.context_ids = self._ids if config.tied else self._ids[2 * w :]
        self._prepare_reference(D, n_reference)
        self._add_gradients = kernels.prepare(
            "cbow_gradients",
            T // b,
            sizes.shared_bytes,
            D=D,
            T=T,
            b=b,
            w=w,
            g=config.group,
            K=config.shared_negatives,
            width=sizes.width,
            is_mean=int(config.cbow_mean),
            full_gradient=int(config.cbow_gradient == "full"),
            negative=float(config.negative),
            convexity=float(config.convexity),
            reference_mean=self.reference_mean if n_reference else NULL,
            center_sums=sums.center.gradients,
            context_sums=sums.context.gradients,
            context_ids=self._ids,
        )

    def _prepare_reference(self, D: int, n_reference: int) -> None:
        xp: Any = self.kernels.library
        dtype, strips = self.kernels.dtype, -(-D // WARP_SIZE)
        parts = -(-n_reference // REFERENCE_PART)
        self.reference_sums = xp.empty((parts, D), dtype)
        self.reference_mean = xp.empty(D, dtype)
        self._find_reference_mean = self.kernels.prepare(
            "reference_mean",
            parts * strips,
            WARPS_PER_BLOCK * WARP_SIZE * dtype.itemsize,
            D=D,
            part=REFERENCE_PART,
            n_reference=n_reference,
            sums=self.reference_sums,
            mean=self.reference_mean,
            arrived=xp.zeros(strips, xp.int64),
        )

    def center_ids(self, batch: Batch[Array]) -> Array:
        """All tokens."""
        return batch.tokens

    def __call__(self, tables: Tables[Array], batch: Batch[Array], measure: bool) -> Array | None:
        self._find_reference_mean(reference=batch.reference, context=tables.context)
        self._add_gradients(**batch_arguments(tables, batch), loss=self.loss if measure else NULL)
        loss: Array | None = self.loss.sum() if measure else None
        return loss
