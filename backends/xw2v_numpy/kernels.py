"""The functions of `kernels.c`, and the structures that they share with `compiled.py`."""

from __future__ import annotations

import ctypes
from functools import cache

from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature, native_library

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
def load_kernels(bits: int) -> NativeLibrary | None:
    """The library for numbers of so many bits; None where this installation has none, because no C
    compiler was found at install time.
    """
    structures = (RowSet, StepPlan, TileScratch)
    return native_library(f"xw2v_numpy._kernels{bits}", structures, FUNCTIONS)
