"""A table of vectors as one object: what changes it is seen by every later question, words are
plain strings, and an unknown word costs nothing until somebody reads about it.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from wordvectors import some_vectors

from xw2v.errors import InputError, UnknownWordError
from xw2v.vectors import spelling
from xw2v.vectors.keyedvectors import KeyedVectors

A, B, C = "kakakaka", "kakakalo", "kakakami"
VECTOR = np.linspace(-1, 1, 12, dtype=np.float32)


# --- change ---

CHANGES: dict[str, Callable[[KeyedVectors], Any]] = {
    "add": lambda wv: wv.add_vectors(["new"], [VECTOR]),
    "add one": lambda wv: wv.add_vector("new", VECTOR),
    "set a new word": lambda wv: wv.__setitem__("new", VECTOR),
    "set a known word": lambda wv: wv.__setitem__(A, VECTOR),
    "set several": lambda wv: wv.__setitem__([B, "new"], np.stack([VECTOR, -VECTOR])),
    "normalise": lambda wv: wv.unit_normalize_all(),
    "sort": lambda wv: (
        wv.set_vecattr(300, "count", 10**6),
        wv.sort_by_descending_frequency(),
    ),
    "assign": lambda wv: setattr(wv, "vectors", wv.vectors[::-1].copy()),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("backend", [None, "strict"])
def test_every_change_is_seen_by_later_questions(name: str, backend: str | None) -> None:
    """The object answers as one that is made anew of its words and vectors."""
    changed = some_vectors().to_device("cpu", backend)
    changed.most_similar(A)  # which keeps norms, and a copy on the device
    CHANGES[name](changed)
    anew = KeyedVectors(changed.index_to_key, changed.vectors.copy(), changed.counts)
    assert changed.key_to_index == anew.key_to_index
    assert_allclose(changed.norms, anew.norms, rtol=1e-6)
    for word in (A, B, changed.index_to_key[-1]):
        found, expected = changed.most_similar(word), anew.most_similar(word)
        assert [other for other, _ in found] == [other for other, _ in expected]
        assert_allclose([s for _, s in found], [s for _, s in expected], atol=1e-6)


def test_changes_leave_the_arrays_that_were_given() -> None:
    vectors, counts = some_vectors().vectors, np.arange(400, 0, -1)
    before = vectors.copy()
    wv = KeyedVectors(some_vectors().index_to_key, vectors, counts)
    assert wv.vectors is vectors  # no copy until something changes
    wv[A] = VECTOR
    wv.add_vector("new", VECTOR)
    wv.set_vecattr(A, "count", 7)
    assert_array_equal(vectors, before)
    assert counts[0] == 400
    assert wv.get_vecattr(A, "count") == 7
    assert_array_equal(wv["new"], VECTOR)


WORDS = st.sampled_from([A, B, "new", "other", "third"])


@given(st.lists(st.tuples(WORDS, st.booleans(), st.integers(-3, 3)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_table_is_a_list_of_words_with_their_vectors(
    changes: list[tuple[str, bool, int]],
) -> None:
    wv = some_vectors(50)
    model = {word: wv[word].copy() for word in wv}
    for word, replace, value in changes:
        vector = np.full(12, value, np.float32)
        wv.add_vectors([word], [vector], {"mark": np.array([value])}, replace)
        if replace or word not in model:
            model[word] = vector
            assert wv.get_vecattr(word, "mark") == value
    assert wv.index_to_key == list(model)
    assert_array_equal(wv.vectors, np.stack(list(model.values())))
    assert_allclose(wv.norms, np.linalg.norm(wv.vectors, axis=1), rtol=1e-6)


def test_words_added_one_at_a_time_are_not_copied_each_time() -> None:
    wv = some_vectors()
    tables = set()
    for i in range(200):
        wv.add_vector(f"new{i}", VECTOR)
        base = wv.vectors.base
        assert base is not None
        tables.add(base.ctypes.data)
    assert len(tables) < 10
    assert len(wv) == len(wv.vectors) == 600


def test_attributes_take_the_type_of_their_values() -> None:
    wv = some_vectors()
    wv.set_vecattr(A, "weight", 1)
    wv.set_vecattr(B, "weight", 0.5)
    wv.set_vecattr(A, "colour", "red")
    assert (wv.get_vecattr(A, "weight"), wv.get_vecattr(B, "weight")) == (1, 0.5)
    assert wv.get_vecattr(A, "colour") == "red"
    wv.add_vectors(["new"], [VECTOR], {"weight": np.array([2.5])})
    assert wv.get_vecattr("new", "weight") == 2.5
    assert wv.get_vecattr("new", "count") == 0


def test_a_vector_that_is_not_finite_is_not_added() -> None:
    wv = some_vectors()
    with pytest.raises(InputError, match="'new'"):
        wv["new"] = VECTOR * np.nan
    assert "new" not in wv
    assert len(wv) == len(wv.vectors) == 400


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_table_can_be_copied(copied: Callable[[KeyedVectors], KeyedVectors]) -> None:
    wv = some_vectors()
    assert copied(wv).most_similar(A) == wv.most_similar(A)


# --- words ---


@pytest.mark.parametrize("bad", [10, None, b"word", 1.5, ("a",)])
def test_words_that_are_no_strings_are_refused(bad: Any) -> None:
    with pytest.raises(InputError, match=r"word 1 is .* words must be strings"):
        KeyedVectors(["a", bad, "c"], np.eye(3))
    wv = some_vectors()
    with pytest.raises(InputError, match="words must be strings"):
        wv.add_vectors(["a", bad], np.stack([VECTOR, VECTOR]))


def test_numpys_strings_do_not_show() -> None:
    words = np.array(["cat", "dog", "cow"])
    wv = KeyedVectors(list(words), np.eye(3, dtype=np.float32) + 0.1)
    cat, dog = words[:2]
    answers = [
        [word for word, _ in wv.most_similar(cat)],
        wv.doesnt_match([cat, dog]),
        wv.most_similar_to_given(cat, [dog]),
        [word for _, word in wv.rank_by_centrality([cat, dog])],
        wv.closer_than(cat, dog),
        wv.index_to_key,
    ]
    assert "str_" not in repr(answers)
    wv[np.str_("new")] = np.ones(3)
    assert type(wv.index_to_key[-1]) is str
    with pytest.raises(UnknownWordError, match=r"^'kat' is not"):
        wv[np.str_("kat")]


# --- unknown words ---


def test_spellings_are_looked_up_only_when_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = spelling.nearest_spellings

    def counted(word: str, *arguments: Any) -> list[str]:
        asked.append(word)
        return real(word, *arguments)

    monkeypatch.setattr(spelling, "nearest_spellings", counted)
    wv = some_vectors()
    with pytest.raises(KeyError) as raised:
        wv["kakakalu"]
    assert asked == []
    assert "the nearest spellings are 'kakakalo'" in str(raised.value)
    assert str(raised.value) == str(raised.value)
    assert asked == ["kakakalu"]
    assert "unknown" not in wv
    assert wv.get_index("unknown", -1) == -1
    assert asked == ["kakakalu"]


def test_an_unknown_word_can_be_sent_to_another_process() -> None:
    with pytest.raises(UnknownWordError) as raised:
        some_vectors()["kakakalu"]
    content = pickle.dumps(raised.value)
    assert len(content) < 1000  # the message, not the vocabulary
    assert str(pickle.loads(content)) == str(raised.value)
    assert "'kakakalu' is not in the vocabulary" in repr(raised.value)


# --- questions that have no answer ---

NAN = np.full(12, np.nan, np.float32)
FLAWED = KeyedVectors(["a", "b"], np.array([[1, 0], [np.nan, 0]], dtype=np.float32))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda wv: wv.most_similar(NAN), "non-finite value"),
        (lambda wv: wv.most_similar([A, NAN]), "non-finite value"),
        (lambda wv: wv.most_similar_cosmul(NAN), "non-finite value"),
        (lambda wv: wv.similar_by_vector(NAN), "non-finite value"),
        (lambda wv: wv.distances(NAN), "non-finite value"),
        (lambda wv: wv.get_mean_vector([NAN]), "non-finite value"),
        (lambda wv: wv.most_similar([(A, float("nan"))]), "weight nan is not a finite number"),
        (lambda wv: wv.most_similar([(A, "x")]), "weight 'x' is not a finite number"),
        (lambda wv: wv.most_similar([(A, 1.0, 2)]), "a tuple of 3"),
        (lambda wv: wv.most_similar(A, topn=2.0), "topn=2.0: give an integer"),
        (lambda wv: wv.most_similar_cosmul(A, topn="3"), "topn='3': give an integer"),
        (lambda wv: wv[None], "key=None: give a word"),
        (lambda wv: wv[1.5], "key=1.5: give a word"),
        (lambda wv: wv[[A, None]], "key=None: give a word"),
        (lambda wv: wv.most_similar([None]), "positive=None: give a word"),
        (lambda wv: wv.most_similar(1.5), "positive=1.5: give a word"),
        (lambda wv: wv.most_similar([{}]), "positive={}: give a word"),
        (lambda wv: wv.similarity(A, None), "w2=None: give a word"),
        (lambda wv: wv.most_similar([[1.0, 0.0]]), r"a vector of shape \(2,\)"),
        (lambda wv: wv.most_similar(np.array(["x"] * 12)), "type <U1"),
        (lambda wv: FLAWED.similarity("a", "b"), "non-finite value"),
        (lambda wv: FLAWED.most_similar("a"), "non-finite value"),
        (
            lambda wv: KeyedVectors(["a", "b"], np.eye(2)).relative_cosine_similarity("a", "b"),
            "sum",
        ),
        (lambda wv: setattr(wv, "vectors", np.ones((3, 2))), "400 words with vectors of shape"),
    ],
)
def test_questions_without_an_answer_get_one_line(
    ask: Callable[[KeyedVectors], Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        ask(some_vectors())
    assert "\n" not in str(raised.value)


def test_a_list_of_numbers_is_a_vector() -> None:
    wv = some_vectors()
    expected = wv.most_similar(VECTOR)
    numbers = VECTOR.tolist()
    assert wv.most_similar(numbers) == expected
    assert wv.most_similar([numbers]) == expected
    assert wv.most_similar([(numbers, 1.0)]) == expected
    assert wv.similar_by_vector(numbers) == expected


def test_counts_of_answers_may_be_numpys() -> None:
    wv = some_vectors()
    assert wv.most_similar(A, topn=np.int64(3)) == wv.most_similar(A, topn=3)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_cosines_are_at_most_1(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    row = rng.standard_normal(size).astype(np.float32)
    table = np.concatenate([np.outer(rng.uniform(0.1, 9, 30), row), -row[None, :]])
    wv = KeyedVectors([f"w{i}" for i in range(31)], table)
    scores = [score for _, score in wv.most_similar("w0", topn=31)]
    everything = np.concatenate(
        [
            scores,
            wv.most_similar(row, topn=None),
            wv.cosine_similarities(row, wv.vectors),
            1 - wv.distances("w1"),
            [wv.similarity("w0", "w1"), wv.n_similarity(["w0"], ["w1", "w2"])],
        ]
    )
    assert np.abs(everything).max() <= 1


# --- how it shows itself ---


def test_repr_and_notebook_table_name_words_and_dimensions() -> None:
    wv = KeyedVectors(
        ["<b>", "of", "and", "to"], np.eye(4, dtype=np.float32), np.arange(4000, 0, -1000)
    )
    assert repr(wv) == "KeyedVectors(4 words, 4 dimensions: '<b>', 'of', 'and', ...)"
    page = wv._repr_html_()
    assert "4 words, 4 dimensions" in page
    assert "<td>&lt;b&gt;</td><td>4,000</td><td>1.000</td>" in page
    assert some_vectors()._repr_html_().count("<tr>") == 11


def test_gensims_old_names_lead_to_the_new_ones() -> None:
    with pytest.raises(AttributeError, match="'index2word'; use index_to_key"):
        _ = some_vectors().index2word
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = some_vectors().nonsense
    assert not hasattr(some_vectors(), "vocab")
