"""The update is SGD where steps are small, damped where pairs agree, and keeps its bound where
steps are long.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.sgns.backend import Backend
from xw2v.sgns.config import StepConfig
from xw2v.sgns.loading import load_backend
from xw2v.sgns.update import RowGradients, bounded_update

TRUST_RATIO, TRUST_FLOOR = 0.3, 0.2


def updated(
    table: np.ndarray,
    ids: np.ndarray,
    gradients: np.ndarray,
    alpha: float,
    backend: Backend | None = None,
    weights: np.ndarray | None = None,
    mean: np.ndarray | None = None,
    **constants: float,
) -> np.ndarray:
    backend = backend or load_backend("numpy")
    config = StepConfig(**{"trust_ratio": TRUST_RATIO, "trust_floor": TRUST_FLOOR, **constants})
    weights = np.ones((len(ids), 2), table.dtype) if weights is None else weights
    mean = np.zeros(table.shape[1], table.dtype) if mean is None else mean
    given = RowGradients(ids, gradients, weights, mean)
    there = RowGradients(*map(backend.from_numpy, given))
    result = backend.from_numpy(table.copy())
    bounded_update(backend, config, result, there, alpha)
    for part, before in zip(there, given, strict=True):
        np.testing.assert_array_equal(backend.to_numpy(part), before)
    return backend.to_numpy(result)


def problem(seed: int, rows: int = 9, count: int = 40, size: int = 6) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(rows, size)),
        rng.integers(0, rows, count),
        rng.normal(size=(count, size)),
    )


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_small_steps_are_plain_sgd(any_backend: Backend, weight_decay: float) -> None:
    table, ids, gradients = problem(0)
    expected = table.copy()
    np.subtract.at(expected, ids, 1e-4 * gradients)
    expected[np.unique(ids)] -= 1e-4 * weight_decay * table[np.unique(ids)]
    actual = updated(table, ids, gradients, 1e-4, any_backend, weight_decay=weight_decay)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-15)


def test_large_steps_end_at_the_bound_in_the_same_direction(any_backend: Backend) -> None:
    table, ids, gradients = problem(1)
    moved = updated(table, ids, gradients, 1e4, backend=any_backend) - table
    summed = np.zeros_like(table)
    np.add.at(summed, ids, gradients)
    limit = TRUST_RATIO * (np.linalg.norm(table, axis=1) + TRUST_FLOOR)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), limit, rtol=1e-12)
    np.testing.assert_allclose(
        moved, -summed * (limit / np.linalg.norm(summed, axis=1))[:, None], rtol=1e-9
    )


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(1e-6, 1e6), st.sampled_from([0.0, 0.01, 1.0]))
def test_no_row_exceeds_its_bound_and_none_but_the_touched_move(
    seed: int, alpha: float, weight_decay: float
) -> None:
    table, ids, gradients = problem(seed)
    mean = np.random.default_rng(seed).normal(size=table.shape[1])
    moved = updated(table, ids, gradients, alpha, mean=mean, weight_decay=weight_decay) - table
    moved = np.linalg.norm(moved, axis=1)
    assert (
        moved <= TRUST_RATIO * (np.linalg.norm(table, axis=1) + TRUST_FLOOR) * (1 + 1e-12)
    ).all()
    assert (np.delete(moved, np.unique(ids)) == 0).all()


def test_along_the_mean_a_batch_goes_as_far_as_its_pairs_in_turn(any_backend: Backend) -> None:
    """On a loss curved along the mean as a positive and a negative are, and not across, against
    steps one by one.
    """
    alpha, pairs = 0.001, 30000
    rng = np.random.default_rng(2)
    row, mean, across = rng.normal(size=(3, 6))
    slope = 1 / (1 + math.exp(-row @ mean))
    curvature = slope * (1 - slope) + 0.05
    across -= mean * (across @ mean) / (mean @ mean)

    def gradient(row: np.ndarray) -> np.ndarray:
        return curvature * (row @ mean - 3) * mean + 0.01 * across

    expected = row.copy()
    for _ in range(pairs):
        expected -= alpha * gradient(expected)
    ids, rows = np.zeros(pairs, np.int64), np.tile(gradient(row), (pairs, 1))
    rules = {"trust_ratio": 1.0, "trust_floor": 100.0, "curvature": 0.05}
    moved = updated(row[None], ids, rows, alpha, any_backend, mean=mean, **rules)[0]
    assert abs((row - alpha * rows.sum(0)) @ mean - 3) > 2 * abs(
        row @ mean - 3
    )  # undamped it overshoots
    np.testing.assert_allclose(moved, expected, rtol=1e-3)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(1e-6, 1e6))
def test_across_the_mean_nothing_is_damped(seed: int, alpha: float) -> None:
    table, ids, gradients = problem(seed)
    mean = np.random.default_rng(seed).normal(size=table.shape[1])
    rules = {"trust_ratio": 1.0, "trust_floor": 1e9}
    plain = updated(table, ids, gradients, alpha, **rules) - table
    moved = updated(table, ids, gradients, alpha, mean=mean, **rules) - table
    unit = mean / np.linalg.norm(mean)
    difference = moved - plain
    np.testing.assert_allclose(difference, (difference @ unit)[:, None] * unit, atol=1e-9 * alpha)
    assert (np.abs(moved @ unit) <= np.abs(plain @ unit) * (1 + 1e-9)).all()
    assert ((moved @ unit) * (plain @ unit) >= 0).all()  # damped, not turned round


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(1e-6, 1e6))
def test_the_order_of_pairs_does_not_matter(seed: int, alpha: float) -> None:
    table, ids, gradients = problem(seed)
    order = np.random.default_rng(seed + 1).permutation(len(ids))
    rng = np.random.default_rng(seed)
    weights, mean = rng.uniform(size=(len(ids), 2)), rng.normal(size=table.shape[1])
    shuffled = updated(
        table, ids[order], gradients[order], alpha, weights=weights[order], mean=mean
    )
    expected = updated(table, ids, gradients, alpha, weights=weights, mean=mean)
    np.testing.assert_allclose(shuffled, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("gradient", [1.0, 1e10])
def test_finite_for_a_row_in_a_million_pairs(any_backend: Backend, gradient: float) -> None:
    times = 10**4 if hasattr(any_backend, "emulated") else 10**6
    ids = np.zeros(times, np.int64)
    gradients = np.full((times, 2), gradient, np.float32)
    table = np.ones((3, 2), np.float32)
    moved = table - updated(table, ids, gradients, 0.05, backend=any_backend)
    assert np.linalg.norm(moved[0]) == pytest.approx(
        TRUST_RATIO * (math.sqrt(2) + TRUST_FLOOR), rel=1e-6
    )
    assert not moved[1:].any()


def test_zero_gradients_move_nothing(any_backend: Backend) -> None:
    table, gradients = np.zeros((4, 3), np.float32), np.zeros((3, 3), np.float32)
    assert not updated(table, np.array([1, 1, 3]), gradients, 0.1, backend=any_backend).any()
