"""Nearest rows: the same on every backend, equal to sorting every cosine, never more memory than a
tile.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from wordvectors import some_vectors

from xw2v.sgns.array import safe_divisor
from xw2v.sgns.backend import Backend
from xw2v.sgns.loading import load_backend
from xw2v.vectors import neighbours, neighbours_numpy, neighbours_standard


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles so small that every loop runs several times, the last one short."""
    monkeypatch.setattr(neighbours_standard, "TILE_ROWS", 64)
    monkeypatch.setattr(neighbours, "TILE_QUERIES", 3)
    monkeypatch.setattr(neighbours_numpy, "SEGMENT_COLUMNS", 16)


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("k", [1, 5, 400])
def test_nearest_is_a_sort_of_all_cosines(any_backend: Backend, k: int) -> None:
    table = some_vectors().vectors
    queries = table[:10] / np.linalg.norm(table[:10], axis=1, keepdims=True)
    exclude = np.stack([np.arange(10), np.full(10, -1)], axis=1)
    device = any_backend.from_numpy(table)
    divisors = safe_divisor(neighbours.row_norms(device))
    rows, cosines = neighbours.nearest(
        device, divisors, any_backend.from_numpy(queries), k, any_backend.from_numpy(exclude)
    )
    expected = queries @ (table / np.linalg.norm(table, axis=1, keepdims=True)).T
    expected[np.arange(10), np.arange(10)] = -np.inf
    order = np.argsort(-expected, axis=1)[:, :k]
    assert_array_equal(any_backend.to_numpy(rows), order)
    assert_allclose(
        any_backend.to_numpy(cosines), np.take_along_axis(expected, order, axis=1), atol=1e-6
    )


def test_ties_go_to_the_earlier_row(any_backend: Backend) -> None:
    scores = any_backend.from_numpy(np.array([[1, 3, 2, 3, 3, 2, 2]], dtype=np.float32))
    for k, expected in ((1, [1]), (2, [1, 3]), (5, [1, 3, 4, 2, 5]), (7, [1, 3, 4, 2, 5, 6, 0])):
        columns, _ = neighbours.top_k(scores, k)
        assert any_backend.to_numpy(columns)[0].tolist() == expected


@pytest.mark.usefixtures("small_tiles")
@given(
    arrays(np.float32, st.integers(1, 200), elements=st.integers(-3, 3).map(float)),
    st.integers(1, 200),
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_top_k_is_a_stable_sort(scores: np.ndarray, k: int) -> None:
    k = min(k, len(scores))
    columns, values = neighbours.top_k(scores[None, :], k)
    order = np.argsort(-scores, kind="stable")[:k]
    assert_array_equal(columns[0], order)
    assert_array_equal(values[0], scores[order])


@pytest.mark.usefixtures("small_tiles")
@given(st.integers(1, 200), st.integers(1, 6), st.integers(1, 90), st.data())
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_numpys_operations_are_the_standards(
    vocab_size: int, dim: int, k: int, data: st.DataObject
) -> None:
    """On whole numbers, whose sums are exact in any order."""
    whole = st.integers(-3, 3).map(float)
    table = data.draw(arrays(np.float32, (vocab_size, dim), elements=whole))
    queries = data.draw(arrays(np.float32, (data.draw(st.integers(1, 4)), dim), elements=whole))
    rows = st.integers(-1, vocab_size - 1)
    exclude = data.draw(arrays(np.int64, (len(queries), 2), elements=rows))
    fast, standard = neighbours_numpy, neighbours_standard
    assert_array_equal(fast.squared_norms(table), standard.squared_norms(table))
    scores = standard.dot_products(table, queries)
    assert_array_equal(fast.dot_products(table, queries), scores)
    expected = standard.without_columns(scores, exclude)
    assert_array_equal(fast.without_columns(scores.copy(), exclude), expected)
    k = min(k, vocab_size)
    assert_array_equal(fast.top_columns(expected, k), standard.top_columns(expected, k))


def test_numpy_arrays_take_the_fast_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, table in (
        (neighbours_standard, np.ones((3, 2), np.float32)),
        (neighbours_numpy, load_backend("strict", "cpu").from_numpy(np.ones((3, 2), np.float32))),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, "squared_norms", None)  # what the other one must not need
            assert neighbours.row_norms(table).shape == (3,)


def test_norms_and_zero_rows(any_backend: Backend) -> None:
    table = any_backend.from_numpy(np.array([[3, 4], [0, 0]], dtype=np.float32))
    norms = neighbours.row_norms(table)
    assert_allclose(any_backend.to_numpy(norms), [5, 0])
    query = any_backend.from_numpy(np.array([[0, 1]], dtype=np.float32))
    assert_allclose(
        any_backend.to_numpy(neighbours.cosines(table, safe_divisor(norms), query)),
        [[0.8, 0]],
        atol=1e-7,
    )


def test_a_model_answers_on_another_backend(any_backend: Backend) -> None:
    vectors = some_vectors()
    expected = vectors.most_similar(["kakakaka", "kakakalo"], ["kakakami"])
    elsewhere = some_vectors()
    elsewhere._backend = any_backend
    found = elsewhere.most_similar(["kakakaka", "kakakalo"], ["kakakami"])
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert_allclose([score for _, score in found], [score for _, score in expected], atol=1e-6)
    assert_allclose(elsewhere.distances("kakakaka"), vectors.distances("kakakaka"), atol=1e-6)
    elsewhere["new"] = np.ones(12)  # the copy on the device follows the table
    assert len(elsewhere.distances("new")) == 401


def test_to_device_by_name() -> None:
    vectors = some_vectors().to_device("cpu", "strict")
    assert vectors.most_similar("kakakaka")[0][0] == some_vectors().most_similar("kakakaka")[0][0]
    assert vectors.to_device("cpu").most_similar("kakakaka") == some_vectors().most_similar(
        "kakakaka"
    )
