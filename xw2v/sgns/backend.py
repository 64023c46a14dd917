"""What the trainer asks of an array library beyond the Array API standard, and how one is found.

A backend is a small import package (see `backends/`) registered under the entry-point group
`xw2v.backends`. It supplies a namespace, a device, and the little that the standard lacks. It may
replace a whole stage by a faster kernel; the plain version then is that kernel's oracle in the
tests.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xw2v.errors import MissingDependencyError, UsageError
from xw2v.sgns import draws
from xw2v.storage.filearray import FileArray

if TYPE_CHECKING:
    from xw2v.sgns.interface import Step, StepConfig

Array = Any  # an array of whatever library the backend brings

GROUP = "xw2v.backends"
LIBRARY_OF_DEVICE = {"cpu": "numpy", "cuda": "cupy"}


class Backend(ABC):
    """One array library on one device.

    Attributes:
        name: the entry point's name, such as "numpy".
        xp: the array-api-compat namespace.
        device: what `device=` takes in that namespace.
        device_name: what `load_backend` opened: "cpu", "cuda", "cuda:1", ..., never "auto".
        piece: tokens made into batches at a time: many batches, yet small beside the tables.
        deterministic: ask for the same bits from run to run also where that is slower (atomics on a
            GPU); on the CPU every backend gives them anyway.
    """

    name: ClassVar[str]
    piece: ClassVar[int] = 2**16
    xp: Any
    device: Any
    device_name: str = "cpu"
    deterministic: bool = False

    @abstractmethod
    def __init__(self, device: str) -> None:
        """Open `device` ("cpu", "cuda:1", ...); UsageError or MissingDependencyError if it is not
        there.
        """

    @abstractmethod
    def from_numpy(self, array: np.ndarray) -> Array:
        """A copy of `array` on this device (no copy where both are NumPy's)."""

    @abstractmethod
    def to_numpy(self, array: Array) -> np.ndarray:
        """`array` on the host."""

    @abstractmethod
    def scatter_add(self, table: Array, rows: Array, updates: Array) -> None:
        """table[rows[i]] += updates[i] in place, repeated rows adding up.

        Args:
            table: (V, D), changed in place.
            rows: (N,) int64 in [0, V).
            updates: (N, D), of the table's dtype.
        """

    def random_uint32_halves(
        self, seed: int, stream: int, start: int, count: int
    ) -> tuple[Array, Array]:
        """Words start .. start + count of a random stream as two (count,) int64 arrays in [0, 2³²).

        Drawn on the host unless a backend has a Philox of its own; equal on every backend
        (`xw2v.sgns.draws`).
        """
        high, low = draws.random_uint32_halves(seed, stream, start, count)
        return self.from_numpy(high), self.from_numpy(low)

    def low_discrepancy_uint32(self, seed: int, stream: int, start: int, count: int) -> Array:
        """Numbers start .. start + count of a stream that fills [0, 2³²) evenly: (count,) int64
        (`xw2v.sgns.draws`).
        """
        return self.from_numpy(draws.low_discrepancy_uint32(np, seed, stream, start, count))

    def reader(
        self, ids: np.ndarray | FileArray, offsets: np.ndarray | FileArray
    ) -> Callable[[int, int], tuple[Array, Array]]:
        """What reads a corpus onto the device: (start, stop) -> ids and sentence numbers of these
        tokens.

        Both are (stop - start,) int64. Read from the host, unless a backend keeps the corpus on its
        device.
        """
        from xw2v.sgns.batches import read_from_host

        return partial(read_from_host, self, ids, offsets)

    def plan(
        self,
        config: StepConfig,
        *,
        words: int,
        vector_size: int,
        batch_tokens: int,
        tokens: int,
        sentences: int,
    ) -> str | None:
        """A line for the user on how a run will go here, such as the device memory it takes; None
        where all is usual.

        Raises:
            InputError: it does not fit; with the figures.
        """
        return None

    def step(self, config: StepConfig) -> Step:
        """The training step for an config: the plain one, or a faster equal of it."""
        from xw2v.sgns.step import plain_step

        return partial(plain_step, self, config)

    def versions(self, config: StepConfig) -> dict[str, str]:
        """What the last bits of a run depend on here, by name: versions of libraries other than
        NumPy, and the step.
        """
        return {"step": getattr(self.step(config), "name", "plain")}

    def synchronize(self) -> None:  # noqa: B027 - nothing to wait for where calls are synchronous
        """Wait until the device has done what it was device_name."""


def _warn(line: str) -> None:
    print(f"xw2v: {line}", file=sys.stderr)


def load_backend(
    name: str | None = None,
    device: str = "cpu",
    *,
    deterministic: bool = False,
    say: Callable[[str], None] = _warn,
) -> Backend:
    """Open the array library for a device, importing only that library.

    Args:
        name: "numpy", "cupy", "torch" or another registered backend; None takes the device's own
            (cpu: numpy, cuda: cupy).
        device: "cpu", "cuda", "cuda:N", "mps", or "auto" (CUDA where there is one, else the CPU).
        deterministic: see `Backend`.
        say: told why "auto" takes the CPU.

    Raises:
        UsageError: an unknown backend, or one that does not serve the device.
        MissingDependencyError: its library or the device is not there; the message says what to
        install.
    """
    if device == "auto":
        try:
            return load_backend(name or "cupy", "cuda", deterministic=deterministic)
        except MissingDependencyError as error:
            say(f"--device auto takes the CPU: {error}")
            return load_backend(name, "cpu", deterministic=deterministic)
    if name is None:
        kind = device.partition(":")[0]
        if kind not in LIBRARY_OF_DEVICE:
            raise UsageError(
                f"--device {device}: choose cpu, cuda, cuda:N or auto, or name its --backend"
            )
        name = LIBRARY_OF_DEVICE[kind]
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise UsageError(
            f"--backend {name}: not installed here; choose one of {', '.join(sorted(found))}"
        )
    backend = found[name].load()(device)
    assert isinstance(backend, Backend)
    backend.device_name, backend.deterministic = device, deterministic
    return backend
