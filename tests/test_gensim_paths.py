"""gensim's paths of import, and what scripts take for granted between the calls: numbers of
NumPy's, what a model keeps of a call of `train`, documents without words.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xw2v.gensim as gensim_like
from xw2v.gensim import FastText, KeyedVectors, Word2Vec
from xw2v.gensim.scripts.glove2word2vec import glove2word2vec
from xw2v.gensim.test.utils import common_texts, get_tmpfile, temporary_file

SMALL: dict[str, Any] = {"vector_size": 5, "min_count": 1, "epochs": 1}
PATHS = {
    "models": ("Word2Vec", "KeyedVectors", "FastText", "Phrases", "FAST_VERSION"),
    "models.word2vec": ("Word2Vec", "LineSentence", "PathLineSentences", "Text8Corpus"),
    "models.keyedvectors": ("KeyedVectors", "Word2VecKeyedVectors"),
    "models.phrases": ("Phrases", "Phraser", "FrozenPhrases", "ENGLISH_CONNECTOR_WORDS"),
    "models.callbacks": ("CallbackAny2Vec",),
    "models.fasttext": ("FastText", "load_facebook_model", "load_facebook_vectors"),
    "utils": ("simple_preprocess", "RULE_KEEP"),
    "test.utils": ("common_texts", "get_tmpfile", "temporary_file"),
    "scripts.glove2word2vec": ("glove2word2vec",),
}


@pytest.fixture(scope="module")
def model() -> Word2Vec:
    return Word2Vec(common_texts, **SMALL)


@pytest.mark.parametrize("path", PATHS)
def test_names_are_at_gensims_paths(path: str) -> None:
    other = pytest.importorskip(f"gensim.{path}")
    here = importlib.import_module(f"xw2v.gensim.{path}")
    for name in PATHS[path]:
        assert hasattr(other, name)
        found = getattr(here, name)
        assert found is getattr(gensim_like, name, found)
    for name in here.__all__ if hasattr(here, "__all__") else ():
        assert hasattr(here, name)


def test_other_models_are_not_at_these_paths() -> None:
    with pytest.raises(AttributeError, match="Doc2Vec': it is gensim's alone"):
        _ = gensim_like.models.Doc2Vec
    with pytest.raises(ImportError):
        importlib.import_module("xw2v.gensim.models.doc2vec")


def test_texts_and_paths_of_gensims_examples() -> None:
    other = pytest.importorskip("gensim.test.utils")
    assert common_texts == other.common_texts
    path = Path(get_tmpfile("word2vec.model"))
    assert path.name == "word2vec.model"
    assert path.parent.is_dir()
    path.parent.rmdir()
    with temporary_file("vectors.txt") as name:
        Path(name).write_text("")
    assert not Path(name).parent.exists()


def test_files_of_glove_get_a_header(tmp_path: Path) -> None:
    (tmp_path / "glove.txt").write_text("the 1 2\ncat 3 4.5\n")
    with pytest.warns(DeprecationWarning, match="no_header=True"):
        found = glove2word2vec(tmp_path / "glove.txt", tmp_path / "w2v.txt")
    assert found == (2, 2)
    assert (tmp_path / "w2v.txt").read_text().splitlines()[0] == "2 2"
    assert KeyedVectors.load_word2vec_format(tmp_path / "w2v.txt")["cat"].tolist() == [3, 4.5]


def test_a_model_keeps_what_train_was_given() -> None:
    others = pytest.importorskip("gensim.models").Word2Vec
    for kind in (Word2Vec, others):
        model = kind(**SMALL)
        model.build_vocab(common_texts)
        model.train(common_texts, total_examples=9, epochs=3, start_alpha=0.02, end_alpha=0.01)
        assert (model.epochs, model.alpha, model.min_alpha) == (3, 0.02, 0.01)
        model.train(common_texts, total_examples=9, epochs=model.epochs)
        assert (model.epochs, model.alpha, model.min_alpha) == (3, 0.02, 0.01)


def test_similarities_are_numbers_of_numpys(model: Word2Vec) -> None:
    other = pytest.importorskip("gensim.models").Word2Vec(common_texts, **SMALL)
    for ask in (
        lambda m: m.wv.similarity("user", "system"),
        lambda m: m.wv.distance("user", "system"),
        lambda m: m.wv.n_similarity(["user"], ["system", "trees"]),
        lambda m: m.predict_output_word(["user"])[0][1],
        lambda m: m.wv.most_similar("user")[0][1],
    ):
        assert type(ask(model)) is type(ask(other))


@pytest.mark.parametrize("nothing", [[], (), np.array([])])
def test_no_words_have_no_vectors(nothing: Any) -> None:
    """Scripts catch that, and take zeros as the vector of an empty document."""
    others = pytest.importorskip("gensim.models").Word2Vec
    for kind in (Word2Vec, FastText, others):
        with pytest.raises(ValueError, match="at least one"):
            _ = kind(common_texts, **SMALL).wv[nothing]


def test_numbers_of_searches_over_settings() -> None:
    """Shares of a text's words as `min_count`, floats as `window`, no seed."""
    others = pytest.importorskip("gensim.models").Word2Vec
    given: dict[str, Any] = SMALL | {"min_count": 1.5, "window": 5.0, "seed": None}
    made, other = Word2Vec(common_texts, **given), others(common_texts, **given)
    assert made.wv.key_to_index.keys() == other.wv.key_to_index.keys()
    assert made.min_count == 2
    assert made.window == 5
    again = Word2Vec(common_texts, **given)
    assert not np.array_equal(made.wv.vectors, again.wv.vectors)
    assert made.seed != again.seed


def test_vectors_of_words_never_seen_can_be_changed() -> None:
    """Those of other words are rows of the table, and read-only."""
    others = pytest.importorskip("gensim.models").FastText
    for kind in (FastText, others):
        wv = kind(common_texts, **SMALL).wv
        for norm in (False, True):
            assert wv.get_vector("systems", norm=norm).flags.writeable
            assert not wv.get_vector("system", norm=norm).flags.writeable


@pytest.mark.parametrize("given", [{"max_n": 0}, {"min_n": 5, "max_n": 3}])
def test_fasttext_without_ngrams(given: dict[str, int]) -> None:
    others = pytest.importorskip("gensim.models").FastText
    for kind in (FastText, others):
        wv = kind(common_texts, **SMALL, **given, bucket=100).wv
        assert wv["system"].shape == (5,)
    assert "systems" not in FastText(common_texts, **SMALL, **given).wv


def test_vectors_are_assigned_before_the_words_they_are_of() -> None:
    """As in the usual script that keeps what two models have in common, and rotates one."""
    others = pytest.importorskip("gensim.models").Word2Vec
    for kind in (Word2Vec, others):
        wv = kind(common_texts, **SMALL).wv
        common, first = ["trees", "user", "graph"], wv["trees"].copy()
        wv.vectors = np.array([wv.vectors[wv.key_to_index[word]] for word in common])
        wv.key_to_index = {word: row for row, word in enumerate(common)}
        wv.index_to_key = common
        wv.fill_norms(force=True)
        assert wv.get_normed_vectors().shape == (3, 5)
        wv.vectors = wv.vectors.dot(np.eye(5, dtype=np.float32) * 2)
        np.testing.assert_allclose(wv["trees"], 2 * first)
        assert {word for word, _ in wv.most_similar("trees", topn=5)} == {"user", "graph"}


def test_vectors_with_fewer_words_are_saved_without_counts(model: Word2Vec, tmp_path: Path) -> None:
    wv = KeyedVectors(model.wv.index_to_key, model.wv.vectors, model.wv.counts)
    wv.vectors = wv.vectors[:2]
    wv.index_to_key = wv.index_to_key[:2]
    wv.key_to_index = {word: row for row, word in enumerate(wv.index_to_key)}
    wv.save(tmp_path / "wv")
    loaded = KeyedVectors.load(tmp_path / "wv")
    assert (loaded.index_to_key, loaded.counts) == (wv.index_to_key, None)
    with pytest.raises(ValueError, match="give one row"):
        wv.vectors = np.zeros((2, 0))


def test_attributes_of_ones_own_are_saved(tmp_path: Path) -> None:
    class Noted(Word2Vec):
        pass

    model = Noted(common_texts, **SMALL)
    model.note, model.labels, model.table = "of a thesis", {"user": 1}, np.ones(2)
    with pytest.warns(UserWarning, match="table: is not saved with the model"):
        model.save(tmp_path / "model")
    loaded = Noted.load(tmp_path / "model")
    assert type(loaded) is Noted
    assert (loaded.note, loaded.labels) == (model.note, model.labels)
    assert not hasattr(loaded, "table")
