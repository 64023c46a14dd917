"""Replicas combine by the sum of displacements where these are independent, by the mean where they
agree, and in between by how far they agree.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.sgns.backend import Backend
from xw2v.sgns.combine import combined_rows
from xw2v.sgns.combine_schedule import MAX_DOUBLINGS, CombineSchedule, combine_schedule, shares
from xw2v.sgns.config import StepConfig
from xw2v.sgns.sampling import Sampling


def problem(seed: int, replicas: int, rows: int = 7, dim: int = 5) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    displacements = rng.normal(size=(replicas, rows, dim)) + rng.normal(size=(rows, dim))
    displacements *= rng.random((replicas, rows, 1)) < 0.7  # some rows were not touched
    return rng.normal(size=(rows, dim)), displacements, rng.normal(size=dim)


def slow_combined(rows: np.ndarray, displacements: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The rule a row, a replica and a part at a time."""
    direction = mean / np.linalg.norm(mean)
    result = rows.copy()
    for u in range(len(rows)):
        along = [(d[u] @ direction) * direction for d in displacements]
        rest = [d[u] - part for d, part in zip(displacements, along, strict=True)]
        for parts in (along, rest):
            total = sum(parts)
            squares = sum(part @ part for part in parts)
            if total @ total > 0:
                result[u] += min(1, squares / (total @ total)) * total
    return result


@pytest.mark.parametrize("replicas", [1, 2, 3, 8])
def test_equal_to_the_slow_version(any_backend: Backend, replicas: int) -> None:
    rows, displacements, mean = problem(replicas, replicas)
    there = [any_backend.from_numpy(part.copy()) for part in displacements]
    result = combined_rows(any_backend.from_numpy(rows), there, any_backend.from_numpy(mean))
    expected = slow_combined(rows, displacements, mean)
    np.testing.assert_allclose(any_backend.to_numpy(result), expected, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([np.float32, np.float64]))
def test_one_replica_stays_as_it_is(seed: int, dtype: type) -> None:
    rows, displacements, mean = (part.astype(dtype) for part in problem(seed, 1))
    np.testing.assert_array_equal(combined_rows(rows, displacements, mean), rows + displacements[0])


def test_independent_displacements_are_added_and_equal_ones_averaged() -> None:
    mean, rows = np.eye(6)[0], np.zeros((1, 6))
    orthogonal = [np.eye(6)[None, i] * (i + 1) for i in range(1, 5)]
    np.testing.assert_allclose(combined_rows(rows, orthogonal, mean), sum(orthogonal))
    for equal in (np.eye(6)[None, 0], np.eye(6)[None, 3], np.arange(6.0)[None]):
        np.testing.assert_allclose(combined_rows(rows, [equal] * 5, mean), equal, atol=1e-15)


def test_what_one_replica_alone_has_touched_is_its_own() -> None:
    rows, displacements, mean = problem(3, 1)
    nothing = np.zeros_like(rows)
    result = combined_rows(rows, [nothing, displacements[0], nothing], mean)
    np.testing.assert_array_equal(result, rows + displacements[0])


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(-20, 20))
def test_no_row_moves_further_than_independent_displacements(
    seed: int, replicas: int, scale: float
) -> None:
    rows, displacements, mean = problem(seed, replicas)
    displacements *= 10**scale
    moved = combined_rows(0 * rows, list(displacements), mean)
    bound = np.sqrt((displacements**2).sum((0, 2)))
    assert (np.linalg.norm(moved, axis=1) <= bound * (1 + 1e-9) + 1e-30).all()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 6))
def test_the_order_of_ranks_matters_to_rounding_alone(seed: int, replicas: int) -> None:
    rows, displacements, mean = problem(seed, replicas)
    forward = combined_rows(rows, list(displacements), mean)
    np.testing.assert_array_equal(combined_rows(rows, list(displacements), mean), forward)
    backward = combined_rows(rows, list(displacements[::-1]), mean)
    np.testing.assert_allclose(backward, forward, rtol=0, atol=1e-10)


# --- when ----------------------------------------------------------------------------------------

COUNTS = np.maximum(10**6 // np.arange(1, 5001), 5)
SAMPLING = Sampling(1e-3, 0.75, 1)


def schedule(interval: int = 8, **changes: bool) -> CombineSchedule:
    return combine_schedule(COUNTS, StepConfig(**changes), SAMPLING, 2048, interval)


@pytest.mark.parametrize("interval", [1, 8, 100])
def test_frequent_rows_are_due_more_often_and_all_within_a_period(interval: int) -> None:
    plan = schedule(interval)
    assert plan.period == interval << MAX_DOUBLINGS
    steps = range(interval, 3 * plan.period + 1, interval)
    due = {step: plan.due(step) for step in steps}
    for table in range(2):
        met = [sum(rows[table] > row for rows in due.values()) for row in range(len(COUNTS))]
        assert met == sorted(met, reverse=True)
        assert met[0] == len(steps)
        assert met[-1] >= 3
    for step in steps:
        assert plan.is_due(step)
        assert not plan.is_whole(step) or due[step] == (len(COUNTS), len(COUNTS))


def test_shares_are_those_of_the_draws() -> None:
    kept, drawn = shares(COUNTS, SAMPLING)
    assert kept.sum() == pytest.approx(1)
    assert drawn.sum() == pytest.approx(1)
    assert (np.diff(kept) <= 0).all()
    assert (np.diff(drawn) <= 0).all()
    assert drawn[0] / drawn[-1] == pytest.approx((COUNTS[0] / COUNTS[-1]) ** 0.75)


def test_a_tied_table_is_due_for_both_its_uses() -> None:
    tied = schedule(tied=True)
    assert tied.center_rows == tied.context_rows
    assert all(
        one >= other for one, other in zip(tied.center_rows, schedule().center_rows, strict=True)
    )
