"""What a batch's groups have in common: the means that updates are damped along, and each group's
shifts to them.
"""

from __future__ import annotations

from xw2v.sgns.interface import Batch, StepConfig, Tables
from xw2v_cupy.kernels import LANES, WARPS, Kernels
from xw2v_cupy.sums import RowSums


class GroupMeans:
    """Means of batches of one shape: T tokens in T/g groups, D numbers a row. Two launches
    (`groups.cu`).

    Attributes:
        shifts: (T/g, 2, D) what brings the mean of a group's negatives, and of its centers, to the
            batch's.
        means: (3, D) the batch's mean of the negatives, of the centers, and half their sum.
        pairs: (T/g,) int64 positive pairs of each group.
    """

    def __init__(self, config: StepConfig, kernels: Kernels, T: int, D: int) -> None:
        xp = kernels.library
        self._objective, self._kernels = config, kernels
        self.shifts = xp.empty((T // config.group, 2, D), kernels.dtype)
        self.means = xp.empty((3, D), kernels.dtype)
        self.pairs = xp.empty(len(self.shifts), xp.int64)

    def __call__(self, tables: Tables, batch: Batch, sums: RowSums) -> None:
        """Find the means, and count what the batch's rows meet into `sums`."""
        config, kernels = self._objective, self._kernels
        groups, _, D = self.shifts.shape
        sizes = D, config.window, config.group, config.shared
        met = sums.center.met, sums.context.met
        blocks, shared = groups * -(-D // LANES), WARPS * LANES * kernels.dtype.itemsize
        kernels.launch_blocks(
            "group_means", blocks, shared, *sizes, *batch, *tables, *met, self.shifts, self.pairs
        )
        kernels.launch("batch_means", D, D, groups, self.pairs, self.shifts, self.means)
