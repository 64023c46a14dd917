"""A corpus in device memory, so that nothing crosses the bus while it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.tokenstream import TokenStream


class DeviceCorpus:
    """Reads stretches of a corpus that is kept on the device; see
    `xw2v.sgns.backend.Backend.reader`.

    Args:
        cupy: the library.
        stream: the corpus on the host.
    """

    def __init__(self, cupy: Any, stream: TokenStream) -> None:
        self._cupy = cupy
        self._ids = cupy.asarray(np.asarray(stream.ids))
        self._offsets = cupy.asarray(np.asarray(stream.offsets))

    def __call__(self, start: int, stop: int) -> tuple[Array, Array]:
        positions = self._cupy.arange(start, stop)
        sentence = self._cupy.searchsorted(self._offsets, positions, side="right") - 1
        return self._ids[start:stop].astype(np.int64), sentence
