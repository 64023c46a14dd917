"""The skip-gram step on CUDA, all on the device.

Its launches depend on the sizes of the batch alone, never on its content, so the host only ever
runs ahead: nothing is copied back, and no array has a length that the device must first find out. A
batch's gradients are summed into tables of zeros, of which only the touched rows are then read,
applied and cleared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from xw2v.sgns.interface import Batch, StepConfig, Tables
from xw2v_cupy.fused import FusedGradients, fused_sizes
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import Kernels
from xw2v_cupy.products import ProductGradients
from xw2v_cupy.sums import RowSums, Touched

Array = Any


class Gradients(Protocol):
    """Adds a batch's gradients to the sums; returns the loss as `xw2v.sgns.interface.Step` does."""

    def __call__(
        self,
        tables: Tables,
        batch: Batch,
        touched: Touched,
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
        self.config, self.fused, self.deterministic = config, fused, deterministic
        self._kernels = kernels
        self._shape: tuple[Any, ...] | None = None

    def __call__(
        self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False
    ) -> Array | None:
        shape = *tables.center.shape, tables.center.dtype, len(batch.left)
        if shape != self._shape:
            self._shape = shape
            self._prepare(*shape)
        touched = Touched.by(self.config, batch)
        self._groups(tables, batch, self._sums)
        loss = self._gradients(tables, batch, touched, self._groups, self._sums, measure)
        self._sums.apply(tables, touched, self._groups.means, alpha)
        return loss

    def _prepare(self, V: int, D: int, dtype: Any, T: int) -> None:
        """Allocate what batches of one shape need."""
        config, kernels = self.config, self._kernels(dtype)
        self._sums = RowSums(kernels, config, V, D)
        self._groups = GroupMeans(config, kernels, T, D)
        sizes = fused_sizes(config, D, kernels.dtype.itemsize, kernels.shared_limit)
        self._gradients: Gradients
        if self.fused and sizes and not self.deterministic:
            self._gradients = FusedGradients(config, kernels, T, sizes)
        else:
            self._gradients = ProductGradients(
                config, kernels, T, D, deterministic=self.deterministic
            )
