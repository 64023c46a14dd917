"""The loops in C: there where a compiler is, and of this version."""

from __future__ import annotations

import ctypes
import shutil
import sys
import sysconfig

import pytest
import xw2v_numpy.compiled as compiled
from oracles import small_config

import xw2v.text.scan as scan
from xw2v.errors import MissingDependencyError
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import step_for
from xw2v.storage.native import native_library


def test_they_are_built_where_there_is_a_compiler() -> None:
    compiler = (sysconfig.get_config_var("CC") or "").partition(" ")[
        0
    ]  # of the extensions of this Python
    if sys.platform == "win32" or shutil.which(compiler) is None:
        pytest.skip("no C compiler for this Python on this machine")
    assert compiled.is_built()
    assert scan.library() is not None


def test_a_run_says_which_step_it_took() -> None:
    backend = load_backend()
    assert step_for(backend, small_config()).name == (
        "compiled" if compiled.is_built() else "plain"
    )
    assert step_for(backend, small_config(cbow=True)).name == "plain"


@pytest.mark.skipif(scan.library() is None, reason="this installation has no compiled loops")
def test_a_library_of_another_version_is_refused() -> None:
    class Other(ctypes.Structure):
        _fields_ = [*scan.State._fields_, ("more", ctypes.c_int64)]

    with pytest.raises(
        MissingDependencyError, match=r"of another version than this xw2v; install xw2v again"
    ):
        native_library("xw2v_scan", Other)


def test_so_is_one_that_does_not_say_what_it_takes() -> None:
    with pytest.raises(MissingDependencyError, match=r"of another version"):
        native_library("numpy._core._multiarray_umath", scan.State)


def test_there_may_be_none() -> None:
    assert native_library("xw2v_no_such_library", scan.State) is None
