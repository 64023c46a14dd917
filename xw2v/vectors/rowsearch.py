"""A table of vectors where questions about it are answered: in host memory or on a device."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from xw2v.errors import InputError
from xw2v.sgns.array import Array, safe_divisor
from xw2v.sgns.backend import Backend
from xw2v.vectors.neighbours import cosines, nearest


class RowSearch:
    """Cosines and nearest rows of one table, all from and to NumPy arrays.

    Args:
        table: (V, D) float32.
        norms: (V,) of its rows.
        backend: where to put a copy of the table and compute; None answers from the table itself.
    """

    def __init__(self, table: np.ndarray, norms: np.ndarray, backend: Backend | None) -> None:
        self._backend = backend
        self._table = self._to_device(table)
        self._divisors = self._to_device(safe_divisor(norms))

    def cosines(self, direction: np.ndarray, start: int, end: int) -> np.ndarray:
        """Cosines (end - start,) of a direction (D,) of norm 1 with the rows from start to end."""
        query = self._to_device(direction.astype(np.float32)[None, :])
        scores = cosines(self._table[start:end, :], self._divisors[start:end], query)
        clipped: np.ndarray = np.clip(self._to_host(scores)[0], -1, 1)
        return clipped

    def shifted_cosines(self, directions: Iterable[np.ndarray], end: int) -> np.ndarray:
        """Product (end,) over directions (D,) of norm 1 of their cosines with the first rows, each
        shifted to 0..1: the factors of 3CosMul.
        """
        product = np.ones(end)
        for direction in directions:
            product *= (1 + self.cosines(direction, 0, end)) / 2
        return product

    def nearest(
        self, queries: np.ndarray, k: int, exclude: np.ndarray, start: int, end: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows (Q, k) between start and end, and cosines (Q, k); see `WordTable.nearest_rows`."""
        Q, D = len(np.atleast_1d(queries)), self._table.shape[1]
        fit = Q > 0 and queries.shape == (Q, D) and exclude.shape == (Q, exclude.size // Q)
        if not fit or k < 1 or start >= end:
            raise InputError(
                f"queries of shape {queries.shape}, {k} answers, rows to leave out of shape "
                f"{exclude.shape}: give (Q, {D}), at least 1, and (Q, E), and a "
                "range of rows that is not empty"
            )
        excluded = self._to_device(exclude.astype(np.int64) - start) if exclude.size else None
        query = self._to_device(np.ascontiguousarray(queries, dtype=np.float32))
        rows, scores = nearest(
            self._table[start:end, :], self._divisors[start:end], query, k, excluded
        )
        found = self._to_host(scores)
        clipped: np.ndarray = np.where(np.isneginf(found), found, np.clip(found, -1, 1))
        return self._to_host(rows) + start, clipped

    def _to_device(self, array: Array) -> Array:
        return array if self._backend is None else self._backend.from_numpy(np.asarray(array))

    def _to_host(self, array: Array) -> np.ndarray:
        return np.asarray(array if self._backend is None else self._backend.to_numpy(array))
