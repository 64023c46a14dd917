"""The tables at the start of a run."""

from __future__ import annotations

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import ModelShape
from xw2v.sgns.draws import Purpose, philox_uint64, stream_of
from xw2v.sgns.interface import Tables

CHUNK_DRAWS = 2**20  # 64-bit draws made at a time
FLOAT32_BITS = 24  # of a draw, which a float32 holds exactly


def initial_tables(
    backend: Backend, shape: ModelShape, seed: int, *, tied: bool = False
) -> Tables[Array]:
    """Input vectors uniform in ±1/(2·dim), output vectors zero, as in word2vec.c.

    Returns:
        float32 tables on the backend's device. Row v depends on the seed, v and the dimension only,
        and is bit-equal on every backend.
    """
    return tables_of(backend, initial_centers(shape, seed), initial_contexts(shape), tied=tied)


def initial_centers(shape: ModelShape, seed: int, radius: float = 0.5) -> np.ndarray:
    """The input vectors of `initial_tables`, on the host: (input_rows, dim) float32, uniform in
    ±radius/dim.
    """
    center = np.empty((shape.input_rows, shape.dim), np.float32)
    flat = center.reshape(-1)
    for start in range(0, flat.size, CHUNK_DRAWS):
        chunk = flat[start : start + CHUNK_DRAWS]
        drawn = philox_uint64(seed, stream_of(Purpose.INITIAL_TABLE), start, chunk.size)
        bits = (drawn >> np.uint64(64 - FLOAT32_BITS)).astype(np.float32)
        uniform = bits * np.float32(2.0**-FLOAT32_BITS)  # in [0, 1)
        chunk[:] = (uniform - np.float32(0.5)) * np.float32(2 * radius) / np.float32(shape.dim)
    return center


def initial_contexts(shape: ModelShape) -> np.ndarray:
    """The output vectors of `initial_tables`, on the host: (output_rows, dim) float32."""
    return np.zeros((shape.output_rows, shape.dim), np.float32)


def tables_of(
    backend: Backend, center: np.ndarray, context: np.ndarray | None, *, tied: bool = False
) -> Tables[Array]:
    """Tables on the backend's device from float32 arrays on the host; tied tables are `center`."""
    table = backend.from_numpy(center)
    if tied:
        return Tables(table, table)
    assert context is not None
    return Tables(table, backend.from_numpy(context))
