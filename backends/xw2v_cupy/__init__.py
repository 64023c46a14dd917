"""CuPy on CUDA: draws, batches and steps on one GPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.errors import MissingDependencyError, UsageError
from xw2v.sgns.array import Array
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import RunShape, StepConfig
from xw2v.sgns.interface import Composer, Purposes, Sampler, Step, SubwordIndex
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tokenstream import TokenStream
from xw2v_cupy.corpus import CorpusReader, DeviceCorpus, HostCorpus
from xw2v_cupy.fused import WIDTHS, fused_sizes
from xw2v_cupy.kernels import Kernels
from xw2v_cupy.memory import corpus_bytes, in_gb, out_of_memory, plan_memory
from xw2v_cupy.ngrams import CupyComposer
from xw2v_cupy.sampling import CupySampler
from xw2v_cupy.scatter import add_in_order, add_to_sums
from xw2v_cupy.step import CupyStep

INSTALL = (
    'pip install "xw2v[cuda12]" or "xw2v[cuda13]", as your driver has it (nvidia-smi says which)'
)


class CupyBackend(Backend):
    """CuPy arrays on "cuda" or "cuda:N", which becomes CuPy's current device in this thread."""

    name = "cupy"
    chunk_tokens = 2**22

    def __init__(
        self, device: str = "cuda", *, deterministic: bool = False, workers: int | None = None
    ) -> None:
        kind, _, number = device.partition(":")
        if kind != "cuda" or not (number or "0").isdecimal():
            raise UsageError("`backend` cupy takes cuda or cuda:N", setting="device", value=device)
        super().__init__(device, deterministic=deterministic, workers=workers)
        self._cupy = cupy = _import_cupy()
        found = _device_count(cupy)
        index = int(number or 0)
        if index >= found:
            raise MissingDependencyError(
                f"CuPy sees {found} CUDA devices here; give `device` cpu"
                + (
                    f" or cuda:0 to cuda:{found - 1}"
                    if found
                    else f", or on a machine with a GPU {INSTALL}"
                ),
                setting="device",
                value=device,
            )
        import array_api_compat.cupy as xp

        self.xp = xp
        self.device = cupy.cuda.Device(index)
        self.device.use()
        self._kernels: dict[str, Kernels] = {}

    def from_numpy(self, array: np.ndarray) -> Array:
        try:
            copied: Array = self._cupy.asarray(array, order="C")
        except MemoryError as error:
            raise out_of_memory(error) from None
        return copied

    def to_numpy(self, array: Any) -> np.ndarray:
        host: np.ndarray = self._cupy.asnumpy(array)
        return host

    def scatter_add(self, table: Any, rows: Any, updates: Any) -> None:
        add = add_in_order if self.deterministic else add_to_sums
        add(self.kernels(table.dtype), table, rows, self._cupy.ascontiguousarray(updates))

    def plan(self, config: StepConfig, shape: RunShape) -> str:
        limit = self.kernels(np.float32).shared_limit
        fits = fused_sizes(config, shape.model.dim, 4, limit) is not None
        plan = plan_memory(
            config,
            shape,
            chunk_tokens=self.chunk_tokens,
            free=self._free(),
            fused=fits,
            deterministic=self.deterministic,
        )
        return f"{plan} of {in_gb(self._free())} GB that are free on {self.gpu_model()}"

    def _free(self) -> int:
        """Bytes of device memory that are free, or held by CuPy's pool for what it next
        allocates.
        """
        free: int = self.device.mem_info[0] + self._cupy.get_default_memory_pool().free_bytes()
        return free

    @property
    def device_model(self) -> str:
        return f"{self.device_name} ({self.gpu_model()})"

    def gpu_model(self) -> str:
        """The GPU's name, such as "NVIDIA H200"."""
        properties = self._cupy.cuda.runtime.getDeviceProperties(self.device.id)
        return str(properties["name"].decode())

    def own_step(self, config: StepConfig, *, fused: bool = True) -> Step | None:
        """See `Backend`; fused: see `xw2v_cupy.step.CupyStep`. None for CBOW with more shared
        negatives than fit into shared memory.
        """
        limit = self.kernels(np.float32).shared_limit
        if config.cbow and fused_sizes(config, WIDTHS[-1], 8, limit) is None:
            return None
        return CupyStep(config, self.kernels, fused=fused)

    def own_composer(self, config: StepConfig, index: SubwordIndex, step: Step) -> Composer | None:
        return CupyComposer(config, index, self.kernels, deterministic=self.deterministic)

    def own_sampler(
        self, stream: TokenStream, config: StepConfig, sampling: Sampling, purposes: Purposes
    ) -> Sampler:
        read: CorpusReader
        if corpus_bytes(len(stream), stream.sentences, self._free()):
            read = DeviceCorpus(self.from_numpy, stream)
        else:
            read = HostCorpus(self.from_numpy, stream)
        return CupySampler(self.kernels(np.float32), stream, read, config, sampling, purposes)

    def versions(self) -> dict[str, str]:
        return {"cupy": self._cupy.__version__}

    def kernels(self, dtype: Any) -> Kernels:
        """The kernels for tables of a dtype, compiled once."""
        name = np.dtype(dtype).name
        if name not in self._kernels:
            self._kernels[name] = Kernels(self._cupy, dtype, deterministic=self.deterministic)
        return self._kernels[name]

    def synchronize(self) -> None:
        self.device.synchronize()


def _import_cupy() -> Any:
    try:
        import cupy
    except ImportError as error:
        raise MissingDependencyError(
            f"needs CuPy: {INSTALL}", setting="device", value="cuda"
        ) from error
    return cupy


def _device_count(cupy: Any) -> int:
    """CUDA devices that CuPy can use; 0 where there is no driver (CuPy imports without one)."""
    try:
        return int(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError:
        return 0
