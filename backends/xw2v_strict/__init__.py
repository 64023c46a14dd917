"""array-api-strict: the standard and nothing else, on several pretended devices. For tests.

It refuses what the standard does not have and arrays of two devices in one call, and so shows
without a GPU that the trainer would run on any conforming library.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.errors import MissingDependencyError, UsageError
from xw2v.sgns.array import Array
from xw2v.sgns.backend import Backend

API_VERSION = "2024.12"
DEVICES = {"cpu": "CPU_DEVICE", "device1": "device1", "device2": "device2"}


class StrictBackend(Backend):
    """array-api-strict at version 2024.12 of the standard; its device "cpu", "device1" or
    "device2".
    """

    name = "strict"

    def __init__(
        self, device: str = "cpu", *, deterministic: bool = False, workers: int | None = None
    ) -> None:
        if device not in DEVICES:
            raise UsageError(
                f"`backend` strict takes {' or '.join(DEVICES)}", setting="device", value=device
            )
        try:
            import array_api_strict
        except ImportError:
            raise MissingDependencyError(
                'needs array-api-strict: pip install "xw2v[test]"',
                setting="backend",
                value=self.name,
            ) from None
        super().__init__(device, deterministic=deterministic, workers=workers)
        array_api_strict.set_array_api_strict_flags(api_version=API_VERSION)
        self.xp = array_api_strict
        self.device = array_api_strict.Device(DEVICES[device])

    def from_numpy(self, array: np.ndarray) -> Array:
        copied: Array = self.xp.asarray(array, device=self.device, copy=True)
        return copied

    def to_numpy(self, array: Any) -> np.ndarray:
        on_host = self.xp.asarray(array, device=self.xp.Device("CPU_DEVICE"))
        return np.from_dlpack(on_host)

    def scatter_add(self, table: Any, rows: Any, updates: Any) -> None:
        """By a copy on the host: the standard has no in-place scatter."""
        host = self.to_numpy(table).copy()
        np.add.at(host, self.to_numpy(rows), self.to_numpy(updates))
        table[...] = self.from_numpy(host)
