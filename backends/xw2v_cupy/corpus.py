"""A corpus as the kernels read it: in device memory, or on the host where it is too large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.tokenstream import TokenStream, sentences_between


class CorpusChunk(NamedTuple):
    """Some adjacent tokens of the corpus, on the device.

    Attributes:
        ids: (n,) int32.
        offsets: (sentences + 1,) int64, where sentences start, and the end of the last; the first
            token's and the last one's are among them.
        first_sentence: number of the first of these sentences.
    """

    ids: Any  # of CuPy
    offsets: Any
    first_sentence: int


CorpusReader = Callable[[int, int], CorpusChunk]  # of the tokens start .. stop
Upload = Callable[[np.ndarray], Array]


class DeviceCorpus:
    """A corpus that is kept on the device, so that nothing crosses the bus while it is trained on.

    Args:
        upload: what copies an array to the device.
        stream: the corpus on the host.
    """

    def __init__(self, upload: Upload, stream: TokenStream) -> None:
        self._ids = upload(np.asarray(stream.ids, np.int32))
        self._offsets = upload(np.asarray(stream.offsets, np.int64))

    def __call__(self, start: int, stop: int) -> CorpusChunk:
        return CorpusChunk(self._ids[start:stop], self._offsets, 0)


class HostCorpus:
    """A corpus of which each chunk is copied to the device when it is read; see `DeviceCorpus`."""

    def __init__(self, upload: Upload, stream: TokenStream) -> None:
        self._upload = upload
        self._stream = stream

    def __call__(self, start: int, stop: int) -> CorpusChunk:
        ids, offsets = self._stream.ids, self._stream.offsets
        first, bounds = sentences_between(offsets, start, stop)
        return CorpusChunk(
            self._upload(np.ascontiguousarray(ids[start:stop], np.int32)),
            self._upload(bounds),
            first,
        )
