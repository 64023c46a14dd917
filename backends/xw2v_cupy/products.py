"""A batch's gradients on CUDA by `xw2v.sgns.step`'s products in cuBLAS, with a few kernels of our
own between them.
"""

from __future__ import annotations

from typing import Any

from xw2v.sgns.array import Array
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.kernels import NULL, Kernels
from xw2v_cupy.scatter import add_to_sums
from xw2v_cupy.sums import RowSums


class ProductGradients:
    """Sums the gradients of batches of one shape; see `xw2v_cupy.step.PairGradients`. Twelve
    launches.

    T tokens, D dimensions, b centers a block, s = b + 2w columns a span, g tokens and K negatives a
    group.

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
        groups: GroupMeans,
        sums: RowSums,
    ) -> None:
        self.config = config
        self.kernels = kernels
        self.groups = groups
        self.sums = sums
        xp: Any = kernels.library
        dtype, product = kernels.dtype, kernels.product
        b, g, s, K = config.block, config.group, config.span, config.shared_negatives
        n_groups, positions = T // g, T + 2 * config.window
        self.X = xp.empty((T, D), dtype)
        self.dX = xp.empty((T, D), dtype)
        self.R = xp.empty((positions + n_groups * K, D), dtype)  # rows of tokens, then of negatives
        self.dC = xp.empty((T // b, s, D), dtype)
        self.dN = xp.empty((n_groups, K, D), dtype)
        self.positive = xp.empty((T // b, b, s), dtype)
        self.negative = xp.empty((n_groups, g, K), dtype)
        self.loss = xp.empty(T, xp.float64)

        X_blocks, X_groups = self.X.reshape(T // b, b, D), self.X.reshape(n_groups, g, D)
        dX_blocks, dX_groups = self.dX.reshape(X_blocks.shape), self.dX.reshape(X_groups.shape)
        self.N = self.R[positions:].reshape(n_groups, K, D)
        strides = b * D * dtype.itemsize, D * dtype.itemsize, dtype.itemsize
        as_strided = xp.lib.stride_tricks.as_strided
        C = as_strided(self.R, (T // b, s, D), strides)  # the spans, overlapping
        self.score_products = (
            product(X_blocks, C, self.positive, right_t=True),  # (T/b, b, s)
            product(X_groups, self.N, self.negative, right_t=True),  # (T/g, g, K)
        )
        self.gradient_products = (
            product(self.positive, C, dX_blocks),
            product(self.positive, X_blocks, self.dC, left_t=True),
            product(self.negative, self.N, dX_groups, add=True),
            product(self.negative, X_groups, self.dN, left_t=True),
        )

    def __call__(self, tables: Tables[Array], batch: Batch[Array], measure: bool) -> Array | None:
        center_ids, context_ids = self.groups.center_ids, self.groups.context_ids
        self._gather(tables.center, center_ids, self.X)
        self._gather(tables.context, context_ids, self.R)
        for product in self.score_products:
            product()
        self._score_gradients(batch, measure)
        for product in self.gradient_products:
            product()
        self._add_control_variate(batch)
        kernels, center, context = self.kernels, self.sums.center, self.sums.context
        add_to_sums(kernels, center.gradients, center_ids, self.dX)
        add_to_sums(kernels, context.gradients, context_ids, self.dN, self.dC, self.config.window)
        loss: Array | None = self.loss.sum() if measure else None
        return loss

    def _gather(self, table: Array, ids: Array, rows: Array) -> None:
        n_ids, D = rows.shape
        self.kernels.launch("gather", n_ids, D=D, ids=ids, n_ids=n_ids, table=table, rows=rows)

    def _score_gradients(self, batch: Batch[Array], measure: bool) -> None:
        config, T = self.config, len(self.X)
        self.kernels.launch(
            "score_gradients",
            T,
            T=T,
            b=config.block,
            w=config.window,
            K=config.shared_negatives,
            shared_weight=config.shared_weight,
            left=batch.left,
            right=batch.right,
            positive=self.positive,
            negative=self.negative,
            loss=self.loss if measure else NULL,
        )

    def _add_control_variate(self, batch: Batch[Array]) -> None:
        config, (n_groups, K, D) = self.config, self.N.shape
        self.kernels.launch(
            "add_control_variate",
            n_groups * K + len(self.X),
            D=D,
            groups=n_groups,
            g=config.group,
            K=K,
            shared_weight=config.shared_weight,
            left=batch.left,
            right=batch.right,
            group_pairs=self.groups.group_pairs,
            means=self.groups.means,
            group_means=self.groups.group_means,
            N=self.N,
            X=self.X,
            dN=self.dN,
            dX=self.dX,
        )
