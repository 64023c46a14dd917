"""Libraries of C functions that are built with the package, where the machine that installs it has
a C compiler.

setuptools builds them as extension modules because that is how it finds a compiler and places the
result, but they have no init function and cannot be imported: they are found by name and opened by
ctypes. (Linking one on Windows fails for want of that function; there the plain versions run.)

Each exports its interface, see `native.h`: the members of the structures it shares with Python,
which are compared with the ctypes structures of the same names, and its constants.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import zip_longest
from typing import Any

from xw2v.errors import MissingDependencyError

NO_COMPILER = (
    "no C compiler worked when xw2v was installed; install gcc or clang and then xw2v again"
)

Pointer = ctypes.c_void_p  # to the elements of an array
Count = ctypes.c_int64
Signature = tuple[Any, ...]  # ctypes types: of the result (None for void), then of each argument


class Member(ctypes.Structure):
    """NativeMember of native.h."""

    _fields_ = [("name", ctypes.c_char_p), ("offset", ctypes.c_int64), ("size", ctypes.c_int64)]


class Constant(ctypes.Structure):
    """NativeConstant of native.h."""

    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_int64)]


class NativeLibrary(ctypes.CDLL):
    """An open library.

    Attributes:
        constants: the values it exports, by their names in C.

    Raises:
        MissingDependencyError: its interface is not the one asked for, so that it must have been
            built from another version.
    """

    def __init__(
        self,
        path: str,
        structures: tuple[type[ctypes.Structure], ...],
        functions: Mapping[str, Signature],
    ) -> None:
        super().__init__(path)
        for structure in structures:
            self._check(structure)
        self.constants: dict[str, int] = dict(self._exported("xw2v_constants", Constant))
        for name, (result, *arguments) in functions.items():
            function = self._function(name)
            function.restype = result
            function.argtypes = arguments

    def _check(self, structure: type[ctypes.Structure]) -> None:
        """Compare the members of a structure with what the library exports of it."""
        name = structure.__name__
        expected = [
            (member, getattr(structure, member).offset, getattr(structure, member).size)
            for member, *_ in structure._fields_
        ]
        found = self._exported(f"xw2v_members_of_{name}", Member)
        for here, there in zip_longest(expected, found):
            if here != there:
                raise self._mismatch(
                    f"{name} has {described(there)} where {described(here)} is expected"
                )

    def _exported(self, function: str, row: type[ctypes.Structure]) -> list[tuple[Any, ...]]:
        """The rows of an exported table, which a null name ends."""
        table = self._function(function)
        table.restype = ctypes.POINTER(row)
        rows = table()
        found: list[tuple[Any, ...]] = []
        while rows[len(found)].name is not None:
            name, *values = (getattr(rows[len(found)], field) for field, *_ in row._fields_)
            found.append((name.decode(), *values))
        return found

    def _function(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            raise self._mismatch(f"it has no function {name}") from None

    def _mismatch(self, difference: str) -> MissingDependencyError:
        return MissingDependencyError(
            f"{self._name}: of another version than this xw2v: {difference}; install xw2v again"
        )


def described(member: tuple[str, int, int] | None) -> str:
    if member is None:
        return "no member"
    name, offset, size = member
    return f"member {name} ({size} bytes at {offset})"


def native_library(
    name: str,
    structures: tuple[type[ctypes.Structure], ...] = (),
    functions: Mapping[str, Signature] | None = None,
) -> NativeLibrary | None:
    """The library built as the module `name`.

    Args:
        name: of the extension module, with its package.
        structures: ctypes structures of the same names and members as its own.
        functions: the signature of each function that will be called, by name.

    Returns:
        The library, or None where this installation has none.

    Raises:
        MissingDependencyError: the library was built from another version.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return NativeLibrary(spec.origin, structures, functions or {})
