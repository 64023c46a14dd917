"""What training asks of an array library beyond the Array API standard.

A backend is a small import package (see `backends/`) registered under the entry-point group
`xw2v.backends` and opened by `xw2v.sgns.loading.load_backend`. It supplies a namespace, a device,
and the little that the standard lacks. It may replace a whole stage by a faster kernel; the plain
version then is that kernel's oracle in the tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.combine_rows import RowCombiner
from xw2v.sgns.config import RunShape, StepConfig
from xw2v.sgns.interface import Composer, Purposes, Sampler, Step, SubwordIndex
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tokenstream import TokenStream


class Backend(ABC):
    """One array library on one device.

    Args:
        device: "cpu", "cuda", "cuda:1", ...
        deterministic: bitwise-reproducible results, also where they are slower (atomics on a GPU);
            on the CPU every backend gives them anyway, and with this alike on processors of several
            kinds.
        workers: threads to train with, for backends that have some of their own; None takes all
            cores. Results do not depend on it.

    Attributes:
        name: the entry point's name, such as "numpy".
        chunk_tokens: tokens of the corpus read at a time: enough for many batches, small
            compared with the tables.
        xp: the array-api-compat namespace, a module (see `xw2v.sgns.array.Namespace`).
        device: what `device=` takes in that namespace.
        device_name: the device as it was given, never "auto".
        deterministic: as given.
        workers: threads that are in use.

    Raises:
        UsageError: the library does not support the device.
        MissingDependencyError: the library or the device is not there.
    """

    name: ClassVar[str]
    chunk_tokens: ClassVar[int] = 2**16
    xp: Any
    device: Any

    def __init__(
        self, device: str = "cpu", *, deterministic: bool = False, workers: int | None = None
    ) -> None:
        self.device_name = device
        self.deterministic = deterministic
        self.workers = 1

    @property
    def device_model(self) -> str:
        """The device for a run's record: its name, and a GPU's model."""
        return self.device_name

    @abstractmethod
    def from_numpy(self, array: np.ndarray) -> Array:
        """A copy of `array` on this device (no copy where both are NumPy's)."""

    @abstractmethod
    def to_numpy(self, array: Any) -> np.ndarray:
        """`array` on the host."""

    @abstractmethod
    def scatter_add(self, table: Any, rows: Any, updates: Any) -> None:
        """table[rows[i]] += updates[i] in place, repeated rows adding up.

        Args:
            table: (V, D), changed in place.
            rows: (N,) int64 in [0, V).
            updates: (N, D), of the table's dtype.
        """

    def plan(self, config: StepConfig, shape: RunShape) -> str | None:
        """Check that a run fits on the device. Returns a line for the user, such as the memory it
        takes, or None.

        Raises:
            InputError: it does not fit; with the figures.
        """
        return None

    def own_step(self, config: StepConfig) -> Step | None:
        """A faster equivalent of the plain step; None where this backend has none for `config`.

        `xw2v.sgns.step.step_for` then takes the plain one.
        """
        return None

    def own_composer(self, config: StepConfig, index: SubwordIndex, step: Step) -> Composer | None:
        """A faster equivalent of `xw2v.sgns.subwords.PlainComposer`; None where this backend has
        none for `step`, which is taken on the words it composes.
        """
        return None

    def own_sampler(
        self, stream: TokenStream, config: StepConfig, sampling: Sampling, purposes: Purposes
    ) -> Sampler | None:
        """A faster equivalent of `xw2v.sgns.batches.ArraySampler`; None where this backend has
        none.
        """
        return None

    def own_row_combiner(self) -> RowCombiner | None:
        """A faster equivalent of `xw2v.sgns.combine_rows.PlainRowCombiner`, for tables in NumPy
        arrays; None where this backend has none.
        """
        return None

    def versions(self) -> dict[str, str]:
        """Versions of the libraries, besides NumPy, that the last bits of a run depend on."""
        return {}

    def synchronize(self) -> None:  # noqa: B027 - nothing to wait for where calls are synchronous
        """Wait until all work queued on the device is complete."""
