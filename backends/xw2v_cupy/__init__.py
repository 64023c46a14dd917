"""CuPy on CUDA: draws, batches and steps on one GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from xw2v.errors import MissingDependencyError, UsageError
from xw2v.sgns.backend import Backend
from xw2v.sgns.draws import LANES as WORDS_OF_COUNTER
from xw2v.sgns.draws import low_discrepancy_uint32
from xw2v.storage.filearray import FileArray
from xw2v_cupy.corpus import DeviceCorpus
from xw2v_cupy.fused import fused_sizes
from xw2v_cupy.kernels import LANES, Kernels
from xw2v_cupy.memory import corpus_bytes, in_gb, plan_memory
from xw2v_cupy.scatter import scatter_add
from xw2v_cupy.step import CupyStep
from xw2v_cupy.sums import Ids

if TYPE_CHECKING:
    from xw2v.sgns.interface import Step, StepConfig

INSTALL = (
    'pip install "xw2v[cuda12]" or "xw2v[cuda13]", as your driver has it (nvidia-smi says which)'
)


class CupyBackend(Backend):
    """CuPy arrays on "cuda" or "cuda:N", which becomes CuPy's current device in this thread."""

    name = "cupy"
    fused = True  # a step's gradients in one kernel where they fit; see `xw2v_cupy.step.CupyStep`
    piece = 2**22

    def __init__(self, device: str = "cuda", *, deterministic: bool = False) -> None:
        kind, _, number = device.partition(":")
        if kind != "cuda" or not (number or "0").isdecimal():
            raise UsageError(f"--backend cupy: no --device {device}; give cuda or cuda:N")
        self._cupy = cupy = _import_cupy()
        found = _device_count(cupy)
        index = int(number or 0)
        if index >= found:
            raise MissingDependencyError(
                f"--device {device}: CuPy sees {found} CUDA devices here; give --device cpu"
                + (
                    f" or cuda:0 to cuda:{found - 1}"
                    if found
                    else f", or on a machine with a GPU {INSTALL}"
                )
            )
        import array_api_compat.cupy as xp

        self.xp = xp
        self.device = cupy.cuda.Device(index)
        self.device.use()
        self._kernels: dict[str, Kernels] = {}

    def from_numpy(self, array: np.ndarray) -> Any:
        return self._cupy.asarray(array, order="C")

    def to_numpy(self, array: Any) -> np.ndarray:
        return self._cupy.asnumpy(array)

    def scatter_add(self, table: Any, rows: Any, updates: Any) -> None:
        ids = Ids(rows, 0, rows, rows.shape[0])
        updates = self._cupy.ascontiguousarray(updates)
        scatter_add(
            self.kernels(table.dtype), table, ids, updates, deterministic=self.deterministic
        )

    def random_uint32_halves(
        self, seed: int, stream: int, start: int, count: int
    ) -> tuple[Any, Any]:
        high, low = self._cupy.empty((2, count), np.int64)
        counters = -(-(start + count) // WORDS_OF_COUNTER) - start // WORDS_OF_COUNTER
        key = np.uint64(seed), np.uint64(stream)
        self.kernels(np.float32).launch(
            "philox_uint64", -(-counters // LANES), *key, start, count, high, low
        )
        return high, low

    def low_discrepancy_uint32(self, seed: int, stream: int, start: int, count: int) -> Any:
        return low_discrepancy_uint32(self._cupy, seed, stream, start, count)

    def reader(
        self, ids: np.ndarray | FileArray, offsets: np.ndarray | FileArray
    ) -> Callable[[int, int], tuple[Any, Any]]:
        if corpus_bytes(len(ids), len(offsets) - 1, self._free()):
            return DeviceCorpus(self._cupy, ids, offsets)
        return super().reader(ids, offsets)

    def plan(self, config: StepConfig, **sizes: int) -> str:
        limit = self.kernels(np.float32).shared_limit
        fits = fused_sizes(config, sizes["vector_size"], 4, limit) is not None
        fused = self.fused and fits and not (self.deterministic or config.cbow)
        plan = plan_memory(config, **sizes, piece=self.piece, free=self._free(), fused=fused)
        return f"{plan} of {in_gb(self._free())} GB that are free on {self.gpu_model()}"

    def _free(self) -> int:
        """Bytes of device memory that are free, or held by CuPy's pool for what it next
        allocates.
        """
        return self.device.mem_info[0] + self._cupy.get_default_memory_pool().free_bytes()

    def gpu_model(self) -> str:
        """The GPU's name, such as "NVIDIA H200"."""
        return self._cupy.cuda.runtime.getDeviceProperties(self.device.id)["name"].decode()

    def step(self, config: StepConfig) -> Step:
        if config.cbow:
            return super().step(config)
        return CupyStep(config, self.kernels, fused=self.fused, deterministic=self.deterministic)

    def versions(self, config: StepConfig) -> dict[str, str]:
        return {"cupy": self._cupy.__version__, **super().versions(config)}

    def kernels(self, dtype: Any) -> Kernels:
        """The kernels for tables of a dtype, compiled once."""
        name = np.dtype(dtype).name
        if name not in self._kernels:
            self._kernels[name] = Kernels(self._cupy, dtype)
        return self._kernels[name]

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
