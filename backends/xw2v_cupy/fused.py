"""A batch's gradients on CUDA in one launch, from the tables to the sums (`pairs.cu`)."""

from __future__ import annotations

from typing import Any, NamedTuple

from xw2v.sgns.array import Array
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v_cupy.arguments import batch_arguments
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import NULL, WARPS_PER_BLOCK, Kernels
from xw2v_cupy.sums import RowSums

FUSED_BLOCK = 16  # centers of a thread block, where a group is a multiple of it
TILE = 4  # rows of a register tile (`tiles.cu`)
WIDTHS = (128, 64, 32)  # dimensions of a row in shared memory at a time: the most that fits


class FusedSizes(NamedTuple):
    """What a thread block of the fused kernel works on.

    Attributes:
        block: b, its centers.
        width: dimensions of a row in shared memory at a time.
        shared_bytes: shared memory that it takes.
    """

    block: int
    width: int
    shared_bytes: int


def block_of(config: StepConfig) -> int:
    """Centers of a thread block."""
    return FUSED_BLOCK if config.group % FUSED_BLOCK == 0 else config.block


def fused_sizes(config: StepConfig, dim: int, itemsize: int, limit: int) -> FusedSizes | None:
    """The sizes of a thread block; None where windows or negatives are too many for `limit` bytes
    of shared memory.
    """
    b = block_of(config)
    for widest in WIDTHS:
        strips = -(-dim // widest)
        width = dim if strips == 1 else _whole_tiles(-(-dim // strips))  # strips of equal width
        shared_bytes = itemsize * _shared_numbers(config, b, width)
        if shared_bytes <= limit:
            return FusedSizes(b, width, shared_bytes)
    return None


def _shared_numbers(config: StepConfig, b: int, width: int) -> int:
    """Numbers in the shared memory of a thread block (`pairs.cu`, `cbow.cu`)."""
    rows, pitch = _whole_tiles(b), TILE * (-(-width // TILE) | 1)
    if config.cbow:
        columns = _whole_tiles(config.shared_negatives)
        return (rows + columns + 1) * pitch + rows * columns + 3 * rows
    columns = _whole_tiles(b + 2 * config.window + config.shared_negatives)
    return (rows + columns + 2) * pitch + rows * columns + rows + columns


def _whole_tiles(n: int) -> int:
    return -(-n // TILE) * TILE


class FusedGradients:
    """Sums the gradients of batches of one shape; see `xw2v_cupy.step.PairGradients`. By
    atomics.

    Args:
        groups: what the batch's groups have in common, found before.
        sums: what is added to.
    """

    def __init__(
        self,
        config: StepConfig,
        kernels: Kernels,
        T: int,
        D: int,
        sizes: FusedSizes,
        groups: GroupMeans,
        sums: RowSums,
    ) -> None:
        xp: Any = kernels.library
        self.loss = xp.empty((T // sizes.block, WARPS_PER_BLOCK), xp.float64)
        self._add_gradients = kernels.prepare(
            "pair_gradients",
            T // sizes.block,
            sizes.shared_bytes,
            D=D,
            b=sizes.block,
            w=config.window,
            g=config.group,
            K=config.shared_negatives,
            width=sizes.width,
            shared_weight=config.shared_weight,
            means=groups.means,
            group_means=groups.group_means,
            center_sums=sums.center.gradients,
            context_sums=sums.context.gradients,
        )

    def __call__(self, tables: Tables[Array], batch: Batch[Array], measure: bool) -> Array | None:
        self._add_gradients(**batch_arguments(tables, batch), loss=self.loss if measure else NULL)
        loss: Array | None = self.loss.sum() if measure else None
        return loss
