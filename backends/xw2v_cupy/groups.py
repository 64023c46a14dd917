"""What a batch's groups have in common: the means that updates are damped along, and those of each
group, for the control variate.
"""

from __future__ import annotations

from typing import Any

from xw2v.sgns.array import Array
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v_cupy.arguments import batch_arguments
from xw2v_cupy.kernels import WARP_SIZE, WARPS_PER_BLOCK, Kernels
from xw2v_cupy.sums import RowSums


class GroupMeans:
    """Means of batches of one shape: T tokens in T/g groups, D dimensions. One launch
    (`groups.cu`).

    Args:
        sums: whose numbers of pairs are counted.

    Attributes:
        group_means: (T/g, 2, D) each group's mean of the negatives, and of the centers.
        means: (3, D) the batch's mean of the negatives, of the centers, and half their sum.
        group_pairs: (strips, T/g) int64 positive pairs of each group, for each strip of WARP_SIZE
            dimensions the same.
        context_ids: (T + 2w + T/g·K,) int64 rows of the output table that the batch touches: its
            tokens and its negatives.
        center_ids: (T,) those of them that are its centers.
    """

    def __init__(self, config: StepConfig, kernels: Kernels, T: int, D: int, sums: RowSums) -> None:
        xp: Any = kernels.library
        groups, w = T // config.group, config.window
        strips, threads = -(-D // WARP_SIZE), WARPS_PER_BLOCK * WARP_SIZE
        self.group_means = xp.empty((groups, 2, D), kernels.dtype)
        self.means = xp.empty((3, D), kernels.dtype)
        self.group_pairs = xp.empty((strips, groups), xp.int64)
        self.context_ids = xp.empty(T + 2 * w + groups * config.shared_negatives, xp.int64)
        self.center_ids = self.context_ids[w : w + T]
        self._find_means = kernels.prepare(
            "group_means",
            groups * strips + -(-(T + 2 * w) // threads),
            threads * kernels.dtype.itemsize,
            D=D,
            groups=groups,
            w=w,
            g=config.group,
            K=config.shared_negatives,
            center_pairs=sums.center.pairs,
            context_pairs=sums.context.pairs,
            group_means=self.group_means,
            group_pairs=self.group_pairs,
            means=self.means,
            context_ids=self.context_ids,
            arrived=xp.zeros(strips, xp.int64),
        )

    def __call__(self, tables: Tables[Array], batch: Batch[Array]) -> None:
        """Find the means, list the ids, and count the pairs of the batch's rows."""
        self._find_means(**batch_arguments(tables, batch))
