"""One run at a time in an output folder: a lock that the system drops when the process ends,
however it ends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xw2v.errors import InputError

NAME = ".lock"
HELD = 0x7FFFFFFF  # the byte that is locked where whole files cannot be


@contextmanager
def folder_lock(folder: str | Path) -> Iterator[None]:
    """Hold the lock of a folder that is there.

    The file `.lock` stays in the folder and means nothing by itself. On a file system without locks
    there is none.

    Raises InputError: another process holds it.
    """
    path = Path(folder) / NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _lock(descriptor):
            holder = (
                os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
                if hasattr(os, "pread")
                else ""
            )
            process = f" (process {holder})" if holder.isdecimal() else ""
            raise InputError(
                f"{folder}: another run{process} is writing there; wait for it or name another --output"
            )
        with suppress(OSError):  # a full disk
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(descriptor)


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

    os.lseek(descriptor, HELD, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True
