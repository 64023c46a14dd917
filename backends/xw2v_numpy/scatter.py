"""Scatter-add of rows on the CPU: SciPy's product with a sparse matrix of one entry a column.

The product Y += A X with a compressed-column A reads the rows of X in order and adds each, scaled, to the
row of Y that its column names: the sequential loop itself, in C, in a fixed order. `np.add.at` does the
same 6 to 20 times slower.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

Product = Callable[..., None]  # (rows of Y, columns, D, column starts, row numbers, scales, X, Y)


def public_product(
    rows: int,
    columns: int,
    size: int,
    starts: np.ndarray,
    numbers: np.ndarray,
    scales: np.ndarray,
    X: np.ndarray,
    Y: np.ndarray,
) -> None:
    """Y += A X through SciPy's public interface, which first makes A X: (rows, D), (columns, D) flattened."""
    A = sparse.csc_array((scales, numbers, starts), shape=(rows, columns))
    Y.reshape(rows, size)[:] += A @ X.reshape(columns, size)


try:  # SciPy's kernel adds in place; it is internal, so `public_product` stands by
    from scipy.sparse._sparsetools import csc_matvecs as product
except ImportError:
    product: Product = public_product  # type: ignore[no-redef]


class RowAdder:
    """Adds rows to the rows of a table that their numbers name, repeated numbers adding up.

    Args:
        most: the most rows added at a time.
        dtype: of rows and tables.
    """

    def __init__(self, most: int, dtype: np.dtype) -> None:
        self._starts = np.arange(most + 1, dtype=np.int32)
        self._ones = np.ones(most, dtype)

    def __call__(
        self, table: np.ndarray, numbers: np.ndarray, rows: np.ndarray, scales: np.ndarray | None = None
    ) -> None:
        """table[numbers[i]] += scales[i] · rows[i] in place, in the order of i.

        Args:
            table: (V, D), C-contiguous, changed in place.
            numbers: (N,) int32 in [0, V).
            rows: (..., D) with N rows in all, C-contiguous.
            scales: (N,), or None for ones.
        """
        count, size = len(numbers), table.shape[1]
        starts, scales = self._starts[: count + 1], self._ones[:count] if scales is None else scales
        product(len(table), count, size, starts, numbers, scales, rows.reshape(-1), table.reshape(-1))

    def outer(self, table: np.ndarray, numbers: np.ndarray | None, scales: np.ndarray, rows: np.ndarray) -> None:
        """table[numbers[j, i]] += scales[j, i] · rows[j] in place.

        Args:
            table: (V, D).
            numbers: (m, n) int32, or None for 0, 1, ...
            scales: (m, n).
            rows: (m, D); all may be flattened.
        """
        size = table.shape[1]
        count = rows.size // size
        starts = np.arange(0, scales.size + 1, scales.size // count, dtype=np.int32)
        numbers = self._starts[: scales.size] if numbers is None else numbers
        product(
            len(table), count, size, starts, numbers.reshape(-1), scales.reshape(-1), rows.reshape(-1),
            table.reshape(-1),
        )  # fmt: skip


def scatter_add(table: np.ndarray, rows: np.ndarray, updates: np.ndarray) -> None:
    """table[rows[i]] += updates[i] in place, repeated rows adding up: (V, D), (N,), (N, D)."""
    adder = RowAdder(len(rows), table.dtype)
    adder(table, rows.astype(np.int32), np.ascontiguousarray(updates, table.dtype))
