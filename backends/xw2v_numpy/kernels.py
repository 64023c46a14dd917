"""The functions of `kernels.c`, and the structures that they share with `workspace.py`."""

from __future__ import annotations

import ctypes
from functools import cache

from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature, native_library
from xw2v_numpy.team import library_of_level, load_team

PRECISIONS = (32, 64)  # bits of a number for which there is a library

FEW_THREADS = 4
SPLIT_COST = 1.4  # of a group that several threads work on, for what moves between their caches
MAX_PARTS = 16  # of a row set

Real = ctypes.c_double


class Part(ctypes.Structure):
    """The rows of one part of a row set; its members are those of interface.h."""

    _fields_ = [
        ("count", Count),
        ("ids", Pointer),
        ("first_place", Pointer),
        ("last_place", Pointer),
    ]


class RowSet(ctypes.Structure):
    """The distinct rows of one table in a batch; its members are those of interface.h."""

    _fields_ = [
        ("table", Pointer),
        ("slot", Pointer),
        ("has_tokens", Count),
        ("has_windows", Count),
        ("has_negatives", Count),
        ("token_share", Real),
        ("negative_share", Real),
        ("direction", Pointer),
        ("parts", Pointer),
    ]


class StepBatch(ctypes.Structure):
    """A batch and its learning rate; its members are those of interface.h."""

    _fields_ = [
        ("tokens", Pointer),
        ("left", Pointer),
        ("right", Pointer),
        ("negatives", Pointer),
        ("reference", Pointer),
        ("reference_rows", Count),
        ("alpha", Real),
        ("error", Count),
        ("measure", Count),
        ("loss", Real),
    ]


class StepPlan(ctypes.Structure):
    """Configuration, batch and arrays of a step; its members are those of interface.h."""

    _fields_ = [
        ("vocab_size", Count),
        ("dim", Count),
        ("padded_dim", Count),
        ("batch_tokens", Count),
        ("window", Count),
        ("group", Count),
        ("shared_negatives", Count),
        ("cbow", Count),
        ("cbow_mean", Count),
        ("cbow_full", Count),
        ("threads", Count),
        ("parts", Count),
        ("sections", Count),
        ("negative", Real),
        ("trust_ratio", Real),
        ("trust_floor", Real),
        ("curvature", Real),
        ("convexity", Real),
        ("weight_decay", Real),
        ("batch", StepBatch),
        ("input", ctypes.POINTER(RowSet)),
        ("output", ctypes.POINTER(RowSet)),
        ("next_place", Pointer),
        ("gradients", Pointer),
        ("token_gradients", Pointer),
        ("positive_weight", Pointer),
        ("negative_weight", Pointer),
        ("group_means", Pointer),
        ("reference_sums", Pointer),
        ("reference_mean", Pointer),
        ("means", Pointer),
        ("group_weight", Pointer),
        ("losses", Pointer),
        ("split", Count),
        ("scratch", Pointer),
        ("scratch_size", Count),
    ]


STEPS = ctypes.POINTER(StepPlan), Pointer, ctypes.POINTER(StepBatch)  # the second is the team
STRUCTURES = Part, RowSet, StepBatch, StepPlan
FUNCTIONS: dict[str, Signature] = {
    "xw2v_scratch_size": (Count, ctypes.POINTER(StepPlan)),
    "xw2v_places": (Count, ctypes.POINTER(StepPlan)),
    "xw2v_loss": (ctypes.c_int, *STEPS),
    "xw2v_steps": (ctypes.c_int, *STEPS, Count),
}


@cache
def load_kernels(bits: int, *, rounded: bool = False) -> NativeLibrary | None:
    """The library for numbers of so many bits; None where this installation has none.

    Args:
        rounded: that which rounds operands to bfloat16; None where the processor has no products of
            them, too.
    """
    name = f"xw2v_numpy._kernels{bits}"
    if not rounded:
        return library_of_level(name, STRUCTURES, FUNCTIONS)
    team = load_team()
    if team is None or not team.xw2v_multiplies_bfloat16():
        return None
    return native_library(f"{name}_bfloat16", STRUCTURES, FUNCTIONS)


def cut_for(threads: int) -> tuple[int, int]:
    """The parts in which each table's rows are numbered side by side, and the sections of a part in
    which they are updated. Each part scans all places, so there is one for each thread in both
    tables together. For few threads there are many sections, which end at about the same time; for
    many threads few, since each costs the cache line that all of them share.
    """
    parts = min((threads + 1) // 2, MAX_PARTS)
    return parts, 16 // parts if threads <= FEW_THREADS else max(2 * threads // parts, 2)


def is_split_for(threads: int, groups: int) -> bool:
    """Whether several threads work on a group: where one thread a group would leave others without
    work for longer than splitting costs.
    """
    return -(-groups // threads) * threads > SPLIT_COST * groups
