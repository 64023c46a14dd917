"""Words composed of several rows, compiled (`subwords.c`), for a team of threads.

`xw2v.sgns.subwords.PlainComposer` is its oracle in the tests.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np

from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, SubwordIndex, Tables
from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature
from xw2v_numpy.compiled import CompiledStep
from xw2v_numpy.team import library_of_level

Real = ctypes.c_double


class SubwordPlan(ctypes.Structure):
    """The words of a batch, and the arrays around them; its members are those of subwords.c."""

    _fields_ = [
        ("vocab_size", Count),
        ("dim", Count),
        ("offsets", Pointer),
        ("rows", Pointer),
        ("table", Pointer),
        ("composed", Pointer),
        ("tokens", Pointer),
        ("n_tokens", Count),
        ("damped", Count),
        ("left", Pointer),
        ("right", Pointer),
        ("negative", Real),
        ("curvature", Real),
        ("trust_ratio", Real),
        ("trust_floor", Real),
        ("alpha", Real),
        ("parts", Count),
        ("slot", Pointer),
        ("words", Pointer),
        ("n_words", Count),
        ("pairs", Pointer),
        ("change", Pointer),
        ("norm", Pointer),
        ("moved", Pointer),
        ("along", Pointer),
        ("curved", Pointer),
        ("shared", Pointer),
        ("direction", Pointer),
    ]


FUNCTIONS: dict[str, Signature] = {
    "xw2v_compose": (ctypes.c_int, ctypes.POINTER(SubwordPlan), Pointer),  # whether all are words
    "xw2v_distribute": (None, ctypes.POINTER(SubwordPlan), Pointer),
}


@cache
def load_subwords() -> NativeLibrary | None:
    """The library of subwords.c; None where this installation has none."""
    return library_of_level("xw2v_numpy._subwords", (SubwordPlan,), FUNCTIONS)


class CompiledComposer:
    """See `xw2v.sgns.interface.Composer`; for tables of float32.

    Args:
        config: of the step.
        index: the rows of each word.
        step: what is taken on the composed words. Its threads share this work, too, with the same
            result for any number, and damping has its direction.
    """

    name = "compiled"

    def __init__(self, config: StepConfig, index: SubwordIndex, step: CompiledStep) -> None:
        library = load_subwords()
        if library is None:
            raise ValueError("this installation has no compiled composer")
        if len(index.rows) and not 0 <= index.rows.min() <= index.rows.max() < index.input_rows:
            raise ValueError("an index of words has rows outside its table")
        self._library = library
        self._config = config
        self._step = step
        self._team = step.team
        self._input_rows = index.input_rows
        self._plan = SubwordPlan(
            vocab_size=index.vocab_size,
            damped=not config.cbow,
            negative=config.negative,
            curvature=config.curvature,
            trust_ratio=config.trust_ratio,
            trust_floor=config.trust_floor,
            parts=step.team.threads,
        )
        self._arrays: dict[str, np.ndarray] = {}  # those that the library knows by address alone
        self._keep("offsets", np.ascontiguousarray(index.offsets, np.int64))
        self._keep("rows", np.ascontiguousarray(index.rows, np.int32))
        self._keep("slot", np.full(index.vocab_size, -1, np.int32))
        self._keep("shared", np.zeros((index.input_rows, 2), np.float32))

    def compose(self, tables: Tables[Any], batch: Batch[Any]) -> np.ndarray:
        """See `xw2v.sgns.interface.Composer`.

        Raises:
            ValueError: the shapes of tables and batch do not fit each other.
            IndexError: an id of the batch is no word's.
        """
        plan, w = self._plan, self._config.window
        self._check(tables, batch)
        parts = batch.tokens, batch.left, batch.right
        tokens, left, right = (np.ascontiguousarray(part, np.int64) for part in parts)
        self._make_room(tables.center.shape[1], len(tokens))
        self._keep("tokens", tokens if self._config.cbow else tokens[w : len(tokens) - w])
        plan.n_tokens = len(self._arrays["tokens"])
        self._keep("left", left)
        self._keep("right", right)
        self._keep("table", tables.center)
        if not self._library.xw2v_compose(plan, self._team.wake()):
            raise IndexError(
                f"an id of this batch is not in 0 .. {plan.vocab_size - 1}, the words of the index"
            )
        return self._arrays["composed"]

    def distribute(self, tables: Tables[Any], alpha: float) -> None:
        """See `xw2v.sgns.interface.Composer`."""
        assert tables.center is self._arrays["table"]
        self._plan.alpha = alpha
        self._keep("direction", self._step.mean_of_negatives)
        self._library.xw2v_distribute(self._plan, self._team.wake())

    def _make_room(self, dim: int, tokens: int) -> None:
        """Arrays for so many distinct words of a batch, kept until one is larger."""
        plan = self._plan
        if plan.dim == dim and len(self._arrays["words"]) >= tokens:
            return
        plan.dim = dim
        words = min(tokens, plan.vocab_size)
        self._keep("composed", np.zeros((plan.vocab_size, dim), np.float32))
        self._keep("change", np.zeros((words, dim), np.float32))
        self._keep("words", np.zeros(tokens, np.int32))
        self._keep("pairs", np.zeros(words, np.float64))
        for name in ("norm", "moved", "along", "curved"):
            self._keep(name, np.zeros(words, np.float32))

    def _keep(self, name: str, array: np.ndarray) -> None:
        self._arrays[name] = array
        setattr(self._plan, name, array.ctypes.data)

    def _check(self, tables: Tables[Any], batch: Batch[Any]) -> None:
        """ValueError for arrays that C, which sees their addresses alone, would read or write
        beyond their ends.
        """
        rows, D = self._input_rows, tables.center.shape[1]
        expected = (rows, D), (self._plan.vocab_size, D)
        for table, shape in zip(tables, expected, strict=True):
            if (table.shape, table.dtype) != (shape, np.float32) or not table.flags.carray:
                raise ValueError(
                    f"a table of {table.dtype.str} {table.shape}; a compiled composer needs "
                    f"C-contiguous, writeable float32 {shape}"
                )
        T, groups = batch.left.shape[0], batch.negatives.shape[0]
        lengths = batch.tokens.shape[0], batch.right.shape[0], groups * self._config.group
        if lengths != (T + 2 * self._config.window, T, T):
            shapes = ", ".join(f"{name} {part.shape}" for name, part in batch._asdict().items())
            raise ValueError(f"the parts of a batch do not fit each other: {shapes}")
