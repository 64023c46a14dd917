"""A corpus in device memory, so that nothing crosses the bus while it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.storage.filearray import FileArray

Array = Any


class DeviceCorpus:
    """Reads stretches of a corpus that lies on the device; see `xw2v.sgns.backend.Backend.reader`.

    Args:
        cupy: the library.
        ids, offsets: (N,) word ids and (S + 1,) sentence starts on the host.
    """

    def __init__(
        self, cupy: Any, ids: np.ndarray | FileArray, offsets: np.ndarray | FileArray
    ) -> None:
        self._cupy = cupy
        self._ids = cupy.asarray(np.asarray(ids))
        self._offsets = cupy.asarray(np.asarray(offsets))

    def __call__(self, start: int, stop: int) -> tuple[Array, Array]:
        positions = self._cupy.arange(start, stop)
        sentence = self._cupy.searchsorted(self._offsets, positions, side="right") - 1
        return self._ids[start:stop].astype(np.int64), sentence
