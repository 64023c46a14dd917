"""The rows of replicas that are combined, on their way from each rank to each.

Each rank owns a stretch of the rows that are due. It receives from every rank the displacements of
the rows that were touched there, combines them in the order of ranks, and sends the result to all.
So a combine takes two messages to and from each rank, and its result depends neither on when these
arrive nor on how MPI would sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xw2v.sgns.combine import added, combined_displacement, summed, unit

CHUNK_ROWS = 4096  # combined at a time
FLOAT = np.dtype(np.float32)
COUNT = np.dtype(np.int64)
ID = np.dtype(np.int32)


class Rows(NamedTuple):
    """Some rows of a table.

    Attributes:
        ids: (U,) int32, ascending.
        values: (U, D) float32: displacements, or what the rows are now.
    """

    ids: np.ndarray
    values: np.ndarray


def stretch_of(rows: int, rank: int, size: int) -> tuple[int, int]:
    """The rows [first, last) of those due that a rank owns."""
    return rows * rank // size, rows * (rank + 1) // size


def touched(table: np.ndarray, base: np.ndarray, first: int, last: int) -> Rows:
    """The displacements of those rows first .. last of a table that are no longer as in `base`."""
    ids, values = [np.zeros(0, ID)], [np.zeros((0, table.shape[1]), FLOAT)]
    for start in range(first, last, CHUNK_ROWS):
        stop = min(start + CHUNK_ROWS, last)
        displacements = table[start:stop] - base[start:stop]
        moved = np.flatnonzero(displacements.any(axis=1))
        ids.append((moved + start).astype(ID))
        values.append(displacements if len(moved) == stop - start else displacements[moved])
    return Rows(np.concatenate(ids), np.concatenate(values))


def combined(base: np.ndarray, parts: list[Rows], mean: np.ndarray, first: int, last: int) -> Rows:
    """What the rows first .. last become where some replica touched them.

    Args:
        base: (V, D) from which all replicas started.
        parts: the displacements of each replica, in the order of ranks.
        mean: (D,) of the other table's rows.
    """
    direction = unit(mean)
    ids, values = [np.zeros(0, ID)], [np.zeros((0, base.shape[1]), FLOAT)]
    for start in range(first, last, CHUNK_ROWS):
        stop = min(start + CHUNK_ROWS, last)
        sums = summed(np.zeros((stop - start, base.shape[1]), FLOAT), direction)
        moved = np.zeros(stop - start, bool)
        for part in parts:
            begin, end = np.searchsorted(part.ids, (start, stop)).tolist()
            if begin == end:
                continue
            rows, displacements = part.ids[begin:end] - start, part.values[begin:end]
            if end - begin < stop - start:
                displacements = np.zeros_like(sums.total)
                displacements[rows] = part.values[begin:end]
            sums = added(sums, displacements, direction)
            moved[rows] = True
        rows = np.flatnonzero(moved)
        ids.append((rows + start).astype(ID))
        values.append((base[start:stop] + combined_displacement(sums, direction))[rows])
    return Rows(np.concatenate(ids), np.concatenate(values))


def packed(header: Sequence[int], tables: list[Rows]) -> np.ndarray:
    """A message of numbers and rows."""
    counts = np.array([*header, *(len(rows.ids) for rows in tables)], COUNT)
    arrays = [counts, *(part for rows in tables for part in rows)]
    return np.concatenate(
        [np.ascontiguousarray(part).reshape(-1).view(np.uint8) for part in arrays]
    )


def unpacked(
    message: np.ndarray, numbers: int, tables: int, dim: int
) -> tuple[list[int], list[Rows]]:
    """The numbers and rows of a message; the rows are views of it."""
    header = np.frombuffer(message, COUNT, numbers + tables).tolist()
    offset, rows = len(header) * COUNT.itemsize, []
    for count in header[numbers:]:
        ids = np.frombuffer(message, ID, count, offset)
        offset += ids.nbytes
        values = np.frombuffer(message, FLOAT, count * dim, offset)
        offset += values.nbytes
        rows.append(Rows(ids, values.reshape(count, dim)))
    return header[:numbers], rows
