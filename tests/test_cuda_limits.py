"""The CUDA step, run on the CPU, at the limits of its numbers and arrays: sums that overflow, rows
of every alignment, ids whose rows begin beyond 2**31 numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cuda_on_cpu import CpuKernels
from oracles import assert_rows_close, random_batch, random_tables, slow_step, small_config
from xw2v_cupy.kernels import FIXED_POINT_BITS
from xw2v_cupy.scatter import add_to_sums
from xw2v_cupy.step import CupyStep
from xw2v_cupy.sums import RowSums

from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import Tables

VOCAB_SIZE, TOKENS = 60, 64
STEPS_TO_DIVERGE = 6
MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {},
    "tied": {"tied": True},
    "cbow": {"cbow": True, "cbow_gradient": "full"},
}
each_model = pytest.mark.parametrize("changes", MODELS.values(), ids=MODELS)
each_sum = pytest.mark.parametrize("deterministic", [False, True], ids=["floating", "fixed point"])


def step_of(config: StepConfig, deterministic: bool, dtype: Any, limit: int = 0) -> CupyStep:
    kernels = CpuKernels(dtype, deterministic=deterministic)
    kernels.shared_limit = limit or kernels.shared_limit
    return CupyStep(config, lambda dtype: kernels)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 33, 36, 127, 129, 132])
@each_sum
@each_model
def test_rows_of_every_alignment(changes: dict[str, Any], deterministic: bool, dim: int) -> None:
    """Whole quads or not, one strip or two, of which the last is narrower."""
    config, rng = small_config(**changes), np.random.default_rng(dim)
    tables = random_tables(rng, VOCAB_SIZE, dim, np.float64, config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    expected, _ = slow_step(config, tables, batch, 0.2)
    step_of(config, deterministic, np.float64)(tables, batch, 0.2)
    tolerance = 1e-9 if deterministic else 1e-12
    assert_rows_close(tables.center, expected.center, tolerance)
    assert_rows_close(tables.context, expected.context, tolerance)


@each_sum
@each_model
def test_a_run_that_diverges_shows_it(changes: dict[str, Any], deterministic: bool) -> None:
    """Rows grow without bound until the loss, or a vector, is not finite."""
    config, rng = small_config(trust_ratio=1e12, **changes), np.random.default_rng(0)
    tables = random_tables(rng, VOCAB_SIZE, 12, np.float32, config.tied)
    step, losses = step_of(config, deterministic, np.float32), []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(STEPS_TO_DIVERGE):
            batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
            losses.append(float(step(tables, batch, 1e9, measure=True)))
    assert np.isfinite(losses[0])
    assert not np.isfinite(losses[-1])
    assert not np.isfinite(tables.center).all()


@each_sum
@each_model
def test_a_row_that_is_not_finite_stays_so(changes: dict[str, Any], deterministic: bool) -> None:
    config, rng = small_config(**changes), np.random.default_rng(1)
    tables = random_tables(rng, VOCAB_SIZE, 12, np.float32, config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    id = batch.tokens[config.window + np.flatnonzero(batch.right)[0]]
    tables.center[id, 3] = np.inf
    step = step_of(config, deterministic, np.float32)
    for _ in range(2):
        loss = float(step(tables, batch, 0.1, measure=True))
    assert not np.isfinite(loss)
    assert not np.isfinite(tables.center[id]).all()


def moved_by(sums_of: list[float], *, deterministic: bool = True) -> np.ndarray:
    """A row of ones after an update by the sum of some gradients, in its third number."""
    config, kernels = (
        small_config(trust_ratio=1e9),
        CpuKernels(np.float32, deterministic=deterministic),
    )
    sums = RowSums(kernels, config, ModelShape.of_words(1, 5))
    ids, gradients = np.zeros(len(sums_of), np.int64), np.zeros((len(sums_of), 5), np.float32)
    gradients[:, 2] = sums_of
    add_to_sums(kernels, sums.center.gradients, ids, gradients)
    sums.prepare(1, ids[:1], np.zeros((3, 5), np.float32))
    tables = Tables(np.ones((1, 5), np.float32), np.ones((1, 5), np.float32))
    sums.apply(tables, ids[:1], 1.0)
    assert not sums.center.gradients.any()
    return tables.center[0]


LARGEST = 2.0 ** (62 - FIXED_POINT_BITS)  # four million


@pytest.mark.parametrize("value", [LARGEST, -LARGEST - 1, 1e30, np.inf, -np.inf, np.nan])
def test_a_fixed_point_sum_beyond_its_range_reads_as_nan(value: float) -> None:
    assert np.isnan(moved_by([value])[2])
    assert np.isnan(moved_by([value, 0.5, -0.5])[2])


@pytest.mark.parametrize("value", [LARGEST - 1, -LARGEST, 2.0**-FIXED_POINT_BITS, -1.5])
def test_a_fixed_point_sum_within_its_range_is_exact(value: float) -> None:
    expected = moved_by([value], deterministic=False)
    np.testing.assert_array_equal(moved_by([value]), expected)
    np.testing.assert_array_equal(moved_by([value / 4] * 4), expected)


@each_model
def test_rows_beyond_31_bits_of_numbers(changes: dict[str, Any]) -> None:
    """The last ids of tables of more than 2**31 numbers, of which nothing else is touched: no
    memory is taken for it.
    """
    dim = 128
    first = 2**31 // dim
    config, rng = small_config(**{"tied": True} | changes), np.random.default_rng(2)
    small = random_tables(rng, VOCAB_SIZE, dim, np.float32, config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    try:
        large = np.zeros((first + VOCAB_SIZE, dim), np.float32)
    except MemoryError:
        pytest.skip("not so much address space")
    large[first:] = small.center
    far = batch._replace(
        tokens=batch.tokens + first,
        negatives=batch.negatives + first,
        reference=batch.reference + first,
    )
    step_of(config, False, np.float32)(small, batch, 0.2)
    step_of(config, False, np.float32)(Tables(large, large), far, 0.2)
    np.testing.assert_array_equal(large[first:], small.center)
