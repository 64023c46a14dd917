"""Names of gensim's classes are here, or say what there is instead; and those that are asked for
rarely answer as gensim's do.
"""

from __future__ import annotations

import inspect
import json
import logging
import re
import warnings
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xw2v.errors import InputError, UsageError
from xw2v.gensim import (
    BrownCorpus,
    CallbackAny2Vec,
    FastText,
    FrozenPhrases,
    KeyedVectors,
    LineSentence,
    PathLineSentences,
    Phrases,
    Text8Corpus,
    Word2Vec,
)
from xw2v.gensim import utils as gensim_utils
from xw2v.gensim.fasttext import FastTextKeyedVectors
from xw2v.gensim.notices import ABSENT, forget_notices

gensim_models = pytest.importorskip("gensim.models")

TEXT = [["the", "cat", "sat"], ["the", "dog", "sat"], ["a", "dog", "ran"]] * 20
SMALL = {"vector_size": 8, "min_count": 1, "epochs": 2, "sample": 0}

CLASSES: dict[str, Any] = {
    "word2vec.Word2Vec": Word2Vec,
    "fasttext.FastText": FastText,
    "keyedvectors.KeyedVectors": KeyedVectors,
    "fasttext.FastTextKeyedVectors": FastTextKeyedVectors,
    "phrases.Phrases": Phrases,
    "phrases.FrozenPhrases": FrozenPhrases,
    "word2vec.LineSentence": LineSentence,
    "word2vec.PathLineSentences": PathLineSentences,
    "word2vec.Text8Corpus": Text8Corpus,
    "word2vec.BrownCorpus": BrownCorpus,
    "callbacks.CallbackAny2Vec": CallbackAny2Vec,
}
OTHER_SIGNATURES = {"FastTextKeyedVectors.__init__"}  # made by a model, or read from a file


@pytest.fixture(autouse=True)
def notices_given_anew() -> Iterator[None]:
    forget_notices()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
    forget_notices()


def theirs_of(name: str) -> Any:
    module, _, cls = name.partition(".")
    return getattr(getattr(gensim_models, module), cls)


def ours_and_theirs(**given: Any) -> tuple[Word2Vec, Any]:
    """Two models with the same vectors."""
    ours, theirs = (
        word2vec(TEXT, **SMALL, **given) for word2vec in (Word2Vec, gensim_models.Word2Vec)
    )
    rows = [theirs.wv.key_to_index[word] for word in ours.wv.index_to_key]
    theirs.wv.vectors[rows] = ours.wv.vectors
    return ours, theirs


def instances(Model: Any, FastModel: Any, Collocations: Any) -> dict[str, Any]:
    word2vec, fasttext = Model(TEXT, **SMALL), FastModel(TEXT, **SMALL, bucket=50)
    phrases = Collocations(TEXT, min_count=1, threshold=0.1)
    return {
        "Word2Vec": word2vec,
        "FastText": fasttext,
        "wv": word2vec.wv,
        "wv of FastText": fasttext.wv,
        "Phrases": phrases,
        "FrozenPhrases": phrases.freeze(),
    }


def test_every_public_name_is_here_or_says_what_is_instead() -> None:
    all_theirs = instances(
        gensim_models.Word2Vec, gensim_models.FastText, gensim_models.phrases.Phrases
    )
    for kind, ours in instances(Word2Vec, FastText, Phrases).items():
        for name in dir(all_theirs[kind]):
            if name.startswith("_") or name in dir(ours):
                continue
            if not hasattr(ours, name):
                assert name in ABSENT, f"{kind}.{name}"
                with pytest.raises(AttributeError, match=re.escape(ABSENT[name])):
                    getattr(ours, name)


@pytest.mark.parametrize("name", CLASSES)
def test_methods_take_the_arguments_of_gensims_by_their_names(name: str) -> None:
    theirs, ours = theirs_of(name), CLASSES[name]
    for method in dir(theirs):
        if method.startswith("_") and method != "__init__":
            continue
        function = getattr(ours, method, None)
        if not callable(function) or f"{ours.__name__}.{method}" in OTHER_SIGNATURES:
            continue
        taken = inspect.signature(function).parameters.values()
        if any(one.kind is one.VAR_KEYWORD for one in taken):
            continue
        named = inspect.signature(getattr(theirs, method)).parameters.values()
        wanted = {one.name for one in named if one.kind is one.POSITIONAL_OR_KEYWORD}
        assert wanted <= {one.name for one in taken}, f"{name}.{method}"


def events_of(instance: Any) -> list[str]:
    """The names of events, each once where it comes several times in turn."""
    return [name for name, _ in groupby(event["event"] for event in instance.lifecycle_events)]


@pytest.mark.parametrize("model", ["Word2Vec", "FastText"])
def test_a_model_notes_what_gensims_notes(model: str, tmp_path: Path) -> None:
    found = []
    for cls in (CLASSES[f"{model.lower()}.{model}"], getattr(gensim_models, model)):
        made = cls(TEXT, **SMALL)
        made.build_vocab([["owl", "cat"]], update=True)
        made.train(TEXT, total_examples=60, epochs=1)
        made.add_lifecycle_event("mine", msg="text", kind=dict)
        made.save(str(tmp_path / "model"))
        loaded = cls.load(str(tmp_path / "model"))
        found.append(events_of(loaded))
        mine = next(one for one in loaded.lifecycle_events if one["event"] == "mine")
        assert mine["msg"] == "text"
        assert mine.keys() >= {"datetime", "gensim", "python", "platform"}
    assert found[0] == found[1]


def test_vectors_and_phrases_note_what_gensims_note(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    found = []
    for model, vectors, phrases in (
        (Word2Vec, KeyedVectors, Phrases),
        (gensim_models.Word2Vec, gensim_models.KeyedVectors, gensim_models.phrases.Phrases),
    ):
        model(TEXT, **SMALL).wv.save_word2vec_format(path)
        wv = vectors.load_word2vec_format(path)
        wv.save(path)
        learned = phrases(TEXT)
        learned.save(str(tmp_path / "phrases"))
        found.append(
            [
                events_of(vectors.load(path)),
                events_of(phrases.load(str(tmp_path / "phrases"))),
                events_of(learned.freeze()),
            ]
        )
    assert found[0] == found[1]


def test_events_are_logged_and_can_be_switched_off(caplog: pytest.LogCaptureFixture) -> None:
    model = Word2Vec(**SMALL)
    with caplog.at_level(logging.INFO):
        model.add_lifecycle_event("one")
        model.add_lifecycle_event("two", log_level=False)
        model.lifecycle_events = None
        model.add_lifecycle_event("three")
    assert [text for text in ("one", "two", "three") if f"'{text}'" in caplog.text] == [
        "one",
        "three",
    ]
    assert model.lifecycle_events is None


def test_a_model_without_events_is_saved_and_loaded(tmp_path: Path) -> None:
    model = Word2Vec(**SMALL)
    model.lifecycle_events = None
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").lifecycle_events is None


def test_scores_are_logged_as_gensims_are(caplog: pytest.LogCaptureFixture) -> None:
    section = {"section": "capitals", "correct": [1, 2], "incorrect": [3]}
    none = {"section": "empty", "correct": [], "incorrect": []}
    lines = []
    for vectors in (KeyedVectors, gensim_models.KeyedVectors):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            vectors.log_accuracy(section)
            vectors.log_accuracy(none)
            vectors.log_evaluate_word_pairs((0.5, 0.1), (0.25, 0.2), 12.345, "set.tsv")
        lines.append([record.getMessage() for record in caplog.records])
    assert lines[0] == lines[1]
    assert len(lines[0]) == 4


def test_the_next_row_and_the_mapped_file() -> None:
    ours, theirs = KeyedVectors(4, mapfile_path="v.map"), gensim_models.KeyedVectors(4)
    assert ours.next_index == theirs.next_index == 0
    assert (ours.mapfile_path, theirs.mapfile_path) == ("v.map", None)
    for vectors in (ours, theirs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of gensim's, that this is slow
            vectors.add_vector("a", np.ones(4, np.float32))
    assert ours.next_index == theirs.next_index == 1


def test_a_table_without_words_has_no_norms() -> None:
    assert KeyedVectors(4).norms.shape == (0,)
    assert KeyedVectors(4).get_normed_vectors().shape == (0, 4)


def test_attributes_of_words_are_allocated_as_gensims() -> None:
    ours, theirs = ours_and_theirs()
    for wv in (ours.wv, theirs.wv):
        wv.allocate_vecattrs(["rank", "tag", "weight"], [int, str, np.float32])
        wv.allocate_vecattrs(["rank"], [int])
        wv.set_vecattr("cat", "tag", "noun")
        wv.allocate_vecattrs()
    for name, values in theirs.wv.expandos.items():
        if name != "sample_int":  # gensim's own, of subsampling
            mine = ours.wv.expandos[name]
            assert (mine.shape, mine.dtype) == (values.shape, values.dtype)
    assert ours.wv.get_vecattr("cat", "tag") == "noun"
    with pytest.raises(InputError, match="is of type int64"):
        ours.wv.allocate_vecattrs(["rank"], [str])


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("lockf", [0.0, 1.0])
def test_vectors_of_a_file_are_taken_as_by_gensim(
    binary: bool, lockf: float, tmp_path: Path
) -> None:
    path = str(tmp_path / "vectors")
    other = KeyedVectors(["dog", "owl", "the"], np.arange(24, dtype=np.float32).reshape(3, 8))
    other.save_word2vec_format(path, binary=binary)
    ours, theirs = ours_and_theirs()
    theirs.wv.vectors_lockf = np.ones(len(theirs.wv), np.float32)
    if not binary:  # gensim's own reading of binary files needs an older NumPy
        theirs.wv.intersect_word2vec_format(path, lockf=lockf, binary=binary)
    ours.wv.intersect_word2vec_format(path, lockf=lockf, binary=binary)
    for word in ours.wv.index_to_key:
        if not binary:
            np.testing.assert_array_equal(ours.wv[word], theirs.wv[word])
        row, is_there = ours.wv.key_to_index[word], word in other
        assert ours.wv.vectors_lockf[row] == (lockf if is_there else 1)
    before = ours.wv["dog"].copy()
    np.testing.assert_array_equal(before, other["dog"])
    ours.train(TEXT, total_examples=60, epochs=2)
    assert np.array_equal(before, ours.wv["dog"]) == (lockf == 0)
    assert ours.wv.lifecycle_events is not None
    assert "merged 2 vectors" in ours.wv.lifecycle_events[-1]["msg"]


def test_vectors_of_a_file_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "vectors")
    KeyedVectors(["dog"], np.ones((1, 3), np.float32)).save_word2vec_format(path)
    wv = Word2Vec(TEXT, **SMALL).wv
    with pytest.raises(InputError, match="3 dimensions, not 8"):
        wv.intersect_word2vec_format(path)
    with pytest.raises(InputError, match="lockf"):
        wv.intersect_word2vec_format(path, lockf=0.5)


def test_first_vectors_are_given_again() -> None:
    for cls in (Word2Vec, FastText):
        model = cls(**SMALL)
        model.build_vocab(TEXT)
        first = model.wv.vectors.copy()
        model.train(TEXT, total_examples=60, epochs=2)
        assert not np.array_equal(model.wv.vectors, first)
        model.init_weights()
        np.testing.assert_array_equal(model.wv.vectors, first)
        assert not model.syn1neg.any()
        model.reset_weights()
        assert model.wv.get_vecattr("the", "count") == 40


def test_memory_is_reckoned_as_by_gensim_and_that_of_training_besides() -> None:
    ours, theirs = ours_and_theirs()
    for words in (None, 1000):
        mine, expected = ours.estimate_memory(words), theirs.estimate_memory(words)
        for name in ("vocab", "vectors", "syn1neg"):
            assert mine[name] == expected[name]
        assert mine["total"] == sum(mine.values()) - mine["total"]
        assert mine["training"] > 0
    fast = FastText(TEXT, **SMALL, bucket=50)
    assert fast.estimate_memory(report={"more": 1})["vectors_ngrams"] == 50 * 8 * 4


def test_buckets_of_words_are_gensims() -> None:
    ours, theirs = (cls(TEXT, **SMALL, bucket=50).wv for cls in (FastText, gensim_models.FastText))
    mine, expected = (
        dict(zip(wv.index_to_key, wv.buckets_word, strict=True)) for wv in (ours, theirs)
    )
    for word, buckets in expected.items():
        np.testing.assert_array_equal(mine[word], buckets)
    assert ours.get_vector(word="cat").shape == (8,)
    ours.vectors_vocab_lockf = np.ones(len(ours))
    with pytest.raises(UsageError, match="cannot be locked"):
        ours.vectors_ngrams_lockf = np.zeros(50)


def test_the_brown_corpus_is_read_as_by_gensim(tmp_path: Path) -> None:
    (tmp_path / "ca01").write_text(
        "The/at Fulton/np-tl Jury/nn-tl said/vbd ``/`` no/at 1\\/2/cd\n\n,/, ./.\n"
    )
    expected = list(gensim_models.word2vec.BrownCorpus(tmp_path))
    assert list(BrownCorpus(tmp_path)) == expected
    assert expected


@pytest.mark.parametrize("name", ["text.txt", "text.txt.gz"])
def test_token_lists_are_written_as_by_gensim(name: str, tmp_path: Path) -> None:
    theirs = pytest.importorskip("gensim.utils")
    sentences = [*TEXT, ["日本", "x"], []]
    for utils, folder in ((gensim_utils, tmp_path / "ours"), (theirs, tmp_path / "theirs")):
        folder.mkdir()
        utils.save_as_line_sentence(sentences, str(folder / name))
    found, expected = (list(LineSentence(tmp_path / f / name)) for f in ("ours", "theirs"))
    assert found == expected == sentences[:-1]
    for text in ("é", "é".encode()):
        assert gensim_utils.to_utf8(text) == theirs.to_utf8(text)


def test_phrases_are_saved_to_an_open_file(tmp_path: Path) -> None:
    phrases = Phrases(TEXT, min_count=1, threshold=0.1)
    with (tmp_path / "file").open("wb") as file:
        phrases.save(file)
    assert json.loads((tmp_path / "file").read_text())["class"] == "Phrases"
    assert Phrases.load(tmp_path / "file").export_phrases() == phrases.export_phrases()


def test_fasttext_files_are_read_by_gensim_3s_name(tmp_path: Path) -> None:
    from xw2v.gensim.fasttext import save_facebook_model

    model = FastText(TEXT, **SMALL, bucket=50)
    save_facebook_model(model, tmp_path / "model.bin")
    loaded = FastText.load_fasttext_format(tmp_path / "model.bin")
    np.testing.assert_allclose(loaded.wv["cat"], model.wv["cat"], rtol=1e-5, atol=1e-7)
    assert loaded.word_ngrams == 1
