"""The memory of this machine, as its system reports it."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

MEMINFO = Path("/proc/meminfo")


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of Windows."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load_percent", ctypes.c_uint32),
        ("total_physical", ctypes.c_uint64),
        ("available_physical", ctypes.c_uint64),
        ("total_paged", ctypes.c_uint64),
        ("available_paged", ctypes.c_uint64),
        ("total_virtual", ctypes.c_uint64),
        ("available_virtual", ctypes.c_uint64),
        ("available_extended", ctypes.c_uint64),
    ]


def machine_memory() -> tuple[int, str] | None:
    """Bytes that can be had without swapping, and whose they are; None where that is unknown.

    Linux and Windows report what is available, macOS and others what there is.
    """
    if sys.platform == "win32":
        available = _of_windows()
    else:
        available = _of_linux()
    if available is not None:
        return available, "of this machine"
    return _total()


def _of_linux() -> int | None:
    try:
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _of_windows() -> int | None:
    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined, unused-ignore]
    if not kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.available_physical)


def _total() -> tuple[int, str] | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), "all of this machine"
    except (AttributeError, OSError, ValueError):  # no such function, or no such name
        return None
