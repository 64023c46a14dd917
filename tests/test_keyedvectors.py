"""KeyedVectors answers as the slow obvious computation does; mistakes get one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from wordvectors import some_vectors

from xw2v.errors import InputError, UnknownWordError
from xw2v.vectors.keyedvectors import KeyedVectors


@pytest.fixture(scope="module")
def ours() -> KeyedVectors:
    return some_vectors()


WORDS = ("kakakaka", "kakakalo", "kakakami", "kakakane", "kakakara", "kakalora", "kamiloto")
A, B, C, D, E, F, G = WORDS


def test_cosmul_keeps_to_a_restricted_vocabulary(ours: KeyedVectors) -> None:
    assert (
        ours.most_similar_cosmul([A], [B], restrict_vocab=30)
        == [
            pair
            for pair in ours.most_similar_cosmul([A], [B], topn=400)
            if ours.key_to_index[pair[0]] < 30
        ][:10]
    )


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
