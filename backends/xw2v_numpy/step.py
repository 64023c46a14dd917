"""The skip-gram step on NumPy without temporaries: the same products as `xw2v.step`, in one workspace.

What makes it faster than the plain version: the batch's distinct rows are found without a sort; the products run
over tiles of the batch that stay in the cache, and each result is added to its row's sum while it is hot; spans are
overlapping views of the token rows, not copies of them; the scores lie in a band, so that the same products sum over
a center's context words and over a context word's centers; the learning rate rides on the weights; rows are centred
by way of the much smaller gradients of the scores; every large array is written with `out=`, through views made once.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from xw2v.objective import Batch, Objective, Tables
from xw2v.step import weighted_loss
from xw2v.update import TINY
from xw2v_numpy.scatter import RowAdder

TILE_BYTES = 2**20  # of the token rows of a tile: they and the scratch beside them should fit a core's caches
BLOCK = 4  # centers that share a span: fewer leave fewer scores outside their windows, and smaller products
SMALL = 10**6  # multiplications of a product; larger ones OpenBLAS makes by copying their operands first
SCORED = 16  # centers whose scores with K negatives are one product: the same, where the second one is transposed


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

    T tokens a batch and n a tile, D numbers a row, b centers a block, s = b + 2w columns a span, g tokens and K
    negatives a group. Rows of the tables are used M times in a batch: T times as a center, T + 2w times as a
    context token and T/g·K times as a negative, in this order in all arrays (M,). The U rows that these uses share
    are numbered: those of the center table first, in each table by first appearance.
    """

    def __init__(self, objective: Objective, tables: Tables, batch: Batch) -> None:
        self.objective = objective
        g, w = objective.group, objective.window
        V, D = tables.center.shape
        dtype = tables.center.dtype
        T = len(batch.left)
        groups, K = batch.negatives.shape
        self.shape = V, D, T, groups, K, dtype
        drawn = groups * K
        M = T + (T + 2 * w) + drawn
        tiles = math.ceil(T * D * dtype.itemsize / TILE_BYTES)
        n = math.ceil(groups / tiles) * g

        self.tokens, self.negatives = np.empty(T + 2 * w, np.intp), np.empty((groups, K), np.intp)
        self.ids, self.order = np.empty(T + 2 * w + drawn, np.intp), np.arange(T + 2 * w + drawn)
        self.slot = np.empty(V, np.intp)  # scratch: where an id of this batch was seen; never cleared
        self.numbers = np.empty(M, np.int32)
        self.squares, self.shift, self.pair_weight = np.empty((3, M), dtype)
        self.shift[:] = 0
        self.sums = np.empty((M, D), dtype)

        width = band_width(objective)
        offset, reach = np.arange(width) - w, np.arange(w + 1)[:, None]
        # Row r of a window table: the context words within r words to that side of a center. The product of the left
        # and the right one is a window.
        self.left_table = ((offset >= -reach) & (offset != 0)).astype(dtype)  # (w + 1, width)
        self.right_table = (offset <= reach).astype(dtype)
        self.window, self.right = np.empty((2, T, width), dtype)
        self.pairs, self.pair_counts = np.empty(T, np.intp), np.arange(2 * w + 1)[:, None]
        self.weight_table = np.empty((2 * w + 1, K), dtype)
        self.weight, self.balance = np.empty((2, groups, g, 1), dtype)
        self.centers_mean, self.negatives_mean = np.empty((2, groups, 1, D), dtype)
        self.ones_g, self.ones_K = np.ones((1, g), dtype), np.ones((K, 1), dtype)
        self.mean_K, self.even = np.full((1, K), 1 / K, dtype), np.full(groups, 1 / groups, dtype)

        scratch = Scratch(objective, n, K, D, dtype)
        self.tiles = [Tile(self, scratch, start, min(start + n, T)) for start in range(0, T, n)]
        self.add = RowAdder(M, dtype)

    def fits(self, tables: Tables, batch: Batch) -> bool:
        return self.shape == (*tables.center.shape, len(batch.left), *batch.negatives.shape, tables.center.dtype)

    def step(self, tables: Tables, batch: Batch, alpha: float, measure: bool) -> np.float64 | None:
        ids, of_centers = self.distinct(batch)
        share = self.weigh(batch, alpha)
        sums = self.sums[: of_centers + len(ids)]
        sums.fill(0)
        loss = np.float64(0)
        for tile in self.tiles:
            tile.scores(tables)
            if measure:
                loss += weighted_loss(tile.window, tile.band, tile.weight, tile.negative)
            tile.gradients(self, alpha, sums)
        self.update(tables, ids, of_centers, share, alpha)
        return loss if measure else None

    def distinct(self, batch: Batch) -> tuple[np.ndarray, int]:
        """Number the rows that the batch uses, without a sort.

        Returns:
            The distinct ids, by first appearance among centers, other tokens and negatives; how many of them are
            centers': the rows of the center table have the numbers before this one, those of the context table
            the ones from there on.
        """
        ids, order, slot, w = self.ids, self.order, self.slot, self.objective.window
        tokens = len(self.tokens)
        T = tokens - 2 * w
        self.tokens[:], self.negatives[:] = batch.tokens, batch.negatives
        ids[:T], ids[T : T + w], ids[T + w : tokens] = self.tokens[w : T + w], self.tokens[:w], self.tokens[T + w :]
        ids[tokens:] = self.negatives.reshape(-1)
        slot[ids[::-1]] = order[::-1]  # the first appearance is written last, and stays
        first = np.flatnonzero(slot.take(ids) == order)
        distinct = ids.take(first)
        of_centers = int(np.searchsorted(first, T))
        slot[distinct] = order[: len(distinct)]
        self.numbers[:T] = slot.take(ids[:T])
        np.add(slot.take(self.tokens), of_centers, out=self.numbers[T : T + tokens], casting="unsafe")
        np.add(slot.take(ids[tokens:]), of_centers, out=self.numbers[T + tokens :], casting="unsafe")
        return distinct, of_centers

    def weigh(self, batch: Batch, alpha: float) -> np.ndarray:
        """The windows, and the weights of all pairs; returns the groups' shares of those with negatives, (T/g,)."""
        objective, w, pairs = self.objective, self.objective.window, self.pairs
        groups, K = self.negatives.shape
        T = len(pairs)
        tokens = T + 2 * w
        # `xw2v.step.window_mask` by table look-up
        self.left_table.take(batch.left, 0, self.window, "clip")
        self.right_table.take(batch.right, 0, self.right, "clip")
        self.window *= self.right
        np.add(batch.left, batch.right, out=pairs)
        self.weight[:] = (pairs * (objective.negative / K)).reshape(self.weight.shape)
        total = np.matmul(self.ones_g, self.weight)  # (T/g, 1, 1): what each negative of a group meets
        np.divide(self.weight, np.where(total, total, 1), out=self.balance)
        # A row for each number of pairs: to take rows is faster than to broadcast over a few columns.
        self.weight_table[:] = self.pair_counts * (0.5 * alpha * objective.negative / K)
        np.multiply(pairs, 1 + objective.negative, out=self.pair_weight[:T])
        self.pair_weight[T : T + tokens] = windows_over(batch, self.order[w : T + w])
        self.pair_weight[T + tokens :].reshape(groups, K)[:] = total[:, 0]
        return total.reshape(-1) / (total.sum() or total.dtype.type(1))

    def update(self, tables: Tables, ids: np.ndarray, of_centers: int, share: np.ndarray, alpha: float) -> None:
        """The update (`xw2v.update`) of both tables by α Σg = sums + shift ⊗ mean."""
        objective, numbers, U = self.objective, self.numbers, of_centers + len(ids)
        centers, contexts = slice(of_centers), slice(of_centers, U)
        change, squares = self.sums[:U], np.empty(U, self.sums.dtype)
        squares[numbers] = self.squares
        if objective.weight_decay:
            change[centers] += (alpha * objective.weight_decay) * tables.center[ids[:of_centers]]
            change[contexts] += (alpha * objective.weight_decay) * tables.context[ids]
        shift = np.bincount(numbers, self.shift, U).astype(change.dtype)
        z = np.bincount(numbers, self.pair_weight, U) * (alpha * objective.curvature)
        means = self.even @ self.negatives_mean[:, 0], share @ self.centers_mean[:, 0]
        along = np.empty_like(shift)
        for part, mean in zip((centers, contexts), means, strict=True):
            squared = float(np.vecdot(mean, mean))
            np.matmul(change[part], mean / (squared or 1), out=along[part])
            z[part] *= squared
        z = np.maximum(z, TINY).astype(change.dtype)
        shift += (-np.expm1(-z) / z - 1) * (along + shift)  # φ(z) − 1
        for part, mean in zip((centers, contexts), means, strict=True):
            self.add.outer(change[part], None, shift[part], mean)
        limit = objective.bound * (np.sqrt(squares) + objective.floor)  # (U,)
        length = np.maximum(np.sqrt(np.vecdot(change, change)), change.dtype.type(TINY))
        scale = -np.minimum(limit / length, 1)
        rows = ids.astype(np.int32)
        self.add(tables.center, rows[:of_centers], change[centers], scale[centers])
        self.add(tables.context, rows, change[contexts], scale[contexts])


class Scratch:
    """The arrays in which tiles of up to n tokens are worked on, one after the other.

    The scores of center i with token t (counted from w before the first center) lie at (width − 1) i + t of the flat
    band: what a block's centers have in common with a span is a matrix there, and so is what b tokens have in
    common with the s centers around them. As rows of `width`, column u of row i is the word at distance u − w.
    """

    def __init__(self, objective: Objective, n: int, K: int, D: int, dtype: np.dtype) -> None:
        b, g, w = block_of(objective), objective.group, objective.window
        s = b + 2 * w
        blocks = math.ceil((n + 2 * w) / b)  # of tokens
        width, size = band_width(objective), dtype.itemsize
        rows = np.zeros((2 * w + blocks * b, D), dtype)  # 2w rows before, and some after, that meet zeros in the band
        self.X, self.R, self.N = rows[2 * w :], np.empty((n + 2 * w, D), dtype), np.empty((n // g, K, D), dtype)
        self.dX, self.product = np.empty((n, D), dtype), np.empty((max(blocks * b, n // g * K, n), D), dtype)
        strides = b * D * size, D * size, size
        self.context_spans = as_strided(self.R, (n // b, s, D), strides)
        self.center_spans = as_strided(rows, (blocks, s, D), strides)
        band = np.zeros((2 * w + blocks * b + 1, width), dtype)
        self.band = band[2 * w :]
        strides = b * width * size, (width - 1) * size, size
        self.by_center = as_strided(self.band, (n // b, b, s), strides)
        self.by_token = as_strided(band.reshape(-1)[2 * w :], (blocks, s, b), strides)
        self.negative, self.weights = np.empty((2, n // g, g, K), dtype)


class Tile:
    """Centers start .. stop of a batch: views of what they use, and the products over them."""

    def __init__(self, space: Workspace, scratch: Scratch, start: int, stop: int) -> None:
        b, g, w = block_of(space.objective), space.objective.group, space.objective.window
        T, K = len(space.pairs), space.negatives.shape[1]
        D = space.sums.shape[1]
        n, tokens, drawn = stop - start, stop - start + 2 * w, (stop - start) // g * K
        blocks = math.ceil(tokens / b)
        at, in_groups = slice(start, stop), slice(start // g, stop // g)
        uses = (
            at,
            slice(T + start, T + start + tokens),
            slice(2 * (T + w) + start // g * K, 2 * (T + w) + stop // g * K),
        )
        self.center_ids, self.token_ids = space.tokens[start + w : stop + w], space.tokens[start : stop + 2 * w]
        self.negative_ids = space.negatives[in_groups]
        self.center_numbers, self.token_numbers, self.negative_numbers = (space.numbers[use] for use in uses)
        self.center_squares, self.token_squares, negative_squares = (space.squares[use] for use in uses)
        self.negative_squares = negative_squares.reshape(-1, K)
        self.center_shift = space.shift[uses[0]].reshape(-1, g, 1)
        self.negative_shift = space.shift[uses[2]].reshape(-1, 1, K)
        self.pairs, self.window, self.weight = space.pairs[at], space.window[at], space.weight[in_groups]
        self.balance = space.balance[in_groups].mT
        self.centers_mean, self.negatives_mean = space.centers_mean[in_groups], space.negatives_mean[in_groups]

        self.X, self.R, self.N = scratch.X[:n], scratch.R[:tokens], scratch.N[: n // g]
        self.blocks, self.groups = self.X.reshape(-1, b, D), self.X.reshape(-1, g, D)
        self.context_spans, self.center_spans = scratch.context_spans[: n // b], scratch.center_spans[:blocks]
        self.band, self.after = scratch.band[:n], scratch.band[n : blocks * b]
        self.by_center, self.by_token = scratch.by_center[: n // b], scratch.by_token[:blocks].mT
        self.negative = scratch.negative[: n // g]  # (n/g, g, K)
        self.weights = scratch.weights[: n // g].reshape(n, K)
        h = math.gcd(g, SCORED)
        self.few, self.few_scores = self.X.reshape(-1, g // h, h, D), self.negative.reshape(-1, g // h, h, K)
        self.few_N, h = self.N[:, None], pieces(g, K * D)
        self.few_G, self.few_dX = self.negative.reshape(-1, g // h, h, K), scratch.product[:n].reshape(-1, g // h, h, D)
        h = pieces(K, g * D)
        self.few_of_K = self.negative.reshape(-1, g, K // h, h).transpose(0, 2, 3, 1)
        self.few_groups, self.few_dN = self.groups[:, None], scratch.product[:drawn].reshape(-1, K // h, h, D)
        self.dX = scratch.dX[:n]
        self.dX_blocks = self.dX.reshape(self.blocks.shape)
        self.dR = scratch.product[: blocks * b].reshape(blocks, b, D)
        self.dR_rows = scratch.product[:tokens]
        self.dN, self.dX_negatives = scratch.product[:drawn], scratch.product[:n]

    def scores(self, tables: Tables) -> None:
        """Take the rows, their squared lengths, and the scores of all pairs."""
        tables.center.take(self.center_ids, 0, self.X, "clip")  # (n, D)
        tables.context.take(self.token_ids, 0, self.R, "clip")  # (n + 2w, D)
        tables.context.take(self.negative_ids, 0, self.N, "clip")  # (n/g, K, D)
        np.vecdot(self.X, self.X, out=self.center_squares)
        np.vecdot(self.R, self.R, out=self.token_squares)
        np.vecdot(self.N, self.N, out=self.negative_squares)
        np.matmul(self.blocks, self.context_spans.mT, out=self.by_center)  # (n/b, b, s)
        np.matmul(self.few, self.few_N.mT, out=self.few_scores)  # (n/g, g/h, h, K)

    def gradients(self, space: Workspace, alpha: float, sums: np.ndarray) -> None:
        """Turn the scores into gradients, and add those of the rows to their sums (U, D)."""
        band, negative = self.band, self.negative
        # The scores become G = α · weight · (σ − label), with 2σ(x) = 1 + tanh(x/2).
        for G, label in ((band, 1), (negative, -1)):
            G *= 0.5
            np.tanh(G, out=G)
            G -= label
        band *= self.window
        band *= 0.5 * alpha
        self.after.fill(0)
        negative *= space.weight_table.take(self.pairs, 0, self.weights, "clip").reshape(negative.shape)

        add = space.add
        np.matmul(self.by_token, self.center_spans, out=self.dR)
        add(sums, self.token_numbers, self.dR_rows)
        np.matmul(self.few_of_K, self.few_groups, out=self.few_dN)
        add(sums, self.negative_numbers, self.dN)
        # To shift the rows of a group is to add the shift times sums of G. That from the group's mean is made here;
        # that to the batch's mean, known and the same for all at the end, there.
        np.matmul(self.balance, self.groups, out=self.centers_mean)  # (n/g, 1, D)
        np.matmul(space.ones_g, negative, out=self.negative_shift)  # (n/g, 1, K)
        add.outer(sums, self.negative_numbers, -self.negative_shift, self.centers_mean)
        np.matmul(space.mean_K, self.N, out=self.negatives_mean)
        np.matmul(negative, space.ones_K, out=self.center_shift)  # (n/g, g, 1)
        negative -= self.center_shift / negative.shape[2]
        np.matmul(self.by_center, self.context_spans, out=self.dX_blocks)
        np.matmul(self.few_G, self.few_N, out=self.few_dX)
        self.dX += self.dX_negatives
        add(sums, self.center_numbers, self.dX)


def pieces(rows: int, other: int) -> int:
    """Rows of a product of rows · other multiplications that OpenBLAS makes by its kernels for small ones."""
    while rows % 2 == 0 and rows * other > SMALL:
        rows //= 2
    return rows


def block_of(objective: Objective) -> int:
    """b: this step's own, since the blocks change nothing but the order of sums."""
    return math.gcd(objective.group, BLOCK)


def band_width(objective: Objective) -> int:
    """Numbers in a row of the band, such that no two blocks' scores come to lie on each other."""
    b = block_of(objective)
    return b * (math.ceil(2 * objective.window / b) + 1) + 1


def windows_over(batch: Batch, place: np.ndarray) -> np.ndarray:
    """How many centers, at `place` (T,) among the tokens, have each token in their window: (T + 2w,)."""
    tokens = len(batch.tokens)
    met = np.bincount(place - batch.left, minlength=tokens)  # a window begins at its first token ...
    met[1:] -= np.bincount(place + batch.right, minlength=tokens)[:-1]  # ... and ends after its last
    np.cumsum(met, out=met)
    met[place[0] : place[-1] + 1] -= 1  # its own center
    return met
