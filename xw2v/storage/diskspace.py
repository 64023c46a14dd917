"""The room on a disk, asked for before a large file is written, so that no disk is filled by one
that does not fit.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path


def require_space(folder: Path, n_bytes: int) -> None:
    """Raise OSError (ENOSPC) where the disk of a folder has fewer bytes left than will be written.

    Nothing is raised where the system does not say how many there are.
    """
    try:
        disk = shutil.disk_usage(folder)
    except (AttributeError, OSError):  # there is no such call; or writing will say what is wrong
        return
    if disk.total and disk.free < n_bytes:
        needed, left = shown_bytes(n_bytes), shown_bytes(disk.free)
        raise OSError(
            errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {needed} are needed, and {left} are left"
        )


def shown_bytes(size: int) -> str:
    """A size as a person reads it."""
    for unit, bits in (("TiB", 40), ("GiB", 30)):
        if size >= 1 << bits:
            return f"{size / (1 << bits):.1f} {unit}"
    return f"{size / (1 << 20):.0f} MiB"
