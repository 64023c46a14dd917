"""The skip-gram step on CUDA, all on the device.

Its launches depend on the sizes of the batch alone, never on its content, so the host only ever
runs ahead: nothing is copied back, and no array has a length that the device must first find out. A
batch's gradients are summed into tables of zeros, of which only the touched rows are then read,
applied and cleared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from xw2v.sgns.array import Array
from xw2v.sgns.composition import center_ids
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.step import batch_loss
from xw2v_cupy.fused import FusedGradients, fused_sizes
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import Kernels
from xw2v_cupy.memory import out_of_memory
from xw2v_cupy.products import ProductGradients
from xw2v_cupy.sums import RowSums, TouchedRows


class Gradients(Protocol):
    """Adds a batch's gradients to the sums; returns the loss as `xw2v.sgns.interface.Step` does."""

    def __call__(
        self,
        tables: Tables[Array],
        batch: Batch[Array],
        touched: TouchedRows,
        groups: GroupMeans,
        sums: RowSums,
        measure: bool,
    ) -> Array | None: ...


class CupyStep:
    """One training step; see `xw2v.sgns.interface.Step`. Skip-gram, with two tables or one.

    Args:
        config: without cbow.
        kernels: of a dtype.
        fused: gradients in one kernel, where a block of pairs fits its memory; else by cuBLAS's
            products.
        deterministic: sums in a fixed order, which the fused kernel does not do.

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
        deterministic: bool = False,
    ) -> None:
        self.config = config
        self.fused = fused and not deterministic
        self.deterministic = deterministic
        self._kernels = kernels
        self._prepared: tuple[Any, ...] | None = None

    def loss(self, tables: Tables[Array], batch: Batch[Array]) -> Array:
        return batch_loss(self.config, tables, batch)

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], alpha: float, *, measure: bool = False
    ) -> Array | None:
        center, context = tables
        needed = center.shape, context.shape, center.dtype, batch.left.shape[0]
        try:
            if needed != self._prepared:
                (input_rows, dim), (output_rows, _), dtype, T = needed
                self._prepare(ModelShape(input_rows, output_rows, dim), dtype, T)
                self._prepared = needed
            groups, sums = self._groups, self._sums
            touched = TouchedRows(center_ids(self.config, batch), groups.context_ids)
            groups(tables, batch, sums)
            loss = self._gradients(tables, batch, touched, groups, sums, measure)
            sums.apply(tables, touched, groups.means, alpha)
        except MemoryError as error:
            raise out_of_memory(error) from None
        return loss

    def _prepare(self, shape: ModelShape, dtype: Any, T: int) -> None:
        """Allocate what batches of one shape need."""
        config, kernels, D = self.config, self._kernels(dtype), shape.dim
        self._sums = RowSums(kernels, config, shape)
        self._groups = GroupMeans(config, kernels, T, D)
        sizes = fused_sizes(config, D, kernels.dtype.itemsize, kernels.shared_limit)
        self._gradients: Gradients
        if self.fused and sizes is not None:
            self._gradients = FusedGradients(config, kernels, T, sizes)
        else:
            self._gradients = ProductGradients(
                config, kernels, T, D, deterministic=self.deterministic
            )
