"""Word2Vec as a Python object: its settings, its vectors, and what it saves."""

from __future__ import annotations

import copy
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xw2v
from xw2v import KeyedVectors, TrainingError, UnknownSettingError, UsageError, Word2Vec, model

TINY: dict[str, Any] = {"vector_size": 8, "min_count": 1, "epochs": 1}
PAIRS = [["a", "b"]] * 30


def test_numbers_of_numpy_are_settings() -> None:
    numpy = Word2Vec(
        vector_size=np.int64(8),
        window=np.int8(3),
        alpha=np.float32(0.25),
        sample=np.float64(0),
        tied=np.bool_(True),
        seed=np.array(7),  # type: ignore[arg-type]
    )
    plain = Word2Vec(vector_size=8, window=3, alpha=0.25, sample=0.0, tied=True, seed=7)
    assert numpy.settings == plain.settings
    for name, value in vars(numpy.settings).items():
        assert type(value) is type(getattr(plain.settings, name))
    with pytest.raises(UsageError, match="window"):
        Word2Vec(window=np.float64(3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("size", "it is `vector_size` here"),
        ("iter", "it is `epochs` here"),
        ("lr", "it is `alpha` here"),
        ("sg", "give `model` 'skipgram' for sg=1, 'cbow' for sg=0"),
        ("hs", "there is no hierarchical softmax"),
        ("max_vocab_size", "it is `max_vocab` here"),
        ("min_counts", "did you mean `min_count`?"),
        ("zzz", "unknown setting 'zzz'$"),
    ],
)
def test_names_of_other_programs_are_answered_with_the_ones_here(name: str, message: str) -> None:
    with pytest.raises(UnknownSettingError, match=message):
        Word2Vec(**{name: 1})
    with pytest.raises(TypeError):
        Word2Vec(**{name: 1})


@pytest.mark.parametrize(
    ("setting", "value", "limits"),
    [
        ("min_count", -1, "a number of at least 0$"),
        ("min_count", 2**63, "a smaller number$"),
        ("window", 0, "a number of at least 1$"),
        ("bound", 0.0, "a number above 0 and at most 1$"),
    ],
)
def test_ranges_are_numbers_to_read(setting: str, value: Any, limits: str) -> None:
    with pytest.raises(UsageError, match=f"{setting}={value}: give {limits}"):
        Word2Vec(**{setting: value})


def test_the_rate_at_the_end_is_not_above_a_default_at_the_start() -> None:
    with pytest.raises(
        UsageError, match=r"min_alpha=1: is more than `alpha`, 0\.05, which falls to it"
    ):
        Word2Vec(min_alpha=1)
    with pytest.raises(UsageError, match=r"min_alpha=0\.06"):
        Word2Vec(min_alpha=0.06)
    assert Word2Vec(min_alpha=0.06, model="cbow").settings.min_alpha == 0.06


def test_parameters_are_given_and_set_as_scikit_learn_does() -> None:
    trained = Word2Vec(**TINY, alpha=np.float32(0.03)).fit(PAIRS)
    copy = Word2Vec(**trained.get_params())
    assert copy.settings == trained.settings
    assert copy.set_params(epochs=3, window=2) is copy
    assert (copy.settings.epochs, copy.settings.window, copy.settings.vector_size) == (3, 2, 8)
    with pytest.raises(ValueError, match="did you mean `epochs`"):
        copy.set_params(epoch=3)  # type: ignore[call-arg]


def test_scikit_learn_clones_a_model() -> None:
    base = pytest.importorskip("sklearn.base")
    trained = Word2Vec(**TINY, alpha=np.float32(0.03)).fit(PAIRS)
    clone = base.clone(trained)
    assert clone.settings == trained.settings
    with pytest.raises(TrainingError, match="not trained yet"):
        _ = clone.wv


def test_what_is_changed_in_wv_stays_and_is_not_what_was_trained(tmp_path: Path) -> None:
    trained = Word2Vec(**TINY).fit(PAIRS)
    before = trained.run.vectors.copy()
    trained.wv["a"] = np.ones(8)
    trained.wv.unit_normalize_all()
    np.testing.assert_allclose(trained.wv["a"], np.ones(8) / np.sqrt(8))
    trained.save(tmp_path)
    np.testing.assert_array_equal(KeyedVectors.load(tmp_path).vectors, before)


def fail(*_: object) -> None:
    raise ValueError("no\nsuch font")


def test_a_picture_that_cannot_be_drawn_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = Word2Vec(**TINY).fit(PAIRS)
    monkeypatch.setattr(model, "plot_loss", fail)
    with pytest.warns(UserWarning, match=r"loss_plot.png: not drawn \(no such font\)"):
        trained.save(tmp_path)
    np.testing.assert_array_equal(KeyedVectors.load(tmp_path).vectors, trained.run.vectors)
    assert (tmp_path / "run.json").exists()
    assert not (tmp_path / "loss_plot.png").exists()
    monkeypatch.undo()
    trained.save(tmp_path)
    assert (tmp_path / "loss_plot.png").exists()


def test_a_vocabulary_of_one_word_is_trained_without_a_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained = Word2Vec(**TINY).fit([["a", "a", "a"]] * 30)
        trained.save(tmp_path)
        assert trained.wv.most_similar("a") == []


def test_the_package_lists_what_it_exports() -> None:
    assert dir(xw2v) == sorted(xw2v.__all__)
    assert {"KeyedVectors", "Word2Vec"} < set(dir(xw2v))


def test_a_model_shows_its_settings_and_its_words() -> None:
    model = Word2Vec(vector_size=8, min_count=1)
    assert repr(model) == "Word2Vec(vector_size=8, min_count=1): not trained"
    model.fit([["a", "b", "c"]] * 20)
    assert repr(model) == "Word2Vec(vector_size=8, min_count=1): 3 words"
    assert repr(copy.copy(model)) == repr(pickle.loads(pickle.dumps(model))) == repr(model)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("most_similar", "ask model.wv.most_similar$"),
        ("train", r"fit\(sentences\)"),
        ("nothing", "'nothing'$"),
    ],
)
def test_a_name_that_is_elsewhere_is_pointed_to(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=hint):
        getattr(Word2Vec(), name)
