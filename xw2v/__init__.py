"""xw2v: word2vec (skip-gram with negative sampling) on NumPy, CuPy or torch.

    from xw2v import Word2Vec, KeyedVectors

Both are imported on first use, so that `import xw2v` and `xw2v --help` stay instant.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xw2v.errors import (
    FileFormatError,
    InputError,
    MissingDependencyError,
    MissingFileError,
    OutOfMemoryError,
    OutputError,
    RunInterruptedError,
    TrainingError,
    UnknownSettingError,
    UnknownWordError,
    UsageError,
    Xw2vError,
)
from xw2v.version import __version__

if TYPE_CHECKING:
    from xw2v.model import Word2Vec
    from xw2v.vectors.keyedvectors import KeyedVectors

__all__ = [
    "FileFormatError",
    "InputError",
    "KeyedVectors",
    "MissingDependencyError",
    "MissingFileError",
    "OutOfMemoryError",
    "OutputError",
    "RunInterruptedError",
    "TrainingError",
    "UnknownSettingError",
    "UnknownWordError",
    "UsageError",
    "Word2Vec",
    "Xw2vError",
    "__version__",
]

_HOME = {"KeyedVectors": "xw2v.vectors.keyedvectors", "Word2Vec": "xw2v.model"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'xw2v' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
