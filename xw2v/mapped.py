"""Memory-mapped arrays that are read from end to end without filling this process's memory."""

from __future__ import annotations

import mmap

import numpy as np


def forget_pages(array: np.ndarray) -> None:
    """Let go of the pages of a read-only memory map that were read so far; nothing happens to any other array.

    They would count as this process's memory until the system wants them back, however large the file. What
    is read again comes from the system's file cache, or from the file.
    """
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and not array.flags.writeable and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
