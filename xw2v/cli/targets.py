"""One rule for commands that write: no file is replaced without --force, and no input ever."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xw2v.errors import InputError


def check_target(target: Path, inputs: Iterable[Path], force: bool) -> None:
    """Raise InputError where writing `target` would replace a file that is an input of the command,
    or is in a folder that is one, or any file without `force`.
    """
    if not target.is_file():  # devices and pipes are written as they are
        return
    if any(path.exists() and _holds(path, target) for path in inputs):
        raise InputError("is what this command reads; give another name", path=target)
    if not force:
        raise InputError("exists already; give another name, or --force to replace it", path=target)


def _holds(path: Path, target: Path) -> bool:
    """Whether a file or folder is or holds the file `target`."""
    return path.samefile(target) or target.resolve().is_relative_to(path.resolve())
