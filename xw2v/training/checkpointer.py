"""The callbacks that watch over a run: changed files, signals, and checkpoints when they are due.

They are called after every few steps, so what they do when nothing is due costs microseconds.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from xw2v.errors import RunInterruptedError, TrainingError, UsageError
from xw2v.storage.files import reason
from xw2v.training.callbacks import NOT_DUE, Callback
from xw2v.training.checkpoint import CheckpointFolder, NonFiniteError
from xw2v.training.memory import FLOAT_BYTES
from xw2v.training.meters import LossMeter
from xw2v.training.record import BEST, CheckpointRecord, describe_progress, is_best
from xw2v.training.signals import StopSignals
from xw2v.training.state import State
from xw2v.training.trainer import Trainer, diverged

MAX_CHECKPOINT_TIME_SHARE = 0.01  # of the time, that of epochs' ends may take if epochs are short
FIRST_BYTES_PER_SECOND = 2e8  # written, until a checkpoint has shown how fast the disk is

SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class CheckpointInterval:
    """How often checkpoints are written, besides each epoch's end: one of the two is None."""

    steps: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> CheckpointInterval:
        """The interval of "200" (steps), "30s", "10m" or "1h"; UsageError for anything else."""
        found = re.fullmatch(
            r"(\d{1,12})|(\d{1,9}(?:\.\d{1,9})?)([smh])", str(text).strip(), re.ASCII
        )
        if found and found[1] and int(found[1]) > 0:
            return cls(steps=int(found[1]))
        if found and found[2] and float(found[2]) > 0:
            return cls(seconds=SECONDS[found[3]] * float(found[2]))
        raise UsageError(
            "give steps, such as 200, or a time, such as 30s, 10m or 1h",
            setting="checkpoint_every",
            value=text,
        )


class FileWatch(Callback):
    """Ends a run with InputError when a file that it reads has changed."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer

    def on_step(self, state: State) -> None:
        self._trainer.check_files()

    on_epoch_end = on_step

    def steps_until_due(self, state: State) -> int:
        return NOT_DUE  # it is the time that counts


class Checkpointer(Callback):
    """Saves a run's state when it is due.

    Args:
        trainer: whose states come.
        folder: where they are saved.
        interval: how often.
        say: where lines on checkpoints that cannot be written go.
        init: fingerprint of the vectors that the run started from, if there are any.

    Raises:
        TrainingError: in a callback, where the tables or the loss are no longer finite.
    """

    def __init__(
        self,
        trainer: Trainer,
        folder: CheckpointFolder,
        interval: CheckpointInterval,
        say: Callable[[str], None],
        init: str | None = None,
    ) -> None:
        self.trainer = trainer
        self.folder = folder
        self.interval = interval
        self.say = say
        self.init = init
        self._saved_at = time.monotonic()
        self._saved_steps = 0
        values = trainer.shape.table_rows(tied=trainer.settings.tied) * trainer.shape.dim
        self._save_seconds = values * FLOAT_BYTES / FIRST_BYTES_PER_SECOND

    def on_train_begin(self, state: State) -> None:
        self._saved_steps = state.steps

    def on_step(self, state: State) -> None:
        if self.is_due(state):
            self.save(state)

    def steps_until_due(self, state: State) -> int:
        steps = self.interval.steps
        return NOT_DUE if steps is None else steps - state.steps % steps

    def on_epoch_end(self, state: State) -> None:
        since = time.monotonic() - self._saved_at
        is_last = state.epoch == self.trainer.settings.epochs
        affordable = since * MAX_CHECKPOINT_TIME_SHARE >= self._save_seconds
        if is_last or affordable or self.is_due(state):
            self.save(state)

    def on_train_end(self, state: State) -> None:
        if state.epoch < self.trainer.settings.epochs:  # it ended early
            self.save(state)

    def is_due(self, state: State) -> bool:
        """Whether the interval is over: time has passed, or a multiple of its steps."""
        steps, seconds = self.interval.steps, self.interval.seconds
        if steps is not None:
            return state.steps // steps > self._saved_steps // steps
        return seconds is not None and time.monotonic() - self._saved_at >= seconds

    def save(self, state: State) -> bool:
        """Write a checkpoint; on a full disk or the like say so and return False, so that the run
        goes on.
        """
        trainer, began = self.trainer, time.monotonic()
        LossMeter(state).read()
        if not math.isfinite(state.loss_sum):
            raise self.with_checkpoint_hint(
                diverged("the loss is no longer finite", state, trainer.settings)
            )
        trainer.backend.synchronize()
        tables = {"center": trainer.backend.to_numpy(state.tables.center)}
        if not trainer.settings.tied:
            tables["context"] = trainer.backend.to_numpy(state.tables.context)
        if state.best is not None and not is_best(state):
            best = {f"{BEST}{name}": table for name, table in state.best._asdict().items()}
            tables |= {name: best[name] for name in best if name.removeprefix(BEST) in tables}
        try:
            self.folder.save(CheckpointRecord.of(trainer, state, self.init), tables)
        except OSError as error:
            self.say(
                f"no checkpoint at {describe_progress(state)}: {self.folder.path} cannot be "
                f"written ({reason(error)}); training continues, and earlier checkpoints are kept"
            )
            return False
        except NonFiniteError as error:
            raise self.with_checkpoint_hint(diverged(str(error), state, trainer.settings)) from None
        finally:
            self._saved_at, self._saved_steps = time.monotonic(), state.steps
            self._save_seconds = self._saved_at - began
        return True

    def with_checkpoint_hint(self, error: TrainingError) -> TrainingError:
        """`error` with a word on the checkpoint that is left."""
        if names := self.folder.names():
            good = self.folder.path / names[-1]
            return TrainingError(f"{error}; the last good checkpoint is {good}")
        return error


class StopOnSignal(Callback):
    """Ends a run, saved, with RunInterruptedError when a signal has asked for it."""

    def __init__(self, signals: StopSignals, checkpointer: Checkpointer) -> None:
        self._signals = signals
        self._checkpointer = checkpointer

    def on_step(self, state: State) -> None:
        if not self._signals.received:
            return
        place = describe_progress(state)
        if self._checkpointer.save(state):
            raise RunInterruptedError(
                f"interrupted at {place}; saved: run it again with `resume` to go on from here"
            )
        names = self._checkpointer.folder.names()
        left = f"the last checkpoint is {names[-1]}" if names else "there is no checkpoint"
        raise RunInterruptedError(f"interrupted at {place}, and not saved: {left}")

    on_epoch_end = on_step

    def steps_until_due(self, state: State) -> int:
        return NOT_DUE  # a signal comes at any time
