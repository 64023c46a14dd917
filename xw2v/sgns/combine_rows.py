"""The rows of replicas that are combined: which have changed, how far, and what they become.

A replica has a table and its base, the table as of the last combine, which is the same at all
ranks. These are NumPy's loops over chunks of rows; a backend may have faster ones
(`Backend.own_row_combiner`), whose oracle they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from xw2v.sgns.array import Array
from xw2v.sgns.combine import Sums, added, combined_displacement, summed

CHUNK_ROWS = 512  # combined at a time, in a core's cache
SHARED_ROWS = 64  # neighbours in a table that a rank combines for all, before the next rank's begin
FLOAT = np.dtype(np.float32)
ID = np.dtype(np.int32)


Rule = Callable[[Sums, Array, Array, int], Array]


class Rows(NamedTuple):
    """Some rows of a table.

    Attributes:
        ids: (U,) int32, ascending.
        values: (U, D) float32: displacements, or what the rows are now.
    """

    ids: np.ndarray
    values: np.ndarray


class OwnedRows(NamedTuple):
    """S rows of a table that a rank combines for all, and what that takes beside displacements.

    Attributes:
        first: of the rows in their table.
        base: (V, D) of the table.
        direction: (D,) float32 û, of the mean of the other table's base.
        curvature: (S,) float32, that a replica met in each of these rows.
    """

    first: int
    base: np.ndarray
    direction: np.ndarray
    curvature: np.ndarray


class RowCombiner(Protocol):
    """Works on the rows of replicas; tables and bases are (V, D) float32 and C-contiguous."""

    def changed(self, table: np.ndarray, base: np.ndarray, rows: int) -> np.ndarray:
        """Which of the first `rows` rows of a table differ from its base in any bit: (U,) int32."""

    def displacements_into(
        self, values: np.ndarray, table: np.ndarray, base: np.ndarray, ids: np.ndarray
    ) -> None:
        """Write the rows `ids` (U,) of a table, less those of its base, into `values` (U, D)."""

    def combine_into(
        self, values: np.ndarray, owned: OwnedRows, parts: Sequence[Rows]
    ) -> np.ndarray:
        """Combine those of S rows that some replica has changed.

        Args:
            values: (S, D) float32; what these U rows become is written into its first ones.
            parts: the displacements of each replica, in the order of ranks, of rows among these.

        Returns:
            Which rows they are: (U,) int32, ascending.
        """

    def adopt(self, table: np.ndarray | None, base: np.ndarray, rows: Rows) -> None:
        """Write rows into a base, and into its table if that is on the host."""

    def combine_shared(self, tables: Sequence[np.ndarray], due: OwnedRows, rank: int) -> None:
        """Combine a rank's share of rows, every Nth `SHARED_ROWS` of them, and write what they
        become into the tables of all N replicas and the base.

        Args:
            tables: of the replicas, in the order of ranks.
            due: the rows that all ranks together combine.
        """


class PlainRowCombiner:
    """See `RowCombiner`.

    Args:
        rule: what rows move by; takes what `combined_displacement` does.
    """

    def __init__(self, rule: Rule = combined_displacement) -> None:
        self._rule = rule

    def changed(self, table: np.ndarray, base: np.ndarray, rows: int) -> np.ndarray:
        chunks = [np.zeros(0, ID)]
        for start in range(0, rows, CHUNK_ROWS):
            own, before = (
                part[start : min(start + CHUNK_ROWS, rows)].view(np.uint32)
                for part in (table, base)
            )
            chunks.append((np.flatnonzero((own != before).any(axis=1)) + start).astype(ID))
        return np.concatenate(chunks)

    def displacements_into(
        self, values: np.ndarray, table: np.ndarray, base: np.ndarray, ids: np.ndarray
    ) -> None:
        for first in range(0, len(ids), CHUNK_ROWS):
            chunk = slice(first, first + CHUNK_ROWS)
            np.subtract(table[ids[chunk]], base[ids[chunk]], out=values[chunk])

    def combine_into(
        self, values: np.ndarray, owned: OwnedRows, parts: Sequence[Rows]
    ) -> np.ndarray:
        first, base, direction, curvature = owned
        found, count, last = [np.zeros(0, ID)], 0, first + len(values)
        for start in range(first, last, CHUNK_ROWS):
            within = [_within(rows, start, min(start + CHUNK_ROWS, last)) for rows in parts]
            within = [part for part in within if len(part.ids)]
            if not within:
                continue
            ids = np.unique(np.concatenate([part.ids for part in within]))
            sums = summed(_dense(within[0], ids), direction)
            for part in within[1:]:
                sums = added(sums, _dense(part, ids), direction)
            change: np.ndarray = np.asarray(
                self._rule(sums, direction, curvature[ids - first], len(parts))
            )
            np.add(np.take(base, ids, axis=0), change, out=values[count : count + len(ids)])
            found.append(ids)
            count += len(ids)
        return np.concatenate(found)

    def adopt(self, table: np.ndarray | None, base: np.ndarray, rows: Rows) -> None:
        base[rows.ids] = rows.values
        if table is not None:
            table[rows.ids] = rows.values

    def combine_shared(self, tables: Sequence[np.ndarray], due: OwnedRows, rank: int) -> None:
        first, base, direction, curvature = due
        for start in range(rank * SHARED_ROWS, len(curvature), len(tables) * SHARED_ROWS):
            owned = curvature[start : start + SHARED_ROWS]
            stretch, parts = slice(first + start, first + start + len(owned)), []
            for table in tables:
                ids = self.changed(table[stretch], base[stretch], len(owned)) + stretch.start
                parts.append(Rows(ids.astype(ID), np.empty((len(ids), base.shape[1]), FLOAT)))
                self.displacements_into(parts[-1].values, table, base, parts[-1].ids)
            values = np.empty((len(owned), base.shape[1]), FLOAT)
            rows = OwnedRows(stretch.start, base, direction, owned)
            ids = self.combine_into(values, rows, parts)
            for table in tables:
                self.adopt(table, base, Rows(ids, values[: len(ids)]))


def _within(rows: Rows, start: int, stop: int) -> Rows:
    """Those of some rows that are in start .. stop."""
    begin, end = np.searchsorted(rows.ids, (start, stop)).tolist()
    return Rows(rows.ids[begin:end], rows.values[begin:end])


def _dense(part: Rows, ids: np.ndarray) -> np.ndarray:
    """The displacements of the rows `ids` (U,), with zeros for those that a part lacks: (U, D)."""
    if len(part.ids) == len(ids):
        return part.values
    values = np.zeros((len(ids), part.values.shape[1]), FLOAT)
    values[np.searchsorted(ids, part.ids)] = part.values
    return values
