"""One rule for commands that write: no file is replaced without --force, and no input ever."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from xw2v.errors import InputError
from xw2v.storage.packing import ENDINGS, OTHER_ENDINGS, check_ending

SLASHES = tuple(filter(None, (os.sep, os.altsep)))


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


def check_file_name(name: str) -> None:
    """Raise InputError, before any work, for a name that no file can be written under."""
    if name in ("", "-"):
        raise InputError("give the name of a file", path=name or "''")
    path = Path(name)
    if name.endswith(SLASHES) or path.is_dir():
        raise InputError("is a folder; give the name of a file in it", path=name)
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent}; make it first", path=name)
    check_ending(name)


def check_folder_name(name: str) -> None:
    """Raise InputError, before any work, for a name that no folder should have."""
    if name in ("", "-"):
        raise InputError("give the name of a folder", path=name or "''")
    path = Path(name)
    if path.exists() and not path.is_dir():
        raise InputError("is a file, and this format makes a folder; give another name", path=name)
    if path.suffix.lower() in (*ENDINGS, *OTHER_ENDINGS):
        raise InputError(
            f"this format makes a folder, which is not compressed; leave out {path.suffix}",
            path=name,
        )


def _holds(path: Path, target: Path) -> bool:
    """Whether a file or folder is or holds the file `target`."""
    return path.samefile(target) or target.resolve().is_relative_to(path.resolve())
