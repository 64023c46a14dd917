"""The training loop as a whole, on a small text with two topics: what it learns, repeats, reports
and refuses.
"""

from __future__ import annotations

import json
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xw2v import Word2Vec
from xw2v.errors import InputError, TrainingError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus
from xw2v.training.run import run_training
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
    "changes", [{"model": "cbow", "alpha": 0.1}, {"tied": True}, {"weight_decay": 0.01}]
)
def test_so_do_other_models(changes: dict[str, Any]) -> None:
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
    np.testing.assert_array_equal(again.run.center, model.run.center)


def test_files_are_read_by_their_paths(model: Word2Vec, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(sentence) + ".\n" for sentence in topical()), encoding="utf-8")
    np.testing.assert_array_equal(
        Word2Vec(**SMALL, epochs=5).fit(path).run.center, model.run.center
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"vector_size": 0},
        {"alpha": -1.0},
        {"alpha": float("nan")},
        {"window": 0},
        {"model": "glove"},
        {"workers": 2},
    ],
)
def test_settings_out_of_range_are_refused_by_name(changes: dict[str, Any]) -> None:
    name = next(iter(changes)).replace("_", "-")
    with pytest.raises(UsageError, match=f"^--{name} "):
        Word2Vec(**changes)


def test_text_without_pairs_is_refused() -> None:
    with pytest.raises(InputError, match="no sentence has two words of the vocabulary"):
        Word2Vec(min_count=1).fit([["alone"], ["solo"]] * 10)


def test_an_untrained_model_says_so() -> None:
    with pytest.raises(TrainingError, match=r"call fit\(sentences\)"):
        _ = Word2Vec().wv


def test_reports_tell_the_share_done_and_the_speed() -> None:
    told = []
    run_training(
        Corpus.from_sentences(topical(), 1), Settings(**SMALL, epochs=2), report=told.append
    )
    shares = [progress.done for progress in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1
    assert all(progress.words_per_second >= 0 and np.isfinite(progress.loss) for progress in told)
    assert told[0].alpha > told[-1].alpha


@pytest.mark.parametrize("window", [1, 2, 5, 20, 1000])
@pytest.mark.parametrize("negative", [1, 5, 10, 25, 1000])
def test_many_negatives_are_shared_by_few_tokens(window: int, negative: int) -> None:
    settings = Settings(window=window, negative=negative)
    K, g = settings.shared, settings.group
    few = negative <= 5
    assert g == 128 if few else g in (16, 32, 64)
    assert settings.rounded_batch % g == 0
    assert (
        few or g * negative <= 400 or g == 16 or K / g > 5
    )  # few pushes at once, or halving g would be dear
    assert K / g <= 16
    fewer = Settings(window=window, negative=negative, shared_negatives=8)
    assert few or fewer.group * negative <= 400 or fewer.group == 16


@pytest.mark.parametrize("vector_size", [1, 255, 256, 5000])
def test_long_vectors_have_fewer_rows_of_negatives(vector_size: int) -> None:
    batch, shared = (2048, 48) if vector_size < 256 else (4096, 24)
    cpu, gpu = Settings(vector_size=vector_size), Settings(vector_size=vector_size, device="cuda")
    assert (cpu.rounded_batch, cpu.group, cpu.shared) == (batch, 128, shared)
    assert (gpu.rounded_batch, gpu.group, gpu.shared) == (16384, 128, shared)
    assert Settings(vector_size=vector_size, model="cbow").group == 64
    assert Settings(vector_size=vector_size, negative=25).group == 16
    assert [Settings(vector_size=vector_size, batch_tokens=T).group for T in (512, 2048)] == [
        64,
        128,
    ]


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("batch_tokens", [None, 512, 16384])
def test_the_device_changes_no_more_than_the_usual_batch(
    model: str, batch_tokens: int | None
) -> None:
    for size in (100, 300):
        given: dict[str, Any] = {"model": model, "vector_size": size, "batch_tokens": batch_tokens}
        cpu, gpu = Settings(**given), Settings(**given, device="cuda:1")
        assert cpu.step_config() == gpu.step_config()
        assert cpu.learning_rate == gpu.learning_rate
        assert (cpu.rounded_batch == gpu.rounded_batch) == (batch_tokens is not None)


@pytest.mark.parametrize(
    ("model", "size", "negative", "floor"),
    [
        ("skipgram", 100, 2, 0.5),
        ("skipgram", 100, 6, 5 / 6),
        ("skipgram", 100, 25, 0.2),
        ("skipgram", 300, 5, 0.5),
        ("cbow", 300, 5, 0.2),
    ],
)
def test_the_bound_is_tighter_with_many_negatives_and_large_groups(
    model: str, size: int, negative: int, floor: float
) -> None:
    assert Settings(model=model, vector_size=size, negative=negative).step_config().trust_floor == floor
