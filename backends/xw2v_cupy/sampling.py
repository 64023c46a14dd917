"""Subsampling, windows and negatives in kernels of their own (`sampling.cu`).

`xw2v.sgns.batches.ArraySampler` is its oracle in the tests.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from xw2v.sgns.config import StepConfig
from xw2v.sgns.draws import NUMBERS_PER_COUNTER, philox_uint64, stream_of
from xw2v.sgns.interface import Purposes, Stretch
from xw2v.sgns.sampling import Sampling, alias_table, keep_thresholds
from xw2v.sgns.tokenstream import TokenStream
from xw2v_cupy.corpus import CorpusChunk, CorpusReader
from xw2v_cupy.kernels import WARP_SIZE, Kernels
from xw2v_cupy.memory import out_of_memory


class KeptTokens(NamedTuple):
    """What subsampling keeps of a chunk, on the device; the arrays are those of `sampling.cu`.

    Attributes:
        chunk: the chunk.
        drawn: the arguments that both kernels that draw for its tokens take.
        bits: (warps, 4) uint32, a bit for each token.
        up_to: (warps,) int64, the tokens kept up to each warp.
        tokens: the tokens kept, known to the host.
    """

    chunk: CorpusChunk
    drawn: dict[str, Any]
    bits: Any  # of CuPy
    up_to: Any
    tokens: int


class CupySampler:
    """See `xw2v.sgns.interface.Sampler`. The host waits once a chunk: for how many tokens are kept.

    Args:
        kernels: of any dtype.
        stream: the corpus.
        read: reads it onto the device.
        config: sizes of windows.
        sampling: how tokens and negatives are drawn.
        purposes: the streams that they are drawn from.

    Raises:
        OutOfMemoryError: the device has too little memory; also when its methods are called.
    """

    def __init__(
        self,
        kernels: Kernels,
        stream: TokenStream,
        read: CorpusReader,
        config: StepConfig,
        sampling: Sampling,
        purposes: Purposes,
    ) -> None:
        self._kernels = kernels
        self._read = read
        self._fixed_window = config.fixed_window
        self._seed = sampling.seed
        self._window = sampling.window or config.window
        self._token_purpose, self._negative_purpose = purposes
        aliases = alias_table(stream.counts, sampling.ns_exponent)
        xp: Any = kernels.library
        try:
            self._thresholds = xp.asarray(keep_thresholds(stream.counts, sampling.sample))
            self._alias_thresholds, self._aliases = map(xp.asarray, aliases)
        except MemoryError as error:
            raise out_of_memory(error) from None

    def extend(
        self, epoch: int, before: Stretch[Any], start: int, stop: int, padding: int
    ) -> Stretch[Any]:
        try:
            return self._extend(epoch, before, start, stop, padding)
        except MemoryError as error:
            raise out_of_memory(error) from None

    def _extend(
        self, epoch: int, before: Stretch[Any], start: int, stop: int, padding: int
    ) -> Stretch[Any]:
        launch, xp = self._kernels.launch, self._kernels.library
        held = before.ids.shape[0]
        kept = self._keep(epoch, start, stop) if start < stop else None
        length = held + (kept.tokens if kept else 0) + padding
        stretch = xp.empty((len(Stretch._fields), length), np.int64)
        if kept:
            launch(
                "place_tokens",
                kept.drawn["warps"],
                **kept.drawn,
                offsets=kept.chunk.offsets,
                sentences=kept.chunk.offsets.shape[0] - 1,
                first_sentence=kept.chunk.first_sentence,
                window=self._window,
                fixed_window=int(self._fixed_window),
                kept=kept.bits,
                kept_up_to=kept.up_to,
                before=held,
                length=length,
                stretch=stretch,
            )
        launch(
            "frame_stretch",
            -(-(held + padding) // WARP_SIZE),
            before=held,
            ids=before.ids,
            sentence=before.sentence,
            size=before.size,
            position=before.position,
            padding=padding,
            padding_position=stop,
            length=length,
            stretch=stretch,
        )
        launch(
            "window_extents",
            -(-length // WARP_SIZE),
            window=self._window,
            length=length,
            stretch=stretch,
        )
        return Stretch(*stretch)

    def _keep(self, epoch: int, start: int, stop: int) -> KeptTokens:
        """Decide which of the tokens start .. stop subsampling keeps."""
        xp: Any = self._kernels.library
        chunk = self._read(start, stop)
        counters = -(-stop // NUMBERS_PER_COUNTER) - start // NUMBERS_PER_COUNTER
        warps = -(-counters // WARP_SIZE)
        drawn = {
            "seed": self._seed,
            "stream": stream_of(self._token_purpose, epoch),
            "start": start,
            "warps": warps,
            "ids": chunk.ids,
        }
        bits = xp.empty((warps, NUMBERS_PER_COUNTER), np.uint32)
        n_kept = xp.empty(warps, np.int64)
        self._kernels.launch(
            "keep_tokens",
            warps,
            **drawn,
            n_tokens=stop - start,
            thresholds=self._thresholds,
            kept=bits,
            n_kept=n_kept,
        )
        up_to = xp.cumsum(n_kept)
        return KeptTokens(chunk, drawn, bits, up_to, int(up_to[-1]))  # waits for the device

    def negatives(self, epoch: int, first: int, count: int) -> Any:
        xp: Any = self._kernels.library
        stream = stream_of(self._negative_purpose, epoch)
        try:
            ids = xp.empty(count, np.int64)
        except MemoryError as error:
            raise out_of_memory(error) from None
        self._kernels.launch(
            "draw_negatives",
            -(-count // WARP_SIZE),
            key=int(philox_uint64(self._seed, stream, 0, 1)[0] >> np.uint64(32)),
            first=first,
            n_draws=count,
            vocab_size=self._aliases.shape[0],
            thresholds=self._alias_thresholds,
            aliases=self._aliases,
            ids=ids,
        )
        return ids
