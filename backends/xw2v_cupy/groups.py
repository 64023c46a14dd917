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

    Attributes:
        offsets: (T/g, 2, D) the batch's mean of the negatives, and of the centers, minus the
            group's.
        means: (3, D) the batch's mean of the negatives, of the centers, and half their sum.
        group_pairs: (T/g,) int64 positive pairs of each group.
        context_ids: (T + 2w + T/g·K,) int64 rows of the output table that the batch touches: its
            tokens and its negatives.
    """

    def __init__(self, config: StepConfig, kernels: Kernels, T: int, D: int) -> None:
        xp: Any = kernels.library
        groups = T // config.group
        self._config = config
        self._kernels = kernels
        self.offsets = xp.empty((groups, 2, D), kernels.dtype)
        self.means = xp.empty((3, D), kernels.dtype)
        self.group_pairs = xp.empty(groups, xp.int64)
        n_ids = T + 2 * config.window + groups * config.shared_negatives
        self.context_ids = xp.empty(n_ids, xp.int64)

    def __call__(self, tables: Tables[Array], batch: Batch[Array], sums: RowSums) -> None:
        """Find the means, list the ids, and count the pairs of the batch's rows into `sums`."""
        config, kernels = self._config, self._kernels
        groups, _, D = self.offsets.shape
        kernels.launch_blocks(
            "group_means",
            groups * -(-D // WARP_SIZE),
            WARPS_PER_BLOCK * WARP_SIZE * kernels.dtype.itemsize,
            D=D,
            w=config.window,
            g=config.group,
            K=config.shared_negatives,
            tokens=batch.tokens,
            left=batch.left,
            right=batch.right,
            negatives=batch.negatives,
            **tables._asdict(),
            center_pairs=sums.center.pairs,
            context_pairs=sums.context.pairs,
            means=self.offsets,
            group_pairs=self.group_pairs,
            context_ids=self.context_ids,
        )
        kernels.launch(
            "batch_means",
            D,
            D=D,
            groups=groups,
            group_pairs=self.group_pairs,
            offsets=self.offsets,
            means=self.means,
        )
