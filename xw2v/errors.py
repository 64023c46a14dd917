"""What a user can do wrong, as exceptions whose text is one line: what, where, and what to do.

The command line prints that line and exits with `exit_code`; from Python they are ordinary
exceptions, each also a subclass of the built-in one that callers would expect. Within a message the
name of a setting or option stands in backquotes (`alpha`); the command line shows its flag instead.
"""

from __future__ import annotations

import os
from types import EllipsisType


def shown(word: str, length: int = 40) -> str:
    """A word in quotes, cut where it is too long for a message of one line."""
    word = str(word)  # NumPy's strings have a repr of their own
    return repr(word if len(word) <= length else word[:length] + "...")


def represented(value: object, length: int = 80) -> str:
    """The repr of any value, cut where it is too long for a message of one line."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an integer of too many digits, or a repr that fails
        text = f"a {type(value).__name__}"
    return text if len(text) <= length else text[:length] + "..."


class Xw2vError(Exception):
    """A failure that the user can act on; its message is complete without a traceback.

    Args:
        message: what is wrong and what to do: a string, or what becomes one when it is read.
        path: the file or folder that it is about; the text begins with it.
        line: the number of the line in that file, counted from 1.
        setting: the setting or option that it is about; the text begins with it and its value.
        value: what was given for `setting`.
    """

    exit_code = 1

    def __init__(
        self,
        message: object,
        *,
        path: str | os.PathLike[str] | None = None,
        line: int | None = None,
        setting: str | None = None,
        value: object | EllipsisType = ...,
    ) -> None:
        super().__init__(message)
        self._message = message
        self.path = path
        self.line = line
        self.setting = setting
        self.value = value

    @property
    def message(self) -> str:
        """What is wrong and what to do, without the place."""
        return str(self._message)

    def add_hint(self, hint: str) -> None:
        """Add what else to do."""
        self._message = f"{self.message}; {hint}"

    def __str__(self) -> str:
        parts = []
        if self.setting is not None:
            given = "" if self.value is ... else f"={represented(self.value)}"
            parts.append(self.setting + given)
        if self.path is not None:
            path = os.fspath(self.path)
            parts.append(path if self.line is None else f"{path}:{self.line}")
        return " ".join(": ".join([*parts, self.message]).splitlines())  # names may hold line ends


class InputError(Xw2vError, ValueError):
    """Bad input: a file, corpus, model or value that cannot be used."""


class MissingFileError(InputError, FileNotFoundError):
    """A file or folder that is not there."""


class FileFormatError(InputError):
    """A file that is not of the format that was expected, or is damaged."""


class OutputError(InputError, OSError):
    """A file or folder that cannot be written."""


class OutOfMemoryError(InputError, MemoryError):
    """A task that takes more memory than there is."""


class UsageError(Xw2vError, ValueError):
    """A setting or option out of range, or settings that contradict each other."""

    exit_code = 2


class UnknownSettingError(UsageError, TypeError):
    """A setting that there is not."""


class UnknownWordError(Xw2vError, KeyError):
    """A word that is not in the vocabulary."""


class MissingDependencyError(Xw2vError, ImportError):  # type: ignore[misc]  # path: of the same meaning
    """An optional library or device that is not there; the message holds the install line."""


class TrainingError(Xw2vError, RuntimeError):
    """A run that cannot go on, such as a loss that became NaN."""


class RunInterruptedError(Xw2vError):
    """A run that was asked to stop, and did, at a step."""

    exit_code = 130
