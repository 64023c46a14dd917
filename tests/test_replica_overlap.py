"""Replicas that go on training while what they have learned is combined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_replicas import commanded, given_for

from xw2v.cluster.ranks import Ranks
from xw2v.cluster.threads import ThreadRanks, on_ranks
from xw2v.errors import UsageError
from xw2v.sgns.interface import Tables
from xw2v.sgns.loading import load_backend
from xw2v.training.replica_tables import ReplicaTables
from xw2v.training.replica_terms import CombineTerms


class TablesOfTwo:
    """Two replicas that have trained apart: what a combine makes of them."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.start = Tables(*rng.normal(size=(2, 40, 6)).astype(np.float32))
        self.moved = rng.normal(size=(2, 2, 40, 6)).astype(np.float32)  # of each replica
        self.moved[:, :, 30:] = 0  # rows that nobody has met
        self.later = rng.normal(size=(2, 2, 40, 6)).astype(np.float32)  # while messages travel

    def trained(self, ranks: Ranks) -> tuple[ReplicaTables, Tables[np.ndarray]]:
        share, pairs = np.full(40, 1 / 40), np.zeros(40, np.float32)
        terms = CombineTerms((share, share), (pairs, pairs))
        replica = ReplicaTables(ranks, load_backend(workers=1), terms)
        tables = Tables(*(table.copy() for table in self.start))
        replica.begin(tables)
        for table, moved in zip(tables, self.moved[ranks.rank], strict=True):
            table += moved
        return replica, tables


@pytest.mark.parametrize("seed", range(3))
def test_what_is_combined_while_training_goes_on_is_the_same_and_comes_on_top(seed: int) -> None:
    of_two = TablesOfTwo(seed)

    def at_once(ranks: Ranks) -> Tables[np.ndarray]:
        replica, tables = of_two.trained(ranks)
        replica.combine(tables, (40, 40), 0.1, [7])
        return tables

    def meanwhile(ranks: Ranks) -> Tables[np.ndarray]:
        replica, tables = of_two.trained(ranks)
        replica.begin_combine(tables, (40, 40), 0.1, [7])
        for table, later in zip(tables, of_two.later[ranks.rank], strict=True):
            table += later
        replica.end_combine(tables)
        replica.end_combine(tables)  # nothing is under way any more
        return tables

    for rank, (expected, found) in enumerate(
        zip(on_ranks(2, at_once), on_ranks(2, meanwhile), strict=True)
    ):
        for one, other, later in zip(expected, found, of_two.later[rank], strict=True):
            np.testing.assert_allclose(other, one + later, rtol=0, atol=1e-5)


def test_an_mpi_for_one_thread_alone_does_not_overlap(
    small_text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThreadRanks, "allows_threads", False)
    found, _ = commanded(2, tmp_path, **given_for(small_text), combine_overlap=True)
    assert all(isinstance(each, UsageError) for each in found)
    assert "first thread alone" in str(found[0])
