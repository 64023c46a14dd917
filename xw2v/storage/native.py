"""Libraries of C functions that are built with the package, where the machine that installs it has
a C compiler.
"""

import ctypes
from importlib.util import find_spec

from xw2v.errors import MissingDependencyError

Pointer, Count = ctypes.c_void_p, ctypes.c_int64  # what the members of their structures are
NO_COMPILER = (
    "no C compiler worked when xw2v was installed; install gcc or clang and then xw2v again"
)


def native_library(name: str, structure: type[ctypes.Structure]) -> ctypes.CDLL | None:
    """The library built as the module `name`; None where this installation has none.

    structure: what its functions take. Raises MissingDependencyError where the library's is of
    another size, so that it must be of another version.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    library = ctypes.CDLL(spec.origin)
    size_of_structure = getattr(library, "size_of_structure", lambda: 0)
    if size_of_structure() != ctypes.sizeof(structure):
        raise MissingDependencyError(
            f"{spec.origin}: of another version than this xw2v; install xw2v again"
        )
    return library
