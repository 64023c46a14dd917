"""fastText's models: read, written, exchanged with fastText and gensim, and broken in every way."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xw2v import KeyedVectors, Word2Vec
from xw2v.cli import convert
from xw2v.errors import FileFormatError, InputError
from xw2v.text.ngrams import NgramRule
from xw2v.vectors.formats import detect, read_vectors, write_vectors
from xw2v.vectors.formats.fasttext_binary import ARGUMENTS, HEAD, TABLE, read_arguments
from xw2v.vectors.formats.trained_as import TrainedAs
from xw2v.vectors.subwords import SubwordTable

SEEN = ["the", "night", "nights", "naïve", "北海道", "</s>"]
UNSEEN = ["nightly", "café", "北海", "thee"]
DIM, BUCKETS = 5, 40


@pytest.fixture(scope="module")
def vectors() -> KeyedVectors:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(BUCKETS // 2, DIM)).astype(np.float32)
    subwords = SubwordTable(NgramRule(2, 4, BUCKETS), rows, np.arange(1, BUCKETS, 2))
    counts = np.arange(len(SEEN), 0, -1)
    return KeyedVectors(SEEN, rng.normal(size=(len(SEEN), DIM)), counts, subwords)


@pytest.fixture(scope="module")
def model(vectors: KeyedVectors, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.bin"
    vectors.save(path, "fasttext-bin")
    return path


def assert_same(one: Any, other: Any) -> None:
    for word in SEEN + UNSEEN:
        np.testing.assert_allclose(one(word), other(word), rtol=1e-5, atol=1e-6)


def test_what_is_written_is_read(vectors: KeyedVectors, model: Path) -> None:
    assert detect(model) == ("fasttext-bin", model)
    found = KeyedVectors.load(model)
    assert found.index_to_key == SEEN
    assert found.counts is not None
    assert found.counts.tolist() == [6, 5, 4, 3, 2, 1]
    assert_same(found.get_vector, vectors.get_vector)
    assert len(KeyedVectors.load(model, limit=2)) == 2


def test_words_without_n_grams_are_exact(tmp_path: Path) -> None:
    plain = KeyedVectors(SEEN, np.random.default_rng(1).normal(size=(len(SEEN), DIM)))
    plain.save(tmp_path / "plain.bin.gz", "fasttext-bin")
    found = KeyedVectors.load(tmp_path / "plain.bin.gz")
    np.testing.assert_array_equal(found.vectors, plain.vectors)
    assert found.subwords is None
    assert "nightly" not in found


def test_fasttext_reads_what_is_written(vectors: KeyedVectors, model: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    found = fasttext.FastText._FastText(str(model))
    assert found.get_words() == SEEN
    assert_same(found.get_word_vector, vectors.get_vector)


@pytest.mark.parametrize("kind", ["skipgram", "cbow"])
def test_what_fasttext_wrote_is_read(kind: str, words_file: Path, tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    options = {"dim": 8, "minn": 2, "maxn": 3, "bucket": 100, "epoch": 1, "thread": 1, "verbose": 0}
    trained = fasttext.train_unsupervised(str(words_file), model=kind, minCount=1, **options)
    trained.save_model(str(tmp_path / "model.bin"))
    found = KeyedVectors.load(tmp_path / "model.bin")
    assert found.index_to_key == trained.get_words()
    for word in [*trained.get_words(), "unseen", "Ünseen"]:
        expected = trained.get_word_vector(word)
        np.testing.assert_allclose(found[word], expected, rtol=1e-4, atol=1e-6)


def test_supervised_models_are_refused(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    text, path = tmp_path / "text", tmp_path / "model.bin"
    text.write_text("__label__a one two three\n__label__b four five six\n" * 50)
    trained = fasttext.train_supervised(str(text), dim=4, epoch=1, thread=1, verbose=0)
    trained.save_model(str(path))
    with pytest.raises(FileFormatError, match="is a supervised fastText model"):
        read_vectors(path)


def test_gensim_reads_what_is_written(vectors: KeyedVectors, model: Path, tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models.fasttext")
    found = gensim.load_facebook_model(str(model))
    words = [word for word in SEEN + UNSEEN if word != "</s>"]  # which has n-grams in gensim
    for word in words:
        np.testing.assert_allclose(found.wv[word], vectors[word], rtol=1e-4, atol=1e-6)
    gensim.save_facebook_model(found, str(tmp_path / "again.bin"))
    again = KeyedVectors.load(tmp_path / "again.bin")
    for word in words:
        np.testing.assert_allclose(again[word], found.wv[word], rtol=1e-4, atol=1e-6)


def test_the_output_vectors_of_a_run_are_written(words_file: Path, tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    sizes: dict[str, Any] = {"vector_size": 8, "subword": "3-4", "buckets": 50, "min_count": 1}
    trained = Word2Vec(**sizes, epochs=1).fit(words_file)
    trained.save(tmp_path / "run")
    content = read_vectors(tmp_path / "run")
    assert content.context is not None
    np.testing.assert_array_equal(content.context, trained.context_vectors)
    write_vectors(tmp_path / "model.bin", content, "fasttext-bin")
    found = fasttext.FastText._FastText(str(tmp_path / "model.bin"))
    np.testing.assert_array_equal(found.get_output_matrix(), trained.context_vectors)


@pytest.mark.parametrize("kind", ["skipgram", "cbow"])
def test_a_model_says_how_it_was_trained(kind: str, words_file: Path, tmp_path: Path) -> None:
    """From a run's folder, from the vectors in memory, and from one model to another."""
    run, model = tmp_path / "run", tmp_path / "model.bin"
    sizes: dict[str, Any] = {"vector_size": 8, "subword": "3-4", "buckets": 50, "min_count": 2}
    trained = Word2Vec(**sizes, model=kind, epochs=3, window=4, sample=0.01).fit(words_file)
    expected = TrainedAs(kind, 4, 3, 2, 5, 0.01)
    trained.save(run)
    tables = {"run": KeyedVectors.load(run), "memory": trained.wv}
    for name, vectors in tables.items():
        vectors.save(model, "fasttext-bin")
        assert KeyedVectors.load(model).trained_as == expected, name
    write_vectors(model, read_vectors(run), "fasttext-bin")
    write_vectors(tmp_path / "again.bin", read_vectors(model), "fasttext-bin")
    assert (tmp_path / "again.bin").read_bytes() == model.read_bytes()
    arguments = read_arguments(model)
    assert arguments.model == {"skipgram": 2, "cbow": 1}[kind]
    assert (arguments.ws, arguments.epoch, arguments.min_count, arguments.neg) == (4, 3, 2, 5)
    assert arguments.t == 0.01


@pytest.mark.parametrize("record", ["[]", "{", '{"settings": {}}', '{"settings": {"model": 7}}'])
def test_a_folder_with_another_record_is_a_skip_gram_model(
    vectors: KeyedVectors, tmp_path: Path, record: str
) -> None:
    vectors.save(tmp_path / "folder")
    (tmp_path / "folder" / "run.json").write_text(record)
    loaded = KeyedVectors.load(tmp_path / "folder")
    assert loaded.trained_as is None
    loaded.save(tmp_path / "model.bin", "fasttext-bin")
    assert KeyedVectors.load(tmp_path / "model.bin").trained_as == TrainedAs()


def test_the_command_keeps_the_kind_of_model(words_file: Path, tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models.fasttext")
    sizes: dict[str, Any] = {"vector_size": 8, "subword": "3-4", "buckets": 50, "min_count": 1}
    Word2Vec(**sizes, model="cbow", epochs=1).fit(words_file).save(tmp_path / "run")
    arguments = [str(tmp_path / "run"), str(tmp_path / "model.bin"), "--to", "fasttext-bin"]
    assert CliRunner().invoke(convert.command, arguments).exit_code == 0
    assert gensim.load_facebook_model(str(tmp_path / "model.bin")).sg == 0


def changed(model: Path, tmp_path: Path, place: int, new: bytes) -> Path:
    data = bytearray(model.read_bytes())
    data[place : place + len(new)] = new
    path = tmp_path / "changed.bin"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (0, 0, "0 dimensions"),
        (7, 3, "supervised"),
        (8, -1, "-1 buckets"),
        (9, 6, "6 to 4 characters"),
        (10, 101, "2 to 101 characters"),
        (0, 6, "table of"),
        (8, 41, "table of"),
    ],
)
def test_arguments_that_cannot_be_are_reported(
    model: Path, tmp_path: Path, field: int, value: int, message: str
) -> None:
    path = changed(model, tmp_path, HEAD.size + 4 * field, struct.pack("<i", value))
    with pytest.raises(FileFormatError, match=message):
        read_vectors(path)


def test_other_versions_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="version 13"):
        read_vectors(changed(model, tmp_path, 4, struct.pack("<i", 13)))


def test_quantised_words_are_refused(model: Path, tmp_path: Path) -> None:
    table = model.read_bytes().find(TABLE.pack(0, len(SEEN) + BUCKETS, DIM))
    with pytest.raises(FileFormatError, match="quantised"):
        read_vectors(changed(model, tmp_path, table, b"\1"))


def test_a_file_cut_anywhere_is_reported(model: Path, tmp_path: Path) -> None:
    data, path = model.read_bytes(), tmp_path / "cut.bin"
    for end in [*range(4, HEAD.size + ARGUMENTS.size + 150), *range(200, len(data), 37)]:
        path.write_bytes(data[:end])
        with pytest.raises(InputError, match=r"cut\.bin"):
            read_vectors(path)
    path.write_bytes(data + b"x")
    with pytest.raises(FileFormatError, match="data after"):
        read_vectors(path)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)
@given(st.data())
def test_damage_never_ends_in_a_traceback(model: Path, tmp_path: Path, data: st.DataObject) -> None:
    size = model.stat().st_size
    place = data.draw(st.integers(4, min(size - 1, 300)))
    path = changed(model, tmp_path, place, data.draw(st.binary(min_size=1, max_size=8)))
    try:
        found = read_vectors(path)
    except InputError:
        return
    assert len(found.words) == len(found.vectors)
    assert np.isfinite(found.vectors).all()
