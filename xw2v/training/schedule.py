"""The learning rate over a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LearningRate:
    """α as a linear function of the share of the run that is done (Mikolov et al. 2013a).

    Attributes:
        first: at the start.
        last: at the end.
    """

    first: float
    last: float

    def __call__(self, done: float) -> float:
        """α when a share `done`, in 0 .. 1, of the run's tokens is trained on."""
        return self.first - (self.first - self.last) * done
