"""One run at a time in an output folder: a lock that the system drops when the process ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xw2v.errors import InputError

NAME = ".lock"
LOCKED_BYTE = 0x7FFFFFFF  # where whole files cannot be locked


@contextmanager
def folder_lock(folder: str | Path) -> Iterator[None]:
    """Hold the lock of an existing folder.

    The file `.lock` stays in the folder and means nothing by itself. On a file system without
    locks nothing is locked.

    Raises:
        InputError: another process holds it.
    """
    path = Path(folder) / NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _lock(descriptor):
            process = _holder(descriptor)
            raise InputError(
                f"another run{process} is writing there; wait for it or name another `output`",
                path=folder,
            )
        with suppress(OSError):  # a full disk
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    """The process that holds the lock, as far as its file says."""
    if not hasattr(os, "pread"):
        return ""
    number = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
    return f" (process {number})" if number.isdecimal() else ""


def _lock(descriptor: int) -> bool:
    """Whether the lock is ours now, or there can be none."""
    try:
        import fcntl
    except ImportError:  # Windows
        return _lock_byte(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _lock_byte(descriptor: int) -> bool:
    import msvcrt

    os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True
