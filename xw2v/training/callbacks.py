"""Callbacks that training calls between steps: progress, checkpoints, signals.

The loop calls each `Callback` of its list in turn. What one raises ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xw2v.training.state import State

NOT_DUE = 2**31  # steps: at no step in particular


@dataclass(frozen=True)
class Progress:
    """How a run goes, at the end of a reporting interval.

    Attributes:
        done: share of the run's tokens trained on, in 0 .. 1.
        loss: mean loss per positive pair of the last reporting interval.
        pairs: positive pairs of that interval, estimated from its measured steps.
        alpha: current learning rate.
        words_per_second: raw corpus words over training time since the run (or its resumption)
            began.
    """

    done: float
    loss: float
    pairs: float
    alpha: float
    words_per_second: float


class Callback:
    """Called by the loop when `state` is consistent; a subclass defines what it needs.

    The tables of `state` are the vectors as trained so far.
    """

    def on_train_begin(self, state: State) -> None:
        """Before the first step of a run, or of its resumption."""

    def on_epoch_begin(self, state: State) -> None:
        """Before the first step of every epoch; not where one is resumed in its middle."""

    def on_step(self, state: State) -> None:
        """After every step, or fewer (`steps_until_due`); costs the run time, so it should do
        little.
        """

    def steps_until_due(self, state: State) -> int:
        """How many steps may be taken until `on_step` is called again: one, where a subclass
        defines that and no longer stretch here. It is called sooner where others want that, or
        when MAX_SECONDS_A_CALL have passed (`xw2v.training.pace`).
        """
        return NOT_DUE if type(self).on_step is Callback.on_step else 1

    def on_interval(self, state: State, progress: Progress) -> None:
        """After every reporting interval, some 200 times a run or every 100 steps."""

    def on_batches_end(self, state: State) -> None:
        """After an epoch's last step, before its validation loss is measured."""

    def on_epoch_end(self, state: State) -> None:
        """After every epoch, with its validation loss in the history."""

    def on_train_end(self, state: State) -> None:
        """After the last epoch."""

    def wants_to_stop(self, state: State) -> bool:
        """Whether the run shall end here; asked before every epoch."""
        return False


class CallbackList(Callback):
    """Several callbacks as one, called in their order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._callbacks = callbacks

    def on_train_begin(self, state: State) -> None:
        for callback in self._callbacks:
            callback.on_train_begin(state)

    def on_epoch_begin(self, state: State) -> None:
        for callback in self._callbacks:
            callback.on_epoch_begin(state)

    def on_step(self, state: State) -> None:
        for callback in self._callbacks:
            callback.on_step(state)

    def steps_until_due(self, state: State) -> int:
        return min((c.steps_until_due(state) for c in self._callbacks), default=NOT_DUE)

    def on_interval(self, state: State, progress: Progress) -> None:
        for callback in self._callbacks:
            callback.on_interval(state, progress)

    def on_batches_end(self, state: State) -> None:
        for callback in self._callbacks:
            callback.on_batches_end(state)

    def on_epoch_end(self, state: State) -> None:
        for callback in self._callbacks:
            callback.on_epoch_end(state)

    def on_train_end(self, state: State) -> None:
        for callback in self._callbacks:
            callback.on_train_end(state)

    def wants_to_stop(self, state: State) -> bool:
        return any(callback.wants_to_stop(state) for callback in self._callbacks)


class ProgressReport(Callback):
    """Passes each interval's progress on to a function, and at the end of the last epoch that all
    is done.
    """

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._last: Progress | None = None

    def on_interval(self, state: State, progress: Progress) -> None:
        self._last = progress
        self._report(progress)

    def on_epoch_end(self, state: State) -> None:
        last = self._last
        if last is not None and last.done < 1 and state.epoch == state.plans[-1]:
            self._report(replace(last, done=1.0))


HOOKS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_step",
    "on_interval",
    "on_epoch_end",
    "on_train_end",
)


class ModelHooks(Callback):
    """Calls hooks of objects of a user's with a model, which is shown the state before.

    Args:
        model: their argument.
        callbacks: objects with any of HOOKS as methods.
    """

    def __init__(self, model: Any, callbacks: Iterable[Any]) -> None:
        given = tuple(callbacks)
        self._model = model
        self._hooks = {
            hook: [getattr(each, hook) for each in given if hasattr(each, hook)] for hook in HOOKS
        }

    def show(self, state: State) -> None:
        """Make the model that of a state."""
        raise NotImplementedError

    def _call(self, hook: str, state: State, *given: Any) -> None:
        if self._hooks[hook]:
            self.show(state)
        for method in self._hooks[hook]:
            method(self._model, *given)

    def on_train_begin(self, state: State) -> None:
        self._call("on_train_begin", state)

    def on_epoch_begin(self, state: State) -> None:
        self._call("on_epoch_begin", state)

    def on_step(self, state: State) -> None:
        self._call("on_step", state)

    def steps_until_due(self, state: State) -> int:
        return 1 if self._hooks["on_step"] else NOT_DUE

    def on_interval(self, state: State, progress: Progress) -> None:
        self._call("on_interval", state, progress)

    def on_epoch_end(self, state: State) -> None:
        self._call("on_epoch_end", state)

    def on_train_end(self, state: State) -> None:
        self._call("on_train_end", state)
