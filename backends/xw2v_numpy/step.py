"""The skip-gram step on NumPy without temporaries: the same products as `xw2v.step`, in one workspace.

What makes it faster than the plain version: the batch's distinct rows are copied out of the tables once and
everything after reads that small copy; spans are overlapping views of the token rows, not copies of them;
the learning rate rides on the weights; every large array is written with `out=`.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from xw2v.objective import Batch, Objective, Tables
from xw2v_numpy.scatter import RowSum


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

    T tokens, D numbers a row, b centers a block, s columns a span, g tokens and K negatives a group;
    M = T + 2w + T/g·K ids, whose U distinct ones are the rows touched, numbered by first appearance, so
    that the tokens' rows come before those which only the negatives touch.
    """

    def __init__(self, objective: Objective, tables: Tables, batch: Batch) -> None:
        self.objective = objective
        V, D = tables.center.shape
        b, g, w, s = objective.block, objective.group, objective.window, objective.span
        self.T = T = len(batch.left)
        groups, K = batch.negatives.shape
        self.shape = V, D, T, tables.center.dtype
        dtype = tables.center.dtype
        M = T + 2 * w + groups * K

        def empty(*shape: int) -> np.ndarray:
            return np.empty(shape, dtype)

        self.ids, self.order = np.empty(M, np.intp), np.arange(M)
        self.slot = np.empty(V, np.intp)  # scratch: where an id of this batch was seen; never cleared
        self.span_index = np.arange(0, T, b)[:, None] + np.arange(s)  # (T/b, s)
        self.center_rows, self.context_rows = empty(M, D), empty(M, D)
        self.X, self.R, self.N = empty(T, D), empty(T + 2 * w, D), empty(groups, K, D)
        strides = (b * D * dtype.itemsize, D * dtype.itemsize, dtype.itemsize)
        self.C = as_strided(self.R, (T // b, s, D), strides)  # overlapping views of R
        self.positive, self.negative = empty(T // b, b, s), empty(groups, g, K)
        self.mask_left, self.mask_right = empty(T, s), empty(T, s)
        self.dX = empty(2 * T, D)  # from the positives, then from the negatives
        self.dR = empty(T // b * s + groups * K, D)  # of the spans' columns, then of the negatives
        self.sum_center = RowSum(T + 2 * w, 2 * T, dtype)
        self.sum_context = RowSum(M, len(self.dR), dtype)

        # Row (i, n) of a window table: the columns of a span that a center i of a block, reaching n words
        # to that side, has as context. The product of the left and the right one is the window's mask.
        offset = np.arange(s) - w - np.arange(b)[:, None]  # (b, s)
        reach = np.arange(w + 1)[:, None]  # (w + 1, 1)
        self.left_table = ((offset[:, None] >= -reach) & (offset[:, None] != 0)).astype(dtype).reshape(-1, s)
        self.right_table = (offset[:, None] <= reach).astype(dtype).reshape(-1, s)
        self.table_row = np.tile(np.arange(b) * (w + 1), T // b)  # (T,)

    def fits(self, tables: Tables, batch: Batch) -> bool:
        return self.shape == (*tables.center.shape, len(batch.left), tables.center.dtype)

    def step(self, tables: Tables, batch: Batch, alpha: float, measure: bool) -> np.float64 | None:
        obj, T, w = self.objective, self.T, self.objective.window
        groups, K = batch.negatives.shape
        D = tables.center.shape[1]
        X, R, N, C = self.X, self.R, self.N, self.C

        ids, inverse, of_tokens = self.distinct(batch)
        token_rows, negative_rows = inverse[: T + 2 * w], inverse[T + 2 * w :]
        center_rows = tables.center.take(ids[:of_tokens], 0, self.center_rows[:of_tokens], "clip")
        context_rows = tables.context.take(ids, 0, self.context_rows[: len(ids)], "clip")
        center_rows.take(token_rows[w : T + w], 0, X, "clip")
        context_rows.take(token_rows, 0, R, "clip")
        context_rows.take(negative_rows, 0, N.reshape(-1, D), "clip")
        X_blocks, X_groups = X.reshape(-1, obj.block, D), X.reshape(groups, obj.group, D)

        G_positive = np.matmul(X_blocks, C.mT, out=self.positive)  # (T/b, b, s)
        G_negative = np.matmul(X_groups, N.mT, out=self.negative)  # (T/g, g, K)
        pairs = batch.left + batch.right
        weight = (pairs * (obj.negative / K)).astype(X.dtype).reshape(groups, obj.group, 1)
        mask = self.window_mask(batch)
        loss = self.loss(mask, weight) if measure else None

        # α · weight · (σ − label), with 2σ(x) = 1 + tanh(x/2)
        for scores, label, share in ((G_positive, 1, mask), (G_negative, -1, weight)):
            scores *= 0.5
            np.tanh(scores, out=scores)
            scores -= label
            scores *= share * (0.5 * alpha) if share is weight else share
        G_positive *= 0.5 * alpha

        self.accumulate(X_blocks, X_groups, G_positive, G_negative)
        spans = token_rows[self.span_index]  # (T/b, s)
        centers = token_rows[w : T + w]
        change = self.sum_center(np.concatenate((centers, centers)), self.dX)[:of_tokens]
        self.apply(tables.center, ids[:of_tokens], center_rows, change, alpha)
        change = self.sum_context(np.concatenate((spans.ravel(), negative_rows)), self.dR)[: len(ids)]
        self.apply(tables.context, ids, context_rows, change, alpha)
        return loss

    def distinct(self, batch: Batch) -> tuple[np.ndarray, np.ndarray, int]:
        """The distinct ids (U,) by first appearance, each id's place among them (M,), and how many are tokens'.

        Without a sort: every id writes its index to its slot, the first one last, so that it stays.
        """
        ids, order, slot, tokens = self.ids, self.order, self.slot, len(batch.tokens)
        ids[:tokens] = batch.tokens
        ids[tokens:] = batch.negatives.ravel()
        slot[ids[::-1]] = order[::-1]
        first = np.flatnonzero(slot.take(ids) == order)
        distinct = ids.take(first)
        slot[distinct] = order[: len(distinct)]
        return distinct, slot.take(ids), int(np.searchsorted(first, tokens))

    def window_mask(self, batch: Batch) -> np.ndarray:
        """`xw2v.step.window_mask` as numbers, by table look-up: (T/b, b, s)."""
        self.left_table.take(self.table_row + batch.left, 0, self.mask_left, "clip")
        self.right_table.take(self.table_row + batch.right, 0, self.mask_right, "clip")
        self.mask_left *= self.mask_right
        return self.mask_left.reshape(self.positive.shape)

    def accumulate(
        self, X_blocks: np.ndarray, X_groups: np.ndarray, G_positive: np.ndarray, G_negative: np.ndarray
    ) -> None:
        """The gradients of all rows in play, times α, into dX and dR."""
        T, D, spans = self.T, X_blocks.shape[2], self.span_index.size
        np.matmul(G_positive, self.C, out=self.dX[:T].reshape(X_blocks.shape))
        np.matmul(G_negative, self.N, out=self.dX[T:].reshape(X_groups.shape))
        np.matmul(G_positive.mT, X_blocks, out=self.dR[:spans].reshape(*self.span_index.shape, D))
        np.matmul(G_negative.mT, X_groups, out=self.dR[spans:].reshape(self.N.shape))

    def apply(
        self, table: np.ndarray, ids: np.ndarray, rows: np.ndarray, change: np.ndarray, alpha: float
    ) -> None:
        """The bounded update (`xw2v.update`) of the distinct rows `ids`, now `rows`, by α Σg in `change`."""
        obj = self.objective
        if obj.weight_decay:
            change += (alpha * obj.weight_decay) * rows
        limit = obj.bound * (np.sqrt(np.vecdot(rows, rows)) + obj.floor)
        length = np.sqrt(np.vecdot(change, change))
        over = np.flatnonzero(length > limit)
        change[over] *= (limit[over] / length[over])[:, None]
        rows -= change
        table[ids] = rows

    def loss(self, mask: np.ndarray, weight: np.ndarray) -> np.float64:
        """Σ weight · softplus(∓score) in float64, from the scores before they become gradients."""
        positive = np.logaddexp(0, -self.positive, dtype=self.positive.dtype) * mask
        negative = np.logaddexp(0, self.negative, dtype=self.negative.dtype) * weight
        return np.sum(positive, dtype=np.float64) + np.sum(negative, dtype=np.float64)
