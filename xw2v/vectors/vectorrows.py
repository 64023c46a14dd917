"""A table of vectors that can be changed without changing the array or file it came from."""

from __future__ import annotations

import numpy as np

ROOM = 8  # one spare row for so many rows, so that adding words one at a time is not quadratic


class VectorRows:
    """Rows of float32 vectors, copied at the first change, and their norms.

    Attributes:
        table: (V, D).
        norms: (V,), or None while nobody asked for them.
    """

    def __init__(self, table: np.ndarray) -> None:
        self.table = table
        self.norms: np.ndarray | None = None
        self._buffer: np.ndarray | None = None  # (V or more, D) of our own; the table is its start

    def append(self, vectors: np.ndarray, norms: np.ndarray) -> None:
        """Add vectors (n, D) of these norms (n,) as the last rows."""
        start = len(self.table)
        self._own(start + len(vectors))
        self.table[start:] = vectors
        if self.norms is not None:
            self.norms = np.concatenate([self.norms, norms])

    def set(self, rows: list[int], vectors: np.ndarray, norms: np.ndarray) -> None:
        """Replace rows (n,) by vectors (n, D) of these norms (n,)."""
        self._own(len(self.table))
        self.table[rows] = vectors
        if self.norms is not None:
            self.norms[rows] = norms

    def _own(self, n_rows: int) -> None:
        """Make the table one of `n_rows` rows in memory of its own."""
        if self._buffer is None or len(self._buffer) < n_rows:
            size = (n_rows + n_rows // ROOM, self.table.shape[1])
            self._buffer = np.empty(size, dtype=np.float32)
            self._buffer[: len(self.table)] = self.table
        self.table = self._buffer[:n_rows]
