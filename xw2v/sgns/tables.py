"""The tables at the start of a run."""

from __future__ import annotations

import numpy as np

from xw2v.sgns.backend import Backend
from xw2v.sgns.draws import Purpose, philox_uint64, stream_of
from xw2v.sgns.interface import Tables

PIECE = 2**20  # words drawn at a time
FLOAT32_BITS = 24  # of a word, which a float32 holds exactly


def initial_tables(
    backend: Backend, words: int, vector_size: int, seed: int, *, tied: bool = False
) -> Tables:
    """Center vectors uniform in ±1/(2·vector_size), context vectors zero, as in word2vec.c.

    Returns:
        Tables of (words, vector_size) float32 arrays on the backend's device. Row v depends on the
        seed, v and the vector size only, and is bit-equal on every backend.
    """
    return tables_of(backend, initial_centers(words, vector_size, seed), None, tied=tied)


def initial_centers(words: int, vector_size: int, seed: int) -> np.ndarray:
    """The center vectors of `initial_tables`, on the host: (words, vector_size) float32."""
    center = np.empty((words, vector_size), np.float32)
    flat = center.reshape(-1)
    for start in range(0, flat.size, PIECE):
        piece = flat[start : start + PIECE]
        drawn = philox_uint64(seed, stream_of(Purpose.INITIAL_TABLE), start, piece.size)
        unit = (drawn >> np.uint64(64 - FLOAT32_BITS)).astype(np.float32) * np.float32(
            2.0**-FLOAT32_BITS
        )
        piece[:] = (unit - np.float32(0.5)) / np.float32(vector_size)
    return center


def tables_of(
    backend: Backend, center: np.ndarray, context: np.ndarray | None, *, tied: bool = False
) -> Tables:
    """Tables on the backend's device from (V, D) float32 arrays on the host; context vectors None
    are zeros.
    """
    table = backend.from_numpy(center)
    if tied:
        return Tables(table, table)
    return Tables(table, backend.from_numpy(np.zeros_like(center) if context is None else context))
