"""Memory that the ranks of one machine share.

It is Linux's memfd: a file in memory without a name, which the others open through /proc. So
nothing is left of it when the last rank has ended, however that came, and the size of /dev/shm, a
few megabytes in some containers, does not matter.
"""

from __future__ import annotations

import mmap
import os
from contextlib import ExitStack, suppress
from typing import NamedTuple

import numpy as np

from xw2v.cluster.ranks import Ranks


class Part(NamedTuple):
    """A rank's file in memory: its process and descriptor, and what identifies the file, since
    processes have other numbers where each rank is in a container of its own.
    """

    process: int
    descriptor: int
    device: int
    inode: int
    size: int


def shared_memory(ranks: Ranks, size: int) -> list[np.ndarray] | None:
    """See `Ranks.share`."""
    with ExitStack() as stack:
        memory = [_mapped(Part(*part)) for part in ranks.gather(_created(size, stack))]
        shared = [array for array in memory if array is not None]
        # Each rank closes its file only when all have mapped it.
        return shared if all(ranks.gather(len(shared) == ranks.size)) else None


def _created(size: int, stack: ExitStack) -> Part:
    """This rank's part; nobody's where the system has no such files."""
    if hasattr(os, "memfd_create"):
        with suppress(OSError):
            descriptor = os.memfd_create("xw2v")
            stack.callback(os.close, descriptor)
            os.ftruncate(descriptor, size)
            status = os.fstat(descriptor)
            return Part(os.getpid(), descriptor, status.st_dev, status.st_ino, size)
    return Part(0, 0, 0, 0, 0)


def _mapped(part: Part) -> np.ndarray | None:
    """The memory of a part, (size,) uint8, for as long as the array lives; None where this process
    cannot reach it.
    """
    with ExitStack() as stack, suppress(OSError):
        descriptor = os.open(f"/proc/{part.process}/fd/{part.descriptor}", os.O_RDWR)
        stack.callback(os.close, descriptor)
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) == (part.device, part.inode):
            memory = mmap.mmap(descriptor, part.size)
            with suppress(OSError):  # huge pages, where the system has them for those who ask
                memory.madvise(mmap.MADV_HUGEPAGE)
            return np.frombuffer(memory, np.uint8)
    return None
