"""Subsampling, windows and negatives compiled (`sampling.c`), for a team of threads.

`xw2v.sgns.batches.ArraySampler` is its oracle in the tests.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np

from xw2v.sgns.config import StepConfig
from xw2v.sgns.draws import philox_uint64, stream_of
from xw2v.sgns.interface import Purposes, Stretch
from xw2v.sgns.sampling import Sampling, alias_table, keep_thresholds
from xw2v.sgns.tokenstream import TokenStream, sentences_between
from xw2v.storage.native import Count, NativeLibrary, Pointer, Signature, native_library
from xw2v_numpy.team import Team


class Chunk(ctypes.Structure):
    """A chunk of the corpus and its stretch; its members are those of sampling.c."""

    _fields_ = [
        ("ids", Pointer),
        ("offsets", Pointer),
        ("sentences", Count),
        ("first_sentence", Count),
        ("start", Count),
        ("tokens", Count),
        ("thresholds", Pointer),
        ("window", Count),
        ("fixed_window", Count),
        ("seed", ctypes.c_uint64),
        ("stream", ctypes.c_uint64),
        ("before", Count),
        ("after", Count),
        ("kept", Count),
        ("kept_of_unit", Pointer),
        ("place_of_kept", Pointer),
        ("size_of_kept", Pointer),
        ("stretch_ids", Pointer),
        ("sentence", Pointer),
        ("size", Pointer),
        ("position", Pointer),
        ("left", Pointer),
        ("right", Pointer),
    ]


class Negatives(ctypes.Structure):
    """Draws of negatives; its members are those of sampling.c."""

    _fields_ = [
        ("thresholds", Pointer),
        ("aliases", Pointer),
        ("vocab_size", Count),
        ("key", ctypes.c_uint32),
        ("start", ctypes.c_uint64),
        ("count", Count),
        ("ids", Pointer),
    ]


FUNCTIONS: dict[str, Signature] = {
    "xw2v_subsample": (None, ctypes.POINTER(Chunk), Pointer),
    "xw2v_negatives": (None, ctypes.POINTER(Negatives), Pointer),
}


@cache
def load_sampling() -> NativeLibrary | None:
    """The library of sampling.c; None where this installation has none."""
    return native_library("xw2v_numpy._sampling", (Chunk, Negatives), FUNCTIONS)


class CompiledSampler:
    """See `xw2v.sgns.interface.Sampler`.

    Args:
        stream: the corpus.
        config: sizes of windows, groups and shared negatives.
        sampling: how tokens and negatives are drawn.
        purposes: the streams that they are drawn from.
        team: threads that share the work; the result does not depend on their number.
    """

    def __init__(
        self,
        stream: TokenStream,
        config: StepConfig,
        sampling: Sampling,
        purposes: Purposes,
        team: Team,
    ) -> None:
        library = load_sampling()
        if library is None:
            raise ValueError("this installation has no compiled sampling")
        self._library = library
        self._stream = stream
        self._config = config
        self._seed = sampling.seed
        self._window = sampling.window or config.window
        self._token_purpose, self._negative_purpose = purposes
        self._team = team
        self._thresholds = keep_thresholds(stream.counts, sampling.sample)
        self._aliases = alias_table(stream.counts, sampling.ns_exponent)

    def extend(
        self, epoch: int, before: Stretch[Any], start: int, stop: int, padding: int
    ) -> Stretch[Any]:
        ids = np.ascontiguousarray(self._stream.ids[start:stop], np.int32)
        first, offsets = sentences_between(self._stream.offsets, start, stop)
        held, tokens = len(before.ids), stop - start
        unit = self._library.constants["UNIT_TOKENS"]
        stretch = np.empty((6, held + tokens + padding), np.int64)
        kept_of_unit = np.empty(-(-tokens // unit), np.int64)
        place_and_size = np.empty((2, tokens), np.int32)
        stretch[:4, :held] = before[:4]
        chunk = Chunk(
            ids=ids.ctypes.data,
            offsets=offsets.ctypes.data,
            sentences=len(offsets) - 1,
            first_sentence=first,
            start=start,
            tokens=tokens,
            thresholds=self._thresholds.ctypes.data,
            window=self._window,
            fixed_window=self._config.fixed_window,
            seed=self._seed,
            stream=stream_of(self._token_purpose, epoch),
            before=held,
            after=padding,
            kept_of_unit=kept_of_unit.ctypes.data,
            place_of_kept=place_and_size[0].ctypes.data,
            size_of_kept=place_and_size[1].ctypes.data,
            stretch_ids=stretch[0].ctypes.data,
            sentence=stretch[1].ctypes.data,
            size=stretch[2].ctypes.data,
            position=stretch[3].ctypes.data,
            left=stretch[4].ctypes.data,
            right=stretch[5].ctypes.data,
        )
        self._library.xw2v_subsample(chunk, self._team.wake())
        return Stretch(*stretch[:, : held + chunk.kept + padding])

    def negatives(self, epoch: int, first: int, count: int) -> Any:
        stream = stream_of(self._negative_purpose, epoch)
        ids = np.empty(count, np.int64)
        draws = Negatives(
            thresholds=self._aliases.threshold.ctypes.data,
            aliases=self._aliases.alias.ctypes.data,
            vocab_size=len(self._aliases.threshold),
            key=int(philox_uint64(self._seed, stream, 0, 1)[0] >> np.uint64(32)),
            start=first,
            count=count,
            ids=ids.ctypes.data,
        )
        self._library.xw2v_negatives(draws, self._team.wake())
        return ids
