"""NumPy on the CPU: the default backend."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import array_api_compat.numpy as xp
import numpy as np

from xw2v.errors import UsageError
from xw2v.sgns.backend import Backend
from xw2v.sgns.combine_rows import RowCombiner
from xw2v.sgns.config import RunShape, StepConfig
from xw2v.sgns.interface import Composer, Purposes, Sampler, Step, SubwordIndex
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tokenstream import TokenStream
from xw2v.storage.cores import available_cores
from xw2v.storage.native import NO_COMPILER
from xw2v_numpy.combine import CompiledRowCombiner, load_combine
from xw2v_numpy.compiled import (
    CompiledStep,
    is_available,
    is_built,
    is_supported,
    rounds_operands,
)
from xw2v_numpy.sampling import CompiledSampler, load_sampling
from xw2v_numpy.subwords import CompiledComposer, load_subwords
from xw2v_numpy.team import Team, load_team

NOT_BUILT = f"the compiled step is missing, so training takes four times as long: {NO_COMPILER}"


class NumpyBackend(Backend):
    """NumPy arrays in host memory; its step is compiled (`xw2v_numpy.compiled`)."""

    name = "numpy"
    xp = xp

    def __init__(
        self, device: str = "cpu", *, deterministic: bool = False, workers: int | None = None
    ) -> None:
        if device != "cpu":
            raise UsageError(
                "`backend` numpy runs on the CPU; give `device` cpu", setting="device", value=device
            )
        super().__init__(device, deterministic=deterministic, workers=workers)
        self.device = "cpu"
        # More threads than cores would only take turns: the result does not depend on their number.
        cores = available_cores()
        self.workers = min(workers or cores, cores) if is_built() else 1

    def from_numpy(self, array: np.ndarray) -> np.ndarray:
        return array

    def to_numpy(self, array: Any) -> np.ndarray:
        host: np.ndarray = array
        return host

    def scatter_add(self, table: Any, rows: Any, updates: Any) -> None:
        from xw2v_numpy.scatter import scatter_add  # SciPy is slow to import, and rarely needed

        scatter_add(table, rows, updates)

    @cached_property
    def team(self) -> Team:
        """The threads that all compiled parts share."""
        return Team(self.workers)

    def own_step(self, config: StepConfig) -> Step | None:
        if not is_available(config):
            return None
        # Whether they are rounded depends on the processor.
        rounded = config.rounded_operands or (rounds_operands() and not self.deterministic)
        return CompiledStep(dataclasses.replace(config, rounded_operands=rounded), self.team)

    def own_composer(self, config: StepConfig, index: SubwordIndex, step: Step) -> Composer | None:
        if load_subwords() is None or not isinstance(step, CompiledStep):
            return None
        return CompiledComposer(config, index, step)

    def own_sampler(
        self, stream: TokenStream, config: StepConfig, sampling: Sampling, purposes: Purposes
    ) -> Sampler | None:
        if load_team() is None or load_sampling() is None:
            return None
        return CompiledSampler(stream, config, sampling, purposes, self.team)

    def own_row_combiner(self) -> RowCombiner | None:
        if load_team() is None or load_combine() is None:
            return None
        return CompiledRowCombiner(self.team)

    def plan(self, config: StepConfig, shape: RunShape) -> str | None:
        return NOT_BUILT if is_supported(config) and not is_built() else None
