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

CHUNK_ROWS = 512  # combined at a time, in a core's cache
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


def touched(table: np.ndarray, base: np.ndarray, first: int, last: int) -> np.ndarray:
    """Which of the rows first .. last of a table are no longer as in `base`: (U,) int32."""
    chunks = [np.zeros(0, ID)]
    for start in range(first, last, CHUNK_ROWS):
        stop = min(start + CHUNK_ROWS, last)
        moved = (table[start:stop] != base[start:stop]).any(axis=1)
        chunks.append((np.flatnonzero(moved) + start).astype(ID))
    return np.concatenate(chunks)


def displacements_into(
    values: np.ndarray, table: np.ndarray, base: np.ndarray, ids: np.ndarray
) -> None:
    """Write the rows `ids` (U,) of a table, less those of `base`, into `values` (U, D)."""
    for first in range(0, len(ids), CHUNK_ROWS):
        some = slice(first, first + CHUNK_ROWS)
        np.subtract(table[ids[some]], base[ids[some]], out=values[some])


def combined(base: np.ndarray, parts: list[Rows], mean: np.ndarray, first: int, last: int) -> Rows:
    """What the rows first .. last become where some replica touched them.

    Args:
        base: (V, D) from which all replicas started.
        parts: the displacements of each replica, in the order of ranks.
        mean: (D,) of the other table's rows.
    """
    direction = unit(mean)
    ids, together = [np.zeros(0, ID)], [np.zeros((0, base.shape[1]), FLOAT)]
    for start in range(first, last, CHUNK_ROWS):
        stop = min(start + CHUNK_ROWS, last)
        within = [_within(part, start, stop) for part in parts]
        moved = np.zeros(stop - start, bool)
        for part in within:
            moved[part.ids - start] = True
        rows = np.flatnonzero(moved) + start
        if len(rows) == 0:
            continue
        dense = [_dense(part, rows) for part in within if len(part.ids)]
        sums = summed(dense[0], direction)
        for displacements in dense[1:]:
            sums = added(sums, displacements, direction)
        ids.append(rows.astype(ID))
        change: np.ndarray = np.asarray(combined_displacement(sums, direction))
        together.append(np.take(base, rows, axis=0) + change)
    return Rows(np.concatenate(ids), np.concatenate(together))


def _within(part: Rows, start: int, stop: int) -> Rows:
    """Those of some rows that are in start .. stop."""
    begin, end = np.searchsorted(part.ids, (start, stop)).tolist()
    return Rows(part.ids[begin:end], part.values[begin:end])


def _dense(part: Rows, rows: np.ndarray) -> np.ndarray:
    """The displacements of `rows` (U,), with zeros for those that a part lacks: (U, D)."""
    if len(part.ids) == len(rows):
        return part.values
    values = np.zeros((len(rows), part.values.shape[1]), FLOAT)
    values[np.searchsorted(rows, part.ids)] = part.values
    return values


def blank_message(
    numbers: Sequence[int], ids: Sequence[np.ndarray], dim: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A message of numbers and rows, and for each table the (U, D) place for its rows' values."""
    header = np.array([*numbers, *map(len, ids)], COUNT)
    row_bytes = ID.itemsize + dim * FLOAT.itemsize
    message = np.empty(header.nbytes + sum(map(len, ids)) * row_bytes, np.uint8)
    message[: header.nbytes] = header.view(np.uint8)
    _, rows = unpacked(message, len(numbers), len(ids), dim)
    for part, own in zip(rows, ids, strict=True):
        part.ids[:] = own
    return message, [part.values for part in rows]


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
