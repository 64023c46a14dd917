"""Every name of gensim's that scripts use, one after the other: it is there and does what it says,
or says what to do instead.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xw2v import gensim
from xw2v.gensim import KeyedVectors, LineSentence, Phrases, Word2Vec
from xw2v.gensim.notices import forget_notices

TEXT = [["the", "cat", "sat"], ["the", "dog", "sat"], ["a", "dog", "ran"]] * 20
MODEL = Word2Vec(TEXT, vector_size=8, min_count=1, compute_loss=True)
FRESH = Word2Vec(TEXT, vector_size=8, min_count=1)

VECTOR = np.ones(7, np.float32)

Check = Callable[[Path], Any]


@pytest.fixture(autouse=True)
def notices_given_anew() -> Iterator[None]:
    forget_notices()
    yield
    forget_notices()


def trained(**given: Any) -> Word2Vec:
    return Word2Vec(TEXT, **{"vector_size": 8, "min_count": 1, **given})


def scanned() -> Word2Vec:
    model = Word2Vec(vector_size=8, min_count=1)
    assert model.scan_vocab(TEXT) == (180, 60)
    return model


def saved(folder: Path) -> Word2Vec:
    MODEL.save(str(folder / "model"))
    return Word2Vec.load(str(folder / "model"))


def reloaded(folder: Path) -> KeyedVectors:
    MODEL.wv.save(str(folder / "vectors"))
    return KeyedVectors.load(str(folder / "vectors"), mmap="r")


def from_word2vec_file(folder: Path) -> KeyedVectors:
    MODEL.wv.save_word2vec_format(str(folder / "v.bin"), None, True)
    return KeyedVectors.load_word2vec_format(str(folder / "v.bin"), binary=True)


def lines(folder: Path) -> LineSentence:
    (folder / "text.txt").write_text("the  cat sat\n\nThe dog.\n")
    return LineSentence(str(folder / "text.txt"))


def with_lock() -> Word2Vec:
    model = Word2Vec(vector_size=8, min_count=1)
    model.build_vocab(TEXT)
    model.wv.vectors_lockf = np.zeros(len(model.wv), np.float32)
    return model


HOLDS: dict[str, Check] = {
    # vocabulary
    "build_vocab(update=True)": lambda _: grown().wv["owl"].shape == (8,),
    "build_vocab(progress_per)": lambda _: (
        Word2Vec(min_count=1).build_vocab(TEXT, progress_per=10) is None
    ),
    "build_vocab_from_freq": lambda _: of_frequencies().wv.index_to_key == ["b", "a"],
    "scan_vocab": lambda _: scanned().raw_vocab["the"] == 40,
    "prepare_vocab": lambda _: scanned().prepare_vocab()["retain_total"] == 180,
    "prepare_vocab(dry_run)": lambda _: not len(prepared(dry_run=True, min_count=30)[0].wv),
    "prepare_vocab(min_count)": lambda _: (
        prepared(min_count=30)[1]
        == {
            "drop_unique": 3,
            "retain_total": 120,
            "downsample_unique": 3,
            "downsample_total": pytest.approx(7, abs=2),
            "num_retained_words": 3,
        }
    ),
    "prepare_weights": lambda _: scanned().prepare_weights() is None,
    "max_final_vocab": lambda _: len(trained(max_final_vocab=3).wv) <= 3,
    "trim_rule": lambda _: "cat" not in trained(trim_rule=lambda w, c, m: int(w == "cat")).wv,
    "corpus_count, corpus_total_words": lambda _: (
        (MODEL.corpus_count, MODEL.corpus_total_words) == (60, 180)
    ),
    # training
    "train, again and again": lambda _: [
        MODEL.train(TEXT, total_examples=60, epochs=1) for _ in range(2)
    ],
    "train(corpus_file)": lambda folder: MODEL.train(
        corpus_file=lines(folder).source, total_words=5, epochs=1
    ),
    "train(start_alpha, end_alpha)": lambda _: MODEL.train(
        TEXT, total_examples=60, epochs=1, start_alpha=0.01, end_alpha=0.001
    ),
    "wv, one object": lambda _: MODEL.wv is MODEL.wv,
    "wv, assignable": lambda folder: assigned(reloaded(folder)).wv["cat"].shape == (8,),
    "wv.vectors_lockf": lambda _: np.array_equal(*before_and_after(with_lock())),
    "shrink_windows": lambda _: trained(shrink_windows=False),
    "window of 10,000": lambda _: trained(window=10_000),
    "get_latest_training_loss": lambda _: MODEL.get_latest_training_loss() > 0,
    "epochs, window, sg, alpha, workers": lambda _: (
        (FRESH.epochs, FRESH.window, FRESH.sg, FRESH.alpha, FRESH.workers) == (5, 5, 0, 0.025, 3)
    ),
    "syn1neg": lambda _: MODEL.syn1neg.shape == (6, 8),
    "layer1_size": lambda _: MODEL.layer1_size == MODEL.vector_size == 8,
    "str": lambda _: str(FRESH) == "Word2Vec<vocab=6, vector_size=8, alpha=0.025>",
    "predict_output_word": lambda _: MODEL.predict_output_word(["the", "sat"], topn=2)[1][1] > 0,
    # files
    "save, load": lambda folder: np.array_equal(saved(folder).wv.vectors, MODEL.wv.vectors),
    "load(mmap)": lambda folder: saved(folder) and Word2Vec.load(str(folder / "model"), mmap="r"),
    "wv.save, KeyedVectors.load": lambda folder: reloaded(folder).most_similar("cat"),
    "save_word2vec_format": lambda folder: (
        from_word2vec_file(folder).get_vecattr("the", "count") == 6
    ),
    "save_word2vec_format(total_vec)": lambda folder: (
        MODEL.wv.save_word2vec_format(
            folder / "v.txt", binary=False, total_vec=6, write_header=True
        )
        is None
    ),
    "vectors_for_all": lambda _: len(MODEL.wv.vectors_for_all(["cat", "no"], True, True)) == 1,
    "KeyedVectors(vector_size=)": lambda _: KeyedVectors(vector_size=7).vectors.shape == (0, 7),
    "KeyedVectors(count=)": lambda _: KeyedVectors(vector_size=7, count=3).vectors.shape == (0, 7),
    "KeyedVectors(vector_size, count)": lambda _: KeyedVectors(7, 3).add_vector("a", VECTOR) == 0,
    # names of gensim 3
    "init_sims": lambda _: trained().init_sims(replace=True) is None,
    "model[w]": lambda _: MODEL["cat"].shape == (8,),
    "w in model": lambda _: "cat" in MODEL and "no" not in MODEL,
    "model.most_similar": lambda _: len(MODEL.most_similar("cat", topn=2)) == 2,
    "wv.vocab[w].count": lambda _: MODEL.wv.vocab["the"].count == 40,
    "wv.vocab[w].index": lambda _: MODEL.wv.vocab["a"].index == MODEL.wv.key_to_index["a"],
    "index2word": lambda _: MODEL.wv.index2word == MODEL.wv.index_to_key,
    "syn0": lambda _: np.array_equal(MODEL.wv.syn0, MODEL.wv.vectors),
    "model.save_word2vec_format": lambda folder: (
        MODEL.save_word2vec_format(str(folder / "v")) is None
    ),
    # helpers
    "LineSentence": lambda folder: list(lines(folder)) == [["the", "cat", "sat"], ["The", "dog."]],
    "FAST_VERSION": lambda _: gensim.FAST_VERSION >= 0,
    "Phrases": lambda _: Phrases(TEXT, min_count=1, threshold=0.1)[["the", "cat", "sat"]],
    "to_gensim": lambda _: pytest.importorskip("gensim") and MODEL.wv.to_gensim()["cat"].shape,
}

INSTEAD: dict[str, tuple[Check, type[Exception], str]] = {
    "hs=1, negative=0": (lambda _: trained(hs=1, negative=0), ValueError, "give `negative` 5"),
    "score": (lambda _: MODEL.score(TEXT), RuntimeError, "predict_output_word"),
    "sorted_vocab=0": (lambda _: trained(sorted_vocab=0), ValueError, "key_to_index"),
    "null_word=1": (lambda _: trained(null_word=1), ValueError, "leave it out"),
    "gensim's pickles": (lambda folder: pickled(folder), ValueError, "KeyedVectors.from_gensim"),
    "wmdistance": (lambda _: MODEL.wv.wmdistance, AttributeError, "n_similarity"),
    "cum_table": (lambda _: MODEL.cum_table, AttributeError, "without one"),
    "numbers as tokens": (lambda _: Word2Vec([[1, 2]] * 9), ValueError, r"\[str\(token\)"),
    "append": (
        lambda folder: MODEL.wv.save_word2vec_format(folder / "v", append=True),
        ValueError,
        "one table",
    ),
}


def grown() -> Word2Vec:
    model = trained()
    model.build_vocab([["owl", "cat"]] * 3, update=True)
    return model


def of_frequencies() -> Word2Vec:
    model = Word2Vec(min_count=1)
    model.build_vocab_from_freq({"a": 3, "b": 5})
    return model


def prepared(**given: Any) -> tuple[Word2Vec, dict[str, int]]:
    model = scanned()
    report = model.prepare_vocab(**given)
    if given.get("dry_run"):
        assert model.min_count == 1
        assert model.raw_vocab
    return model, report


def assigned(vectors: KeyedVectors) -> Word2Vec:
    model = trained()
    model.wv = vectors
    return model


def before_and_after(model: Word2Vec) -> tuple[np.ndarray, np.ndarray]:
    before = model.wv.vectors.copy()
    model.train(TEXT, total_examples=60, epochs=1)
    return before, model.wv.vectors


def pickled(folder: Path) -> Word2Vec:
    (folder / "model").write_bytes(b"\x80\x04K\x01.")
    return Word2Vec.load(str(folder / "model"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", HOLDS)
def test_it_is_here(name: str, tmp_path: Path) -> None:
    assert HOLDS[name](tmp_path) is not False


@pytest.mark.parametrize("name", INSTEAD)
def test_it_says_what_to_do_instead(name: str, tmp_path: Path) -> None:
    call, error, message = INSTEAD[name]
    with pytest.raises(error, match=message):
        call(tmp_path)


def test_vocabulary_in_steps_is_that_of_one_call() -> None:
    model = scanned()
    model.prepare_vocab(keep_raw_vocab=True)
    model.prepare_weights()
    model.train(TEXT, total_examples=model.corpus_count, epochs=model.epochs)
    np.testing.assert_array_equal(model.wv.vectors, trained().wv.vectors)
    assert model.raw_vocab["the"] == 40


@pytest.mark.parametrize("sample", [0, 1e-3, 0.1, 10])
@pytest.mark.parametrize("given", [{}, {"max_final_vocab": 4, "min_count": 2}])
def test_the_report_of_a_vocabulary_is_gensims(sample: float, given: dict[str, Any]) -> None:
    models = pytest.importorskip("gensim.models")
    theirs, ours = (
        word2vec(sample=sample, **{"min_count": 1, **given})
        for word2vec in (models.Word2Vec, Word2Vec)
    )
    assert ours.scan_vocab(TEXT) == theirs.scan_vocab(TEXT)
    expected = theirs.prepare_vocab()
    found = ours.prepare_vocab()
    assert abs(found.pop("downsample_total") - expected.pop("downsample_total")) <= 1
    assert found == expected
    assert ours.effective_min_count == theirs.effective_min_count


def test_a_string_as_sentence_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Word2Vec().build_vocab(["human", "machine"])
    assert "Each 'sentences' item should be a list of words" in caplog.text
