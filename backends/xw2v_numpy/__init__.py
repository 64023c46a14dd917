"""NumPy on the CPU: the default backend."""

from __future__ import annotations

import array_api_compat.numpy as xp
import numpy as np

from xw2v.errors import UsageError
from xw2v.sgns.backend import Backend
from xw2v.sgns.interface import Step, StepConfig
from xw2v.storage.native import NO_COMPILER
from xw2v_numpy.compiled import CompiledStep, is_built, serves, suits

NOT_BUILT = f"the compiled step is missing, so training takes four times as long: {NO_COMPILER}"


class NumpyBackend(Backend):
    """NumPy arrays in host memory; its step is compiled (`xw2v_numpy.compiled`)."""

    name = "numpy"
    xp = xp

    def __init__(self, device: str = "cpu") -> None:
        if device != "cpu":
            raise UsageError(
                f"--backend numpy runs on the CPU, not on --device {device}; give --device cpu"
            )
        self.device = "cpu"

    def from_numpy(self, array: np.ndarray) -> np.ndarray:
        return array

    def to_numpy(self, array: np.ndarray) -> np.ndarray:
        return array

    def scatter_add(self, table: np.ndarray, rows: np.ndarray, updates: np.ndarray) -> None:
        from xw2v_numpy.scatter import scatter_add  # SciPy is slow to import, and rarely needed

        scatter_add(table, rows, updates)

    def step(self, config: StepConfig) -> Step:
        return CompiledStep(config) if serves(config) else super().step(config)

    def plan(self, config: StepConfig, **sizes: int) -> str | None:
        return NOT_BUILT if suits(config) and not is_built() else None
