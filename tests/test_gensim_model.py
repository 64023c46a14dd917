"""gensim's behaviours of a Word2Vec model, for negative sampling: training, questions, files."""

from __future__ import annotations

import logging
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim_texts import DOCUMENTS, NEW_DOCUMENTS, small

from xw2v.errors import FileFormatError, InputError
from xw2v.gensim import (
    CallbackAny2Vec,
    KeyedVectors,
    Word2Vec,
)

pytestmark = pytest.mark.usefixtures("notices_given_anew")
TOPICS = (("cat", "dog", "cow", "pig", "hen", "fox"), ("sin", "cos", "tan", "log", "exp", "abs"))


@pytest.fixture(scope="module")
def text() -> list[list[str]]:
    rng = np.random.default_rng(0)
    return [rng.choice(TOPICS[rng.integers(2)], 8).tolist() for _ in range(4000)]


# --- training ---


@pytest.mark.parametrize(
    "given",
    [
        {"sg": 1},
        {"sg": 1, "shrink_windows": False, "window": 2},
        {"sg": 0, "alpha": 0.05},
        {"sg": 0, "cbow_mean": 0},
    ],
    ids=str,
)
def test_topics_come_apart(text: list[list[str]], given: dict[str, Any]) -> None:
    model = Word2Vec(text, vector_size=16, sample=0, epochs=10, batch_tokens=256, **given)
    for topic in TOPICS:
        for word in topic:
            nearest = {found for found, _ in model.wv.most_similar(word, topn=5)}
            assert nearest == set(topic) - {word}


def test_a_seed_repeats_and_workers_do_not_matter() -> None:
    one, other = small(workers=1), small(workers=3)
    np.testing.assert_array_equal(one.wv.vectors, other.wv.vectors)
    assert not np.array_equal(one.wv.vectors, small(seed=7).wv.vectors)


def test_training_goes_on_with_other_draws(text: list[list[str]]) -> None:
    together = Word2Vec(text, vector_size=8, epochs=2, alpha=0.02, min_alpha=0.02)
    apart = Word2Vec(text, vector_size=8, epochs=1, alpha=0.02, min_alpha=0.02)
    apart.train(text, total_examples=apart.corpus_count, epochs=1)
    np.testing.assert_array_equal(apart.wv.vectors, together.wv.vectors)
    assert apart.epochs_trained == 2


def test_wv_is_one_writable_object_that_can_be_replaced(text: list[list[str]]) -> None:
    model = Word2Vec(vector_size=8)
    wv = model.wv
    model.build_vocab(text)
    assert model.wv is wv
    wv.vectors[wv.get_index("cat")] = 1
    assert (model.wv["cat"] == 1).all()
    model.train(text, total_examples=len(text), epochs=1)
    assert model.wv is wv
    nearest = wv.most_similar("cat", topn=11)
    model.train(text, total_examples=len(text), epochs=1)
    assert wv.most_similar("cat", topn=11) != nearest
    model.wv = KeyedVectors(list(wv.index_to_key), np.ones((12, 8), np.float32), wv.counts)
    model.train(text, total_examples=len(text), epochs=1)
    assert not (model.wv.vectors == 1).all()
    model.wv["new"] = np.zeros(8)
    model.train([["new", "cat", "dog"]] * 9, total_examples=9, epochs=1)
    assert model.wv["new"].any()


def test_locked_words_stay() -> None:
    model = Word2Vec(vector_size=10, min_count=1, sg=1)
    model.build_vocab(DOCUMENTS)
    locked, free = model.wv.vectors[[0, 3]].copy(), model.wv.vectors[1].copy()
    model.wv.vectors_lockf = np.ones(len(model.wv), np.float32)
    model.wv.vectors_lockf[[0, 3]] = 0
    model.train(DOCUMENTS, total_examples=model.corpus_count, epochs=model.epochs)
    np.testing.assert_array_equal(model.wv.vectors[[0, 3]], locked)
    assert not (model.wv.vectors[1] == free).all()
    model.wv.vectors_lockf[0] = 0.5
    with pytest.raises(InputError, match="vectors_lockf"):
        model.train(DOCUMENTS, total_examples=9, epochs=1)
    model.wv.vectors_lockf = np.zeros(1)
    before = model.wv.vectors.copy()
    model.train(DOCUMENTS, total_examples=9, epochs=1)
    np.testing.assert_array_equal(model.wv.vectors, before)


class Diary(CallbackAny2Vec):
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.vectors: list[np.ndarray] = []
        self.losses: list[float] = []

    def on_train_begin(self, model: Word2Vec) -> None:
        self.calls.append("train begin")

    def on_train_end(self, model: Word2Vec) -> None:
        self.calls.append("train end")

    def on_epoch_begin(self, model: Word2Vec) -> None:
        self.calls.append("begin")

    def on_epoch_end(self, model: Word2Vec) -> None:
        self.calls.append("end")
        self.vectors.append(model.wv["cat"].copy())
        self.losses.append(model.get_latest_training_loss())
        assert model.wv.most_similar("cat", topn=1)


def test_callbacks_see_the_model(text: list[list[str]]) -> None:
    diary = Diary()
    model = Word2Vec(text, vector_size=8, epochs=3, compute_loss=True, callbacks=[diary])
    assert diary.calls == ["train begin", *["begin", "end"] * 3, "train end"]
    assert not np.array_equal(diary.vectors[0], diary.vectors[2])
    np.testing.assert_array_equal(diary.vectors[2], model.wv["cat"])
    assert 0 < diary.losses[0] < diary.losses[1] < diary.losses[2]
    model.train(text, total_examples=len(text), epochs=1)
    assert 0 < model.get_latest_training_loss() < diary.losses[2]
    assert Word2Vec(text, vector_size=8).get_latest_training_loss() == 0


def test_progress_is_logged(text: list[list[str]], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        model = Word2Vec(vector_size=8)
        model.build_vocab(text, progress_per=1000)
        model.train(text, total_examples=5, epochs=2, report_delay=0)
    lines = [record.getMessage() for record in caplog.records]
    assert any("collected 12 word types from a corpus of 32000 raw words" in line for line in lines)
    assert sum("PROGRESS: at sentence" in line for line in lines) >= 4
    assert any(line.startswith("EPOCH 1 - PROGRESS: at ") for line in lines)
    assert any(line.startswith("EPOCH 0: training on 32000 raw words") for line in lines)
    assert any("supplied count (5)" in line for line in lines)


def test_a_rising_alpha_and_a_text_without_pairs_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = small()
    model.train(DOCUMENTS, total_examples=9, epochs=1, start_alpha=0.5)
    assert "Effective 'alpha' higher" in caplog.text
    before = model.wv.vectors.copy()
    assert model.train([["trees"], ["unknown", "words"]], total_examples=2, epochs=2) == (0, 6)
    assert model.train([["unknown"]], total_examples=1, epochs=1) == (0, 1)
    np.testing.assert_array_equal(model.wv.vectors, before)
    assert "nothing to train on" in caplog.text


# --- questions and files ---


def test_the_word_amid_a_context(text: list[list[str]]) -> None:
    model = Word2Vec(text, vector_size=16, sample=0, epochs=10, batch_tokens=256)
    answers = model.predict_output_word(["cat", "dog", "unknown", "cow"], topn=12)
    assert answers is not None
    assert sum(p for _, p in answers) == pytest.approx(1)
    assert [p for _, p in answers] == sorted((p for _, p in answers), reverse=True)
    assert {word for word, _ in answers[:6]} == set(TOPICS[0])
    assert model.predict_output_word(["unknown"]) is None
    with pytest.raises(RuntimeError, match="no output vectors"):
        Word2Vec().predict_output_word(["cat"])
    with pytest.raises(RuntimeError, match="softmax"):
        model.score([["cat"]])


def test_the_word_amid_a_context_is_gensims() -> None:
    word2vec = pytest.importorskip("gensim.models.word2vec")
    other = word2vec.Word2Vec(DOCUMENTS, vector_size=10, min_count=1)
    model = Word2Vec(DOCUMENTS, vector_size=10, min_count=1)
    model.wv = KeyedVectors.from_gensim(other)
    model.syn1neg = other.syn1neg
    expected = dict(other.predict_output_word(["human", "eps"], topn=12))
    found = dict(model.predict_output_word(["human", "eps"], topn=12) or [])
    assert found == pytest.approx(expected, rel=1e-5)


def test_str() -> None:
    assert str(small()) == "Word2Vec<vocab=12, vector_size=10, alpha=0.025>"


@pytest.mark.parametrize("name", ["word2vec.model", "model.bin", "no ending"])
def test_a_model_in_a_file_goes_on_as_if_it_had_not_been_saved(tmp_path: Path, name: str) -> None:
    model, path = small(comment=None, sg=1, seed=5), str(tmp_path / name)
    model.wv.vectors_lockf = np.ones(12)
    model.wv.vectors_lockf[0] = 0
    model.save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    loaded = Word2Vec.load(path, mmap="r")
    assert str(loaded) == str(model)
    assert (loaded.sg, loaded.seed, loaded.corpus_count) == (1, 5, 9)
    for one in (model, loaded):
        one.build_vocab(NEW_DOCUMENTS, update=True)
        one.wv.vectors_lockf = np.append(one.wv.vectors_lockf, [1, 1])
        one.train(NEW_DOCUMENTS, total_examples=2, epochs=2)
    np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)
    np.testing.assert_array_equal(loaded.syn1neg, model.syn1neg)


def test_an_untrained_model_is_saved_too(tmp_path: Path) -> None:
    Word2Vec(vector_size=7).save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m")
    assert (len(loaded.wv), loaded.wv.vector_size) == (0, 7)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "pickle").write_bytes(pickle.dumps({"a": 1}))
    (tmp_path / "text").write_text("2 3\na 1 2 3\n")
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("model.json", '{"format": "other"}')
    small().save(tmp_path / "model")
    data = bytearray((tmp_path / "model").read_bytes())
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    at = data.index(b"NUMPY") + 200
    data[at] ^= 0xFF
    (tmp_path / "flipped").write_bytes(data)
    small().wv.save(tmp_path / "vectors")
    messages = {
        "pickle": "from_gensim",
        "text": "KeyedVectors.load",
        "zip": "format",
        "cut": "damaged",
        "flipped": "damaged",
        "vectors": "KeyedVectors.load",
    }
    for name, message in messages.items():
        with pytest.raises(FileFormatError, match=message) as raised:
            Word2Vec.load(tmp_path / name)
        assert str(raised.value).startswith(str(tmp_path / name))
    with pytest.raises(InputError, match="no such file"):
        Word2Vec.load(tmp_path / "none")


def test_vectors_in_a_file_and_made_by_hand(tmp_path: Path) -> None:
    model = small()
    model.wv.save(str(tmp_path / "vectors.kv"))
    model.save(tmp_path / "model")
    for name in ("vectors.kv", "model"):
        wv = KeyedVectors.load(str(tmp_path / name), mmap="r")
        assert isinstance(wv, KeyedVectors)
        assert wv.index_to_key == model.wv.index_to_key
        np.testing.assert_array_equal(wv.vectors, model.wv.vectors)
        assert wv.get_vecattr("system", "count") == 4
    for binary in (False, True):
        path = str(tmp_path / f"vectors{binary}")
        model.wv.save_word2vec_format(path, binary=binary)
        loaded = KeyedVectors.load_word2vec_format(path, binary=binary)
        np.testing.assert_allclose(loaded["system"], model.wv["system"], rtol=1e-5)
    with pytest.warns(UserWarning, match="float32"):
        KeyedVectors.load_word2vec_format(path, binary=True, datatype=np.float16)
    (tmp_path / "pickle").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(InputError, match="pickle"):
        KeyedVectors.load(tmp_path / "pickle")
    made = KeyedVectors(3)
    made.add_vectors(["a", "b"], np.eye(2, 3))
    made.add_vector("c", [1, 1, 0])
    assert made.similarity("a", "c") == pytest.approx(0.5**0.5)
