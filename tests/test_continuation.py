"""Runs that go on from earlier ones: their learning rate, draws, locked words and callbacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.training.callbacks import Callback, Progress
from xw2v.training.run import prepare
from xw2v.training.schedule import LearningRate
from xw2v.training.state import State
from xw2v.training.trainer import Continuation, Trainer

SETTINGS: dict[str, Any] = {"vector_size": 8, "window": 2, "batch_tokens": 128, "epochs": 2}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    rng = np.random.default_rng(1)
    words = [f"w{i}" for i in range(40)]
    return Corpus.from_sentences([rng.choice(words, 6).tolist() for _ in range(400)], min_count=1)


def trainer_of(corpus: Corpus, changes: dict[str, Any], **continuation: Any) -> Trainer:
    given = {"learning_rate": LearningRate(0.05, 0.05)} | continuation
    settings = Settings(**SETTINGS | changes)
    return prepare(corpus, settings, continuation=Continuation(**given))


def test_two_runs_of_one_epoch_equal_one_of_two(corpus: Corpus) -> None:
    together = trainer_of(corpus, {})
    state = together.train(together.start())
    first = trainer_of(corpus, {"epochs": 1})
    half = first.train(first.start())
    second = trainer_of(corpus, {"epochs": 1}, epochs_before=1)
    apart = second.train(second.start(*half.tables))
    np.testing.assert_array_equal(apart.tables.center, state.tables.center)
    np.testing.assert_array_equal(apart.tables.context, state.tables.context)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_locked_words_stay_and_the_others_move(corpus: Corpus, model: str) -> None:
    locked = np.zeros(len(corpus.vocabulary), bool)
    locked[[0, 7]] = True
    trainer = trainer_of(corpus, {"model": model}, locked=locked)
    state = trainer.start()
    before = state.tables.center.copy()
    trainer.train(state)
    moved = (state.tables.center != before).any(axis=1)
    np.testing.assert_array_equal(moved, ~locked)


class Diary(Callback):
    """Notes the names of its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.pairs = 0.0

    def on_train_begin(self, state: State) -> None:
        self.calls.append("train begin")

    def on_epoch_begin(self, state: State) -> None:
        self.calls.append(f"epoch {state.epoch} begin")

    def on_interval(self, state: State, progress: Progress) -> None:
        self.pairs += progress.pairs

    def on_epoch_end(self, state: State) -> None:
        self.calls.append(f"epoch {state.epoch} end")

    def on_train_end(self, state: State) -> None:
        self.calls.append("train end")


def test_callbacks_are_called_in_order(corpus: Corpus) -> None:
    diary, trainer = Diary(), trainer_of(corpus, {"fixed_window": True, "sample": 0.0})
    trainer.train(trainer.start(), [diary])
    assert diary.calls == [
        "train begin",
        "epoch 0 begin",
        "epoch 1 end",
        "epoch 1 begin",
        "epoch 2 end",
        "train end",
    ]
    # in a sentence of 6 words with windows of 2 there are 2 + 3 + 4 + 4 + 3 + 2 pairs
    assert diary.pairs == pytest.approx(2 * 400 * 18, rel=0.01)


def test_windows_may_be_fixed_and_words_counted_once_or_not_at_all(corpus: Corpus) -> None:
    trainer = trainer_of(corpus, {"fixed_window": True, "min_count": 0})
    trainer.train(trainer.start())
    assert trainer.step_config.fixed_window
    assert len(Corpus.from_sentences([["a", "b"]], min_count=0).vocabulary) == 2
