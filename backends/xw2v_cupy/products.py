"""A batch's gradients on CUDA by `xw2v.sgns.step`'s products in cuBLAS, with a few kernels of our
own between them.
"""

from __future__ import annotations

from typing import Any

from xw2v.sgns.interface import Batch, StepConfig, Tables
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import Kernels
from xw2v_cupy.scatter import scatter_add
from xw2v_cupy.sums import RowSums, Touched

Array = Any


class ProductGradients:
    """Sums the gradients of batches of one shape; see `xw2v_cupy.step.Gradients`. Twelve or more
    launches.

    T tokens, D numbers a row, b centers a block, s = b + 2w columns a span, g tokens and K
    negatives a group.

    Args:
        deterministic: sort a batch's rows and add them in order, instead of by atomics.
    """

    def __init__(
        self, config: StepConfig, kernels: Kernels, T: int, D: int, *, deterministic: bool = False
    ) -> None:
        self.config, self.kernels, self.deterministic = config, kernels, deterministic
        xp, dtype, product = kernels.library, kernels.dtype, kernels.product
        b, g, w, s = config.block, config.group, config.window, config.span
        groups, K = T // g, config.shared
        self.X, self.dX = xp.empty((T, D), dtype), xp.empty((T, D), dtype)
        self.R = xp.empty(
            (T + 2 * w + groups * K, D), dtype
        )  # rows of the positions, then of the negatives
        self.dC, self.dN = xp.empty((T // b, s, D), dtype), xp.empty((groups, K, D), dtype)
        self.positive, self.negative = (
            xp.empty((T // b, b, s), dtype),
            xp.empty((groups, g, K), dtype),
        )
        self.loss = xp.empty(T, xp.float64)

        X_blocks, X_groups = self.X.reshape(T // b, b, D), self.X.reshape(groups, g, D)
        N = self.R[T + 2 * w :].reshape(groups, K, D)
        strides = b * D * dtype.itemsize, D * dtype.itemsize, dtype.itemsize
        C = xp.lib.stride_tricks.as_strided(
            self.R, (T // b, s, D), strides
        )  # overlapping views of R
        self.score_products = (
            product(X_blocks, C, self.positive, right_t=True),  # (T/b, b, s)
            product(X_groups, N, self.negative, right_t=True),  # (T/g, g, K)
        )
        self.gradient_products = (
            product(self.positive, C, self.dX.reshape(X_blocks.shape)),
            product(self.positive, X_blocks, self.dC, left_t=True),
            product(self.negative, N, self.dX.reshape(X_groups.shape), add=True),
            product(self.negative, X_groups, self.dN, left_t=True),
        )
        self.N = N

    def __call__(
        self,
        tables: Tables,
        batch: Batch,
        touched: Touched,
        groups: GroupMeans,
        sums: RowSums,
        measure: bool,
    ) -> Array | None:
        config, kernels = self.config, self.kernels
        (T, D), w, K = self.X.shape, config.window, config.shared
        kernels.launch("gather", T, D, *touched.centers, tables.center, self.X)
        kernels.launch("gather", len(self.R), D, *touched.context, tables.context, self.R)
        for product in self.score_products:
            product()
        sizes, reach = (T, config.block, w, K, config.negative / K), (batch.left, batch.right)
        loss = self.loss if measure else 0
        kernels.launch("score_gradients", T, *sizes, *reach, self.positive, self.negative, loss)
        for product in self.gradient_products:
            product()
        rows, count = (self.N, self.X, self.dN, self.dX), len(groups.pairs)
        sizes = D, count, config.group, K, config.negative / K
        kernels.launch(
            "add_control_variate",
            count * K + T,
            *sizes,
            *reach,
            groups.pairs,
            groups.means,
            groups.shifts,
            *rows,
        )
        fixed = self.deterministic
        scatter_add(kernels, sums.center.gradients, touched.centers, self.dX, deterministic=fixed)
        scatter_add(
            kernels,
            sums.context.gradients,
            touched.context,
            self.dN,
            self.dC,
            w,
            deterministic=fixed,
        )
        return self.loss.sum() if measure else None
