"""A batch's gradients on CUDA in one launch, from the tables to the sums (`pairs.cu`)."""

from __future__ import annotations

from typing import Any

from xw2v.sgns.interface import Batch, StepConfig, Tables
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import WARPS, Kernels
from xw2v_cupy.sums import RowSums, Touched

Array = Any

BLOCK = 16  # centers of a thread block, where a group is whole blocks of so many
WIDTHS = (
    128,
    64,
    32,
)  # how many numbers of a row are in shared memory at a time: the most that fits


def block_of(config: StepConfig) -> int:
    """Centers of a thread block."""
    return BLOCK if config.group % BLOCK == 0 else config.block


def fused_sizes(
    config: StepConfig, D: int, itemsize: int, limit: int
) -> tuple[int, int, int] | None:
    """Centers of a thread block, width of its rows, and the bytes of shared memory it takes.

    Returns:
        None where windows or negatives are too many for `limit` bytes.
    """
    b = block_of(config)
    columns = b + 2 * config.window + config.shared
    for width in WIDTHS:
        width = min(width, D)
        size = itemsize * ((b + columns) * (width | 1) + b * columns + b + config.shared)
        if size <= limit:
            return b, width, size
    return None


class FusedGradients:
    """Sums the gradients of batches of one shape; see `xw2v_cupy.step.Gradients`. By atomics.

    Args:
        sizes: from `fused_sizes`.
    """

    def __init__(
        self, config: StepConfig, kernels: Kernels, T: int, sizes: tuple[int, int, int]
    ) -> None:
        self.config, self.kernels = config, kernels
        self.block, self.width, self.shared = sizes
        self.loss = kernels.library.empty((T // self.block, WARPS), kernels.library.float64)

    def __call__(
        self,
        tables: Tables,
        batch: Batch,
        touched: Touched,
        groups: GroupMeans,
        sums: RowSums,
        measure: bool,
    ) -> Array | None:
        config, K = self.config, self.config.shared
        sizes = tables.center.shape[1], self.block, config.window, config.group, K, self.width
        loss = self.loss if measure else 0
        self.kernels.launch_blocks(
            "pair_gradients",
            len(self.loss),
            self.shared,
            *sizes,
            config.negative / K,
            *batch,
            *tables,
            groups.means,
            groups.shifts,
            sums.center.gradients,
            sums.context.gradients,
            loss,
        )
        return self.loss.sum() if measure else None
