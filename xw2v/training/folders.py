"""Folders that are complete or not there at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from xw2v.storage.diskspace import require_space
from xw2v.storage.files import sync
from xw2v.storage.renames import rename


def write_folder(
    partial: Path,
    target: Path,
    write: Callable[[Path], None],
    before_rename: Callable[[], None] = lambda: None,
    n_bytes: int = 0,
) -> None:
    """Fill the hidden folder `partial`, force it to the disk, and rename it to `target`.

    Whatever is at either place is replaced. After an exception `partial` is gone and `target` is
    what it was.

    Args:
        write: fills the folder with files.
        before_rename: called when all of them are on the disk.
        n_bytes: what the files have at least.

    Raises:
        OSError: the disk has no room for so many, or whatever else is wrong.
    """
    shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
    require_space(partial.parent, n_bytes)
    try:
        partial.mkdir()
        write(partial)
        for file in partial.iterdir():
            sync(file)
        sync(partial)
        before_rename()
        shutil.rmtree(target, ignore_errors=True)
        rename(partial, target)
        sync(target.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
