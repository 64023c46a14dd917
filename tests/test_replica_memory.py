"""Replicas whose tables lie in memory that all ranks of a machine share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import assert_same_state, text
from test_replicas import trained

from xw2v.cluster import sharing
from xw2v.cluster.ranks import Ranks
from xw2v.cluster.sharing import shared_memory
from xw2v.cluster.threads import on_ranks
from xw2v.errors import RunInterruptedError
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no memfd elsewhere")


@pytest.mark.parametrize("changes", [{}, {"model": "cbow"}, {"tied": True}], ids=str)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_replicas_that_share_memory_have_the_bits_of_those_that_send(
    size: int, changes: dict[str, Any], small_corpus: Corpus, tmp_path: Path
) -> None:
    sent = trained(small_corpus, size, tmp_path / "sent", **changes)
    shared = trained(small_corpus, size, tmp_path / "shared", shares_memory=True, **changes)
    for state, other in zip(shared, sent, strict=True):
        assert_same_state(load_backend(), state, other)
        assert (state.tables.center is state.tables.context) == ("tied" in changes)


def test_replicas_that_share_memory_stop_and_go_on_to_the_same_bits(tmp_path: Path) -> None:
    corpus = Corpus.from_sentences([line.split() for line in text(40_000).splitlines()], 1)
    changes = {"batch_tokens": 32, "shares_memory": True}
    expected = trained(corpus, 3, tmp_path / "whole", **changes)
    errors = trained(corpus, 3, tmp_path / "cut", signal_at=(1, 20), **changes)
    assert [type(error) for error in errors] == [RunInterruptedError] * 3
    states = trained(corpus, 3, tmp_path / "cut", resume=True, **changes)
    for state, other in zip(states, expected, strict=True):
        assert state.tables.center.tobytes() == other.tables.center.tobytes()
        assert state.tables.context.tobytes() == other.tables.context.tobytes()
        assert state.steps == other.steps


def written_and_read(ranks: Ranks) -> list[int] | None:
    """What a rank reads of the memory of all, of which each has written its own."""
    memory = shared_memory(ranks, 5000 * (1 + ranks.rank))
    if memory is None:
        return None
    memory[ranks.rank][-3:] += 1 + ranks.rank
    ranks.wait()
    return [int(part.sum()) for part in memory] + [len(part) for part in memory]


@on_linux
def test_what_a_rank_writes_others_read_and_nothing_is_left_open() -> None:
    before = os.listdir("/proc/self/fd")
    assert on_ranks(2, written_and_read) == [[3, 6, 5000, 10_000]] * 2
    assert len(os.listdir("/proc/self/fd")) == len(before)


@on_linux
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda patch: patch.delattr(os, "memfd_create"), id="another system"),
        pytest.param(
            lambda patch: patch.setattr(os, "getpid", lambda: 2**30), id="no such process"
        ),
        pytest.param(lambda patch: patch.setattr(os, "getpid", lambda: 1), id="another process"),
        pytest.param(
            lambda patch: patch.setattr(sharing, "_mapped", lambda part: None), id="out of reach"
        ),
    ],
)
def test_ranks_that_cannot_share_memory_say_so_at_once(
    change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch)
    assert on_ranks(2, written_and_read) == [None, None]


@on_linux
def test_where_one_rank_cannot_reach_another_none_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    mapped, calls = sharing._mapped, []

    def once_not(part: sharing.Part) -> np.ndarray | None:
        calls.append(part)
        return None if len(calls) == 1 else mapped(part)

    monkeypatch.setattr(sharing, "_mapped", once_not)
    assert on_ranks(2, written_and_read) == [None, None]
    assert len(calls) == 4
