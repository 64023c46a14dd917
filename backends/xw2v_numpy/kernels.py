"""The functions of `kernels.c`, and the structures that they share with `compiled.py`."""

from __future__ import annotations

import ctypes
from functools import cache

from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature
from xw2v_numpy.team import library_of_level

PRECISIONS = (32, 64)  # bits of a number for which there is a library

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
        ("first", Count),
        ("last", Count),
        ("more_first", Count),
        ("more_last", Count),
        ("token_share", Real),
        ("negative_share", Real),
        ("direction", Pointer),
        ("parts", Pointer),
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
        ("negative", Real),
        ("trust_ratio", Real),
        ("trust_floor", Real),
        ("curvature", Real),
        ("convexity", Real),
        ("weight_decay", Real),
        ("alpha", Real),
        ("measure", Count),
        ("tokens", Pointer),
        ("left", Pointer),
        ("right", Pointer),
        ("negatives", Pointer),
        ("reference", Pointer),
        ("reference_rows", Count),
        ("input", ctypes.POINTER(RowSet)),
        ("output", ctypes.POINTER(RowSet)),
        ("place_id", Pointer),
        ("next_place", Pointer),
        ("gradients", Pointer),
        ("positive_weight", Pointer),
        ("negative_weight", Pointer),
        ("group_means", Pointer),
        ("reference_mean", Pointer),
        ("means", Pointer),
        ("group_weight", Pointer),
        ("losses", Pointer),
        ("split", Count),
        ("scratch", Pointer),
        ("scratch_size", Count),
    ]


FUNCTIONS: dict[str, Signature] = {
    "xw2v_scratch_size": (Count, ctypes.POINTER(StepPlan)),
    "xw2v_places": (Count, ctypes.POINTER(StepPlan)),
    "xw2v_loss": (ctypes.c_int, ctypes.POINTER(StepPlan), Pointer),  # an error code
    "xw2v_step": (ctypes.c_int, ctypes.POINTER(StepPlan), Pointer),  # an error code
}


@cache
def load_kernels(bits: int) -> NativeLibrary | None:
    """The library for numbers of so many bits; None where this installation has none."""
    return library_of_level(f"xw2v_numpy._kernels{bits}", (Part, RowSet, StepPlan), FUNCTIONS)
