"""KeyedVectors answers as gensim's does, and as the slow obvious computation does; mistakes get one
line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from wordvectors import as_gensim, some_vectors

from xw2v.errors import InputError, UnknownWordError
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


def test_cosmul_keeps_to_a_restricted_vocabulary(ours: KeyedVectors) -> None:
    assert (
        ours.most_similar_cosmul([A], [B], restrict_vocab=30)
        == [
            pair
            for pair in ours.most_similar_cosmul([A], [B], topn=400)
            if ours.key_to_index[pair[0]] < 30
        ][:10]
    )


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


def test_most_similar_is_a_sort_of_all_cosines(ours: KeyedVectors) -> None:
    unit = ours.vectors / np.linalg.norm(ours.vectors, axis=1, keepdims=True)
    query = unit[0] + unit[1] - unit[2]
    cosines = unit @ query / np.linalg.norm(query)
    order = [row for row in np.argsort(-cosines) if row not in (0, 1, 2)][:10]
    found = ours.most_similar([0, 1], [2])
    assert [word for word, _ in found] == [ours.index_to_key[row] for row in order]
    assert_allclose([score for _, score in found], cosines[order], atol=1e-6)


def test_equal_cosines_come_in_row_order() -> None:
    vectors = np.tile(np.array([[1, 0], [0, 1]], dtype=np.float32), (50, 1))
    words = [f"w{row}" for row in range(100)]
    found = KeyedVectors(words, vectors).most_similar(np.array([1, 0], dtype=np.float32), topn=60)
    assert [word for word, _ in found] == [
        f"w{row}" for row in [*range(0, 100, 2), *range(1, 20, 2)]
    ]


def test_euclidean_distance(ours: KeyedVectors) -> None:
    assert ours.euclidean_distance(A, B) == pytest.approx(float(np.linalg.norm(ours[A] - ours[B])))
    assert ours.euclidean_distance(A, A) == 0


def test_a_row_of_zeros_is_like_nothing() -> None:
    vectors = KeyedVectors(
        ["zero", "one", "two"], np.array([[0, 0], [1, 0], [1, 1]], dtype=np.float32)
    )
    assert vectors.similarity("zero", "one") == 0
    assert vectors.most_similar("one") == [("two", pytest.approx(0.5**0.5)), ("zero", 0.0)]
    with pytest.raises(InputError, match="is 0"):
        vectors.most_similar("zero")
    assert_array_equal(vectors.get_normed_vectors()[0], [0, 0])


def test_an_unknown_word_is_named_with_its_nearest_spellings(ours: KeyedVectors) -> None:
    with pytest.raises(
        UnknownWordError, match=r"^'kakakalu' is not in the vocabulary of 400 words; .*'kakakalo'"
    ) as raised:
        ours.most_similar("kakakalu")
    assert isinstance(raised.value, KeyError)
    for ask in (
        lambda: ours["unknown"],
        lambda: ours[[A, "unknown"]],
        lambda: ours.similarity(A, "unknown"),
        lambda: ours.distances("unknown"),
        lambda: ours.closer_than(A, "unknown"),
        lambda: ours.most_similar_cosmul("unknown"),
        lambda: ours.get_mean_vector(["unknown"], ignore_missing=False),
        lambda: ours.get_vector(400),
        lambda: ours.get_index(-1),
    ):
        with pytest.raises(UnknownWordError):
            ask()


def test_bad_arguments_are_refused(ours: KeyedVectors) -> None:
    for ask, message in (
        (lambda: ours.most_similar(), "at least one word"),
        (lambda: ours.most_similar_cosmul(), "at least one positive"),
        (lambda: ours.most_similar(np.ones(3, dtype=np.float32)), r"shape \(3,\)"),
        (lambda: ours.n_similarity([], [A]), "at least one word in each"),
        (lambda: ours.doesnt_match(["unknown"]), "none of these words"),
        (lambda: ours.get_mean_vector([A, B], [1.0]), "give one for each word"),
        (lambda: ours.get_vecattr(A, "colour"), "'colour'"),
        (lambda: ours.add_vectors(["x"], np.ones((1, 3))), "give 12 each"),
        (lambda: ours.relative_cosine_similarity(A, B, 0), "topn"),
        (
            lambda: KeyedVectors(["a", "b"], np.ones((1, 3), np.float32)),
            "2 words with vectors of shape",
        ),
        (lambda: KeyedVectors(["a", "a"], np.ones((2, 3), np.float32)), "'a' comes more than once"),
        (lambda: KeyedVectors([], np.ones((0, 3), np.float32)), "at least one dimension"),
        (lambda: KeyedVectors(["a"], np.ones((1, 3), np.float32), np.ones(2)), "counts of shape"),
        (lambda: KeyedVectors(["a"], np.array([["x"]])), "vectors=.*array of numbers"),
    ):
        with pytest.raises(InputError, match=message) as raised:
            ask()
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_numbers_that_cannot_be_measured_are_named(bad: float) -> None:
    table = np.ones((3, 2), dtype=np.float32)
    table[1, 0] = bad
    with pytest.raises(InputError, match=r"vector of 'b' \(row 1\)"):
        KeyedVectors(["a", "b", "c"], table).most_similar("a")


def test_vectors_handed_out_cannot_be_changed(ours: KeyedVectors) -> None:
    with pytest.raises(ValueError, match="read-only"):
        ours[A][0] = 1


def test_changing_a_loaded_model_leaves_its_file(tmp_path: Path, ours: KeyedVectors) -> None:
    ours.save(tmp_path / "model")
    before = (tmp_path / "model" / "center.npy").read_bytes()
    loaded = KeyedVectors.load(tmp_path / "model")
    assert isinstance(loaded.vectors.base, np.memmap)
    loaded[A] = np.zeros(12)
    loaded.unit_normalize_all()
    assert (tmp_path / "model" / "center.npy").read_bytes() == before


class Recorder:
    """An index in gensim's manner, which answers whatever it holds."""

    def most_similar(self, vector: np.ndarray, topn: int) -> list[tuple[str, float]]:
        assert vector.shape == (12,)
        return [(A, 1.0), (B, 0.5), (C, 0.25)][:topn]


def test_an_indexer_is_asked_instead(ours: KeyedVectors) -> None:
    assert ours.most_similar(A, topn=1, indexer=Recorder()) == [(B, 0.5)]


def test_the_approximate_index_finds_most_neighbours(tmp_path: Path, ours: KeyedVectors) -> None:
    pytest.importorskip("usearch")
    from xw2v.vectors.ann import AnnIndex

    AnnIndex(ours).save(tmp_path / "index")
    index = AnnIndex(ours, tmp_path / "index")
    exact = {(word, near) for word in ours for near, _ in ours.most_similar(word)}
    found = {(word, near) for word in ours for near, _ in ours.most_similar(word, indexer=index)}
    assert len(exact & found) > 0.95 * len(exact)
    assert_allclose(
        ours.most_similar(A, indexer=index)[0][1], ours.most_similar(A)[0][1], atol=1e-5
    )
    assert all(score <= 1 for _, score in index.most_similar(ours[A], 400))


def test_an_approximate_index_is_of_one_model(tmp_path: Path, ours: KeyedVectors) -> None:
    """Not of another one of the same size, nor of the same words trained again."""
    index = pytest.importorskip("usearch.index")
    from xw2v.vectors.ann import AnnIndex

    AnnIndex(ours).save(tmp_path / "index")
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    renamed = KeyedVectors([*ours.index_to_key[:-1], "other"], ours.vectors)
    for other in (some_vectors(50), some_vectors(seed=1), renamed):
        with pytest.raises(InputError, match=r"is the index of other vectors \(400 words of 12"):
            AnnIndex(other, tmp_path / "index")
    plain = index.Index(ndim=12, metric="cos", dtype="f32")
    plain.add(np.arange(400), np.array(ours.vectors))
    plain.save(str(tmp_path / "plain"))
    with pytest.raises(InputError, match="not written by xw2v"):
        AnnIndex(ours, tmp_path / "plain")
    content = (tmp_path / "index").read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) // 2] + content[-100:])
    (tmp_path / "empty").write_bytes(b"")
    for name in ("missing", "empty", "cut"):
        with pytest.raises(InputError, match="not an index that can be opened"):
            AnnIndex(ours, tmp_path / name)
    with pytest.raises(InputError, match="cannot be written"):
        AnnIndex(ours).save(tmp_path / "no" / "folder")
