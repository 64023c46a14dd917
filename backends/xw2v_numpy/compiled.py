"""The skip-gram step with its loops over rows in C (`kernels.c`); its three large products are
NumPy's.

What makes it faster than the plain version: positive pairs are computed one window at a time, none
outside it; all that happens to a row in a batch is summed and written once; rows are prefetched;
the arrays of a tile stay in the cache; and nothing is allocated. `xw2v.sgns.step.plain_step` is its
oracle in the tests.
"""

from __future__ import annotations

import ctypes
import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from xw2v.sgns.interface import Batch, StepConfig, Tables
from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature, native_library

TILE_BYTES = 2**18  # of a tile's center rows: with what is made of them they fit a core's caches
PRECISIONS = (32, 64)  # bits of a number for which there is a library

Real = ctypes.c_double


class RowSet(ctypes.Structure):
    """The distinct rows of one table in a batch; its members are those of interface.h."""

    _fields_ = [
        ("table", Pointer),
        ("slot", Pointer),
        ("count", Count),
        ("ids", Pointer),
        ("positive_weight", Pointer),
        ("negative_weight", Pointer),
        ("sums", Pointer),
        ("cv_coefficient", Pointer),
        ("mean", Pointer),
        ("mean_score", Pointer),
    ]


class StepPlan(ctypes.Structure):
    """Configuration, batch and the slots of its rows; its members are those of interface.h."""

    _fields_ = [
        ("vocab_size", Count),
        ("dim", Count),
        ("padded_dim", Count),
        ("batch_tokens", Count),
        ("window", Count),
        ("group", Count),
        ("shared_negatives", Count),
        ("negative", Real),
        ("trust_ratio", Real),
        ("trust_floor", Real),
        ("curvature", Real),
        ("weight_decay", Real),
        ("alpha", Real),
        ("measure", Count),
        ("tokens", Pointer),
        ("left", Pointer),
        ("right", Pointer),
        ("negatives", Pointer),
        ("center", ctypes.POINTER(RowSet)),
        ("context", ctypes.POINTER(RowSet)),
        ("center_slot", Pointer),
        ("context_slot", Pointer),
        ("negative_slot", Pointer),
        ("window_delta", Pointer),
        ("group_weight", Pointer),
    ]


class TileScratch(ctypes.Structure):
    """The arrays of a tile; its members are those of interface.h."""

    _fields_ = [
        ("X", Pointer),
        ("C", Pointer),
        ("N", Pointer),
        ("NT", Pointer),
        ("centers_mean", Pointer),
        ("negatives_mean", Pointer),
        ("negative_scores", Pointer),
        ("window_scores", Pointer),
        ("center_cv", Pointer),
        ("negative_cv", Pointer),
        ("dX", Pointer),
        ("dN", Pointer),
        ("loss", Real),
    ]


OF_PLAN: Signature = (None, ctypes.POINTER(StepPlan))
OF_TILE: Signature = (*OF_PLAN, ctypes.POINTER(TileScratch), Count, Count)  # first, last group
FUNCTIONS: dict[str, Signature] = {
    "xw2v_number_rows": (ctypes.c_int, ctypes.POINTER(StepPlan)),  # an error code
    "xw2v_means": OF_PLAN,
    "xw2v_gather": OF_TILE,
    "xw2v_negative_gradients": OF_TILE,
    "xw2v_accumulate": OF_TILE,
    "xw2v_apply": (*OF_PLAN, ctypes.POINTER(RowSet), Count, Count),  # first, last slot
}


@cache
def kernels(bits: int) -> NativeLibrary | None:
    """The library for numbers of so many bits; None where this installation has none, because no C
    compiler was found at install time.
    """
    structures = (RowSet, StepPlan, TileScratch)
    return native_library(f"xw2v_numpy._kernels{bits}", structures, FUNCTIONS)


def is_built() -> bool:
    """Whether this installation has the libraries."""
    return all(kernels(bits) is not None for bits in PRECISIONS)


def suits(config: StepConfig) -> bool:
    """Whether the compiled step, where it is built, does what a config asks for."""
    library = kernels(PRECISIONS[0])
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
        library = kernels(8 * dtype.itemsize) if dtype in (np.float32, np.float64) else None
        if library is None:
            raise ValueError(
                f"the tables of a compiled step must hold float32 or float64, not {dtype.str}"
            )
        self._library = library
        self._dtype = dtype
        self._shape = shape_of(tables, batch)
        self._arrays: list[np.ndarray] = []  # those that the library knows by their addresses alone
        self._center = RowSet()
        self._context = RowSet()
        self._scratch = TileScratch()
        vocab_size, dim, batch_tokens, groups, shared_negatives, _ = self._shape
        vector = library.constants["VECTOR_BYTES"] // dtype.itemsize
        self._plan = StepPlan(
            vocab_size=vocab_size,
            dim=dim,
            padded_dim=-(-dim // vector) * vector,
            batch_tokens=batch_tokens,
            window=config.window,
            group=config.group,
            shared_negatives=shared_negatives,
            negative=config.negative,
            trust_ratio=config.bound,
            trust_floor=config.floor,
            curvature=config.curvature,
            weight_decay=config.weight_decay,
            center=ctypes.pointer(self._center),
            context=ctypes.pointer(self._context),
        )
        self._allocate_row_sets()
        self._allocate_slots()
        self._tiles = self._allocate_tiles()

    def _allocate_row_sets(self) -> None:
        V, D, T, groups, K, dtype = self._shape
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
        _, _, T, groups, K, _ = self._shape
        w = self._plan.window
        self._new(self._plan, "center_slot", (T,), np.int32)
        self._new(self._plan, "context_slot", (T + 2 * w,), np.int32)
        self._new(self._plan, "negative_slot", (groups, K), np.int32)
        self._new(self._plan, "window_delta", (T + 2 * w + 1,), np.int32)
        self._new(self._plan, "group_weight", (groups,), np.float64)

    def _allocate_tiles(self) -> list[Tile]:
        """The tiles of a batch, which use the same scratch one after the other."""
        _, _, T, groups, K, dtype = self._shape
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
        return self._shape == shape_of(tables, batch)

    def check(self, tables: Tables, batch: Batch) -> None:
        """ValueError for arrays that C, which sees their addresses alone, would read or write
        beyond their ends.
        """
        V, D, T, groups, _, dtype = self._shape
        for table in tables:
            if (table.shape, table.dtype) != ((V, D), dtype) or not table.flags.carray:
                raise ValueError(
                    "the tables of a compiled step must be C-contiguous, writeable and alike: "
                    f"not {', '.join(f'{table.dtype.str} {table.shape}' for table in tables)}"
                )
        lengths = len(batch.tokens), len(batch.right), groups * self._plan.group
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


def shape_of(tables: Tables, batch: Batch) -> tuple[int, int, int, int, int, np.dtype[np.floating]]:
    """V, D, T, T/g, K and the dtype: what a workspace is made for."""
    vocab_size, dim = tables.center.shape
    groups, shared_negatives = batch.negatives.shape
    return vocab_size, dim, len(batch.left), groups, shared_negatives, tables.center.dtype
