"""CuPy on CUDA: draws, batches and steps on one GPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.backend import Backend
from xw2v.errors import MissingDependencyError, UsageError

INSTALL = 'pip install "xw2v[cuda12]" or "xw2v[cuda13]", as your driver has it (nvidia-smi says which)'


class CupyBackend(Backend):
    """CuPy arrays on "cuda" or "cuda:N"."""

    name = "cupy"

    def __init__(self, device: str = "cuda") -> None:
        kind, _, number = device.partition(":")
        if kind != "cuda" or not (number or "0").isdecimal():
            raise UsageError(f"--backend cupy: no --device {device}; give cuda or cuda:N")
        self._cupy = cupy = _import_cupy()
        found = _device_count(cupy)
        index = int(number or 0)
        if index >= found:
            raise MissingDependencyError(
                f"--device {device}: CuPy sees {found} CUDA devices here; give --device cpu"
                + (f" or cuda:0 to cuda:{found - 1}" if found else f", or on a machine with a GPU {INSTALL}")
            )
        import array_api_compat.cupy as xp

        self.xp = xp
        self.device = cupy.cuda.Device(index)
        self.device.use()

    def from_numpy(self, array: np.ndarray) -> Any:
        return self._cupy.asarray(array)

    def to_numpy(self, array: Any) -> np.ndarray:
        return self._cupy.asnumpy(array)

    def scatter_add(self, table: Any, rows: Any, updates: Any) -> None:
        self._cupy.add.at(table, rows, updates)

    def synchronize(self) -> None:
        self.device.synchronize()


def _import_cupy() -> Any:
    try:
        import cupy
    except ImportError as error:
        raise MissingDependencyError(f"--device cuda needs CuPy: {INSTALL}") from error
    return cupy


def _device_count(cupy: Any) -> int:
    """CUDA devices that CuPy can use; 0 where there is no driver (CuPy imports without one)."""
    try:
        return cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:
        return 0
