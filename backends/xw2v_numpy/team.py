"""A team of threads for compiled code: see team.h for how it shares work."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from functools import cache

import numpy as np

from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature, native_library

FUNCTIONS: dict[str, Signature] = {
    "xw2v_form_team": (None, Pointer, Count),
    "xw2v_help": (None, Pointer, Count),
    "xw2v_helpers_awake": (Count, Pointer),
    "xw2v_stop_helpers": (None, Pointer),
    "xw2v_trace": (None, Pointer, Pointer),
    "xw2v_name_thread": (None, ctypes.c_char_p),
    "xw2v_processor_level": (ctypes.c_char_p,),
    "xw2v_multiplies_bfloat16": (ctypes.c_int,),
}


@cache
def load_team() -> NativeLibrary | None:
    """The library of team.c; None where this installation has none."""
    return native_library("xw2v_numpy._team", (), FUNCTIONS)


def library_of_level(
    name: str, structures: tuple[type[ctypes.Structure], ...], functions: dict[str, Signature]
) -> NativeLibrary | None:
    """The library of this name for the processor's level of x86-64, else that for the baseline;
    None where this installation has neither, because no C compiler was found at install time.
    """
    team = load_team()
    level = team.xw2v_processor_level().decode() if team is not None else ""
    names = [f"{name}_{level}", name] if level else [name]
    libraries = (native_library(name, structures, functions) for name in names)
    return next((library for library in libraries if library is not None), None)


class Team:
    """The thread that calls, and helpers that sleep while there is nothing to do.

    Helpers are daemon threads, started by the first `wake`. A process that was forked starts its
    own, since threads do not survive a fork.

    Args:
        threads: their number, the calling one included.

    Attributes:
        threads: as given.
        address: of the team's state, for compiled functions.
    """

    def __init__(self, threads: int) -> None:
        library = load_team()
        if library is None:
            raise ValueError("this installation has no compiled team")
        self.threads = threads
        self._library = library
        self._start()

    def _start(self) -> None:
        size = self._library.constants["TEAM_BYTES"]
        alignment = self._library.constants["TEAM_ALIGNMENT"]
        self._memory = np.zeros(size + alignment, np.uint8)
        self.address = self._memory.ctypes.data + -self._memory.ctypes.data % alignment
        self._library.xw2v_form_team(self.address, self.threads)
        self._process = os.getpid()
        self._sleepers = WakeSignal()
        self._helpers: list[threading.Thread] = []
        self._finalizer = weakref.finalize(
            self, _stop, self._library, self.address, self._memory, self._sleepers
        )

    def wake(self) -> int:
        """Wake the helpers, where they sleep; the team's address, for a job that begins now."""
        if self.threads == 1:
            return self.address
        if self._process != os.getpid():
            self._finalizer.detach()
            self._start()
        if not self._helpers:
            for thread in range(1, self.threads):
                arguments = self._library, self.address, self._memory, self._sleepers, thread
                name = f"xw2v-{thread}"
                helper = threading.Thread(target=_help, args=arguments, name=name, daemon=True)
                helper.start()
                self._helpers.append(helper)
        if self.helpers_awake() < self.threads - 1:
            self._sleepers.wake.set()
        return self.address

    def trace(self, nanoseconds: np.ndarray | None) -> None:
        """Add how long each unit of the next jobs takes to an int64 array that is long enough."""
        self._trace = nanoseconds  # kept alive while C writes to it
        address = None if nanoseconds is None else nanoseconds.ctypes.data
        self._library.xw2v_trace(self.address, address)

    def helpers_awake(self) -> int:
        """Helpers that work, or look for work."""
        return int(self._library.xw2v_helpers_awake(self.address))


class WakeSignal:
    """What the helpers of a team wait for while there is no work."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.stopped = False


def _help(
    library: NativeLibrary, address: int, memory: np.ndarray, sleepers: WakeSignal, thread: int
) -> None:
    """Work, and sleep when there is none, until the team is stopped; `memory` is kept alive."""
    library.xw2v_name_thread(threading.current_thread().name.encode())
    while not sleepers.stopped:
        sleepers.wake.wait()
        sleepers.wake.clear()  # a helper that misses this is woken by the next job
        library.xw2v_help(address, thread)


def _stop(library: NativeLibrary, address: int, memory: np.ndarray, sleepers: WakeSignal) -> None:
    sleepers.stopped = True
    library.xw2v_stop_helpers(address)
    sleepers.wake.set()
