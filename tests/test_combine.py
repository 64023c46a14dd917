"""Replicas combine by the sum of displacements where these are independent, by the mean where they
agree, and in between by how far they agree.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.sgns.backend import Backend
from xw2v.sgns.combine import MEAN_SLOPE, RowMeter, combined_rows
from xw2v.sgns.combine_schedule import (
    MAX_DOUBLINGS,
    CombineSchedule,
    alpha_factor,
    combine_schedule,
    interval_of,
    shares,
)
from xw2v.sgns.config import StepConfig
from xw2v.sgns.sampling import Sampling


def problem(seed: int, replicas: int, rows: int = 7, dim: int = 5) -> tuple[np.ndarray, ...]:
    """Rows, displacements, a mean and curvatures, some of them zero."""
    rng = np.random.default_rng(seed)
    displacements = rng.normal(size=(replicas, rows, dim)) + rng.normal(size=(rows, dim))
    displacements *= rng.random((replicas, rows, 1)) < 0.7  # some rows were not touched
    curvature = np.maximum(rng.normal(size=rows), 0)
    return rng.normal(size=(rows, dim)), displacements, rng.normal(size=dim), curvature


def slow_combined(
    rows: np.ndarray, displacements: np.ndarray, mean: np.ndarray, curvature: np.ndarray
) -> np.ndarray:
    """The rule a row, a replica and a part at a time."""
    direction = mean / np.linalg.norm(mean)
    result = rows.copy()
    for u in range(len(rows)):
        along = [(d[u] @ direction) * direction for d in displacements]
        rest = [d[u] - part for d, part in zip(displacements, along, strict=True)]
        decay = np.exp(-curvature[u])
        least = sum(decay**k for k in range(len(displacements))) / len(displacements)
        for parts, at_least in ((along, 0), (rest, least)):
            total = sum(parts)
            squares = sum(part @ part for part in parts)
            if total @ total > 0:
                result[u] += max(min(1, squares / (total @ total)), at_least) * total
    return result


@pytest.mark.parametrize("replicas", [1, 2, 3, 8])
def test_equal_to_the_slow_version(any_backend: Backend, replicas: int) -> None:
    rows, displacements, mean, curvature = problem(replicas, replicas)
    there = [any_backend.from_numpy(part.copy()) for part in displacements]
    others = (any_backend.from_numpy(part) for part in (mean, curvature))
    result = combined_rows(any_backend.from_numpy(rows), there, *others)
    expected = slow_combined(rows, displacements, mean, curvature)
    np.testing.assert_allclose(any_backend.to_numpy(result), expected, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([np.float32, np.float64]))
def test_one_replica_stays_as_it_is(seed: int, dtype: type) -> None:
    rows, displacements, *others = (part.astype(dtype) for part in problem(seed, 1))
    moved = combined_rows(rows, displacements, *others)
    np.testing.assert_array_equal(moved, rows + displacements[0])


def test_independent_displacements_are_added_and_equal_ones_averaged() -> None:
    mean, rows, far = np.eye(6)[0], np.zeros((1, 6)), np.array([np.inf])
    orthogonal = [np.eye(6)[None, i] * (i + 1) for i in range(1, 5)]
    np.testing.assert_allclose(combined_rows(rows, orthogonal, mean, far), sum(orthogonal))
    for equal in (np.eye(6)[None, 0], np.eye(6)[None, 3], np.arange(6.0)[None]):
        np.testing.assert_allclose(combined_rows(rows, [equal] * 5, mean, far), equal, atol=1e-15)


@pytest.mark.parametrize("replicas", [2, 5])
@pytest.mark.parametrize("curvature", [1e-9, 0.03, 0.5, 20.0])
def test_replicas_that_agree_go_as_far_as_one_would_in_a_row(
    replicas: int, curvature: float
) -> None:
    """Each goes 1 - exp(-y) of the way to the same place, across the mean's direction."""
    mean, way = np.eye(6)[0], np.array([[0.0, 3, 1, 0, 2, 0]])
    one = -np.expm1(-curvature) * way
    moved = combined_rows(0 * way, [one] * replicas, mean, np.array([curvature]))
    np.testing.assert_allclose(moved, -np.expm1(-replicas * curvature) * way, rtol=1e-12)


def test_what_one_replica_alone_has_touched_is_its_own() -> None:
    rows, displacements, mean, curvature = problem(3, 1)
    nothing = np.zeros_like(rows)
    result = combined_rows(rows, [nothing, displacements[0], nothing], mean, curvature)
    np.testing.assert_array_equal(result, rows + displacements[0])


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(-20, 20))
def test_no_row_moves_further_than_independent_displacements(
    seed: int, replicas: int, scale: float
) -> None:
    rows, displacements, mean, curvature = problem(seed, replicas)
    displacements *= 10**scale
    moved = combined_rows(0 * rows, list(displacements), mean, np.full(len(rows), np.inf))
    bound = np.sqrt((displacements**2).sum((0, 2)))
    assert (np.linalg.norm(moved, axis=1) <= bound * (1 + 1e-9) + 1e-30).all()
    moved = combined_rows(0 * rows, list(displacements), mean, curvature)
    lengths = np.linalg.norm(displacements, axis=2).sum(0)
    assert (np.linalg.norm(moved, axis=1) <= lengths * (1 + 1e-9) + 1e-30).all()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 6))
def test_the_order_of_ranks_matters_to_rounding_alone(seed: int, replicas: int) -> None:
    rows, displacements, *others = problem(seed, replicas)
    forward = combined_rows(rows, list(displacements), *others)
    np.testing.assert_array_equal(combined_rows(rows, list(displacements), *others), forward)
    backward = combined_rows(rows, list(displacements[::-1]), *others)
    np.testing.assert_allclose(backward, forward, rtol=0, atol=1e-10)


def test_the_curvature_is_that_of_the_largest_eigenvalue() -> None:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(300, 20)) * np.linspace(3, 0.1, 20) + 5
    weights = rng.random(300)
    weights /= weights.sum()
    covariance = np.cov(rows.T, aweights=weights, bias=True)
    expected = np.linalg.eigvalsh(covariance)[-1] * MEAN_SLOPE
    meter, largest = RowMeter(), expected * (1 + 1e-9)
    measured = [meter(rows, weights).curvature for _ in range(9)]
    assert 0.7 * expected < measured[0] <= largest
    assert measured[0] < measured[1] <= largest  # each goes on from where the last one ended
    assert measured[-1] == pytest.approx(expected, rel=0.01)
    direction, curvature = RowMeter()(np.full((5, 3), 2.0), np.full(5, 0.2))
    assert curvature == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(direction, 3**-0.5)


def test_the_curvature_follows_rows_that_change() -> None:
    rng, meter, weights = np.random.default_rng(5), RowMeter(), np.full(40, 1 / 40)
    direction, curvature = meter(np.zeros((40, 8)), weights)
    assert (curvature, direction.tolist()) == (0, [0] * 8)
    rows = rng.normal(size=(40, 8)) * np.linspace(3, 0.1, 8)
    meter(rows, weights)
    for _ in range(20):
        found = meter(rows[:, ::-1], weights).curvature  # its largest is along another direction
    assert found == pytest.approx(RowMeter()(rows[:, ::-1], weights).curvature, rel=0.1)


# --- when ----------------------------------------------------------------------------------------

COUNTS = np.maximum(10**6 // np.arange(1, 60_001), 5)
SAMPLING = Sampling(1e-3, 0.75, 1)


def test_more_ranks_combine_more_often() -> None:
    found = {ranks: interval_of(ranks) for ranks in (1, 2, 3, 4, 8, 16, 32, 1000)}
    assert found == {1: 32, 2: 32, 3: 10, 4: 8, 8: 4, 16: 2, 32: 1, 1000: 1}
    assert [interval_of(ranks, overlap=True) for ranks in (2, 4, 8, 16, 32)] == [16, 4, 2, 1, 1]


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


def test_pairs_are_those_between_two_combines() -> None:
    plan, kept = schedule(), shares(COUNTS, SAMPLING)[0]
    a_step = plan.center_pairs / (2048 * 6 * 6 * kept)  # window 5 and 5 negatives
    first_rows = (0, *plan.center_rows[:-1])
    assert [round(float(a_step[row])) for row in first_rows] == [8, 16, 32, 64]
    assert len(plan.context_pairs) == len(COUNTS)


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


def test_one_rank_has_the_learning_rate_of_a_process() -> None:
    assert alpha_factor(1, cbow=False) == alpha_factor(8, cbow=True) == 1
    factors = [alpha_factor(ranks, cbow=False) for ranks in (1, 2, 4, 32)]
    assert factors == sorted(factors)
    assert factors[-1] < 2
