"""The skip-gram step on CUDA: `xw2v.step`'s products between a few kernels of our own, all on the device.

Its launches depend on the sizes of the batch alone, never on its content, so the host only ever runs ahead:
nothing is copied back, and no array has a length that the device must first find out. The rows of a batch
are summed into a table of zeros as large as the parameters, of which only the touched rows are read,
applied and cleared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xw2v.objective import Batch, Objective, Tables
from xw2v_cupy.kernels import Kernels
from xw2v_cupy.scatter import Ids, scatter_add

Array = Any


class CupyStep:
    """One training step; see `xw2v.objective.Step`. Skip-gram, with two tables or one.

    Args:
        objective: without cbow.
        kernels: of a dtype.
        deterministic: sort a batch's rows and add them in order, instead of by atomics.
    """

    def __init__(
        self, objective: Objective, kernels: Callable[[Any], Kernels], *, deterministic: bool = False
    ) -> None:
        self.objective = objective
        self.deterministic = deterministic
        self._kernels = kernels
        self._space: Workspace | None = None

    def __call__(self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False) -> Array | None:
        space = self._space
        if space is None or not space.fits(tables, batch):
            kernels = self._kernels(tables.center.dtype)
            space = self._space = Workspace(self.objective, kernels, tables, batch, self.deterministic)
        return space.step(tables, batch, float(alpha), measure)


class Workspace:
    """The device arrays of a step for one shape of tables and batch.

    T tokens, D numbers a row, b centers a block, s = b + 2w columns a span, g tokens and K negatives a group.
    """

    def __init__(
        self, objective: Objective, kernels: Kernels, tables: Tables, batch: Batch, deterministic: bool
    ) -> None:
        self.objective, self.kernels, self.deterministic = objective, kernels, deterministic
        xp, dtype, product = kernels.library, kernels.dtype, kernels.product
        V, D = tables.center.shape
        T, (groups, K) = len(batch.left), batch.negatives.shape
        b, g, w, s = objective.block, objective.group, objective.window, objective.span
        self.shape = V, D, T, dtype
        self.X, self.dX = xp.empty((T, D), dtype), xp.empty((T, D), dtype)
        self.R = xp.empty((T + 2 * w + groups * K, D), dtype)  # rows of the positions, then of the negatives
        self.dC, self.dN = xp.empty((T // b, s, D), dtype), xp.empty((groups, K, D), dtype)
        self.positive, self.negative = xp.empty((T // b, b, s), dtype), xp.empty((groups, g, K), dtype)
        self.loss = xp.empty(T, xp.float64)

        X_blocks, X_groups = self.X.reshape(T // b, b, D), self.X.reshape(groups, g, D)
        N = self.R[T + 2 * w :].reshape(groups, K, D)
        strides = b * D * dtype.itemsize, D * dtype.itemsize, dtype.itemsize
        C = xp.lib.stride_tricks.as_strided(self.R, (T // b, s, D), strides)  # overlapping views of R
        self.score_products = (
            product(X_blocks, C, self.positive, right_t=True),  # (T/b, b, s)
            product(X_groups, N, self.negative, right_t=True),  # (T/g, g, K)
        )
        self.gradient_products = (
            product(self.positive, C, self.dX.reshape(X_blocks.shape)),
            product(self.negative, N, self.dX.reshape(X_groups.shape), add=True),
            product(self.positive, X_blocks, self.dC, left_t=True),
            product(self.negative, X_groups, self.dN, left_t=True),
        )

        self.steps = 0
        self.sums = [xp.zeros((V, D), dtype) for _ in range(1 if objective.tied else 2)]
        self.stamps = [xp.zeros(V, xp.int64) for _ in self.sums]  # the step that last moved a row

    def fits(self, tables: Tables, batch: Batch) -> bool:
        return self.shape == (*tables.center.shape, len(batch.left), tables.center.dtype)

    def step(self, tables: Tables, batch: Batch, alpha: float, measure: bool) -> Array | None:
        objective, launch = self.objective, self.kernels.launch
        _, D, T, _ = self.shape
        w, (groups, K) = objective.window, batch.negatives.shape
        centers = Ids(batch.tokens, 0, batch.tokens[w : w + T], T)
        context = Ids(batch.tokens, T + 2 * w, batch.negatives, groups * K)

        launch("gather", T, D, *centers, tables.center, self.X)
        launch("gather", len(self.R), D, *context, tables.context, self.R)
        for product in self.score_products:
            product()
        sizes, reach = (T, objective.block, w, K, objective.negative / K), (batch.left, batch.right)
        loss = self.loss if measure else 0
        launch("score_gradients", T, *sizes, *reach, self.positive, self.negative, loss)
        for product in self.gradient_products:
            product()

        self.steps += 1
        fixed = self.deterministic
        scatter_add(self.kernels, self.sums[0], centers, self.dX, deterministic=fixed)
        scatter_add(self.kernels, self.sums[-1], context, self.dN, self.dC, w, deterministic=fixed)
        if not objective.tied:  # else the centers are among the context's ids
            self.update(0, tables.center, centers, alpha)
        self.update(-1, tables.context, context, alpha)
        return self.loss.sum() if measure else None

    def update(self, which: int, table: Array, ids: Ids, alpha: float) -> None:
        """The bounded update of the rows `ids` of a table; clears their sums."""
        rule = self.objective.bound, self.objective.floor, self.objective.weight_decay
        numbers = alpha, *map(float, rule), self.steps
        rows, state = ids.n_first + ids.n_second, (self.stamps[which], self.sums[which])
        self.kernels.launch("bounded_update", rows, self.shape[1], *numbers, *ids, *state, table)
