"""Replicas of one run, here as threads: equal at the end, the same every time, stopped and resumed
together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same_state, checkpointer_of, text

from xw2v.cluster.ranks import Ranks
from xw2v.cluster.threads import ThreadRanks, on_ranks
from xw2v.config import TrainOptions
from xw2v.errors import InputError, OutOfMemoryError, RunInterruptedError, UsageError, Xw2vError
from xw2v.settings import Settings
from xw2v.sgns.config import Shard
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus
from xw2v.training import memory
from xw2v.training.callbacks import Callback
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.command import TrainCommand
from xw2v.training.console import Console
from xw2v.training.replica_command import ReplicaTraining
from xw2v.training.replicas import Replicas
from xw2v.training.resume import restored
from xw2v.training.run import Run
from xw2v.training.signals import StopSignals
from xw2v.training.state import State
from xw2v.training.trainer import Trainer

RUN, LATE = SMALL_RUN | {"combine_interval": 1}, {"combine_overlap": True}


class Lines(Console):
    def __init__(self) -> None:
        self.said: list[str] = []
        self.say = self.said.append  # type: ignore[method-assign]


class SignalAt(Callback):
    """Asks to stop at a step."""

    def __init__(self, signals: StopSignals, step: int) -> None:
        self._signals = signals
        self._step = step

    def on_step(self, state: State) -> None:
        if state.steps == self._step:
            self._signals.received = True


def trained(
    corpus: Corpus,
    size: int,
    output: Path,
    every: str = "1000000",
    signal_at: tuple[int, int] | None = None,
    resume: bool = False,
    shares_memory: bool = False,
    **changes: Any,
) -> list[Any]:
    """The states of all ranks, or their errors."""

    def work(ranks: Ranks) -> State:
        shard, settings = Shard(ranks.rank, size), Settings(**RUN | changes)
        trainer = Trainer(corpus, settings, load_backend(workers=1), shard=shard)
        signals = StopSignals()
        callbacks: list[Callback] = []
        if signal_at is not None and signal_at[0] == ranks.rank:
            callbacks.append(SignalAt(signals, signal_at[1]))
        callbacks.append(Replicas(trainer, ranks, signals, checkpointer_of(trainer, output, every)))
        state = trainer.start()
        if resume:
            checkpoint = CheckpointFolder(output).latest()
            assert checkpoint is not None
            state = restored(checkpoint, trainer)
        return trainer.train(state, callbacks)

    return on_ranks(size, work, shares_memory)


@pytest.mark.parametrize("changes", [{}, {"model": "cbow"}, {"tied": True}, LATE], ids=str)
@pytest.mark.parametrize("size", [2, 3])
def test_replicas_are_equal_at_the_end_and_the_same_every_time(
    size: int, changes: dict[str, Any], small_corpus: Corpus, tmp_path: Path
) -> None:
    states = trained(small_corpus, size, tmp_path / "one", **changes)
    again = trained(small_corpus, size, tmp_path / "two", **changes)
    for state, other in zip(states, again, strict=True):
        assert_same_state(load_backend(), state, other)
        assert state.tables.center.tobytes() == states[0].tables.center.tobytes()
        assert state.tables.context.tobytes() == states[0].tables.context.tobytes()
        assert state.steps == states[0].steps
        assert np.isfinite(state.tables.center).all()


def test_one_replica_is_a_run_by_itself(small_corpus: Corpus, tmp_path: Path) -> None:
    (state,) = trained(small_corpus, 1, tmp_path)
    trainer = Trainer(small_corpus, Settings(**RUN), load_backend())
    alone = trainer.train(trainer.start())
    np.testing.assert_allclose(state.tables.center, alone.tables.center, rtol=0, atol=1e-5)
    assert alone.steps <= state.steps <= alone.steps + 2  # idle ones at the ends of epochs


@pytest.mark.parametrize(
    ("sizes", "changes"),
    [
        ((1, 2, 4), {}),
        ((1, 4, 8, 16), {"combine_interval": None}),
        ((1, 2, 4, 8), {"combine_overlap": True, "combine_interval": 2}),
    ],
    ids=str,
)
def test_replicas_learn_what_one_run_does(
    sizes: tuple[int, ...], changes: dict[str, Any], tmp_path: Path
) -> None:
    lines = [[line.split() for line in text(60_000, seed=s).splitlines()] for s in (0, 1)]
    corpus = Corpus.from_sentences(lines[0], min_count=1)
    held_out = Corpus.from_sentences(lines[1], vocabulary=corpus.vocabulary)
    judge = Trainer(corpus, Settings(**RUN), load_backend(), held_out)
    losses = [
        judge.validation_loss(trained(corpus, size, tmp_path / str(size), **changes)[0].tables)
        for size in sizes
    ]
    untrained = judge.validation_loss(judge.start().tables)
    for loss in losses[1:]:
        assert abs(loss - losses[0]) < 0.1 * (untrained - losses[0]), losses


@pytest.mark.parametrize("lines", [["a b a b"], ["a b", "b a", "a"], ["a b"] * 3])
def test_more_ranks_than_sentences(lines: list[str], tmp_path: Path) -> None:
    corpus = Corpus.from_sentences([line.split() for line in lines], min_count=1)
    states = trained(corpus, 5, tmp_path, sample=0)
    assert len({state.tables.context.tobytes() for state in states}) == 1
    assert np.count_nonzero(states[0].tables.context) > 0


@pytest.fixture(scope="module")
def longer_corpus() -> Corpus:
    """Enough for several combines of all rows in an epoch."""
    return Corpus.from_sentences([line.split() for line in text(40_000).splitlines()], min_count=1)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_a_signal_at_any_rank_stops_all_saved_and_the_run_goes_on_to_the_same_bits(
    rank: int, longer_corpus: Corpus, tmp_path: Path
) -> None:
    expected = trained(longer_corpus, 3, tmp_path / "whole", batch_tokens=32)
    errors = trained(longer_corpus, 3, tmp_path / "cut", signal_at=(rank, 20), batch_tokens=32)
    assert [type(error) for error in errors] == [RunInterruptedError] * 3
    assert "saved" in str(errors[0])
    checkpoint = CheckpointFolder(tmp_path / "cut").latest()
    assert checkpoint is not None
    assert checkpoint.record.state.step > 0
    states = trained(longer_corpus, 3, tmp_path / "cut", resume=True, batch_tokens=32)
    for state, other in zip(states, expected, strict=True):
        assert state.tables.center.tobytes() == other.tables.center.tobytes()
        assert state.steps == other.steps


def test_checkpoints_of_steps_are_of_all_ranks_and_change_nothing(
    longer_corpus: Corpus, tmp_path: Path
) -> None:
    expected = trained(longer_corpus, 2, tmp_path / "without", batch_tokens=32)
    states = trained(longer_corpus, 2, tmp_path / "with", every="7", batch_tokens=32)
    assert len(CheckpointFolder(tmp_path / "with").names()) == 2
    assert states[0].tables.center.tobytes() == expected[0].tables.center.tobytes()


def test_another_number_of_ranks_goes_on_from_about_there(
    longer_corpus: Corpus, tmp_path: Path
) -> None:
    trained(longer_corpus, 3, tmp_path, signal_at=(0, 20), batch_tokens=32)
    checkpoint = CheckpointFolder(tmp_path).latest()
    assert checkpoint is not None
    state, size = checkpoint.record.state, checkpoint.record.ranks
    trainer = Trainer(longer_corpus, Settings(**RUN | {"batch_tokens": 32}), load_backend())
    alone = restored(checkpoint, trainer)
    assert (size, alone.step) == (3, state.step * 3)
    ends = trained(longer_corpus, 2, tmp_path, resume=True, batch_tokens=32)
    assert {end.epoch for end in ends} == {2}


def test_a_rank_that_fails_ends_all(small_corpus: Corpus, tmp_path: Path) -> None:
    class Failure(Callback):
        def on_step(self, state: State) -> None:
            raise ZeroDivisionError

    def work(ranks: Ranks) -> State:
        trainer = Trainer(
            small_corpus, Settings(**RUN), load_backend(workers=1), shard=Shard(ranks.rank, 3)
        )
        checkpointer = checkpointer_of(trainer, tmp_path)
        callbacks: list[Callback] = [Replicas(trainer, ranks, StopSignals(), checkpointer)]
        callbacks += [Failure()] * (ranks.rank == 1)
        return trainer.train(trainer.start(), callbacks)

    errors = on_ranks(3, work)
    assert isinstance(errors[1], ZeroDivisionError)
    assert all(isinstance(error, Exception) for error in errors)


# --- the command ---------------------------------------------------------------------------------


def commanded(size: int, output: Path, *, at: dict[int, Any] | None = None, **given: Any) -> Any:
    """What `xw2v train` returns at each rank, and what it said; `at` changes a rank's options."""
    consoles = [Lines() for _ in range(size)]

    def work(ranks: Ranks) -> Run | None:
        own = given | (at or {}).get(ranks.rank, {})
        names = {"input", "resume", "init", "val", "checkpoint_every"}
        options = TrainOptions(
            output=str(output), **{name: own[name] for name in names & own.keys()}
        )
        settings = {name: value for name, value in own.items() if name not in names}
        console = consoles[ranks.rank]
        training = ReplicaTraining(options, settings, console, lambda *_: None, ranks)
        return training.run(StopSignals())

    return on_ranks(size, work), [console.said for console in consoles]


def given_for(small_text: Path, **more: Any) -> dict[str, Any]:
    return {"input": (str(small_text),), "workers": 1} | RUN | more


def test_the_command_writes_one_folder_and_resumes_from_it(
    small_text: Path, tmp_path: Path
) -> None:
    given = given_for(small_text)
    (run, *others), (said, _) = commanded(2, tmp_path, **given)
    assert others == [None]
    assert run.record["ranks"] == 2
    assert any("2 ranks, 2 on this machine, each with 1 thread" in line for line in said)
    vectors = (tmp_path / "center.npy").read_bytes()
    (again, _), (said, _) = commanded(2, tmp_path, resume=True, **given)
    assert "this run is complete" in " ".join(said)
    assert again.record == run.record
    (_, _, longer), (said, *_) = commanded(3, tmp_path, resume=True, **given | {"epochs": 3})
    assert longer is None
    assert "ranks 2 then, 3 now" in " ".join(said)
    assert (tmp_path / "center.npy").read_bytes() != vectors


def test_held_out_text_and_initial_vectors_are_rank_0s(small_text: Path, tmp_path: Path) -> None:
    given = given_for(small_text)
    (first, _), _ = commanded(2, tmp_path / "first", **given)
    more = {"init": str(tmp_path / "first"), "val": str(small_text), "epochs": 1}
    (run, other), (said, _) = commanded(2, tmp_path / "second", **given | more)
    assert not isinstance(run, Xw2vError)
    assert other is None
    assert any("words start from" in line for line in said)
    assert len(run.validation_history) == 1
    assert run.validation_history[0] < first.loss_history[0][1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"negative": 4}, "rank 1 has another settings than rank 0: `negative` 4, not None"),
        ({"alpha": 0.01}, "`alpha` 0.01, not None"),
    ],
)
def test_other_settings_are_refused_at_the_start(
    change: dict[str, Any], words: str, small_text: Path, tmp_path: Path
) -> None:
    errors, _ = commanded(2, tmp_path, at={1: change}, **given_for(small_text))
    for error in errors:
        assert isinstance(error, InputError)
        assert words in str(error)


def test_another_text_is_refused_at_the_start(small_text: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(text(4000, seed=5))
    at = {2: {"input": (str(other),)}}
    errors, _ = commanded(3, tmp_path / "output", at=at, **given_for(small_text))
    for error in errors:
        assert isinstance(error, InputError)
        assert "rank 2 has another text than rank 0" in str(error)


def test_standard_input_is_refused(tmp_path: Path) -> None:
    errors, _ = commanded(2, tmp_path, input=("-",))
    assert all(isinstance(error, UsageError) for error in errors)


def test_ngrams_are_refused_also_those_of_a_checkpoint(small_text: Path, tmp_path: Path) -> None:
    given = given_for(small_text)
    refused, _ = commanded(2, tmp_path, **given, subword="3-6")
    options = TrainOptions(output=str(tmp_path), input=given["input"])
    settings = {name: value for name, value in given.items() if name != "input"}
    settings |= {"subword": "3-6"}
    TrainCommand(options, settings, Lines(), lambda *_: None).run(StopSignals())
    resumed, _ = commanded(2, tmp_path, resume=True, **given)
    for error in (*refused, *resumed):
        assert isinstance(error, UsageError)
        assert "several ranks do not combine the vectors of n-grams" in str(error)


def test_memory_is_that_of_all_ranks_on_a_machine(
    small_text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = memory.needed(Settings(**RUN), 180, is_replica=True)
    assert one > memory.needed(Settings(**RUN), 180)
    monkeypatch.setattr(memory, "available", lambda: (2 * one, "of this machine"))
    errors, _ = commanded(3, tmp_path, **given_for(small_text))
    assert all(isinstance(error, OutOfMemoryError) for error in errors)
    assert "at 3 ranks" in str(errors[0])


def test_values_and_arrays_of_rank_0_reach_all() -> None:
    def work(ranks: Ranks) -> tuple[Any, list[int]]:
        array = np.full((7, 3), ranks.rank, np.float32)
        ranks.broadcast_array(array)
        ranks.wait()
        return ranks.broadcast({"rank": ranks.rank}), array.ravel().astype(int).tolist()

    assert on_ranks(4, work) == [({"rank": 0}, [0] * 21)] * 4
    assert on_ranks(3, lambda ranks: ranks.gather(ranks.rank**2)) == [[0, 1, 4]] * 3
    assert isinstance(on_ranks(1, lambda ranks: ranks)[0], ThreadRanks)


def test_a_sender_may_change_what_it_has_sent() -> None:
    """Ranks that are threads get copies, as those of MPI do."""

    def work(ranks: Ranks) -> tuple[float, float]:
        array = np.full(100_000, ranks.rank, np.float32)
        ranks.broadcast_array(array)
        if ranks.rank == 0:
            array += 1
        ranks.wait()
        return float(array.min()), float(array.max())

    for _ in range(5):
        assert on_ranks(3, work) == [(1, 1), (0, 0), (0, 0)]

    def exchanged(ranks: Ranks) -> int:
        message = np.zeros(10, np.uint8)
        arrived = ranks.exchange([message, message])
        message += 1
        ranks.wait()
        return int(sum(other.sum() for other in arrived))

    assert on_ranks(2, exchanged) == [0, 0]
