"""The skip-gram step with its loops over rows in C (`kernels.c`); its three large products are
NumPy's.

What makes it faster than the plain version: positive pairs are computed one window at a time, none
outside it; all that happens to a row in a batch is summed and written once; rows are asked for
before they are needed; the arrays of a tile stay in the cache; and nothing is allocated.
`xw2v.sgns.step.PlainStep` is its oracle in the tests.
"""

from __future__ import annotations

import ctypes
import math
from functools import cache
from typing import Any

import numpy as np

from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.storage.native import Count, Pointer, native_library

TILE_BYTES = (
    2**18
)  # of the center rows of a tile: they and what is made of them should fit a core's caches
VECTOR_BYTES = 32  # what the rows of the workspace are whole multiples of
LINE_BYTES = 64  # of the cache, at which its arrays begin
MOST_WINDOW = 1000
PRECISIONS = (32, 64)  # bits of a number for which there is a library

Real = ctypes.c_double


class Rows(ctypes.Structure):
    """Rows of kernels.c, which says what its members are."""

    _fields_ = [
        ("table", Pointer),
        ("slot", Pointer),
        ("ids", Pointer),
        ("count", Count),
        ("sums", Pointer),
        ("pairs", Pointer),
        ("positives", Pointer),
        ("slope", Pointer),
        ("score", Pointer),
        ("mean", Pointer),
    ]


class Arguments(ctypes.Structure):
    """Step of kernels.c, which says what its members are."""

    _fields_ = [
        *(
            (name, Count)
            for name in ("words", "size", "padded", "tokens", "window", "group", "shared")
        ),
        *(
            (name, Real)
            for name in ("negative", "bound", "floor", "curvature", "weight_decay", "alpha")
        ),
        ("measure", Count),
        ("loss", Real),
        *((name, Pointer) for name in ("ids", "left", "right", "negatives")),
        ("center", Rows),
        ("context", Rows),
        *(
            (name, Pointer)
            for name in ("center_number", "token_number", "negative_number", "turns", "pushes")
        ),
        *(
            (name, Pointer)
            for name in ("centers_mean", "negatives_mean", "X", "R", "N", "NT", "scores")
        ),
        *((name, Pointer) for name in ("center_slope", "negative_slope", "band", "dX", "dN")),
    ]


@cache
def kernels(bits: int) -> ctypes.CDLL | None:
    """The library for numbers of so many bits; None where this installation has none, for want of a
    C compiler.
    """
    library = native_library(f"xw2v_numpy._kernels{bits}", Arguments)
    if library is None:
        return None
    library.rows_at_once.restype = Count
    library.begin.argtypes = library.means.argtypes = library.update.argtypes = [
        ctypes.POINTER(Arguments)
    ]
    for function in (library.gather, library.negatives, library.positives):
        function.argtypes = [ctypes.POINTER(Arguments), Count, Count]
    for function in (
        library.means,
        library.update,
        library.gather,
        library.negatives,
        library.positives,
    ):
        function.restype = None
    return library


def is_built() -> bool:
    """Whether this installation has the libraries."""
    return all(kernels(bits) is not None for bits in PRECISIONS)


def suits(config: StepConfig) -> bool:
    """Whether the compiled step, where it is built, does what an config asks for."""
    return not config.cbow and not config.tied and 1 <= config.window <= MOST_WINDOW


def serves(config: StepConfig) -> bool:
    """Whether there is a compiled step for an config here."""
    return suits(config) and is_built()


class CompiledStep:
    """One training step; see `xw2v.sgns.interface.Step`. Skip-gram with two tables only."""

    name = "compiled"

    def __init__(self, config: StepConfig) -> None:
        self.config = config
        self._space: Workspace | None = None

    def __call__(
        self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False
    ) -> np.float64 | None:
        space, self._space = (
            self._space,
            None,
        )  # an interrupted step leaves sums behind, which must serve no other
        if space is None or not space.fits(tables, batch):
            space = Workspace(self.config, tables, batch)
        loss = space.step(tables, batch, alpha, measure)
        self._space = space
        return loss


class Workspace:
    """The arrays of a step for one shape of tables and batch; for the names see kernels.c."""

    def __init__(self, config: StepConfig, tables: Tables, batch: Batch) -> None:
        V, D = tables.center.shape
        T, (groups, K), w, g = (
            batch.left.shape[0],
            batch.negatives.shape,
            config.window,
            config.group,
        )
        dtype = tables.center.dtype
        self.shape = V, D, T, groups, K, dtype
        library = kernels(8 * dtype.itemsize) if dtype in (np.float32, np.float64) else None
        if library is None:
            raise ValueError(
                f"the tables of a compiled step must hold float32 or float64, not {dtype.str}"
            )
        self.library = library
        more = library.rows_at_once() - 1  # that may be read after the last
        P = -(-D * dtype.itemsize // VECTOR_BYTES) * VECTOR_BYTES // dtype.itemsize
        self.arguments = Arguments(
            words=V,
            size=D,
            padded=P,
            tokens=T,
            window=w,
            group=g,
            shared=K,
            negative=config.negative,
            bound=config.trust_ratio,
            floor=config.trust_floor,
            curvature=config.curvature,
            weight_decay=config.weight_decay,
        )
        self._arrays: list[np.ndarray] = []  # those that the library knows by their addresses alone

        tiles = math.ceil(T * P * dtype.itemsize / TILE_BYTES)
        n = math.ceil(groups / tiles)  # groups of a tile
        X, N, NT = self._new("X", n, g, P), self._new("N", n, K, P), self._new("NT", n, P, K)
        scores = self._new("scores", n, g, K)
        dX, dN = self._new("dX", n, g, P), self._new("dN", n, K, P)
        self._new("R", n * g + 2 * w + more, P)
        self._new("center_slope", n, g)
        self._new("negative_slope", n, K)
        self._new("band", g, 2 * w + more)
        self._new("centers_mean", groups, P)
        self._new("negatives_mean", groups, P)
        self._new("pushes", groups, dtype=np.float64)
        self._new("center_number", T, dtype=np.int32)
        self._new("token_number", T + 2 * w, dtype=np.int32)
        self._new("negative_number", groups, K, dtype=np.int32)
        self._new("turns", T + 2 * w + 1, dtype=np.int32)
        for rows, M in (
            (self.arguments.center, T),
            (self.arguments.context, T + 2 * w + groups * K),
        ):
            self._new("slot", V, dtype=np.int32, of=rows).fill(-1)
            self._new("ids", M, dtype=np.int64, of=rows)
            self._new("sums", M, P, of=rows)
            self._new("pairs", M, dtype=np.float64, of=rows)
            self._new("positives", M, dtype=np.float64, of=rows)
            self._new("slope", M, dtype=np.float64, of=rows)
            self._new("score", M, of=rows)
            self._new("mean", P, of=rows)
        self._tiles = [
            (start, start + m, X[:m], N[:m], NT[:m], scores[:m], dX[:m], dN[:m])
            for start in range(0, groups, n)
            for m in [min(n, groups - start)]
        ]

    def _new(
        self, name: str, *shape: int, dtype: type | None = None, of: ctypes.Structure | None = None
    ) -> np.ndarray:
        """An array of zeros for a member of the arguments, or of one of their `Rows`; of the
        tables' dtype.
        """
        kind = np.dtype(self.shape[-1] if dtype is None else dtype)
        size = math.prod(shape) * kind.itemsize
        memory = np.zeros(size + LINE_BYTES, np.uint8)
        first = -memory.ctypes.data % LINE_BYTES
        array = memory[first : first + size].view(kind).reshape(shape)
        self._arrays.append(array)
        setattr(self.arguments if of is None else of, name, array.ctypes.data)
        return array

    def fits(self, tables: Tables, batch: Batch) -> bool:
        return self.shape == (
            *tables.center.shape,
            batch.left.shape[0],
            *batch.negatives.shape,
            tables.center.dtype,
        )

    def check(self, tables: Tables, batch: Batch) -> None:
        """ValueError for arrays that C, which sees their addresses alone, would read or write
        beyond their ends.
        """
        V, D, T, _, _, dtype = self.shape
        arrays: Any = tables
        for table in arrays:
            if (table.shape, table.dtype) != ((V, D), dtype) or not table.flags.carray:
                raise ValueError(
                    "the tables of a compiled step must be C-contiguous, writeable and alike: "
                    f"not {', '.join(f'{each.dtype.str} {each.shape}' for each in tables)}"
                )
        lengths = (
            batch.tokens.shape[0],
            batch.right.shape[0],
            batch.negatives.shape[0] * self.arguments.group,
        )
        if lengths != (T + 2 * self.arguments.window, T, T):
            shapes = ", ".join(f"{name} {part.shape}" for name, part in batch._asdict().items())
            raise ValueError(f"the parts of a batch do not fit each other: {shapes}")

    def step(self, tables: Tables, batch: Batch, alpha: float, measure: bool) -> np.float64 | None:
        """See `xw2v.sgns.interface.Step`; IndexError where a part of the batch points outside the
        tables or the window.
        """
        self.check(tables, batch)
        arguments, library = self.arguments, self.library
        arrays: Any = tables
        given = [np.ascontiguousarray(part, np.int64) for part in batch]
        arguments.ids, arguments.left, arguments.right, arguments.negatives = (
            part.ctypes.data for part in given
        )
        arguments.center.table, arguments.context.table = (table.ctypes.data for table in arrays)
        arguments.alpha, arguments.measure = alpha, measure
        match library.begin(arguments):
            case 1:
                raise IndexError(
                    f"an id of this batch is not in 0 .. {arguments.words - 1}, the rows of the tables"
                )
            case 2:
                raise IndexError(
                    f"left or right of this batch is not in 0 .. {arguments.window}, the window"
                )
        library.means(arguments)
        for start, stop, X, N, NT, scores, dX, dN in self._tiles:
            library.gather(arguments, start, stop)
            np.matmul(X, NT, out=scores)  # (n/g, g, K); by N.mT OpenBLAS takes half as long again
            library.negatives(arguments, start, stop)
            np.matmul(scores, N, out=dX)  # (n/g, g, P)
            np.matmul(scores.mT, X, out=dN)  # (n/g, K, P)
            library.positives(arguments, start, stop)
        library.update(arguments)
        return np.float64(arguments.loss) if measure else None
