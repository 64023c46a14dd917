"""The skip-gram step on NumPy without temporaries: the same products as `xw2v.step`, in one workspace.

What makes it faster than the plain version: the batch's distinct rows are found without a sort; the products run
over tiles of the batch that stay in the cache, and each result is added to its row's sum while it is hot; spans are
overlapping views of the token rows, not copies of them; the learning rate rides on the weights; rows are centred by
way of the much smaller gradients of the scores; every large array is written with `out=`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from xw2v.objective import Batch, Objective, Tables
from xw2v.step import weighted_loss
from xw2v.update import TINY
from xw2v_numpy.scatter import RowAdder

TILE_BYTES = 2**19  # of the token rows of a tile: they and the scratch beside them should fit a core's cache
ROWS = 16  # centers scored against K negatives by one product: OpenBLAS's kernel for small ones, transposed


class NumpyStep:
    """One training step; see `xw2v.objective.Step`. Skip-gram with two tables only."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self._space: Workspace | None = None

    def __call__(self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False) -> np.float64 | None:
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
        self.center_sums, self.context_sums = empty(M, D), empty(M, D)
        self.center_squares, self.token_squares, self.negative_squares = empty(T), empty(T + 2 * w), empty(groups, K)
        self.X, self.dX, self.R, self.N = empty(n, D), empty(n, D), empty(n + 2 * w, D), empty(n // g, K, D)
        strides = (b * D * dtype.itemsize, D * dtype.itemsize, dtype.itemsize)
        self.C = as_strided(self.R, (n // b, s, D), strides)  # overlapping views of R
        self.positive, self.negative = empty(n // b, b, s), empty(n // g, g, K)
        self.weights, self.weight_table = empty(n, K), empty(2 * w + 1, K)
        self.pair_counts = np.arange(2 * w + 1)[:, None]
        self.centers_mean, self.negatives_mean = empty(groups, 1, D), empty(groups, 1, D)
        self.center_shift, self.context_shift = empty(groups, g, 1), empty(groups, 1, K)
        self.mask_left, self.mask_right = empty(T, s), empty(T, s)
        self.ones_g, self.ones_K = np.ones((1, g), dtype), np.ones((K, 1), dtype)
        self.mean_K = np.full((1, K), 1 / K, dtype)
        self.rows_at_once = math.gcd(g, ROWS)
        most = max(n // b * s, n // g * K, n)
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
        center_sums, context_sums = self.center_sums[:of_centers], self.context_sums[: len(ids)]
        center_sums.fill(0)
        context_sums.fill(0)
        centers = token_rows[w : T + w]
        token_numbers, negative_numbers = token_rows.astype(np.int32), negative_rows.astype(np.int32)
        span_numbers = token_numbers[self.span_index]  # (T/b, s)
        mask = self.window_mask(batch)  # (T/b, b, s)
        pairs = batch.left + batch.right
        weight = (pairs * (objective.negative / K)).astype(mask.dtype).reshape(groups, g, 1)
        total = np.matmul(self.ones_g, weight)  # (T/g, 1, 1): what each negative of a group meets
        balance = weight / np.where(total, total, 1)
        # A row for each number of pairs: to take rows is faster than to broadcast over a few columns.
        self.weight_table[:] = self.pair_counts * (0.5 * alpha * objective.negative / K)
        loss = np.float64(0)

        for start in range(0, T, self.tile):
            stop = min(start + self.tile, T)
            n, blocks, in_groups = stop - start, slice(start // b, stop // b), slice(start // g, stop // g)
            X = self.take(tables.center, batch.tokens[start + w : stop + w], self.X)  # (n, D)
            R = self.take(tables.context, batch.tokens[start : stop + 2 * w], self.R)  # (n + 2w, D)
            N = self.take(tables.context, batch.negatives[in_groups], self.N)  # (n/g, K, D)
            np.vecdot(X, X, out=self.center_squares[start:stop])
            np.vecdot(R, R, out=self.token_squares[start : stop + 2 * w])
            np.vecdot(N, N, out=self.negative_squares[in_groups])
            X_blocks, X_groups, C = X.reshape(-1, b, D), X.reshape(-1, g, D), self.C[: n // b]
            positive, negative = self.positive[: n // b], self.negative[: n // g]  # (n/b, b, s), (n/g, g, K)

            np.matmul(X_blocks, C.mT, out=positive)
            h = self.rows_at_once
            np.matmul(X.reshape(n // g, -1, h, D), N[:, None].mT, out=negative.reshape(n // g, -1, h, K))
            if measure:
                loss += weighted_loss(mask[blocks], positive, weight[in_groups], negative)
            # The scores become G = α · weight · (σ − label), with 2σ(x) = 1 + tanh(x/2).
            for G, label in ((positive, 1), (negative, -1)):
                G *= 0.5
                np.tanh(G, out=G)
                G -= label
            positive *= mask[blocks]
            positive *= 0.5 * alpha
            negative *= self.take(self.weight_table, pairs[start:stop], self.weights).reshape(negative.shape)

            dX = np.matmul(positive, C, out=self.dX[:n].reshape(X_blocks.shape)).reshape(n, D)
            dC = np.matmul(positive.mT, X_blocks, out=self.scratch(C))
            self.add(context_sums, span_numbers[blocks].reshape(-1), dC)
            dN = np.matmul(negative.mT, X_groups, out=self.scratch(N))
            self.add(context_sums, negative_numbers[in_groups].reshape(-1), dN)

            # To shift the rows of a group is to add the shift times sums of G. That from the group's mean is made
            # here; that to the batch's mean, known and the same for all at the end, there.
            centers_mean = np.matmul(balance[in_groups].mT, X_groups, out=self.centers_mean[in_groups])  # (n/g, 1, D)
            sums = np.matmul(self.ones_g, negative, out=self.context_shift[in_groups])  # (n/g, 1, K)
            self.add.outer(context_sums, negative_numbers[in_groups], -sums.reshape(-1), centers_mean)
            np.matmul(self.mean_K, N, out=self.negatives_mean[in_groups])
            sums = np.matmul(negative, self.ones_K, out=self.center_shift[in_groups])  # (n/g, g, 1)
            negative -= sums / K
            dX += np.matmul(negative, N, out=self.scratch(X_groups)).reshape(n, D)
            self.add(center_sums, token_numbers[start + w : stop + w], dX)

        drawn = negative_rows.reshape(-1)
        center_squares, context_squares = np.empty(of_centers, mask.dtype), np.empty(len(ids), mask.dtype)
        center_squares[centers] = self.center_squares
        context_squares[token_rows], context_squares[drawn] = self.token_squares, self.negative_squares.reshape(-1)
        center_pairs = np.bincount(centers, pairs, of_centers)
        context_pairs = np.bincount(token_rows, self.windows_over(batch), len(ids))
        context_pairs += np.bincount(drawn, np.repeat(total, K), len(ids))
        self.apply(
            tables.center, ids[:of_centers], center_squares, center_sums, (1 + objective.negative) * center_pairs,
            np.bincount(centers, self.center_shift.reshape(-1), of_centers),
            mean_of(self.negatives_mean, np.ones_like(total)), alpha,
        )  # fmt: skip
        self.apply(
            tables.context, ids, context_squares, context_sums, context_pairs,
            np.bincount(drawn, self.context_shift.reshape(-1), len(ids)), mean_of(self.centers_mean, total), alpha,
        )  # fmt: skip
        return loss if measure else None

    def take(self, table: np.ndarray, rows: np.ndarray, out: np.ndarray) -> np.ndarray:
        """table[rows] in the first part of `out`: (*rows.shape, D)."""
        into = out.reshape(-1, table.shape[1])[: rows.size]
        return table.take(rows.reshape(-1), 0, into, "clip").reshape(*rows.shape, -1)

    def distinct(self, batch: Batch) -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
        """The batch's distinct ids, without a sort.

        Returns:
            The distinct ids (U,) by first appearance among centers, other tokens and negatives; how many of
            them are centers'; and each token's and negative's place among them: (T + 2w,), (T/g, K).
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
        place = slot.take(ids)
        token_rows = np.concatenate((place[T : T + w], place[:T], place[T + w : tokens]))
        return distinct, int(np.searchsorted(first, T)), token_rows, place[tokens:].reshape(batch.negatives.shape)

    def window_mask(self, batch: Batch) -> np.ndarray:
        """`xw2v.step.window_mask` as numbers, by table look-up: (T/b, b, s)."""
        self.left_table.take(self.table_row + batch.left, 0, self.mask_left, "clip")
        self.right_table.take(self.table_row + batch.right, 0, self.mask_right, "clip")
        self.mask_left *= self.mask_right
        return self.mask_left.reshape(-1, self.objective.block, self.objective.span)

    def windows_over(self, batch: Batch) -> np.ndarray:
        """How many centers have each token in their window: (T + 2w,)."""
        T, w = len(batch.left), self.objective.window
        place, tokens = self.order[w : T + w], T + 2 * w
        met = np.bincount(place - batch.left, minlength=tokens)  # a window begins at its first token ...
        met[1:] -= np.bincount(place + batch.right, minlength=tokens)[:-1]  # ... and ends after its last
        np.cumsum(met, out=met)
        met[w : T + w] -= 1  # its own center
        return met

    def scratch(self, like: np.ndarray) -> np.ndarray:
        """The buffer in the shape of an array."""
        return self.buffer[: like.size].reshape(like.shape)

    def apply(
        self,
        table: np.ndarray,
        ids: np.ndarray,
        squares: np.ndarray,
        change: np.ndarray,
        pairs: np.ndarray,
        shift: np.ndarray,
        mean: np.ndarray,
        alpha: float,
    ) -> None:
        """The update (`xw2v.update`) of distinct rows of these squared lengths by α Σg = change + shift ⊗ mean."""
        objective = self.objective
        if objective.weight_decay:
            change += (alpha * objective.weight_decay) * table[ids]
        squared = float(np.vecdot(mean, mean))
        z = np.maximum(alpha * objective.curvature * squared * pairs, TINY).astype(change.dtype)  # (U,)
        less = -np.expm1(-z) / z - 1  # φ(z) − 1
        shift = shift.astype(change.dtype)
        shift += less * (change @ mean / (squared or 1) + shift)
        self.add.outer(change, None, shift, mean)
        limit = objective.bound * (np.sqrt(squares) + objective.floor)  # (U,)
        length = np.maximum(np.sqrt(np.vecdot(change, change)), change.dtype.type(TINY))
        self.add(table, ids.astype(np.int32), change, -np.minimum(limit / length, 1))


def mean_of(means: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weighted mean (D,) of (G, 1, D), weights (G, 1, 1); zero where there is no weight."""
    return weight.reshape(-1) @ means[:, 0] / (weight.sum() or weight.dtype.type(1))
