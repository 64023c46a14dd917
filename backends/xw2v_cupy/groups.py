"""What a batch's groups have in common: the means that updates are damped along, and each group's
control variate offsets from them.
"""

from __future__ import annotations

from typing import Any

from xw2v.sgns.array import Array
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v_cupy.kernels import WARP_SIZE, WARPS_PER_BLOCK, Kernels
from xw2v_cupy.sums import RowSums


class GroupMeans:
    """Means of batches of one shape: T tokens in T/g groups, D dimensions. Two launches
    (`groups.cu`).

    Args:
        sums: whose numbers of pairs are counted.

    Attributes:
        offsets: (T/g, 2, D) the batch's mean of the negatives, and of the centers, minus the
            group's.
        means: (3, D) the batch's mean of the negatives, of the centers, and half their sum.
        group_pairs: (T/g,) int64 positive pairs of each group.
        context_ids: (T + 2w + T/g·K,) int64 rows of the output table that the batch touches: its
            tokens and its negatives.
        center_ids: (T,) those of them that are its centers.
    """

    def __init__(self, config: StepConfig, kernels: Kernels, T: int, D: int, sums: RowSums) -> None:
        xp: Any = kernels.library
        groups, w = T // config.group, config.window
        self.offsets = xp.empty((groups, 2, D), kernels.dtype)
        self.means = xp.empty((3, D), kernels.dtype)
        self.group_pairs = xp.empty(groups, xp.int64)
        self.context_ids = xp.empty(T + 2 * w + groups * config.shared_negatives, xp.int64)
        self.center_ids = self.context_ids[w : w + T]
        strips, threads = -(-D // WARP_SIZE), WARPS_PER_BLOCK * WARP_SIZE
        shared_bytes = threads * kernels.dtype.itemsize
        self._find_group_means = kernels.prepare(
            "group_means",
            groups * strips + -(-(T + 2 * w) // threads),
            shared_bytes,
            D=D,
            groups=groups,
            w=w,
            g=config.group,
            K=config.shared_negatives,
            center_pairs=sums.center.pairs,
            context_pairs=sums.context.pairs,
            means=self.offsets,
            group_pairs=self.group_pairs,
            context_ids=self.context_ids,
        )
        self._find_batch_means = kernels.prepare(
            "batch_means",
            strips,
            shared_bytes,
            D=D,
            groups=groups,
            group_pairs=self.group_pairs,
            offsets=self.offsets,
            means=self.means,
        )

    def __call__(self, tables: Tables[Array], batch: Batch[Array]) -> None:
        """Find the means, list the ids, and count the pairs of the batch's rows."""
        self._find_group_means(
            tokens=batch.tokens,
            left=batch.left,
            right=batch.right,
            negatives=batch.negatives,
            center=tables.center,
            context=tables.context,
        )
        self._find_batch_means()
