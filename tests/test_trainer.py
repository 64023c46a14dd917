"""The training loop, on a small text with two topics: what it learns, repeats, reports
and refuses.
"""

from __future__ import annotations

import json
import pickle
import time
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import xw2v
from xw2v import Word2Vec
from xw2v.errors import InputError, TrainingError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus
from xw2v.training.callbacks import Callback, Progress, ProgressReport
from xw2v.training.meters import LossMeter, TrainingClock
from xw2v.training.run import run_training
from xw2v.training.state import State
from xw2v.training.trainer import Trainer

TOPICS = (("cat", "dog", "cow", "pig", "hen", "fox"), ("sin", "cos", "tan", "log", "exp", "abs"))
SMALL: dict[str, Any] = {
    "vector_size": 16,
    "window": 3,
    "min_count": 1,
    "sample": 0.0,
    "batch_tokens": 256,
}


def topical(sentences: int = 2000, seed: int = 0) -> list[list[str]]:
    """Sentences of five words of one of two topics."""
    rng = np.random.default_rng(seed)
    return [rng.choice(TOPICS[rng.integers(2)], 5).tolist() for _ in range(sentences)]


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    return Word2Vec(**SMALL, epochs=5).fit(topical(), validation=topical(200, seed=1))


def test_words_of_a_topic_are_neighbours(model: Word2Vec) -> None:
    for topic in TOPICS:
        for word in topic:
            found = {neighbour for neighbour, _ in model.wv.most_similar(word, topn=5)}
            assert found == set(topic) - {word}


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "cbow", "alpha": 0.1},
        {"model": "cbow", "cbow_gradient": "mean"},
        {"model": "cbow", "cbow_mean": False},
        {"tied": True},
        {"weight_decay": 0.01},
    ],
    ids=str,
)
def test_other_models_separate_topics(changes: dict[str, Any]) -> None:
    wv = Word2Vec(**SMALL | {"epochs": 5} | changes).fit(topical()).wv
    inside = [wv.similarity(a, b) for topic in TOPICS for a, b in combinations(topic, 2)]
    across = [wv.similarity(a, b) for a, b in product(*TOPICS)]
    assert min(inside) > max(across) + 0.1
    assert (
        np.mean([wv.similarity(*topic[:2]) for topic in TOPICS]) > wv.similarity("cat", "sin") + 0.5
    )


def test_losses_fall_below_those_of_untrained_vectors(model: Word2Vec) -> None:
    untrained = (1 + model.settings.negative) * np.log(2)
    assert model.loss_history[0] < untrained * (
        1 + 1e-6
    )  # equal where the first interval is the first step
    assert model.loss_history[-1] < 0.8 * model.loss_history[0]
    history = model.run.validation_history
    assert len(history) == model.settings.epochs
    assert history[-1] < history[0]
    assert model.run.record["validation_loss"] == history[-1]


def test_the_validation_loss_is_the_mean_over_pairs_whatever_the_batch() -> None:
    corpus, held_out = Corpus.from_sentences(topical(), 1), topical(200, seed=1)
    losses = []
    for batch_tokens in (64, 1024):
        settings = Settings(**SMALL | {"batch_tokens": batch_tokens, "epochs": 1})
        validation = Corpus.from_sentences(held_out, vocabulary=corpus.vocabulary)
        trainer = Trainer(corpus, settings, load_backend(), validation)
        losses.append(trainer.validation_loss(trainer.start().tables))
    # Context vectors start at zero, so every score is 0 and every pair costs (1 + negative) · log
    # 2.
    np.testing.assert_allclose(losses, 6 * np.log(2), rtol=1e-6)


def test_a_seed_gives_the_same_files_twice_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        Word2Vec(**SMALL, epochs=2, seed=seed).fit(topical(500)).save(tmp_path / name)
    same = [(tmp_path / name / "vectors.txt").read_bytes() for name in "abc"]
    assert same[0] == same[1] != same[2]
    for file in ("center.npy", "context.npy", "combined.npy", "loss_history.txt", "vocab.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_files_agree_with_each_other(model: Word2Vec, tmp_path: Path) -> None:
    model.save(tmp_path)
    tables = {name: np.load(tmp_path / f"{name}.npy") for name in ("center", "context", "combined")}
    assert {table.dtype.name for table in tables.values()} == {"float32"}
    np.testing.assert_array_equal(tables["combined"], (tables["center"] + tables["context"]) / 2)
    lines = (tmp_path / "vectors.txt").read_text(encoding="utf-8").splitlines()
    words = json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))["words"]
    assert lines[0] == f"{len(words)} 16"
    assert [line.split()[0] for line in lines[1:]] == words
    numbers = np.array([line.split()[1:] for line in lines[1:]], np.float32)
    np.testing.assert_array_equal(numbers, tables["center"])
    losses = [float(line) for line in (tmp_path / "loss_history.txt").read_text().splitlines()]
    np.testing.assert_allclose(losses, model.loss_history, atol=1e-6)


def test_a_generator_and_a_list_are_the_same_text(model: Word2Vec) -> None:
    again = Word2Vec(**SMALL, epochs=5).fit(sentence for sentence in topical())
    np.testing.assert_array_equal(again.run.vectors, model.run.vectors)


def test_files_are_read_by_their_paths(model: Word2Vec, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(sentence) + ".\n" for sentence in topical()), encoding="utf-8")
    np.testing.assert_array_equal(
        Word2Vec(**SMALL, epochs=5).fit(path).run.vectors, model.run.vectors
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"vector_size": 0},
        {"alpha": -1.0},
        {"alpha": float("nan")},
        {"window": 0},
        {"model": "glove"},
        {"workers": 0},
    ],
)
def test_settings_out_of_range_are_refused_by_name(changes: dict[str, Any]) -> None:
    name, value = next(iter(changes.items()))
    with pytest.raises(UsageError, match=f"^{name}={value!r}: ") as error:
        Word2Vec(**changes)
    assert (error.value.setting, error.value.value is value) == (name, True)


def test_text_without_pairs_is_refused() -> None:
    with pytest.raises(InputError, match="no sentence has two words of the vocabulary"):
        Word2Vec(min_count=1).fit([["alone"], ["solo"]] * 10)


def test_an_untrained_model_says_so() -> None:
    with pytest.raises(TrainingError, match=r"call fit\(sentences\)"):
        _ = Word2Vec().wv


def test_reports_have_the_share_done_and_the_speed() -> None:
    reports: list[Progress] = []
    settings = Settings(**SMALL, epochs=2)
    corpus = Corpus.from_sentences(topical(), 1)
    run_training(corpus, settings, callbacks=[ProgressReport(reports.append)])
    shares = [progress.done for progress in reports]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] == 1
    assert all(
        progress.words_per_second >= 0 and np.isfinite(progress.loss) for progress in reports
    )
    assert reports[0].alpha > reports[-1].alpha


class BlasThreads(Callback):
    """Notes how many threads BLAS may use."""

    def __init__(self) -> None:
        self.seen: set[int] = set()

    def on_step(self, state: State) -> None:
        self.seen |= {pool["num_threads"] for pool in threadpool_info() if is_blas(pool)}


def is_blas(pool: dict[str, Any]) -> bool:
    return bool(pool["user_api"] == "blas")


@pytest.mark.skipif(not any(map(is_blas, threadpool_info())), reason="no BLAS that can be limited")
def test_blas_has_one_thread_while_a_run_trains_and_as_many_as_before_after_it() -> None:
    threads, corpus = BlasThreads(), Corpus.from_sentences(topical(200), 1)
    with threadpool_limits(2, user_api="blas"):
        before = threadpool_info()
        run_training(corpus, Settings(**SMALL, epochs=1), callbacks=[threads])
        assert threadpool_info() == before
    assert threads.seen == {1}


class OnDevice:
    """A loss on a device: reading it is noted."""

    def __init__(self, value: float, read: list[float]) -> None:
        self._value = value
        self._read = read

    def __float__(self) -> float:
        self._read.append(self._value)
        return self._value


def test_a_measured_loss_is_read_when_its_interval_is_closed() -> None:
    state, read = (
        Trainer(Corpus.from_sentences(topical(20), 1), Settings(**SMALL), load_backend()).start(),
        [],
    )
    meter = LossMeter(state)
    for value in (1.0, 2.0, 3.0):
        meter.add(OnDevice(value, read), 2)
    assert read == []
    assert meter.take_mean() == 1.0
    assert read == [1.0, 2.0, 3.0]
    assert meter.take_mean() is None


def test_a_paused_clock_stands_still() -> None:
    clock = TrainingClock(100.0)
    with clock.paused():
        time.sleep(0.05)
    assert 100 <= clock.seconds < 100.05


def test_wv_is_one_object_until_the_model_is_trained_again() -> None:
    model = Word2Vec(**SMALL, epochs=1).fit(topical(50))
    wv = model.wv
    wv.add_vectors(["new"], [wv["cat"]])
    assert model.wv is wv
    assert model.wv.most_similar("new", topn=1)[0][0] == "cat"
    assert "new" not in model.fit(topical(50)).wv


def test_errors_are_exported_with_their_fields() -> None:
    error = xw2v.FileFormatError("not JSON", path="a.json", line=3)
    assert str(error) == "a.json:3: not JSON"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    for kind, builtin in (
        (xw2v.OutputError, OSError),
        (xw2v.OutOfMemoryError, MemoryError),
        (xw2v.UnknownWordError, KeyError),
        (xw2v.UnknownSettingError, TypeError),
        (xw2v.MissingDependencyError, ImportError),
    ):
        assert issubclass(kind, builtin)
        assert issubclass(kind, xw2v.Xw2vError)
        assert str(kind("two\nlines")) == "two lines"
