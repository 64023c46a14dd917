"""Messages between replicas: a few numbers, and rows of tables.

Each rank owns a stretch of the rows that are due. It receives from every rank the displacements of
the rows that were changed there, combines them in the order of ranks, and sends the result to all.
So a combine takes two messages to and from each rank, and its result depends neither on when these
arrive nor on how MPI would sum.
"""

from __future__ import annotations

import numpy as np

from xw2v.cluster.ranks import room_for
from xw2v.sgns.combine_rows import FLOAT, ID, Rows

COUNT = np.dtype(np.int64)


class MessageWriter:
    """Messages of numbers and of rows of several tables, each written in place, a table at a time,
    over the one before.

    Args:
        tables: how many there are.
        dim: of their rows.
    """

    def __init__(self, tables: int, dim: int) -> None:
        self._dim = dim
        self._tables = tables
        self._message = np.zeros(0, np.uint8)

    def begin(self, numbers: np.ndarray, max_rows: int) -> None:
        """Begin a message.

        Args:
            numbers: (n,) int64 that it begins with.
            max_rows: of all tables together.
        """
        self._end = (len(numbers) + self._tables) * COUNT.itemsize
        size = self._end + max_rows * (self._dim * FLOAT.itemsize + ID.itemsize)
        if size > len(self._message):
            self._message = room_for(size)
        self._added = 0
        header = self._message[: self._end].view(COUNT)
        header[: len(numbers)] = numbers
        self._row_counts = header[len(numbers) :]

    def room(self, rows: int) -> np.ndarray:
        """Where the values of at most `rows` rows of the next table are written: (rows, D)."""
        size = rows * self._dim * FLOAT.itemsize
        values = self._message[self._end : self._end + size].view(FLOAT)
        return values.reshape(rows, self._dim)

    def add(self, ids: np.ndarray) -> None:
        """End a table, whose values (U, D) are written, by its ids (U,)."""
        self._end += len(ids) * self._dim * FLOAT.itemsize
        self._message[self._end : self._end + ids.nbytes] = ids.view(np.uint8)
        self._end += ids.nbytes
        self._row_counts[self._added] = len(ids)
        self._added += 1

    @property
    def message(self) -> np.ndarray:
        """(bytes,) uint8, when all tables are added."""
        return self._message[: self._end]


def unpacked(
    message: np.ndarray, numbers: int, tables: int, dim: int
) -> tuple[np.ndarray, list[Rows]]:
    """The numbers and rows of a message, which are views of it."""
    header = np.frombuffer(message, COUNT, numbers + tables)
    offset, rows = header.nbytes, []
    for count in header[numbers:].tolist():
        values = np.frombuffer(message, FLOAT, count * dim, offset)
        offset += values.nbytes
        ids = np.frombuffer(message, ID, count, offset)
        offset += ids.nbytes
        rows.append(Rows(ids, values.reshape(count, dim)))
    return header[:numbers], rows
