"""The skip-gram step with its loops over rows in C (`kernels.c`); its three large products are
NumPy's.

What makes it faster than the plain version: positive pairs are computed one window at a time, none
outside it; all that happens to a row in a batch is summed and written once; rows are prefetched;
the arrays of a tile stay in the cache; and nothing is allocated. `xw2v.sgns.step.PlainStep` is its
oracle in the tests.
"""

from __future__ import annotations

import ctypes
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v_numpy.kernels import PRECISIONS, RowSet, StepPlan, TileScratch, load_kernels

TILE_BYTES = 2**18  # of a tile's center rows: with what is made of them they fit a core's caches


def is_built() -> bool:
    """Whether this installation has the libraries."""
    return all(load_kernels(bits) is not None for bits in PRECISIONS)


def suits(config: StepConfig) -> bool:
    """Whether the compiled step, where it is built, does what a config asks for."""
    library = load_kernels(PRECISIONS[0])
    max_window = math.inf if library is None else library.constants["MAX_WINDOW"]
    return not config.cbow and not config.tied and 1 <= config.window <= max_window


def serves(config: StepConfig) -> bool:
    """Whether there is a compiled step for a config here."""
    return suits(config) and is_built()


class CompiledStep:
    """One training step; see `xw2v.sgns.interface.Step`. Skip-gram with two tables only."""

    name = "compiled"

    def __init__(self, config: StepConfig) -> None:
        self.config = config
        self._workspace: Workspace | None = None

    def __call__(
        self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False
    ) -> np.float64 | None:
        workspace = self._workspace
        self._workspace = None  # an interrupted step leaves sums behind, unfit for any other
        if workspace is None or not workspace.fits(tables, batch):
            workspace = Workspace(self.config, tables, batch)
        loss = workspace.step(tables, batch, alpha, measure)
        self._workspace = workspace
        return loss


class Shape(NamedTuple):
    """What a workspace is made for."""

    V: int  # words
    D: int  # dimensions
    T: int  # tokens of a batch
    K: int  # negatives of a group
    groups: int  # of a batch
    dtype: np.dtype[np.floating]

    @classmethod
    def of(cls, tables: Tables, batch: Batch) -> Shape:
        V, D = tables.center.shape
        groups, K = batch.negatives.shape
        return cls(V, D, batch.left.shape[0], K, groups, tables.center.dtype)


class Tile(NamedTuple):
    """Groups first .. last - 1 of a batch, and the arrays of their products: G groups, g tokens and
    K negatives each, P dimensions with padding.
    """

    first: int
    last: int
    X: np.ndarray  # (G, g, P)
    N: np.ndarray  # (G, K, P)
    NT: np.ndarray  # (G, P, K)
    negative_scores: np.ndarray  # (G, g, K), which become gradients
    dX: np.ndarray  # (G, g, P)
    dN: np.ndarray  # (G, K, P)


class Workspace:
    """The structures and arrays of a step for one shape of tables and batch.

    Args:
        config: of a step that `suits`.
        tables: (V, D) each, of float32 or float64.
        batch: T tokens.

    Raises:
        ValueError: there is no library for the tables' dtype.
    """

    def __init__(self, config: StepConfig, tables: Tables, batch: Batch) -> None:
        dtype = tables.center.dtype
        library = load_kernels(8 * dtype.itemsize) if dtype in (np.float32, np.float64) else None
        if library is None:
            raise ValueError(
                f"the tables of a compiled step must hold float32 or float64, not {dtype.str}"
            )
        self._library = library
        self._shape = Shape.of(tables, batch)
        self._arrays: list[np.ndarray] = []  # those that the library knows by their addresses alone
        self._center = RowSet()
        self._context = RowSet()
        self._scratch = TileScratch()
        vector = library.constants["VECTOR_BYTES"] // dtype.itemsize
        self._plan = StepPlan(
            vocab_size=self._shape.V,
            dim=self._shape.D,
            padded_dim=math.ceil(self._shape.D / vector) * vector,
            batch_tokens=self._shape.T,
            window=config.window,
            group=config.group,
            shared_negatives=self._shape.K,
            negative=config.negative,
            trust_ratio=config.trust_ratio,
            trust_floor=config.trust_floor,
            curvature=config.curvature,
            weight_decay=config.weight_decay,
            center=ctypes.pointer(self._center),
            context=ctypes.pointer(self._context),
        )
        self._allocate_row_sets()
        self._allocate_slots()
        self._tiles = self._allocate_tiles()

    def _allocate_row_sets(self) -> None:
        V, _, T, K, groups, dtype = self._shape
        P, w = self._plan.padded_dim, self._plan.window
        for rows, M in (self._center, T), (self._context, T + 2 * w + groups * K):
            self._new(rows, "slot", (V,), np.int32).fill(-1)
            self._new(rows, "ids", (M,), np.int64)
            self._new(rows, "positive_weight", (M,), np.float64)
            self._new(rows, "negative_weight", (M,), np.float64)
            self._new(rows, "sums", (M, P), dtype)
            self._new(rows, "cv_coefficient", (M,), np.float64)
            self._new(rows, "mean", (P,), dtype)
            self._new(rows, "mean_score", (M,), dtype)

    def _allocate_slots(self) -> None:
        _, _, T, K, groups, _ = self._shape
        w = self._plan.window
        self._new(self._plan, "center_slot", (T,), np.int32)
        self._new(self._plan, "context_slot", (T + 2 * w,), np.int32)
        self._new(self._plan, "negative_slot", (groups, K), np.int32)
        self._new(self._plan, "window_delta", (T + 2 * w + 1,), np.int32)
        self._new(self._plan, "group_weight", (groups,), np.float64)

    def _allocate_tiles(self) -> list[Tile]:
        """The tiles of a batch, which use the same scratch one after the other."""
        _, _, T, K, groups, dtype = self._shape
        scratch, P, w, g = self._scratch, self._plan.padded_dim, self._plan.window, self._plan.group
        past_end = self._library.constants["ROWS_READ_PAST_END"]
        tiles = math.ceil(T * P * dtype.itemsize / TILE_BYTES)
        G = math.ceil(groups / tiles)  # groups of a tile; the last may have fewer
        products = (
            self._new(scratch, "X", (G, g, P), dtype),
            self._new(scratch, "N", (G, K, P), dtype),
            self._new(scratch, "NT", (G, P, K), dtype),
            self._new(scratch, "negative_scores", (G, g, K), dtype),
            self._new(scratch, "dX", (G, g, P), dtype),
            self._new(scratch, "dN", (G, K, P), dtype),
        )
        self._new(scratch, "C", (G * g + 2 * w + past_end, P), dtype)
        self._new(scratch, "centers_mean", (G, P), dtype)
        self._new(scratch, "negatives_mean", (G, P), dtype)
        self._new(scratch, "window_scores", (g, 2 * w + past_end), dtype)
        self._new(scratch, "center_cv", (G, g), dtype)
        self._new(scratch, "negative_cv", (G, K), dtype)
        ranges = [(first, min(first + G, groups)) for first in range(0, groups, G)]
        return [
            Tile(first, last, *(array[: last - first] for array in products))
            for first, last in ranges
        ]

    def _new(
        self, structure: ctypes.Structure, member: str, shape: tuple[int, ...], dtype: DTypeLike
    ) -> np.ndarray:
        """An array of zeros for a pointer of a structure; it begins at a line of the cache."""
        kind = np.dtype(dtype)
        line = self._library.constants["CACHE_LINE_BYTES"]
        size = math.prod(shape) * kind.itemsize
        memory = np.zeros(size + line, np.uint8)
        first = -memory.ctypes.data % line
        array = memory[first : first + size].view(kind).reshape(shape)
        self._arrays.append(array)
        setattr(structure, member, array.ctypes.data)
        return array

    def fits(self, tables: Tables, batch: Batch) -> bool:
        return self._shape == Shape.of(tables, batch)

    def check(self, tables: Tables, batch: Batch) -> None:
        """ValueError for arrays that C, which sees their addresses alone, would read or write
        beyond their ends.
        """
        V, D, T, _, groups, dtype = self._shape
        for table in tables:
            if (table.shape, table.dtype) != ((V, D), dtype) or not table.flags.carray:
                raise ValueError(
                    "the tables of a compiled step must be C-contiguous, writeable and alike: "
                    f"not {', '.join(f'{table.dtype.str} {table.shape}' for table in tables)}"
                )
        lengths = batch.tokens.shape[0], batch.right.shape[0], groups * self._plan.group
        if lengths != (T + 2 * self._plan.window, T, T):
            shapes = ", ".join(f"{name} {part.shape}" for name, part in batch._asdict().items())
            raise ValueError(f"the parts of a batch do not fit each other: {shapes}")

    def step(self, tables: Tables, batch: Batch, alpha: float, measure: bool) -> np.float64 | None:
        """See `xw2v.sgns.interface.Step`.

        Raises:
            ValueError: the shapes of tables and batch do not fit each other.
            IndexError: a part of the batch points outside the tables or the window; the tables are
                unchanged.
        """
        self.check(tables, batch)
        library, plan, scratch = self._library, self._plan, self._scratch
        parts = {
            name: np.ascontiguousarray(part, np.int64) for name, part in batch._asdict().items()
        }  # kept until the end: C has their addresses
        for name, part in parts.items():
            setattr(plan, name, part.ctypes.data)
        self._center.table = tables.center.ctypes.data
        self._context.table = tables.context.ctypes.data
        plan.alpha = alpha
        plan.measure = measure
        scratch.loss = 0
        self._number_rows()
        library.xw2v_means(plan)
        for first, last, X, N, NT, negative_scores, dX, dN in self._tiles:
            library.xw2v_gather(plan, scratch, first, last)
            np.matmul(X, NT, out=negative_scores)  # by N.mT OpenBLAS takes half as long again
            library.xw2v_negative_gradients(plan, scratch, first, last)
            np.matmul(negative_scores, N, out=dX)
            np.matmul(negative_scores.mT, X, out=dN)
            library.xw2v_accumulate(plan, scratch, first, last)
        for rows in (self._center, self._context):
            library.xw2v_apply(plan, rows, 0, rows.count)
        return np.float64(scratch.loss) if measure else None

    def _number_rows(self) -> None:
        constants, plan = self._library.constants, self._plan
        error = self._library.xw2v_number_rows(plan)
        if error == constants["ERROR_ID_OUTSIDE_VOCABULARY"]:
            raise IndexError(
                f"an id of this batch is not in 0 .. {plan.vocab_size - 1}, the rows of the tables"
            )
        if error == constants["ERROR_EXTENT_OUTSIDE_WINDOW"]:
            raise IndexError(
                f"left or right of this batch is not in 0 .. {plan.window}, the window"
            )
        assert error == constants["NO_ERROR"]
