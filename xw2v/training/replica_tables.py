"""One replica's tables, and how they become one with those of the other ranks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from xw2v.cluster.ranks import Ranks
from xw2v.sgns.array import Array
from xw2v.sgns.backend import Backend
from xw2v.sgns.combine_rows import PlainRowCombiner, RowCombiner, Rows
from xw2v.sgns.interface import Tables
from xw2v.sgns.loading import load_backend
from xw2v.training.replica_messages import COUNT, MessageWriter, unpacked
from xw2v.training.replica_terms import MEAN_ROWS, CombineTerms, header_length, heard, stretch_of

# A combine whose result comes when as many steps again have been taken: replicas have gone twice as
# far by then, and must not be sent as far again as they were when it began.
OVERLAP_CURVATURE = 2


class Beside:
    """What works on a combine while training goes on: a thread, with loops over rows of its own,
    since those of training are at work.
    """

    def __init__(self) -> None:
        self.combiner = combiner_for(load_backend("numpy", workers=1))
        self.thread = ThreadPoolExecutor(1, "xw2v-combine")


class Pending(NamedTuple):
    """A combine that is under way.

    Attributes:
        sent: the message to each owner.
        numbers: with which these begin.
        task: what `ReplicaTables._exchanged` will return.
    """

    sent: list[np.ndarray]
    numbers: int
    task: Future[tuple[list[list[int]], list[np.ndarray]]]


class ReplicaTables:
    """Combines tables, on which a step works, with those of all other ranks.

    Args:
        ranks: all of them.
        backend: that the tables are on.
        terms: of the rule.

    Attributes:
        combiner: works on the rows.
        bytes_sent: to other ranks, so far.
    """

    def __init__(self, ranks: Ranks, backend: Backend, terms: CombineTerms) -> None:
        self._ranks = ranks
        self._backend = backend
        self._terms = terms
        self._bases: list[np.ndarray] = []
        self._writers: list[MessageWriter] = []
        self.combiner = combiner_for(backend)
        self._beside: Beside | None = None
        self._pending: Pending | None = None
        self.bytes_sent = 0

    def begin(self, tables: Tables[Array]) -> None:
        """Note the tables that all ranks start from; one array where they are tied."""
        self._bases = [np.array(self._backend.to_numpy(table)) for table in distinct(tables)]
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
        outgoing = self._displacements(tables, due, numbers)
        headers, results = self._exchanged(self.combiner, outgoing, due, alpha, len(numbers))
        for message in results:
            self._adopt(tables, message)
        self._upload(tables, due)
        return headers

    def begin_combine(
        self, tables: Tables[Array], due: Sequence[int], alpha: float, numbers: Sequence[int]
    ) -> None:
        """As `combine`, but messages are sent and received while training goes on; what becomes of
        it is adopted by `end_combine`, which is to be called before anything else is combined.
        """
        self._beside = self._beside or Beside()
        outgoing = self._displacements(tables, due, numbers)
        alpha = OVERLAP_CURVATURE * alpha
        task = self._beside.thread.submit(
            self._exchanged, self._beside.combiner, outgoing, due, alpha, len(numbers)
        )
        self._pending = Pending(outgoing, self._header_length(len(numbers)), task)

    def end_combine(self, tables: Tables[Array]) -> None:
        """Adopt what has been combined meanwhile, if anything has: each row moves by what it became
        less what was sent of it, so that it keeps what it has learned since.
        """
        pending, self._pending = self._pending, None
        if pending is None:
            return
        bases, dim = self._bases, self._bases[0].shape[1]
        _, results = pending.task.result()
        for sent, message in zip(pending.sent, results, strict=True):
            _, own = unpacked(sent, pending.numbers, len(bases), dim)
            _, combined = unpacked(message, 0, len(bases), dim)
            for table, base, rows, moved in zip(
                distinct(tables), bases, combined, own, strict=True
            ):
                change = rows.values - base[rows.ids]
                change[np.searchsorted(rows.ids, moved.ids)] -= moved.values
                base[rows.ids] = rows.values
                ids = self._backend.from_numpy(rows.ids.astype(np.int64))
                self._backend.scatter_add(table, ids, self._backend.from_numpy(change))

    def _exchanged(
        self,
        combiner: RowCombiner,
        outgoing: Sequence[np.ndarray],
        due: Sequence[int],
        alpha: float,
        numbers: int,
    ) -> tuple[list[list[int]], list[np.ndarray]]:
        """The numbers of each rank, and the message of each owner of what its rows become."""
        ranks, bases = self._ranks, self._bases
        length, dim = self._header_length(numbers), bases[0].shape[1]
        incoming = ranks.exchange(outgoing)
        headers, parts = zip(
            *(unpacked(message, length, len(bases), dim) for message in incoming), strict=True
        )
        of_ranks, measured = heard(headers, numbers, dim)
        result = self._combined(combiner, due, alpha, measured, parts)
        results = ranks.exchange([result] * ranks.size)
        self.bytes_sent += sum(map(len, outgoing)) - len(outgoing[ranks.rank])
        self.bytes_sent += len(result) * (ranks.size - 1)
        return of_ranks, results

    def _header_length(self, numbers: int) -> int:
        return header_length(numbers, len(self._bases), self._bases[0].shape[1])

    def _displacements(
        self, tables: Tables[Array], due: Sequence[int], numbers: Sequence[int]
    ) -> list[np.ndarray]:
        """The message for each owner: the numbers, the curvatures, and the rows that changed."""
        host = [
            np.ascontiguousarray(self._backend.to_numpy(table[: max(rows, MEAN_ROWS), ...]))
            for table, rows in zip(distinct(tables), due, strict=False)
        ]
        header = self._terms.header(numbers, host)
        changed = [
            self.combiner.changed(table, base, rows)
            for table, base, rows in zip(host, self._bases, due, strict=False)
        ]
        messages = []
        for owner in range(self._ranks.size):
            own = [
                ids[slice(*np.searchsorted(ids, stretch_of(rows, owner, self._ranks.size)))]
                for ids, rows in zip(changed, due, strict=False)
            ]
            writer = self._writers[owner]
            writer.begin(header, sum(map(len, own)))
            for table, base, ids in zip(host, self._bases, own, strict=True):
                self.combiner.displacements_into(writer.room(len(ids)), table, base, ids)
                writer.add(ids)
            messages.append(writer.message)
        return messages

    def _combined(
        self,
        combiner: RowCombiner,
        due: Sequence[int],
        alpha: float,
        measured: Sequence[np.ndarray],
        parts: Sequence[Sequence[Rows]],
    ) -> np.ndarray:
        """The message of what the rows become that this rank owns.

        Args:
            measured: by each rank, see `CombineTerms`.
            parts: of each rank the displacements in each table.
        """
        ranks, bases = self._ranks, self._bases
        stretches = [
            stretch_of(rows, ranks.rank, ranks.size) for rows, _ in zip(due, bases, strict=False)
        ]
        max_rows = sum(last - first for first, last in stretches)
        writer = self._writers[-1]
        writer.begin(np.zeros(0, COUNT), max_rows)
        owned = self._terms.owned(bases, stretches, alpha, measured)
        for i, rows in enumerate(owned):
            own = [of_rank[i] for of_rank in parts]
            writer.add(combiner.combine_into(writer.room(len(rows.curvature)), rows, own))
        return writer.message

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
