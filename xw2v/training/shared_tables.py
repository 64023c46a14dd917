"""Replicas of one machine, whose tables lie in memory that all ranks share: each rank combines its
share of the rows in place, for all. No row is copied and none is sent, which is several times as
fast as messages (`xw2v.training.replica_tables`), and does the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xw2v.cluster.ranks import Ranks
from xw2v.sgns.array import Array
from xw2v.sgns.combine_rows import FLOAT, RowCombiner
from xw2v.sgns.interface import Tables
from xw2v.training.replica_messages import COUNT
from xw2v.training.replica_terms import CombineTerms, heard


class SharedTables:
    """Combines tables in the memory of all ranks.

    Args:
        ranks: all of them, on one machine.
        terms: of the rule.
        combiner: works on the rows.
        replicas: the tables of each rank, (V, D) float32 each.
        bases: the tables as of the last combine.
    """

    def __init__(
        self,
        ranks: Ranks,
        terms: CombineTerms,
        combiner: RowCombiner,
        replicas: Sequence[Sequence[np.ndarray]],
        bases: Sequence[np.ndarray],
    ) -> None:
        self._ranks = ranks
        self._terms = terms
        self._combiner = combiner
        self._replicas = replicas
        self._bases = bases

    @property
    def tables(self) -> Tables[Array]:
        """This rank's, to train."""
        own = self._replicas[self._ranks.rank]
        return Tables(own[0], own[-1])

    def combine(self, due: Sequence[int], alpha: float, numbers: Sequence[int]) -> list[list[int]]:
        """As `ReplicaTables.combine`."""
        terms, ranks, bases = self._terms, self._ranks, self._bases
        message = terms.header(numbers, self._replicas[ranks.rank]).view(np.uint8)
        # Where all have answered, nobody trains.
        headers = [part.view(COUNT) for part in ranks.exchange([message] * ranks.size)]
        of_ranks, measured = heard(headers, len(numbers), bases[0].shape[1])
        stretches = [(0, rows) for rows, _ in zip(due, bases, strict=False)]
        owned = terms.owned(bases, stretches, alpha, measured)
        for rows, tables in zip(owned, zip(*self._replicas, strict=True), strict=True):
            self._combiner.combine_shared(tables, rows, ranks.rank)
        ranks.exchange([message[:0]] * ranks.size)  # all have combined theirs
        return of_ranks


def shared_tables(
    ranks: Ranks, terms: CombineTerms, combiner: RowCombiner, tables: Sequence[Array]
) -> SharedTables | None:
    """Tables that all ranks start from, copied into memory that they share; None where they share
    none, or the tables are on a device. All ranks must call it.
    """
    if not all(isinstance(table, np.ndarray) for table in tables):
        return None
    shape = len(tables), *tables[0].shape
    size = int(np.prod(shape)) * FLOAT.itemsize
    memory = ranks.share(size * (1 + (ranks.rank == 0)))  # rank 0's has the bases, too
    if memory is None:
        return None
    replicas = [list(part[:size].view(FLOAT).reshape(shape)) for part in memory]
    bases = list(memory[0][size:].view(FLOAT).reshape(shape))
    for i, table in enumerate(tables):
        replicas[ranks.rank][i][:] = table
        if ranks.rank == 0:
            bases[i][:] = table
    ranks.wait()
    return SharedTables(ranks, terms, combiner, replicas, bases)
