"""SIGINT, SIGTERM and Windows' SIGBREAK: a run ends at its next step, saved; a second signal ends
it at once.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from xw2v.errors import RunInterruptedError

NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is Ctrl-Break's, or that its window closes
SIGNALS = tuple(signal.Signals[name] for name in NAMES if name in signal.Signals.__members__)


class StopSignals:
    """While this context is entered, these signals end the command, and `defer` decides how.

    Python drops what is raised within a finalizer or a weak reference's callback, as they run in an
    import. A signal that came there is still in `received`, and an error that follows from going on
    leaves as KeyboardInterrupt.

    Attributes:
        defer: note the first signal in `received` and go on; if False, raise KeyboardInterrupt at
            once.
        received: whether a signal came.

    Args:
        say: where a line on a signal that was noted goes.
    """

    def __init__(self, say: Callable[[str], None] = lambda line: None) -> None:
        self.defer = False
        self.received = False
        self._raised = False
        self._say = say
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if (
            threading.current_thread() is threading.main_thread()
        ):  # Python handles signals there alone
            self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        self._report_dropped, sys.unraisablehook = sys.unraisablehook, self._dropped
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._report_dropped
        if (
            self._raised
            and isinstance(error, Exception)
            and not isinstance(error, RunInterruptedError)
        ):
            raise KeyboardInterrupt from error

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """While this is entered, the first signal is noted and does nothing else."""
        self.defer = True
        try:
            yield
        finally:
            self.defer = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self.received = self.received, True
        if again or not self.defer:
            self._raised = True
            raise KeyboardInterrupt
        self._say(
            f"{signal.Signals(number).name}: stopping after this step; "
            "once more stops at once, unsaved"
        )

    def _dropped(self, what: sys.UnraisableHookArgs) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            self._report_dropped(what)
