"""FastText by gensim's names: training in several calls, growing vocabularies, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import text

from xw2v.errors import FileFormatError, TrainingError, UsageError
from xw2v.gensim import CallbackAny2Vec, FastText, KeyedVectors, Word2Vec
from xw2v.gensim.fasttext import (
    FastTextKeyedVectors,
    load_facebook_model,
    load_facebook_vectors,
    save_facebook_model,
)

SENTENCES = [line.split() for line in text(3000).splitlines()]
OPTIONS: dict[str, Any] = {
    "vector_size": 8,
    "min_count": 1,
    "min_n": 2,
    "max_n": 3,
    "bucket": 200,
    "workers": 1,
}
UNSEEN = "bazoo"


@pytest.fixture
def model() -> FastText:
    return FastText(SENTENCES, **OPTIONS, epochs=2)


def test_a_model_has_vectors_for_any_word(model: FastText) -> None:
    wv = model.wv
    assert isinstance(wv, FastTextKeyedVectors)
    assert (wv.min_n, wv.max_n, wv.bucket) == (2, 3, 200)
    assert UNSEEN in wv
    assert not wv.has_index_for(UNSEEN)
    assert wv[UNSEEN].shape == (8,)
    assert wv.vectors_vocab.shape == wv.vectors.shape == model.syn1neg.shape
    assert wv.vectors_ngrams.shape == (200, 8)
    np.testing.assert_allclose(
        wv.get_sentence_vector([UNSEEN, "ba"]), wv.get_mean_vector([UNSEEN, "ba"])
    )
    assert len(wv.most_similar(UNSEEN, topn=3)) == 3
    assert model.predict_output_word([UNSEEN]) is None
    assert model.predict_output_word([UNSEEN, "ba"], topn=2)


@pytest.mark.parametrize("sg", [0, 1])
def test_training_in_calls_goes_on_from_the_vectors_as_they_are(sg: int) -> None:
    model = FastText(**OPTIONS, sg=sg)
    model.build_vocab(SENTENCES)
    first = model.wv.vectors.copy()
    assert UNSEEN in model.wv
    model.train(SENTENCES, epochs=3, total_examples=len(SENTENCES))
    second = model.wv.vectors.copy()
    assert not np.allclose(first, second)
    model.train(SENTENCES, epochs=1, start_alpha=1e-9, end_alpha=1e-9)
    np.testing.assert_allclose(model.wv.vectors, second, atol=1e-5)


def test_one_call_is_two_without_learning_between(model: FastText) -> None:
    """The tables that a call begins with are those that the one before left, to rounding."""
    other = FastText(SENTENCES, **OPTIONS, epochs=2)
    np.testing.assert_array_equal(model.wv.vectors, other.wv.vectors)
    np.testing.assert_array_equal(model.wv[UNSEEN], other.wv[UNSEEN])


def test_new_words_come_with_what_their_n_grams_know(model: FastText) -> None:
    before, unseen = model.wv.vectors.copy(), model.wv[UNSEEN].copy()
    model.build_vocab([["bazoo", "ba"]] * 3, update=True)
    assert model.wv.has_index_for("bazoo")
    np.testing.assert_allclose(model.wv.vectors[: len(before)], before, atol=1e-5)
    cosine = model.wv["bazoo"] @ unseen / np.linalg.norm(model.wv["bazoo"]) / np.linalg.norm(unseen)
    assert cosine > 0.8  # but for its own row, and n-grams that are new
    model.train([["bazoo", "ba"]] * 30, epochs=1)


def test_callbacks_see_the_composed_vectors() -> None:
    seen: list[np.ndarray] = []

    class Watch(CallbackAny2Vec):
        def on_epoch_end(self, model: Any) -> None:
            assert model.wv.vectors.shape == model.syn1neg.shape
            seen.append(model.wv[UNSEEN].copy())

    model = FastText(SENTENCES, **OPTIONS, epochs=2, callbacks=[Watch()])
    assert len(seen) == 2
    np.testing.assert_array_equal(seen[1], model.wv[UNSEEN])


def test_locked_words_are_refused(model: FastText) -> None:
    model.wv.vectors_lockf = np.zeros(1, np.float32)
    with pytest.raises(TrainingError, match="cannot be locked"):
        model.train(SENTENCES, epochs=1)


def test_without_n_grams_it_is_word2vec() -> None:
    fasttext = FastText(SENTENCES, **OPTIONS | {"max_n": 0})
    common = {name: OPTIONS[name] for name in ("vector_size", "min_count", "workers")}
    word2vec = Word2Vec(SENTENCES, **common)
    np.testing.assert_array_equal(fasttext.wv.vectors, word2vec.wv.vectors)
    assert UNSEEN not in fasttext.wv


@pytest.mark.parametrize("wrong", [{"word_ngrams": 2}, {"min_n": 0}, {"max_n": 101}], ids=str)
def test_arguments_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        FastText(**OPTIONS | wrong)


def test_what_save_wrote_is_loaded_and_trained_further(model: FastText, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    loaded = FastText.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.wv[UNSEEN], model.wv[UNSEEN])
    for one in (model, loaded):
        one.train(SENTENCES, epochs=1)
    np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)
    model.wv.save(tmp_path / "wv")
    np.testing.assert_array_equal(KeyedVectors.load(tmp_path / "wv")[UNSEEN], model.wv[UNSEEN])


def test_damaged_n_grams_are_reported(model: FastText, tmp_path: Path) -> None:
    from xw2v.gensim.modelfile import read_model, write_model

    model.wv.save(tmp_path / "wv")
    content, tables = read_model(tmp_path / "wv")
    content.pop("format")
    for wrong in ([3, 2, 10], [1, 2, 0], [1, 2], "abc", [2, 3, 5]):
        write_model(tmp_path / "bad", content | {"ngrams": wrong}, tables)
        with pytest.raises(FileFormatError, match="is damaged"):
            KeyedVectors.load(tmp_path / "bad")


@pytest.mark.parametrize("sg", [0, 1])
def test_fasttexts_files_keep_a_model(sg: int, tmp_path: Path) -> None:
    model = FastText(SENTENCES, **OPTIONS, sg=sg, window=3, negative=4, epochs=2)
    path = tmp_path / "model.bin"
    save_facebook_model(model, path)
    loaded = load_facebook_model(path)
    assert (loaded.sg, loaded.window, loaded.negative, loaded.epochs) == (sg, 3, 4, 2)
    for word in ("ba", UNSEEN):
        np.testing.assert_allclose(loaded.wv[word], model.wv[word], atol=1e-6)
        vectors = load_facebook_vectors(path)
        np.testing.assert_allclose(vectors[word], model.wv[word], atol=1e-6)
    np.testing.assert_array_equal(loaded.syn1neg, model.syn1neg)
    loaded.train(SENTENCES, epochs=1)
    with pytest.raises(UsageError, match="UTF-8"):
        save_facebook_model(model, path, encoding="latin-1")


def test_gensim_goes_on_with_what_is_written(model: FastText, tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models.fasttext")
    save_facebook_model(model, tmp_path / "model.bin")
    there = gensim.load_facebook_model(str(tmp_path / "model.bin"))
    np.testing.assert_allclose(there.wv[UNSEEN], model.wv[UNSEEN], atol=1e-5)
    np.testing.assert_array_equal(there.syn1neg, model.syn1neg)
    np.testing.assert_array_equal(there.wv.vectors_ngrams, model.wv.vectors_ngrams)
    of_sentence = there.wv.get_sentence_vector(["ba", UNSEEN])
    np.testing.assert_allclose(model.wv.get_sentence_vector(["ba", UNSEEN]), of_sentence, atol=1e-5)
    there.train(SENTENCES, total_examples=len(SENTENCES), epochs=1)
    gensim.save_facebook_model(there, str(tmp_path / "back.bin"))
    back = load_facebook_model(tmp_path / "back.bin")
    np.testing.assert_allclose(back.wv[UNSEEN], there.wv[UNSEEN], atol=1e-5)
