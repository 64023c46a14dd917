"""The skip-gram step on NumPy without temporaries: the same products as `xw2v.step`, in one workspace.

What makes it faster than the plain version: the batch's distinct rows are copied out of the tables once and
everything after reads that small copy; the products run over tiles of the batch that stay in the cache,
each result added to its row's sum while it is hot; spans are overlapping views of the token rows, not
copies of them; the learning rate rides on the weights; every large array is written with `out=`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from xw2v.objective import Batch, Objective, Tables
from xw2v.step import weighted_loss
from xw2v_numpy.scatter import RowAdder

TILE_BYTES = 2**20  # of the token rows of a tile: they and the scratch beside them should fit a core's cache
TINY = np.float32(1e-30)  # below this length a change is as good as none, and nothing can be divided by it


class NumpyStep:
    """One training step; see `xw2v.objective.Step`. Skip-gram with two tables only."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self._space: Workspace | None = None

    def __call__(
        self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False
    ) -> np.float64 | None:
        space = self._space
        if space is None or not space.fits(tables, batch):
            space = self._space = Workspace(self.objective, tables, batch)
        return space.step(tables, batch, alpha, measure)


class Workspace:
    """The arrays of a step for one shape of tables and batch.

    T tokens a batch and n a tile, D numbers a row, b centers a block, s columns a span, g tokens and K
    negatives a group; M = T + 2w + T/g·K ids, whose U distinct ones are the rows touched, numbered by first
    appearance, centers first, so that the rows of the center table come before the others.
    """

    def __init__(self, objective: Objective, tables: Tables, batch: Batch) -> None:
        self.objective = objective
        b, g, w, s = objective.block, objective.group, objective.window, objective.span
        V, D = tables.center.shape
        dtype = tables.center.dtype
        T = len(batch.left)
        groups, K = batch.negatives.shape
        M = T + 2 * w + groups * K
        self.shape = V, D, T, groups, K, dtype
        tiles = math.ceil(T * D * dtype.itemsize / TILE_BYTES)
        self.tile = n = math.ceil(groups / tiles) * g

        def empty(*shape: int) -> np.ndarray:
            return np.empty(shape, dtype)

        self.ids, self.order = np.empty(M, np.intp), np.arange(M)
        self.slot = np.empty(V, np.intp)  # scratch: where an id of this batch was seen; never cleared
        self.span_index = np.arange(0, T, b)[:, None] + np.arange(s)  # (T/b, s)
        self.center_rows, self.context_rows = empty(M, D), empty(M, D)
        self.center_sums, self.context_sums = empty(M, D), empty(M, D)
        self.X, self.R, self.N = empty(n, D), empty(n + 2 * w, D), empty(n // g, K, D)
        strides = (b * D * dtype.itemsize, D * dtype.itemsize, dtype.itemsize)
        self.C = as_strided(self.R, (n // b, s, D), strides)  # overlapping views of R
        self.positive, self.negative = empty(n // b, b, s), empty(n // g, g, K)
        self.mask_left, self.mask_right = empty(T, s), empty(T, s)
        most = max(n // b * s, n // g * K)
        self.buffer = empty(most * D)
        self.add = RowAdder(max(most, M), dtype)

        # Row (i, r) of a window table: the columns of a span that are within r words to that side of center
        # i of a block. The product of the left and the right one is a window's mask.
        offset = (np.arange(s) - w - np.arange(b)[:, None])[:, None]  # (b, 1, s)
        reach = np.arange(w + 1)[:, None]  # (w + 1, 1)
        self.left_table = ((offset >= -reach) & (offset != 0)).astype(dtype).reshape(-1, s)
        self.right_table = (offset <= reach).astype(dtype).reshape(-1, s)
        self.table_row = np.tile(np.arange(b) * (w + 1), T // b)  # (T,)

    def fits(self, tables: Tables, batch: Batch) -> bool:
        return self.shape == (*tables.center.shape, len(batch.left), *batch.negatives.shape, tables.center.dtype)

    def step(self, tables: Tables, batch: Batch, alpha: float, measure: bool) -> np.float64 | None:
        objective, T, w = self.objective, len(batch.left), self.objective.window
        b, g = objective.block, objective.group
        D = tables.center.shape[1]
        groups, K = batch.negatives.shape

        ids, of_centers, token_rows, negative_rows = self.distinct(batch)
        center_rows = tables.center.take(ids[:of_centers], 0, self.center_rows[:of_centers], "clip")
        context_rows = tables.context.take(ids, 0, self.context_rows[: len(ids)], "clip")
        center_sums, context_sums = self.center_sums[:of_centers], self.context_sums[: len(ids)]
        center_sums.fill(0)
        context_sums.fill(0)
        span_rows = token_rows[self.span_index]  # (T/b, s)
        mask = self.window_mask(batch)  # (T/b, b, s)
        pairs = batch.left + batch.right
        weight = (pairs * (objective.negative / K)).astype(mask.dtype).reshape(groups, g, 1)
        loss = np.float64(0)

        for start in range(0, T, self.tile):
            stop = min(start + self.tile, T)
            n, blocks, in_groups = stop - start, slice(start // b, stop // b), slice(start // g, stop // g)
            centers, negatives = token_rows[start + w : stop + w], negative_rows[in_groups].reshape(-1)
            X = center_rows.take(centers, 0, self.X[:n], "clip")
            context_rows.take(token_rows[start : stop + 2 * w], 0, self.R[: n + 2 * w], "clip")
            N = context_rows.take(negatives, 0, self.N[: n // g].reshape(-1, D), "clip").reshape(-1, K, D)
            X_blocks, X_groups, C = X.reshape(-1, b, D), X.reshape(-1, g, D), self.C[: n // b]

            positive = np.matmul(X_blocks, C.mT, out=self.positive[: n // b])  # (n/b, b, s)
            negative = np.matmul(X_groups, N.mT, out=self.negative[: n // g])  # (n/g, g, K)
            if measure:
                loss += weighted_loss(mask[blocks], positive, weight[in_groups], negative)
            # The scores become α · weight · (σ − label), with 2σ(x) = 1 + tanh(x/2).
            for G, label, share in ((positive, 1, mask[blocks]), (negative, -1, weight[in_groups])):
                G *= 0.5
                np.tanh(G, out=G)
                G -= label
                G *= share * (0.5 * alpha)

            self.add(center_sums, centers, np.matmul(positive, C, out=self.scratch(X_blocks)))
            self.add(center_sums, centers, np.matmul(negative, N, out=self.scratch(X_groups)))
            self.add(context_sums, span_rows[blocks].reshape(-1), np.matmul(positive.mT, X_blocks, out=self.scratch(C)))
            self.add(context_sums, negatives, np.matmul(negative.mT, X_groups, out=self.scratch(N)))

        self.apply(tables.center, ids[:of_centers], center_rows, center_sums, alpha)
        self.apply(tables.context, ids, context_rows, context_sums, alpha)
        return loss if measure else None

    def distinct(self, batch: Batch) -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
        """The batch's distinct ids, without a sort.

        Returns:
            The distinct ids (U,) by first appearance among centers, other tokens and negatives; how many of
            them are centers'; and each token's and negative's place among them: (T + 2w,), (T/g, K) int32.
        """
        ids, order, slot, w = self.ids, self.order, self.slot, self.objective.window
        tokens = len(batch.tokens)
        T = tokens - 2 * w
        ids[:T] = batch.tokens[w : T + w]
        ids[T : T + w], ids[T + w : tokens] = batch.tokens[:w], batch.tokens[T + w :]
        ids[tokens:] = batch.negatives.reshape(-1)
        slot[ids[::-1]] = order[::-1]  # the first appearance is written last, and stays
        first = np.flatnonzero(slot.take(ids) == order)
        distinct = ids.take(first)
        slot[distinct] = order[: len(distinct)]
        place = slot.take(ids).astype(np.int32)
        token_rows = np.concatenate((place[T : T + w], place[:T], place[T + w : tokens]))
        return distinct, int(np.searchsorted(first, T)), token_rows, place[tokens:].reshape(batch.negatives.shape)

    def window_mask(self, batch: Batch) -> np.ndarray:
        """`xw2v.step.window_mask` as numbers, by table look-up: (T/b, b, s)."""
        self.left_table.take(self.table_row + batch.left, 0, self.mask_left, "clip")
        self.right_table.take(self.table_row + batch.right, 0, self.mask_right, "clip")
        self.mask_left *= self.mask_right
        return self.mask_left.reshape(-1, self.objective.block, self.objective.span)

    def scratch(self, like: np.ndarray) -> np.ndarray:
        """The buffer in the shape of an array."""
        return self.buffer[: like.size].reshape(like.shape)

    def apply(
        self, table: np.ndarray, ids: np.ndarray, rows: np.ndarray, change: np.ndarray, alpha: float
    ) -> None:
        """The bounded update (`xw2v.update`) of the distinct rows `ids`, now `rows`, by α Σg in `change`."""
        objective = self.objective
        if objective.weight_decay:
            change += (alpha * objective.weight_decay) * rows
        limit = objective.bound * (np.sqrt(np.vecdot(rows, rows)) + objective.floor)  # (U,)
        length = np.sqrt(np.vecdot(change, change))  # (U,)
        self.add(table, ids.astype(np.int32), change, -np.minimum(limit / np.maximum(length, TINY), 1))
