"""How many steps are taken in one call.

Each call costs the interpreter some microseconds, while the threads of a step wait, and so does
what is looked at between two calls: progress, signals, whether a checkpoint is due. So steps that
can be taken several a call are (`xw2v.sgns.interface.StepRunner`), but not for longer than a person
who interrupts a run would notice. The steps are the same however they are cut into calls.
"""

from __future__ import annotations

import time

from xw2v.sgns.interface import Step, StepRunner

MAX_STEPS_A_CALL = 32
MAX_SECONDS_A_CALL = 0.02


class Pace:
    """Measures steps, and says how many are taken next.

    Args:
        step: what they are taken with.
    """

    def __init__(self, step: Step) -> None:
        self._max_steps = MAX_STEPS_A_CALL if isinstance(step, StepRunner) else 1
        self._steps = 0  # of the last call
        self._began = 0.0

    def next_steps(self, due: int) -> int:
        """How many, where `due` is after how many at most something else is to be done."""
        now = time.perf_counter()
        affordable = 1
        if self._steps:
            seconds = (now - self._began) / self._steps
            affordable = max(int(MAX_SECONDS_A_CALL / max(seconds, 1e-9)), 1)
        self._began = now
        self._steps = min(self._max_steps, affordable, due)
        return self._steps
