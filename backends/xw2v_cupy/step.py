"""The step on CUDA, all on the device.

Its launches depend on the sizes of the batch alone, never on its content, so the host only ever
runs ahead: nothing is copied back, and no array has a length that the device must first find out. A
batch's gradients are summed into tables of zeros, of which only the touched rows are then read,
applied and cleared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from xw2v.sgns.array import Array
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.step import batch_loss
from xw2v_cupy.cbow import CbowGradients
from xw2v_cupy.fused import FusedGradients, fused_sizes
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import Kernels
from xw2v_cupy.memory import out_of_memory
from xw2v_cupy.products import ProductGradients
from xw2v_cupy.sums import RowSums


class Gradients(Protocol):
    """Adds a batch's gradients to the sums; returns the loss as `xw2v.sgns.interface.Step` does."""

    def center_ids(self, batch: Batch[Array]) -> Array:
        """The rows of the input table that the batch, which was summed last, touches."""

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], measure: bool
    ) -> Array | None: ...


class PairGradients(Protocol):
    """Skip-gram's part of it, with what the batch's groups have in common known."""

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], measure: bool
    ) -> Array | None: ...


class SkipgramGradients:
    """See `Gradients`."""

    def __init__(self, groups: GroupMeans, pairs: PairGradients) -> None:
        self._groups = groups
        self._pairs = pairs

    def center_ids(self, batch: Batch[Array]) -> Array:
        ids: Array = self._groups.center_ids
        return ids

    def __call__(self, tables: Tables[Array], batch: Batch[Array], measure: bool) -> Array | None:
        self._groups(tables, batch)
        return self._pairs(tables, batch, measure)


class CupyStep:
    """One training step; see `xw2v.sgns.interface.Step`. With two tables or one.

    Args:
        config: CBOW's with no more shared negatives than fit into shared memory.
        kernels: of a dtype.
        fused: skip-gram: gradients in one kernel, where a block of pairs fits its memory; else by
            cuBLAS's products. CBOW has the one kernel alone.

    Raises:
        OutOfMemoryError: the device has too little memory; when called.
    """

    name = "CUDA kernels"

    def __init__(
        self,
        config: StepConfig,
        kernels: Callable[[Any], Kernels],
        *,
        fused: bool = True,
    ) -> None:
        self.config = config
        self.fused = fused
        self._kernels = kernels
        self._prepared: tuple[Any, ...] | None = None

    def loss(self, tables: Tables[Array], batch: Batch[Array]) -> Array:
        return batch_loss(self.config, tables, batch)

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], alpha: float, *, measure: bool = False
    ) -> Array | None:
        center, context = tables
        sizes = batch.left.shape[0], batch.reference.shape[0]
        needed = center.shape, context.shape, center.dtype, sizes
        try:
            if needed != self._prepared:
                (input_rows, dim), (output_rows, _), dtype, _ = needed
                self._prepare(ModelShape(input_rows, output_rows, dim), dtype, *sizes)
                self._prepared = needed
            loss = self._gradients(tables, batch, measure)
            self.sums.apply(tables, self._gradients.center_ids(batch), alpha)
        except MemoryError as error:
            raise out_of_memory(error) from None
        return loss

    def _prepare(self, shape: ModelShape, dtype: Any, T: int, n_reference: int) -> None:
        """Allocate what batches of one shape need."""
        config, kernels, D = self.config, self._kernels(dtype), shape.dim
        sums = self.sums = RowSums(kernels, config, shape)
        sizes = fused_sizes(config, D, kernels.dtype.itemsize, kernels.shared_limit)
        self._gradients: Gradients
        if config.cbow:
            assert sizes is not None
            cbow = CbowGradients(config, kernels, T, D, n_reference, sizes, sums)
            sums.prepare(T + 2 * config.window, cbow.context_ids, cbow.means)
            self._gradients = cbow
            return
        groups = GroupMeans(config, kernels, T, D, sums)
        pairs: PairGradients
        if self.fused and sizes is not None:
            pairs = FusedGradients(config, kernels, T, D, sizes, groups, sums)
        else:
            pairs = ProductGradients(config, kernels, T, D, groups, sums)
        sums.prepare(T, groups.context_ids, groups.means)
        self._gradients = SkipgramGradients(groups, pairs)
