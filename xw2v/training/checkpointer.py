"""What watches over a run between its steps: checkpoints when they are due, signals, changed files.

`Checkpointer.after_step` is called after every step, so what it does when nothing is due costs
microseconds.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xw2v.errors import Interrupted, TrainingError, UsageError
from xw2v.storage.files import reason
from xw2v.training.checkpoint import CheckpointFolder, NonFiniteError
from xw2v.training.resume import content_of
from xw2v.training.signals import StopSignals
from xw2v.training.trainer import State, Trainer, diverged


@dataclass(frozen=True)
class CheckpointInterval:
    """How often checkpoints are written, besides each epoch's end: one of the two is None."""

    steps: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> CheckpointInterval:
        """What --checkpoint-every takes: "200" steps or "10m" minutes; UsageError for anything
        else.
        """
        found = re.fullmatch(r"(\d{1,12})|(\d{1,9}(?:\.\d{1,9})?)m", str(text).strip(), re.ASCII)
        if found and found[1] and int(found[1]) > 0:
            return cls(steps=int(found[1]))
        if found and found[2] and float(found[2]) > 0:
            return cls(seconds=60 * float(found[2]))
        raise UsageError(
            f"--checkpoint-every {text}: give steps, such as 200, or minutes, such as 10m"
        )


AT_MOST = 0.01  # share of the time that checkpoints at the ends of epochs may take, where epochs are short


class Checkpointer:
    """Saves a run's state when it is due, and ends the run, saved, when it is asked to.

    Args:
        trainer: whose states come.
        folder: where they are saved.
        every: how often.
        signals: of a stop that was asked for.
        say: where lines for the user go.
        about: further entries of a checkpoint.
    """

    def __init__(
        self,
        trainer: Trainer,
        folder: CheckpointFolder,
        every: CheckpointInterval,
        signals: StopSignals,
        say: Callable[[str], None],
        about: dict[str, Any],
    ) -> None:
        self.trainer, self.folder, self.every = trainer, folder, every
        self.signals, self.say, self.about = signals, say, about
        self._saved, self._took = time.monotonic(), 0.0

    def after_step(self, state: State) -> None:
        """Save, stop, or do nothing.

        Raises:
            Interrupted: a signal came; the state is saved.
            InputError: a file that the run reads has changed.
            TrainingError: the tables are no longer finite.
        """
        self.trainer.check_files()
        if self.signals.received:
            self._stop(state)
        if self._is_due(state):
            self.save(state)

    def _is_due(self, state: State) -> bool:
        steps, seconds = self.every.steps, self.every.seconds
        since = time.monotonic() - self._saved
        if (steps and state.steps % steps == 0) or (seconds and since >= seconds):
            return True
        ended = state.step == 0
        return ended and (
            since * AT_MOST >= self._took or state.epoch == self.trainer.settings.epochs
        )

    def save(self, state: State) -> bool:
        """Write a checkpoint; on a full disk or the like say so, let the run go on, and answer
        False.
        """
        trainer, began = self.trainer, time.monotonic()
        if not math.isfinite(state.loss_sum):
            raise self.with_checkpoint_hint(
                diverged("the loss is no longer finite", state, trainer.settings)
            )
        trainer.backend.synchronize()
        tables: dict[str, np.ndarray] = {"center": trainer.backend.to_numpy(state.tables.center)}
        if not trainer.settings.tied:
            tables["context"] = trainer.backend.to_numpy(state.tables.context)
        try:
            self.folder.save(content_of(trainer, state, self.about), tables)
        except OSError as error:
            self.say(
                f"no checkpoint at {where(state)}: {self.folder.path} cannot be written ({reason(error)}); training "
                "goes on, and checkpoints before this one stay"
            )
            return False
        except NonFiniteError as error:
            raise self.with_checkpoint_hint(diverged(str(error), state, trainer.settings)) from None
        finally:
            self._saved = time.monotonic()
            self._took = self._saved - began
        return True

    def with_checkpoint_hint(self, error: TrainingError) -> TrainingError:
        """`error` with a word on the checkpoint that is left."""
        names = self.folder.names()
        return (
            TrainingError(f"{error}; the last good checkpoint is {self.folder.path / names[-1]}")
            if names
            else error
        )

    def _stop(self, state: State) -> None:
        if self.save(state):
            raise Interrupted(
                f"interrupted at {where(state)}; saved: the same command with --resume goes on from here"
            )
        names = self.folder.names()
        left = f"the last checkpoint is {names[-1]}" if names else "there is no checkpoint"
        raise Interrupted(f"interrupted at {where(state)}, and not saved: {left}")


def where(state: State) -> str:
    """How far a state is, in words."""
    if state.step == 0:
        return f"the end of epoch {state.epoch}" if state.epoch else "the beginning"
    return f"epoch {state.epoch + 1}, step {state.step:,}"
