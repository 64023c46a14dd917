"""What a compiled step works in: the structures and arrays that kernels.c is given."""

from __future__ import annotations

import ctypes
import math
import weakref
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from xw2v.errors import OutOfMemoryError
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, PlannedStep, Tables
from xw2v.storage.native import address_of
from xw2v_numpy.kernels import (
    Part,
    RowSet,
    StepBatch,
    StepPlan,
    cut_for,
    is_split_for,
    load_kernels,
)
from xw2v_numpy.team import Team

MAX_PLACES = 2**31 - 1  # of rows in a step, which are numbered by int32


class Shape(NamedTuple):
    """What a workspace is made for."""

    V: int  # words
    D: int  # dimensions
    T: int  # tokens of a batch
    K: int  # negatives of a group
    groups: int  # of a batch
    dtype: np.dtype[np.floating]

    @classmethod
    def of(cls, tables: Tables[Any], batch: Batch[Any]) -> Shape:
        V, D = tables.center.shape
        groups, K = batch.negatives.shape
        return cls(V, D, batch.left.shape[0], K, groups, tables.center.dtype)


def _no_table() -> None:
    """A reference to no table."""


class Workspace:
    """The structures and arrays of a step for one shape of tables and batch.

    Args:
        config: of a step that is supported.
        tables: (V, D) each, of float32 or float64.
        batch: T tokens.
        team: threads to make room for.
        split, cut: see `CompiledStep`.

    Attributes:
        mean_of_negatives: see `CompiledStep`.

    Raises:
        ValueError: there is no library for the tables' dtype.
    """

    def __init__(
        self,
        config: StepConfig,
        tables: Tables[Any],
        batch: Batch[Any],
        team: Team,
        split: bool | None = None,
        cut: int | None = None,
    ) -> None:
        dtype = tables.center.dtype
        rounded = config.rounded_operands and dtype == np.float32
        is_real = dtype in (np.float32, np.float64)
        library = load_kernels(8 * dtype.itemsize, rounded=rounded) if is_real else None
        if library is None:
            raise ValueError(
                f"the tables of a compiled step must hold float32 or float64, not {dtype.str}"
            )
        self._library = library
        self._team = team
        self._split = split
        self._shape = Shape.of(tables, batch)
        self._parts: list[ctypes.Array[Part]] = []
        self._arrays: list[np.ndarray] = []  # those that the library knows by their addresses alone
        self._input = RowSet()
        self._output = self._input if config.tied else RowSet()
        self._tables: tuple[Callable[[], Any], Callable[[], Any]] = (_no_table, _no_table)
        vector = library.constants["VECTOR_BYTES"] // dtype.itemsize
        parts, sections = cut_for(cut or team.threads)
        self._plan = StepPlan(
            vocab_size=self._shape.V,
            dim=self._shape.D,
            padded_dim=math.ceil(self._shape.D / vector) * vector,
            batch_tokens=self._shape.T,
            window=config.window,
            group=config.group,
            shared_negatives=self._shape.K,
            cbow=config.cbow,
            cbow_mean=config.cbow_mean,
            cbow_full=config.cbow_gradient == "full",
            threads=team.threads,
            parts=parts,
            sections=sections,
            negative=config.negative,
            trust_ratio=config.trust_ratio,
            trust_floor=config.trust_floor,
            curvature=config.curvature,
            convexity=config.convexity,
            weight_decay=config.weight_decay,
            input=ctypes.pointer(self._input),
            output=ctypes.pointer(self._output),
        )
        self._allocate_places()
        self._allocate_row_sets(config)

    def _allocate_places(self) -> None:
        _, _, _, _, groups, dtype = self._shape
        plan, P = self._plan, self._plan.padded_dim
        places = self._library.xw2v_places(plan)
        if places > MAX_PLACES:
            raise OutOfMemoryError(
                f"a batch of {self._shape.T:,} tokens with windows of {plan.window:,} words takes "
                "too much memory; give a smaller `batch_tokens` or `window`"
            )
        self._new(plan, "next_place", (places,), np.int32)
        self._new(plan, "gradients", (places, P), dtype)
        self._new(plan, "token_gradients", (self._shape.T,), dtype)
        self._new(plan, "positive_weight", (places,), np.float64)
        self._new(plan, "negative_weight", (places,), np.float64)
        self._new(plan, "group_means", (2, groups, P), dtype)
        parts = self._library.constants["REFERENCE_PARTS"]
        self._new(plan, "reference_sums", (parts, P), dtype)
        self._new(plan, "reference_mean", (P,), dtype)
        self.mean_of_negatives: np.ndarray = self._new(plan, "means", (2, P), dtype)[0]
        self._new(plan, "group_weight", (groups,), np.float64)
        slices = self._library.constants["SLICES"]
        self._new(plan, "losses", (groups, slices), np.float64)
        split = self._split
        plan.split = is_split_for(self._team.threads, groups) if split is None else split
        scratches = max(self._team.threads, groups) if plan.split else self._team.threads
        plan.scratch_size = self._library.xw2v_scratch_size(plan)
        self._new(plan, "scratch", (scratches, plan.scratch_size), dtype)

    def _allocate_row_sets(self, config: StepConfig) -> None:
        V, _, T, K, groups, dtype = self._shape
        windows = self._library.xw2v_places(self._plan) - T - groups * K
        places = T, windows, groups * K  # of the tokens, the windows and the negatives
        if config.tied:
            sets = [(self._input, (True, True, True), 0.5, 0.5)]
        elif config.cbow:
            sets = [
                (self._input, (False, True, False), 0, 0),
                (self._output, (True, False, True), 0, 0),
            ]
        else:
            sets = [
                (self._input, (True, False, False), 1, 0),
                (self._output, (False, True, True), 0, 1),
            ]
        for rows, has, token_share, negative_share in sets:
            rows.has_tokens, rows.has_windows, rows.has_negatives = has
            rows.token_share = token_share
            rows.negative_share = negative_share
            self._new(rows, "slot", (V,), np.int32).fill(-1)
            self._new(rows, "direction", (self._plan.padded_dim,), dtype)
            M = sum(compress(places, has))
            parts = (Part * self._plan.parts)()
            for part in parts:
                self._new(part, "ids", (M,), np.int64)
                self._new(part, "first_place", (M,), np.int32)
                self._new(part, "last_place", (M,), np.int32)
            self._parts.append(parts)
            rows.parts = ctypes.addressof(parts)

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

    def fits(self, tables: Tables[Any], batch: Batch[Any]) -> bool:
        _, _, T, K, groups, _ = self._shape
        if (batch.left.shape, batch.negatives.shape) != ((T,), (groups, K)):
            return False
        return self._is_checked(tables) or Shape.of(tables, batch) == self._shape

    def _is_checked(self, tables: Tables[Any]) -> bool:
        """Whether these are the tables of the last step."""
        center, context = self._tables
        return tables.center is center() and tables.context is context()

    def _take_tables(self, tables: Tables[Any]) -> None:
        """Note the tables' addresses, unless they are those of the last step; ValueError where C,
        which sees nothing else of them, would read or write beyond their ends.
        """
        if self._is_checked(tables):
            return
        V, D, _, _, _, dtype = self._shape
        for table in tables:
            if (table.shape, table.dtype) != ((V, D), dtype) or not table.flags.carray:
                raise ValueError(
                    "the tables of a compiled step must be C-contiguous, writeable and alike: "
                    f"not {', '.join(f'{table.dtype.str} {table.shape}' for table in tables)}"
                )
        self._input.table = address_of(tables.center)
        self._output.table = address_of(tables.context)
        self._tables = weakref.ref(tables.center), weakref.ref(tables.context)

    def run(
        self, tables: Tables[Any], steps: Sequence[PlannedStep[Any]]
    ) -> list[np.float64 | None]:
        """See `xw2v.sgns.interface.StepRunner`.

        Raises:
            ValueError: the shapes of tables and batches do not fit each other; nothing is changed.
            IndexError: a part of a batch points outside the tables or the window; the steps before
                it are done.
        """
        batches = (StepBatch * len(steps))()
        kept = []
        for at, step in zip(batches, steps, strict=True):
            kept.append(self._point(at, step.batch))
            at.alpha = step.alpha
            at.measure = step.measure
        self._take_tables(tables)
        error = self._library.xw2v_steps(self._plan, self._team.wake(), batches, len(steps))
        del kept  # C had addresses alone
        self._raise_for(error)
        return [np.float64(at.loss) if at.measure else None for at in batches]

    def loss(self, tables: Tables[Any], batch: Batch[Any]) -> np.float64:
        """See `CompiledStep.loss`; raises what `run` does."""
        at = StepBatch(measure=True)
        kept = self._point(at, batch)
        self._take_tables(tables)
        error = self._library.xw2v_loss(self._plan, self._team.wake(), at)
        del kept
        self._raise_for(error)
        return np.float64(at.loss)

    def _point(self, at: StepBatch, batch: Batch[Any]) -> list[np.ndarray]:
        """Note the addresses of a batch's parts; what they are of, to be kept alive."""
        plan, groups = self._plan, self._shape.groups
        T, draws = plan.batch_tokens, (groups, plan.shared_negatives)
        shapes = (T + 2 * plan.window,), (T,), (T,), draws, batch.reference.shape[:1]
        if groups * plan.group != T or shapes != tuple(part.shape for part in batch):
            found = ", ".join(f"{name} {part.shape}" for name, part in batch._asdict().items())
            raise ValueError(f"the parts of a batch do not fit each other: {found}")
        parts = [np.ascontiguousarray(part, np.int64) for part in batch]
        at.tokens, at.left, at.right, at.negatives, at.reference = map(address_of, parts)
        at.reference_rows = len(parts[-1])
        return parts

    def _raise_for(self, error: int) -> None:
        constants, plan = self._library.constants, self._plan
        if error == constants["ERROR_ID_OUTSIDE_VOCABULARY"]:
            raise IndexError(
                f"an id of this batch is not in 0 .. {plan.vocab_size - 1}, the rows of the tables"
            )
        if error == constants["ERROR_EXTENT_OUTSIDE_WINDOW"]:
            raise IndexError(
                f"left or right of this batch is not in 0 .. {plan.window}, the window"
            )
        assert error == constants["NO_ERROR"]
