"""Libraries of C functions: those of a wheel (wheels.py), or built with the package where the
machine that installs it has a C compiler.

setuptools builds them as extension modules because that is how it finds a compiler and places the
result, and wheels name them as such, without a version of Python. But they have no init function
and cannot be imported: they are found by name and opened by ctypes. (setuptools cannot link one on
Windows, for want of that function; there they come with the wheel or not at all.)

Each exports its interface, see `native.h`: the members of the structures it shares with Python,
which are compared with the ctypes structures of the same names, and its constants.
"""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import Any

from xw2v.errors import MissingDependencyError

NO_COMPILER = (
    "no C compiler worked when xw2v was installed; install gcc or clang and then xw2v again"
)

TREE = Path(__file__).parents[2]  # of the sources, where xw2v is not installed or is editable
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
        for here, there in zip_longest(expected, self.members_of(name)):
            if here != there:
                raise self._mismatch(
                    f"{name} has {described(there)} where {described(here)} is expected"
                )

    def members_of(self, structure: str) -> list[tuple[str, int, int]]:
        """The name, offset and size of each member of a structure that the library exports."""
        return self._exported(f"xw2v_members_of_{structure}", Member)

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

    Warns:
        RuntimeWarning: its sources in a working tree are newer.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    newer = newer_source(name, Path(spec.origin), TREE)
    if newer is not None:
        warnings.warn(
            f"{spec.origin}: older than its source {newer}; build it again: "
            f"python -m pip install --no-deps -e {TREE}",
            RuntimeWarning,
            stacklevel=2,
        )
    return NativeLibrary(spec.origin, structures, functions or {})


def newer_source(name: str, library: Path, tree: Path) -> Path | None:
    """A source of the extension module `name` that is newer than its library, if `tree` has one."""
    built = library.stat().st_mtime
    newer = (path for path in sources_in(tree).get(name, []) if path.stat().st_mtime > built)
    return next(newer, None)


@cache
def sources_in(tree: Path) -> dict[str, list[Path]]:
    """The sources of each extension module of a working tree; of an installation, nothing."""
    import tomllib  # needed here alone

    try:
        project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):  # such as one in the middle of a merge
        return {}
    modules = project.get("tool", {}).get("setuptools", {}).get("ext-modules", [])
    return {
        module["name"]: [tree / path for path in module["sources"] + module.get("depends", [])]
        for module in modules
    }


def address_of(array: Any) -> int:
    """The address of a contiguous array's first element, faster than `array.ctypes.data`; 0 of an
    empty one.
    """
    if not len(array):
        return 0
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))
    except (TypeError, ValueError):  # it is read-only
        address: int = array.__array_interface__["data"][0]
        return address
