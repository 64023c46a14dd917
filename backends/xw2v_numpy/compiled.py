"""The step compiled (`kernels.c`), skip-gram and CBOW, for a team of threads.

What makes it faster than the plain version: scores of positive pairs are computed one window at a
time, and none outside it; the arrays of a group stay in a core's caches; all that happens to a row
in a batch is summed and written once; rows are prefetched; and nothing is allocated.
`xw2v.sgns.step.PlainStep` is its oracle in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, PlannedStep, Tables
from xw2v_numpy.kernels import PRECISIONS, load_kernels
from xw2v_numpy.team import Team, load_team
from xw2v_numpy.workspace import Workspace


def is_built() -> bool:
    """Whether this installation has the libraries."""
    kernels = (load_kernels(bits) for bits in PRECISIONS)
    return load_team() is not None and all(library is not None for library in kernels)


def is_supported(config: StepConfig) -> bool:
    """Whether the compiled step can do what a config asks for, if it is built."""
    library = load_kernels(PRECISIONS[0])
    max_window = math.inf if library is None else library.constants["MAX_WINDOW"]
    return 1 <= config.window <= max_window


def rounds_operands() -> bool:
    """Whether products of bfloat16 are faster here: the processor has them, and they are built."""
    return load_kernels(PRECISIONS[0], rounded=True) is not None


def is_available(config: StepConfig) -> bool:
    """Whether it can, and is built here."""
    return is_supported(config) and is_built()


class CompiledStep:
    """Training steps; see `xw2v.sgns.interface.Step` and `StepRunner`.

    Args:
        config: of a step that is supported.
        team: threads that share it; the result does not depend on their number.
        split: whether several threads work on a group, with the same result; by default where
            that is faster.
        cut: the threads that the rows are cut for, with the same result; by default the team's.
    """

    def __init__(
        self,
        config: StepConfig,
        team: Team | None = None,
        split: bool | None = None,
        cut: int | None = None,
    ) -> None:
        self.config = config
        self.name = "compiled, products of bfloat16" if config.rounded_operands else "compiled"
        self.split = split
        self.cut = cut
        self.team = team or Team(1)
        self._workspace: Workspace | None = None

    def __call__(
        self, tables: Tables[Any], batch: Batch[Any], alpha: float, *, measure: bool = False
    ) -> np.float64 | None:
        return self.run(tables, [PlannedStep(batch, alpha, measure)])[0]

    def run(
        self, tables: Tables[Any], steps: Sequence[PlannedStep[Any]]
    ) -> list[np.float64 | None]:
        return self._workspace_for(tables, steps[0].batch).run(tables, steps)

    def loss(self, tables: Tables[Any], batch: Batch[Any]) -> np.float64:
        """The loss of a batch, summed over its pairs, with the tables left as they are."""
        return self._workspace_for(tables, batch).loss(tables, batch)

    @property
    def mean_of_negatives(self) -> np.ndarray:
        """(P,) of the negatives' rows before the last step, over the pairs that met them: D numbers
        and zeros. Zeros in CBOW.
        """
        assert self._workspace is not None
        return self._workspace.mean_of_negatives

    def _workspace_for(self, tables: Tables[Any], batch: Batch[Any]) -> Workspace:
        workspace = self._workspace
        if workspace is None or not workspace.fits(tables, batch):
            workspace = self._workspace = Workspace(
                self.config, tables, batch, self.team, self.split, self.cut
            )
        return workspace
