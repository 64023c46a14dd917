"""What a run measures of itself: its time, its speed and its loss."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import SupportsFloat, SupportsInt

from xw2v.training.state import State


class TrainingClock:
    """The seconds that a run has trained, with those before it was resumed; it can be paused."""

    def __init__(self, before: float = 0.0) -> None:
        self._origin = time.perf_counter() - before

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._origin

    @contextmanager
    def paused(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._origin += time.perf_counter() - began


class SpeedMeter:
    """Raw corpus words per second of training time since a run, or its resumption, began.

    Args:
        words: raw words of the complete run.
        clock: of the training time.
    """

    def __init__(self, words: int, clock: TrainingClock) -> None:
        self._words = words
        self._clock = clock
        self._began = clock.seconds
        self._first_share: float | None = None

    def begin(self, done: float) -> None:
        """Note the share of the run that is done before the first step; later calls do nothing."""
        if self._first_share is None:
            self._first_share = done

    def words_per_second(self, done: float) -> float:
        """The mean speed up to a share `done` of the run."""
        trained = (done - (self._first_share or 0.0)) * self._words
        return trained / max(self._clock.seconds - self._began, 1e-9)


class LossMeter:
    """Sums the losses of a state's measured steps.

    A loss is left on its device until the sum is needed, so that the host does not wait for a
    measured step. The order of additions is that of the steps.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._measured_steps = 0  # since the mean was last taken
        self.mean_pairs = 0.0  # positive pairs of a step, as of when the mean was last taken

    def add(self, loss: SupportsFloat, pairs: SupportsInt) -> None:
        """Note a step's summed loss and its positive pairs: numbers or 0-d arrays."""
        self._state.unread_losses.append((loss, pairs))
        self._measured_steps += 1

    def read(self) -> None:
        """Bring `loss_sum` and `pairs` of the state up to date."""
        for loss, pairs in self._state.unread_losses:
            self._state.loss_sum += float(loss)
            self._state.pairs += int(pairs)
        self._state.unread_losses.clear()

    def take_mean(self) -> float | None:
        """The mean loss per positive pair since it was last taken; None without a pair."""
        self.read()
        if self._state.pairs == 0:
            return None
        mean = self._state.loss_sum / self._state.pairs
        self.mean_pairs = self._state.pairs / max(self._measured_steps, 1)
        self._measured_steps = 0
        self._state.loss_sum, self._state.pairs = 0.0, 0
        return mean
