"""Ways in which scripts call gensim: each runs unchanged on `xw2v.gensim`."""

from __future__ import annotations

import io
import multiprocessing
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xw2v.gensim as gensim
from xw2v.errors import InputError, UsageError
from xw2v.gensim import (
    RULE_DEFAULT,
    RULE_DISCARD,
    RULE_KEEP,
    CallbackAny2Vec,
    FrozenPhrases,
    KeyedVectors,
    LineSentence,
    PathLineSentences,
    Phraser,
    Phrases,
    Text8Corpus,
    Word2Vec,
)

pytestmark = pytest.mark.usefixtures("notices_given_anew")

TOPICS = (("cat", "dog", "cow", "pig", "hen", "fox"), ("sin", "cos", "tan", "log", "exp", "abs"))


def topical(sentences: int = 300) -> list[list[str]]:
    rng = np.random.default_rng(0)
    return [rng.choice(TOPICS[rng.integers(2)], 5).tolist() for _ in range(sentences)]


TEXT = topical()


class Corpus:
    """A corpus as scripts write them: an iterable, read as often as one likes."""

    def __iter__(self) -> Iterator[list[str]]:
        yield from TEXT


class Losses(CallbackAny2Vec):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_epoch_end(self, model: Word2Vec) -> None:
        self.losses.append(model.get_latest_training_loss())


def rule(word: str, count: int, min_count: int) -> int:
    return {"cat": RULE_KEEP, "dog": RULE_DISCARD}.get(word, RULE_DEFAULT)


def in_steps(**given: Any) -> Word2Vec:
    model = Word2Vec(min_count=1, vector_size=8)
    model.build_vocab(TEXT)
    model.train(TEXT, total_examples=model.corpus_count, epochs=model.epochs, **given)
    return model


def alpha_by_hand() -> Word2Vec:
    model = Word2Vec(vector_size=8, min_count=1, alpha=0.025, min_alpha=0.025)
    model.build_vocab(TEXT)
    for _ in range(3):
        model.train(TEXT, total_examples=model.corpus_count, epochs=1)
        model.alpha -= 0.002
        model.min_alpha = model.alpha
    return model


def grown() -> Word2Vec:
    model = Word2Vec(TEXT, vector_size=8, min_count=1)
    more = [["owl", "cat", "dog"]] * 10
    model.build_vocab(more, update=True)
    model.train(more, total_examples=len(more), epochs=model.epochs)
    return model


CALLS: dict[str, Callable[[], Word2Vec]] = {
    "text alone": lambda: Word2Vec(TEXT),
    "text by name": lambda: Word2Vec(sentences=TEXT, vector_size=8),
    "an iterable class": lambda: Word2Vec(Corpus(), min_count=1, workers=4),
    "a generator": lambda: Word2Vec((line for line in TEXT), vector_size=8),
    "tuples": lambda: Word2Vec([tuple(line) for line in TEXT], vector_size=8),
    "a NumPy array": lambda: Word2Vec(np.array(TEXT), vector_size=8),
    "sets": lambda: Word2Vec([set(line) for line in TEXT], vector_size=8),
    "size and iter": lambda: Word2Vec(TEXT, size=8, iter=2),
    "size alone": lambda: Word2Vec(TEXT, size=10, window=5, min_count=1, workers=4),
    "positional": lambda: Word2Vec(TEXT, None, 8, 0.05, 4, 2),
    "skip-gram": lambda: Word2Vec(TEXT, sg=1, vector_size=8),
    "skip-gram as a bool": lambda: Word2Vec(TEXT, sg=True, vector_size=8),
    "CBOW of sums": lambda: Word2Vec(TEXT, sg=0, cbow_mean=0, vector_size=8),
    "all cores": lambda: Word2Vec(TEXT, workers=multiprocessing.cpu_count(), vector_size=8),
    "all cores but one": lambda: Word2Vec(TEXT, workers=multiprocessing.cpu_count() - 1, size=8),
    "no min_count": lambda: Word2Vec(TEXT, min_count=0, vector_size=8),
    "hs with negatives": lambda: Word2Vec(TEXT, hs=1, negative=5, vector_size=8),
    "many negatives": lambda: Word2Vec(TEXT, negative=20, vector_size=8),
    "one negative": lambda: Word2Vec(TEXT, negative=1, vector_size=8),
    "a seed": lambda: Word2Vec(TEXT, seed=42, workers=1, vector_size=8),
    "a negative seed": lambda: Word2Vec(TEXT, seed=-1, vector_size=8),
    "alphas": lambda: Word2Vec(TEXT, alpha=0.03, min_alpha=0.0007, vector_size=8),
    "a rising alpha": lambda: Word2Vec(TEXT, alpha=0.01, min_alpha=0.02, vector_size=8),
    "sample": lambda: Word2Vec(TEXT, sample=6e-5, vector_size=8),
    "no sample": lambda: Word2Vec(TEXT, sample=0, vector_size=8),
    "sample as a count": lambda: Word2Vec(TEXT, sample=100, vector_size=8),
    "epochs": lambda: Word2Vec(TEXT, epochs=20, vector_size=8),
    "callbacks": lambda: Word2Vec(TEXT, callbacks=[Losses()], compute_loss=True, vector_size=8),
    "max_final_vocab": lambda: Word2Vec(TEXT, max_final_vocab=10, vector_size=8),
    "max_vocab_size": lambda: Word2Vec(TEXT, max_vocab_size=10_000, vector_size=8),
    "a trim rule": lambda: Word2Vec(TEXT, trim_rule=rule, vector_size=8),
    "sorted_vocab": lambda: Word2Vec(TEXT, sorted_vocab=1, null_word=0, vector_size=8),
    "without effect": lambda: Word2Vec(TEXT, batch_words=500, hashfxn=len, comment="mine"),
    "ns_exponent": lambda: Word2Vec(TEXT, ns_exponent=-0.5, vector_size=8),
    "fixed windows": lambda: Word2Vec(TEXT, shrink_windows=False, vector_size=8),
    "steps": in_steps,
    "steps with alphas": lambda: in_steps(start_alpha=0.02, end_alpha=0.001),
    "steps with loss": lambda: in_steps(compute_loss=True, callbacks=[Losses()]),
    "steps with words": lambda: in_steps(total_words=1500, report_delay=0.5, queue_factor=4),
    "alpha by hand": alpha_by_hand,
    "grown": grown,
    "gensim.models.Word2Vec": lambda: gensim.models.Word2Vec(TEXT, vector_size=8),
    "gensim.models.word2vec.Word2Vec": lambda: gensim.models.word2vec.Word2Vec(TEXT),
    "a batch of our own": lambda: Word2Vec(TEXT, vector_size=8, batch_tokens=64, device="cpu"),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_runs(call: Callable[[], Word2Vec]) -> None:
    model = call()
    assert len(model.wv) >= 3
    assert np.isfinite(model.wv.vectors).all()
    assert model.wv.vectors.shape == model.syn1neg.shape == (len(model.wv), model.vector_size)
    assert model.epochs_trained > 0
    assert len(model.wv.most_similar(model.wv.index_to_key[0], topn=2)) == 2


def test_there_are_forty() -> None:
    assert len(CALLS) >= 40


def test_defaults_are_gensims() -> None:
    model = Word2Vec()
    found = (model.vector_size, model.window, model.min_count, model.epochs, model.negative)
    assert found == (100, 5, 5, 5, 5)
    assert (model.alpha, model.min_alpha, model.sg, model.cbow_mean) == (0.025, 0.0001, 0, 1)
    assert (model.workers, model.seed, model.sample, model.ns_exponent) == (3, 1, 1e-3, 0.75)
    assert len(model.wv) == 0
    assert "cat" not in model.wv


def test_files_and_their_iterators(tmp_path: Path) -> None:
    lines = "\n".join(" ".join(line) for line in TEXT) + "\n"
    path, folder = tmp_path / "text.txt", tmp_path / "texts"
    path.write_text(lines)
    folder.mkdir()
    (folder / "b.txt").write_text(lines[: lines.index("\n", len(lines) // 2) + 1])
    (folder / "c.txt").write_text(lines[lines.index("\n", len(lines) // 2) + 1 :])
    by_list = Word2Vec(TEXT, vector_size=8, seed=3)
    for given in (
        {"corpus_file": str(path)},
        {"sentences": LineSentence(path)},
        {"sentences": LineSentence(io.StringIO(lines))},
        {"sentences": PathLineSentences(folder)},
    ):
        model = Word2Vec(**given, vector_size=8, seed=3)
        np.testing.assert_array_equal(model.wv.vectors, by_list.wv.vectors)
    model = Word2Vec(vector_size=8)
    model.build_vocab(corpus_file=str(path))
    words = model.corpus_total_words
    assert model.train(corpus_file=str(path), total_words=words, epochs=2) == (3000, 3000)
    text8 = tmp_path / "text8"
    text8.write_text(" ".join(lines.split()))
    assert [token for line in Text8Corpus(text8, 7) for token in line] == lines.split()


def test_names_of_gensim_3_give_one_warning_each() -> None:
    with pytest.warns(DeprecationWarning, match="size: .*vector_size"):
        model = Word2Vec(TEXT, size=8, min_count=1)
    uses: dict[str, Callable[[], Any]] = {
        r"model\[word\]": lambda: model["cat"],
        "word in model": lambda: "cat" in model,
        "most_similar": lambda: model.most_similar("cat"),
        "similarity": lambda: model.similarity("cat", "dog"),
        "doesnt_match": lambda: model.doesnt_match(["cat", "dog", "sin"]),
        r"wv\.vocab": lambda: model.wv.vocab["cat"].count + model.wv.vocab["cat"].index,
        "index2word": lambda: model.wv.index2word,
        "syn0": lambda: model.wv.syn0,
        "vectors_norm": lambda: model.wv.vectors_norm,
        "init_sims": lambda: model.init_sims(replace=True),
        "model.iter": lambda: model.iter,
        "word_vec": lambda: model.wv.word_vec("cat"),
    }
    for name, use in uses.items():
        with pytest.warns(DeprecationWarning, match=name) as caught:
            use()
        assert len(caught) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            use()
    np.testing.assert_allclose(np.linalg.norm(model.wv.vectors, axis=1), 1, rtol=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_gensim_3_names_mean_the_same(tmp_path: Path) -> None:
    model = Word2Vec(TEXT, size=8, min_count=1)
    wv = model.wv
    assert list(wv.vocab) == wv.index2word == wv.index_to_key == list(model.vocab)
    assert len(wv.vocab) == 12
    assert "cat" in wv.vocab
    assert wv.vocab["cat"].count == wv.get_vecattr("cat", "count")
    assert wv.vocab["cat"].index == wv.key_to_index["cat"]
    assert model.syn0 is wv.vectors
    model.save_word2vec_format(str(tmp_path / "v.txt"), binary=False)
    loaded = Word2Vec.load_word2vec_format(str(tmp_path / "v.txt"), binary=False)
    np.testing.assert_allclose(loaded["cat"], wv["cat"], rtol=1e-5)
    assert [len(model.most_similar(positive=["cat", "dog"], negative=["sin"], topn=4))] == [4]
    with pytest.raises(AttributeError, match="nothing"):
        _ = model.nothing


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"hs": 1, "negative": 0}, "negative sampling"),
        ({"hs": 0, "negative": 0}, "negative sampling"),
        ({"sorted_vocab": 0}, "sorted"),
        ({"null_word": 1}, "null_word"),
        ({"vectorsize": 5}, "unknown setting"),
        ({"window": 0}, "window"),
        ({"epochs": 0}, "epochs"),
        ({"vector_size": -1}, "vector_size"),
    ],
)
def test_what_is_refused_says_what_to_do(given: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        Word2Vec(TEXT, **given)


@pytest.mark.parametrize("sentences", ["text.txt", b"text", 5, [1, 2], [[1, 2]], [["a", None]]])
def test_what_is_no_text_is_refused(sentences: Any) -> None:
    with pytest.raises(InputError):
        Word2Vec(sentences)
    with pytest.raises(InputError, match="either"):
        Word2Vec().build_vocab()


def test_what_has_no_effect_is_said_once() -> None:
    with pytest.warns(UserWarning, match="batch_words: has no effect"):
        Word2Vec(batch_words=100)
    with pytest.warns(UserWarning, match="hs=1"):
        Word2Vec(hs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Word2Vec(batch_words=100, hs=1)


def test_tokens_of_split_by_spaces_and_strings_are_taken_with_a_warning() -> None:
    lines = [" ".join(line) + "  \n" for line in TEXT]
    with pytest.warns(UserWarning, match="line breaks"):
        model = Word2Vec([line.split(" ") for line in lines], vector_size=8)
    np.testing.assert_array_equal(model.wv.vectors, Word2Vec(TEXT, vector_size=8).wv.vectors)
    with pytest.warns(UserWarning, match="characters"):
        model = Word2Vec(["abc abc abc"] * 20, vector_size=8)
    assert set(model.wv.index_to_key) == set("abc ")


def test_a_model_is_pickled_and_copied() -> None:
    model = Word2Vec(TEXT, vector_size=8)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.wv["cat"], model.wv["cat"])
    copy.train(TEXT, total_examples=len(TEXT), epochs=1)


def test_all_names_are_there() -> None:
    assert gensim.FAST_VERSION >= 0
    assert Phraser is FrozenPhrases
    assert gensim.models.Phrases is Phrases
    assert gensim.models.KeyedVectors is KeyedVectors
    assert gensim.models.word2vec.LineSentence is LineSentence
    assert gensim.models.callbacks.CallbackAny2Vec is CallbackAny2Vec
    assert gensim.utils.RULE_KEEP == RULE_KEEP
