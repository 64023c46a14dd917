"""The loops in C: there where a compiler is, and with the interface that Python expects."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import xw2v_numpy.compiled as compiled
from oracles import small_config

import xw2v.text.scan as scan
from xw2v.errors import MissingDependencyError
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import step_for
from xw2v.storage.native import Count, NativeLibrary, Pointer, native_library

HEADERS = Path(__file__).parents[1] / "xw2v" / "storage"
COMPILER = shutil.which((sysconfig.get_config_var("CC") or "").partition(" ")[0])  # Python's own
needs_compiler = pytest.mark.skipif(
    sys.platform == "win32" or COMPILER is None, reason="no C compiler for this Python here"
)
needs_scanner = pytest.mark.skipif(
    scan.library() is None, reason="this installation has no compiled loops"
)


class Span(ctypes.Structure):
    """The Span of SOURCE."""

    _fields_ = [("values", Pointer), ("weights", Pointer), ("count", Count)]


SOURCE = """
#include "native.h"
#define SPAN_MEMBERS(M) {members}
#define CONSTANTS(K) K(LIMIT, 7) K(TWICE_LIMIT, 2 * LIMIT)
NATIVE_STRUCTURE(Span, SPAN_MEMBERS)
NATIVE_CONSTANTS(CONSTANTS)
double weighted(const Span *span, int64_t i) {{ return span->weights[i] * span->values[i]; }}
"""
MEMBERS = "M(const double *, values) M(const double *, weights) M(int64_t, count)"
SIGNATURES = {"weighted": (ctypes.c_double, ctypes.POINTER(Span), Count)}


def build(folder: Path, members: str) -> str:
    """The path of a library whose Span has these members."""
    assert COMPILER is not None
    source, library = folder / "span.c", folder / "span.so"
    source.write_text(SOURCE.format(members=members))
    command = [COMPILER, "-shared", "-fPIC", f"-I{HEADERS}", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return str(library)


@needs_compiler
def test_the_libraries_are_built_where_there_is_a_compiler() -> None:
    assert compiled.is_built()
    assert scan.library() is not None


def test_a_run_says_which_step_it_took() -> None:
    backend = load_backend(deterministic=True)  # without what some processors add
    built = "compiled" if compiled.is_built() else "plain"
    assert step_for(backend, small_config()).name == built
    assert step_for(backend, small_config(window=0)).name == "plain"


@needs_compiler
def test_a_library_exports_its_structures_constants_and_functions(tmp_path: Path) -> None:
    library = NativeLibrary(build(tmp_path, MEMBERS), (Span,), SIGNATURES)
    assert library.constants == {"LIMIT": 7, "TWICE_LIMIT": 14}
    values, weights = (ctypes.c_double * 2)(3, 4), (ctypes.c_double * 2)(10, 100)
    span = Span(ctypes.addressof(values), ctypes.addressof(weights), 2)
    assert library.weighted(span, 1) == 400


@needs_compiler
@pytest.mark.parametrize(
    ("members", "found", "expected"),
    [
        (
            "M(const double *, weights) M(const double *, values) M(int64_t, count)",
            "weights (8 bytes at 0)",
            "values (8 bytes at 0)",
        ),
        (
            "M(const double *, values) M(const double *, weights) M(int32_t, count)",
            "count (4 bytes at 16)",
            "count (8 bytes at 16)",
        ),
        ("M(const double *, values) M(const double *, weights)", "", "count (8 bytes at 16)"),
        (MEMBERS + " M(double, mean)", "mean (8 bytes at 24)", ""),
    ],
    ids=["swapped", "narrower", "fewer", "more"],
)
def test_a_member_that_differs_is_named(
    members: str, found: str, expected: str, tmp_path: Path
) -> None:
    there, here = (f"member {member}" if member else "no member" for member in (found, expected))
    with pytest.raises(MissingDependencyError) as error:
        NativeLibrary(build(tmp_path, members), (Span,), {})
    assert str(error.value) == (
        f"{tmp_path / 'span.so'}: of another version than this xw2v: "
        f"Span has {there} where {here} is expected; install xw2v again"
    )


@needs_compiler
def test_a_function_that_is_missing_is_named(tmp_path: Path) -> None:
    library = build(tmp_path, MEMBERS)
    with pytest.raises(MissingDependencyError, match=r"it has no function mean; install xw2v"):
        NativeLibrary(library, (Span,), {"mean": (ctypes.c_double,)})


@needs_scanner
def test_two_pointers_swapped_in_python_are_refused_too() -> None:
    fields = list(scan.ScanState._fields_)
    short, long = (
        [name for name, _ in fields].index(f"{kind}_cache") for kind in ("short", "long")
    )
    fields[short], fields[long] = fields[long], fields[short]
    swapped = type("ScanState", (ctypes.Structure,), {"_fields_": fields})
    with pytest.raises(
        MissingDependencyError, match=r"ScanState has member short_cache .* where member long_cache"
    ):
        native_library("xw2v_scan", (swapped,))


def test_a_module_that_is_no_such_library_is_refused() -> None:
    with pytest.raises(MissingDependencyError, match=r"of another version"):
        native_library("numpy._core._multiarray_umath", (scan.ScanState,))


def test_an_installation_may_have_no_library() -> None:
    assert native_library("xw2v_no_such_library", (scan.ScanState,)) is None
