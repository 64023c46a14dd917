"""Functions of a library in C that work on Python's objects (`python_api.h`).

They are called as Python's own built-in functions are, which takes a tenth of the time of a call
by ctypes, and keep the interpreter's lock.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

from xw2v.storage.native import NativeLibrary, Pointer, Signature

USE_PYTHON: Signature = (None, Pointer)  # of xw2v_use_python
OBJECT_METHOD: Signature = (Pointer, Pointer, Pointer)  # a function that `bound_function` takes
ONE_ARGUMENT = 0x8  # METH_O


class MethodDefinition(ctypes.Structure):
    """Python's PyMethodDef."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("function", Pointer),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


@cache
def use_python(library: NativeLibrary) -> bool:
    """Give a library the functions of Python that it asks for; whether there are such, as there
    are in CPython.
    """
    try:
        members = library.members_of("PythonApi")
        functions = [getattr(ctypes.pythonapi, name) for name, *_ in members]
    except AttributeError:
        return False
    library.xw2v_use_python((Pointer * len(functions))(*map(_address, functions)))
    return True


def bound_function(library: NativeLibrary, name: str, first: object) -> Callable[[Any], Any]:
    """A function of a library that `use_python` was called for, as one of Python's with one
    argument.

    Args:
        name: of a function of two objects that returns one.
        first: the first of them.
    """
    prototype = ctypes.PYFUNCTYPE(ctypes.py_object, Pointer, ctypes.py_object, Pointer)
    new_function = prototype(("PyCFunction_NewEx", ctypes.pythonapi))
    made: Callable[[Any], Any] = new_function(
        ctypes.addressof(_definition(library, name)), first, None
    )
    return made


@cache  # since it must outlive all functions made by it
def _definition(library: NativeLibrary, name: str) -> MethodDefinition:
    return MethodDefinition(name.encode(), _address(getattr(library, name)), ONE_ARGUMENT, None)


def _address(function: Any) -> int | None:
    return ctypes.cast(function, Pointer).value
