"""Where words lie on a map, and which belong together."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from wordvectors import some_vectors

from xw2v.errors import InputError, MissingDependencyError, UnknownWordError, UsageError
from xw2v.pictures.projection import best_method, project
from xw2v.pictures.wordmap import central_words, groups_of, word_map
from xw2v.vectors.keyedvectors import KeyedVectors


def planted(clusters: int = 6, each: int = 20, size: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (n, size) in clearly separate directions, and the cluster (n,) of each."""
    rng = np.random.default_rng(3)
    centres = np.linalg.qr(rng.standard_normal((size, clusters)))[0].T
    cluster = np.repeat(np.arange(clusters), each)
    vectors = centres[cluster] + 0.1 * rng.standard_normal((len(cluster), size))
    return vectors * rng.uniform(0.5, 3, (len(cluster), 1)), cluster


def test_pca_is_the_projection_on_the_covariance_s_first_eigenvectors() -> None:
    vectors, _ = planted()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centred = unit - unit.mean(axis=0)
    values, directions = np.linalg.eigh(centred.T @ centred)
    expected = centred @ directions[:, np.argsort(-values)[:2]]
    assert_allclose(np.abs(project(vectors)), np.abs(expected), atol=1e-10)


def test_pca_is_invariant_to_norms_and_rotations() -> None:
    vectors, _ = planted()
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((10, 10)))[0]
    longer = vectors * np.linspace(1, 5, len(vectors))[:, None]
    assert_allclose(project(longer @ turn), project(vectors), atol=1e-10)


@pytest.mark.parametrize(("rows", "size"), [(2, 1), (2, 5), (9, 1), (3, 2)])
def test_pca_of_small_tables(rows: int, size: int) -> None:
    points = project(np.arange(1.0, rows * size + 1).reshape(rows, size) % 5 - 2)
    assert points.shape == (rows, 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("method", ["tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_maps_keep_neighbours_together_and_repeat_with_a_seed(method: str) -> None:
    pytest.importorskip({"tsne": "sklearn", "umap": "umap"}[method])
    vectors, cluster = planted()
    points = project(vectors, method, seed=5)
    assert_allclose(points, project(vectors, method, seed=5))
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (cluster[apart.argmin(axis=1)] == cluster).mean() > 0.95


@pytest.mark.parametrize("method", ["pca", "tsne", pytest.param("umap", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "vectors", [np.ones((8, 4)), np.zeros((8, 4)), np.eye(8)[:5], np.ones((6, 1))]
)
def test_maps_of_odd_tables_are_finite(method: str, vectors: np.ndarray) -> None:
    pytest.importorskip({"pca": "numpy", "tsne": "sklearn", "umap": "umap"}[method])
    points = project(vectors, method)
    assert points.shape == (len(vectors), 2)
    assert np.isfinite(points).all()


def test_a_missing_library_has_an_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xw2v.pictures.projection.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r'scikit-learn: pip install "xw2v\[tsne\]"'):
        project(planted()[0], "tsne")
    with pytest.raises(MissingDependencyError, match=r'umap-learn: pip install "xw2v\[umap\]"'):
        project(planted()[0], "umap")
    assert best_method(100) == "pca"


def test_bad_input_of_a_projection() -> None:
    with pytest.raises(UsageError, match="choose one of pca, tsne, umap"):
        project(planted()[0], "lda")
    with pytest.raises(UsageError, match="at least 1 words, not 0"):
        project(np.ones((0, 3)))
    with pytest.raises(UsageError, match="at least 5 words, not 4"):
        project(np.ones((4, 3)), "tsne")
    with pytest.raises(InputError, match="vector 1 of the map has a non-finite value"):
        project(np.array([[1.0, 2], [np.nan, 1], [3, 4]]))


def test_groups_are_the_planted_ones() -> None:
    vectors, cluster = planted(clusters=10, each=12, size=16)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    group = groups_of(unit)
    assert len({*zip(group.tolist(), cluster.tolist(), strict=True)}) == 10  # one to one
    assert (groups_of(unit) == group).all()


def test_groups_are_named_by_their_central_words() -> None:
    vectors, _ = planted(clusters=3, each=4, size=16)
    words = [f"w{i}" for i in range(12)]
    drawn = word_map(KeyedVectors(words, vectors.astype(np.float32)), 12, "pca")
    named = central_words(drawn, 2)
    for group, central in enumerate(named):
        rows = np.flatnonzero(drawn.groups == group)
        cosine = drawn.vectors[rows] @ drawn.vectors[rows].mean(axis=0)
        assert central == [words[row] for row in rows[np.argsort(-cosine)[:2]]]
    assert [central[:1] for central in named] == central_words(drawn, 1)


def test_a_map_of_chosen_and_of_frequent_words() -> None:
    vectors = some_vectors()
    frequent = word_map(vectors, 30, "pca")
    assert frequent.words == vectors.index_to_key[:30]
    assert frequent.counts is not None
    assert frequent.counts.tolist() == vectors.counts[:30].tolist()  # type: ignore[index]
    words = vectors.index_to_key[50:60]
    assert word_map(vectors, [*words, words[0]], "pca").words == words
    with pytest.raises(UnknownWordError, match="not in the vocabulary"):
        word_map(vectors, ["kalomine", "nothing"], "pca")
    assert word_map(vectors, [words[0]], "pca").points.tolist() == [[0, 0]]
    with pytest.raises(UsageError, match="a map needs a word"):
        word_map(vectors, [], "pca")
