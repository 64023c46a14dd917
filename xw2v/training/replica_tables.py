"""One replica's tables, and how they become one with those of the other ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xw2v.cluster.ranks import Ranks
from xw2v.sgns.array import Array
from xw2v.sgns.backend import Backend
from xw2v.sgns.combine import CurvatureMeter
from xw2v.sgns.combine_rows import (
    OwnedRows,
    PlainRowCombiner,
    RowCombiner,
    Rows,
    WeightedRows,
)
from xw2v.sgns.interface import Tables
from xw2v.sgns.loading import load_backend
from xw2v.training.replica_messages import MessageWriter, stretch_of, unpacked

MEAN_ROWS = 1024  # the most frequent rows of a table, whose mean stands for that of all


class ReplicaTables:
    """Combines tables, on which a step works, with those of all other ranks.

    Args:
        ranks: all of them.
        backend: that the tables are on.
        shares: each word's share of centers, and of negatives.
        pairs: (V,) of the input and of the output table, see `CombineSchedule`.

    Attributes:
        combiner: works on the rows.
        bytes_sent: to other ranks, so far.
    """

    def __init__(
        self,
        ranks: Ranks,
        backend: Backend,
        shares: tuple[np.ndarray, np.ndarray],
        pairs: tuple[np.ndarray, np.ndarray],
    ) -> None:
        self._ranks = ranks
        self._backend = backend
        of_centers, of_negatives = (share[:MEAN_ROWS] / share[:MEAN_ROWS].sum() for share in shares)
        # A table is damped along the mean of the other's rows as they are met.
        self._weights = of_negatives.astype(np.float32), of_centers.astype(np.float32)
        self._pairs = pairs
        self._meters: list[CurvatureMeter] = []  # of the pairs of each table's rows
        self._bases: list[np.ndarray] = []
        self._writers: list[MessageWriter] = []
        self.combiner = combiner_for(backend)
        self.bytes_sent = 0

    def begin(self, tables: Tables[Array]) -> None:
        """Note the tables that all ranks start from; one array where they are tied."""
        self._bases = [np.array(self._backend.to_numpy(table)) for table in distinct(tables)]
        self._meters = [CurvatureMeter() for _ in self._bases]
        shape = len(self._bases), self._bases[0].shape[1]
        # of the displacements for each owner, and of the rows that this rank owns
        self._writers = [MessageWriter(*shape) for _ in range(self._ranks.size + 1)]

    def combine(
        self, tables: Tables[Array], due: Sequence[int], alpha: float, numbers: Sequence[int]
    ) -> list[list[int]]:
        """Combine the first rows of the tables, in place; all ranks must call it with the same.

        Args:
            due: how many rows of each table.
            alpha: the learning rate.
            numbers: what this rank lets the others know.

        Returns:
            The numbers of each rank.
        """
        ranks, bases = self._ranks, self._bases
        dim = bases[0].shape[1]
        outgoing = self._displacements(tables, due, numbers)
        incoming = ranks.exchange(outgoing)
        heard = len(numbers) + len(bases)
        headers, parts = zip(
            *(unpacked(message, heard, len(bases), dim) for message in incoming), strict=True
        )
        of_ranks = np.array([header[len(numbers) :] for header in headers]).view(np.float64)
        result = self._combined(due, alpha, of_ranks.max(axis=0), parts)
        for message in ranks.exchange([result] * ranks.size):
            self._adopt(tables, message)
        self._upload(tables, due)
        if due[0] == len(bases[0]):  # from here a run may be resumed
            self._meters = [CurvatureMeter() for _ in bases]
        others = range(ranks.size - 1)
        self.bytes_sent += sum(map(len, outgoing)) - len(outgoing[ranks.rank])
        self.bytes_sent += len(result) * len(others)
        return [header[: len(numbers)] for header in headers]

    def _displacements(
        self, tables: Tables[Array], due: Sequence[int], numbers: Sequence[int]
    ) -> list[np.ndarray]:
        """The message for each owner: the numbers, the curvatures, and the rows that changed."""
        host = [
            np.ascontiguousarray(self._backend.to_numpy(table[:rows, ...]))
            for table, rows in zip(distinct(tables), due, strict=False)
        ]
        numbers = [*numbers, *self._curvatures(host).view(np.int64).tolist()]
        changed = [
            self.combiner.changed(table, base, len(table))
            for table, base in zip(host, self._bases, strict=True)
        ]
        messages = []
        for owner in range(self._ranks.size):
            own = [
                ids[slice(*np.searchsorted(ids, stretch_of(rows, owner, self._ranks.size)))]
                for ids, rows in zip(changed, due, strict=False)
            ]
            writer = self._writers[owner]
            writer.begin(numbers, sum(map(len, own)))
            for table, base, ids in zip(host, self._bases, own, strict=True):
                self.combiner.displacements_into(writer.room(len(ids)), table, base, ids)
                writer.add(ids)
            messages.append(writer.message)
        return messages

    def _combined(
        self,
        due: Sequence[int],
        alpha: float,
        curvatures: np.ndarray,
        parts: Sequence[Sequence[Rows]],
    ) -> np.ndarray:
        """The message of what the rows become that this rank owns.

        Args:
            curvatures: of a pair of a row of each table.
            parts: of each rank the displacements in each table.
        """
        ranks, bases = self._ranks, self._bases
        stretches = [
            stretch_of(rows, ranks.rank, ranks.size) for rows, _ in zip(due, bases, strict=False)
        ]
        max_rows = sum(last - first for first, last in stretches)
        writer = self._writers[-1]
        writer.begin([], max_rows)
        for i, (first, last) in enumerate(stretches):
            curvature = self._pairs[i][first:last] * np.float32(alpha * curvatures[i])
            owned = OwnedRows(first, bases[i], self._met(i), curvature)
            own = [of_rank[i] for of_rank in parts]
            writer.add(self.combiner.combine_into(writer.room(last - first), owned, own))
        return writer.message

    def _met(self, table: int) -> WeightedRows:
        """The rows, with their shares, that those of a table meet."""
        weights = self._weights[table]
        return WeightedRows(self._bases[-1 - table][: len(weights)], weights)

    def _curvatures(self, tables: Sequence[np.ndarray]) -> np.ndarray:
        """That of a pair of a row of each table, as this rank's rows are now: (tables,).

        Args:
            tables: the first rows of each.
        """
        curvatures = []
        for i, meter in enumerate(self._meters):
            rows = tables[-1 - i][: len(self._weights[i])]
            weights = self._weights[i][: len(rows)]
            curvatures.append(meter(rows, weights / weights.sum()))
        return np.array(curvatures)

    def _adopt(self, tables: Tables[Array], message: np.ndarray) -> None:
        """Take over the rows of an owner."""
        _, parts = unpacked(message, 0, len(self._bases), self._bases[0].shape[1])
        for table, base, rows in zip(distinct(tables), self._bases, parts, strict=True):
            self.combiner.adopt(table if isinstance(table, np.ndarray) else None, base, rows)

    def _upload(self, tables: Tables[Array], due: Sequence[int]) -> None:
        """Bring the rows that were due to the device, where the tables are on one."""
        for table, base, rows in zip(distinct(tables), self._bases, due, strict=False):
            if not isinstance(table, np.ndarray):
                table[:rows, ...] = self._backend.from_numpy(base[:rows])


def combiner_for(backend: Backend) -> RowCombiner:
    """The compiled loops over rows, or the plain ones where there is no compiler; rows of a device
    are combined on the host.
    """
    own = backend.own_row_combiner()
    if own is None and backend.name != "numpy":
        own = load_backend("numpy", workers=1).own_row_combiner()
    return PlainRowCombiner() if own is None else own


def distinct(tables: Tables[Array]) -> list[Array]:
    """The two tables, or the one where they are tied."""
    return [tables.center] if tables.context is tables.center else [*tables]
