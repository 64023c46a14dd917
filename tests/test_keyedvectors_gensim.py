"""KeyedVectors answers as gensim's does: the same words, numbers to 1e-6."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from wordvectors import as_gensim, some_vectors

from xw2v.vectors.keyedvectors import KeyedVectors


@pytest.fixture(scope="module")
def ours() -> KeyedVectors:
    return some_vectors()


@pytest.fixture(scope="module")
def gensims(ours: KeyedVectors) -> Any:
    return as_gensim(ours)


WORDS = ("kakakaka", "kakakalo", "kakakami", "kakakane", "kakakara", "kakalora", "kamiloto")
A, B, C, D, E, F, G = WORDS


def assert_same(ours: Any, theirs: Any) -> None:
    """Equal answers: the same words, numbers to 1e-6."""
    assert [word for word, _ in ours] == [word for word, _ in theirs]
    assert_allclose([score for _, score in ours], [score for _, score in theirs], atol=1e-6)


VECTOR = np.linspace(-1, 1, 12, dtype=np.float32)
QUESTIONS: list[dict[str, Any]] = [
    {"positive": A},
    {"positive": [A, B], "negative": [C]},
    {"positive": [A, B], "negative": C, "topn": 3},
    {"positive": [(A, 0.3), (B, 2.0)], "negative": [(C, -0.5)]},
    {"negative": [A, D]},
    {"positive": [VECTOR, A], "negative": [B]},
    {"positive": VECTOR},
    {"positive": [(VECTOR, 0.25), A]},
    {"positive": [3, A], "negative": [17]},
    {"positive": 3},
    {"positive": [A], "topn": 1},
    {"positive": [A], "topn": 1000},
    {"positive": [A], "topn": 0},
    {"positive": [A], "topn": 5, "restrict_vocab": 50},
    {"positive": [F], "topn": 5, "restrict_vocab": 20},
    {"positive": [A], "clip_start": 100, "clip_end": 200},
    {"positive": [A], "clip_start": 390},
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_most_similar_is_gensims(
    ours: KeyedVectors, gensims: Any, question: dict[str, Any]
) -> None:
    assert_same(ours.most_similar(**question), gensims.most_similar(**question))


@pytest.mark.parametrize("question", QUESTIONS[:9])
def test_most_similar_without_topn_gives_every_cosine(
    ours: KeyedVectors, gensims: Any, question: dict[str, Any]
) -> None:
    question = question | {"topn": None}
    assert_allclose(ours.most_similar(**question), gensims.most_similar(**question), atol=1e-6)


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`")  # gensim's own
@pytest.mark.parametrize("question", [QUESTIONS[0], QUESTIONS[1], QUESTIONS[2], QUESTIONS[11]])
def test_cosmul_is_gensims(ours: KeyedVectors, gensims: Any, question: dict[str, Any]) -> None:
    ours_found, theirs = (
        ours.most_similar_cosmul(**question),
        gensims.most_similar_cosmul(**question),
    )
    assert [word for word, _ in ours_found] == [word for word, _ in theirs]
    # two or more words of the question can be nearly opposite to a word: gensim's float32
    # denominators
    assert_allclose([s for _, s in ours_found], [s for _, s in theirs], rtol=2e-5)
    ours_all = ours.most_similar_cosmul(**question | {"topn": None})
    assert_allclose(ours_all, gensims.most_similar_cosmul(**question | {"topn": None}), rtol=1e-3)


METHODS: list[tuple[str, tuple[Any, ...]]] = [
    ("similarity", (A, B)),
    ("distance", (A, B)),
    ("distances", (A,)),
    ("distances", (A, [B, C])),
    ("distances", (VECTOR,)),
    ("n_similarity", ([A, B], [C, D, E])),
    ("n_similarity", ([A, "unknown"], [C])),
    ("closer_than", (A, G)),
    ("rank", (A, G)),
    ("rank", (A, A)),
    ("most_similar_to_given", (A, [B, C, D])),
    ("doesnt_match", ([A, B, C, D],)),
    ("doesnt_match", ([A, "unknown", G],)),
    ("rank_by_centrality", ([A, B, C, D],)),
    ("rank_by_centrality", ([A, B, C], False)),
    ("similar_by_word", (A, 4)),
    ("similar_by_key", (A, 4, 30)),
    ("similar_by_vector", (VECTOR, 4)),
    ("relative_cosine_similarity", (A, B)),
    ("relative_cosine_similarity", (A, B, 3)),
    ("get_vector", (A,)),
    ("get_vector", (A, True)),
    ("get_vector", (5,)),
    ("__getitem__", (A,)),
    ("__getitem__", ([A, B],)),
    ("__getitem__", (7,)),
    ("__contains__", (A,)),
    ("__contains__", ("unknown",)),
    ("__contains__", (399,)),
    ("__contains__", (400,)),
    ("__len__", ()),
    ("get_index", (A,)),
    ("get_index", ("unknown", 7)),
    ("has_index_for", (A,)),
    ("has_index_for", ("unknown",)),
    ("get_mean_vector", ([A, B],)),
    ("get_mean_vector", ([A, "unknown", VECTOR], [0.5, 1.0, -2.0])),
    ("get_mean_vector", ([A, B], None, False, True)),
    ("get_mean_vector", (["unknown"],)),
    ("get_normed_vectors", ()),
    ("cosine_similarities", (VECTOR, np.eye(12, dtype=np.float32))),
    ("get_vecattr", (A, "count")),
]


@pytest.mark.parametrize(("name", "arguments"), METHODS, ids=[name for name, _ in METHODS])
def test_method_is_gensims(
    ours: KeyedVectors, gensims: Any, name: str, arguments: tuple[Any, ...]
) -> None:
    mine, theirs = getattr(ours, name)(*arguments), getattr(gensims, name)(*arguments)
    if isinstance(theirs, list) and theirs and isinstance(theirs[0], tuple):
        first = 1 if isinstance(theirs[0][1], str) else 0
        assert [pair[first] for pair in mine] == [pair[first] for pair in theirs]
        assert_allclose(
            [pair[1 - first] for pair in mine], [pair[1 - first] for pair in theirs], atol=1e-6
        )
    elif isinstance(theirs, (str, bool, list)):
        assert mine == theirs
    else:
        assert_allclose(mine, theirs, atol=1e-6)


def test_attributes_are_gensims(ours: KeyedVectors, gensims: Any) -> None:
    gensims.fill_norms()
    assert ours.index_to_key == gensims.index_to_key
    assert ours.key_to_index == gensims.key_to_index
    assert ours.vector_size == gensims.vector_size
    assert_array_equal(ours.vectors, gensims.vectors)
    assert_allclose(ours.norms, gensims.norms, rtol=1e-6)


def test_changes_are_gensims() -> None:
    ours = some_vectors()
    theirs = as_gensim(ours)
    new = np.arange(36, dtype=np.float32).reshape(3, 12)
    for one in (ours, theirs):
        one.add_vectors(["first", A, "second"], new)
        one["third"] = new[0]
        one[["fourth", B]] = new[1:]
        one.add_vectors([C], new[:1], replace=True)
    assert ours.index_to_key == theirs.index_to_key
    assert_array_equal(ours.vectors, theirs.vectors)
    assert_array_equal(ours[A], some_vectors()[A])  # not replaced
    theirs.fill_norms(force=True)
    theirs.unit_normalize_all()
    ours.unit_normalize_all()
    assert_allclose(ours.vectors, theirs.vectors, atol=1e-6)
    assert_allclose(ours.norms, 1, atol=1e-6)


def test_vectors_for_all_and_sorting_are_gensims() -> None:
    ours = some_vectors()
    theirs = as_gensim(ours)
    some = ours.vectors_for_all([C, "unknown", A, C, G])
    assert (
        some.index_to_key
        == theirs.vectors_for_all([C, "unknown", A, C, G]).index_to_key
        == [C, A, G]
    )
    assert_array_equal(some[G], ours[G])
    assert some.get_vecattr(A, "count") == ours.get_vecattr(A, "count")
    for one in (ours, theirs):
        one.set_vecattr(G, "count", 10**6)
        one.set_vecattr(A, "colour", "red")
        one.sort_by_descending_frequency()
    assert ours.index_to_key[:50] == theirs.index_to_key[:50]
    assert ours.index_to_key[0] == G
    assert_array_equal(ours[F], theirs[F])
    assert ours.get_vecattr(A, "colour") == "red"


def test_to_and_from_gensim(ours: KeyedVectors, gensims: Any) -> None:
    for other in (ours.to_gensim(), gensims):
        back = KeyedVectors.from_gensim(other)
        assert back.index_to_key == ours.index_to_key
        assert_array_equal(back.vectors, ours.vectors)
        assert_array_equal(back.counts, ours.counts)
    assert_same(ours.most_similar(A), ours.to_gensim().most_similar(A))
    assert ours.to_gensim().get_vecattr(A, "count") == ours.get_vecattr(A, "count")
