"""One replica's tables, and how they become one with those of the other ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xw2v.cluster.ranks import Ranks
from xw2v.sgns.array import Array
from xw2v.sgns.backend import Backend
from xw2v.sgns.interface import Tables
from xw2v.training.replica_rows import (
    blank_message,
    combined,
    displacements_into,
    stretch_of,
    touched,
    unpacked,
)

MEAN_ROWS = 1024  # the most frequent rows of a table, whose mean stands for that of all


class ReplicaTables:
    """Combines tables, on which a step works, with those of all other ranks.

    Args:
        ranks: all of them.
        backend: that the tables are on.
        shares: each word's share of centers, and of negatives.

    Attributes:
        bytes_sent: to other ranks, so far.
    """

    def __init__(
        self, ranks: Ranks, backend: Backend, shares: tuple[np.ndarray, np.ndarray]
    ) -> None:
        self._ranks = ranks
        self._backend = backend
        of_centers, of_negatives = (share[:MEAN_ROWS] / share[:MEAN_ROWS].sum() for share in shares)
        # A table is damped along the mean of the other's rows as they are met.
        self._weights = of_negatives.astype(np.float32), of_centers.astype(np.float32)
        self._bases: list[np.ndarray] = []
        self.bytes_sent = 0

    def begin(self, tables: Tables[Array]) -> None:
        """Note the tables that all ranks start from; one array where they are tied."""
        self._bases = [np.array(self._backend.to_numpy(table)) for table in distinct(tables)]

    def combine(
        self, tables: Tables[Array], due: Sequence[int], numbers: Sequence[int]
    ) -> list[list[int]]:
        """Combine the first rows of the tables, in place; all ranks must call it with the same.

        Args:
            due: how many rows of each table.
            numbers: what this rank lets the others know.

        Returns:
            The numbers of each rank.
        """
        ranks, bases = self._ranks, self._bases
        dim = bases[0].shape[1]
        outgoing = self._displacements(tables, due, numbers)
        incoming = ranks.exchange(outgoing)
        headers, parts = zip(
            *(unpacked(message, len(numbers), len(bases), dim) for message in incoming), strict=True
        )
        own = []
        for i, base in enumerate(bases):
            mean = np.einsum("r,rd->d", self._weights[i], bases[-1 - i][: len(self._weights[i])])
            stretch = stretch_of(due[i], ranks.rank, ranks.size)
            own.append(combined(base, [rows[i] for rows in parts], mean, *stretch))
        result, places = blank_message([], [rows.ids for rows in own], dim)
        for place, rows in zip(places, own, strict=True):
            place[:] = rows.values
        for message in ranks.exchange([result] * ranks.size):
            self._adopt(tables, message)
        self._upload(tables, due)
        others = range(ranks.size - 1)
        self.bytes_sent += sum(map(len, outgoing)) - len(outgoing[ranks.rank])
        self.bytes_sent += len(result) * len(others)
        return list(headers)

    def _displacements(
        self, tables: Tables[Array], due: Sequence[int], numbers: Sequence[int]
    ) -> list[np.ndarray]:
        """The message for each owner."""
        host = [
            self._backend.to_numpy(table[:rows, ...])
            for table, rows in zip(distinct(tables), due, strict=False)
        ]
        messages = []
        for owner in range(self._ranks.size):
            moved = [
                touched(table, base, *stretch_of(rows, owner, self._ranks.size))
                for table, base, rows in zip(host, self._bases, due, strict=False)
            ]
            message, places = blank_message(numbers, moved, self._bases[0].shape[1])
            for place, table, base, ids in zip(places, host, self._bases, moved, strict=True):
                displacements_into(place, table, base, ids)
            messages.append(message)
        return messages

    def _adopt(self, tables: Tables[Array], message: np.ndarray) -> None:
        """Take over the rows of an owner."""
        _, parts = unpacked(message, 0, len(self._bases), self._bases[0].shape[1])
        for table, base, rows in zip(distinct(tables), self._bases, parts, strict=True):
            base[rows.ids] = rows.values
            if isinstance(table, np.ndarray):
                table[rows.ids] = rows.values

    def _upload(self, tables: Tables[Array], due: Sequence[int]) -> None:
        """Bring the rows that were due to the device, where the tables are on one."""
        for table, base, rows in zip(distinct(tables), self._bases, due, strict=False):
            if not isinstance(table, np.ndarray):
                table[:rows, ...] = self._backend.from_numpy(base[:rows])


def distinct(tables: Tables[Array]) -> list[Array]:
    """The two tables, or the one where they are tied."""
    return [tables.center] if tables.context is tables.center else [*tables]
