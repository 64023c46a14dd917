"""SIGINT and SIGTERM: a run ends at its next step, saved; a second signal ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignals:
    """While this context is entered, both signals end the command, and `defer` says how.

    Attributes:
        defer: note the first signal in `received` and go on; if False, raise KeyboardInterrupt at once.
        received: whether a signal came.

    Args:
        say: told of a signal that was noted.
    """

    def __init__(self, say: Callable[[str], None] = lambda line: None) -> None:
        self.defer, self.received = False, False
        self._say = say
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # Python handles signals there alone
            self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received or not self.defer:
            raise KeyboardInterrupt
        self.received = True
        self._say(f"{signal.Signals(number).name}: stopping after this step; once more stops at once, unsaved")
