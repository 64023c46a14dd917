"""How far a run has come: its tables, counters and histories, from which it goes on exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import SupportsFloat, SupportsInt

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.interface import Tables


@dataclass(kw_only=True)
class Counters:
    """A state without its tables: what a checkpoint writes as JSON.

    Attributes:
        epoch: epochs completed.
        step: steps completed in the current epoch.
        steps: steps completed in all.
        loss_sum, pairs: of the measured steps since the last interval was closed.
        loss_history: (steps, mean loss per positive pair) of every reporting interval.
        validation_history: mean validation loss per positive pair after each epoch.
        seconds: spent training.
        plans: epochs the run was planned with, and then, each time some were added, how many there
            were to be.
    """

    epoch: int = 0
    step: int = 0
    steps: int = 0
    loss_sum: float = 0.0
    pairs: int = 0
    loss_history: list[tuple[int, float]] = field(default_factory=list)
    validation_history: list[float] = field(default_factory=list)
    seconds: float = 0.0
    plans: list[int] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """The first epoch with the lowest validation loss, from 1; 0 where there is none yet."""
        losses = self.validation_history
        return 1 + losses.index(min(losses)) if losses else 0


@dataclass(kw_only=True)
class State(Counters):
    """All that a run is, besides its corpus and settings.

    Attributes:
        tables: the parameters, on the device.
        best: where the run has `patience`, the tables after `best_epoch`, on the host.
        unread_losses: (loss, positive pairs) of measured steps that are not in the sums yet, as
            numbers or 0-d arrays on the device (see `xw2v.training.meters.LossMeter`).
    """

    tables: Tables[Array]
    best: Tables[np.ndarray] | None = None
    unread_losses: list[tuple[SupportsFloat, SupportsInt]] = field(default_factory=list)
