"""CBOW's CUDA step, run on the CPU against a loop over pairs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from cuda_on_cpu import CpuCupyBackend, CpuKernels
from oracles import assert_rows_close, random_batch, random_tables, slow_step, small_config
from xw2v_cupy.memory import REFERENCE_PART
from xw2v_cupy.step import CupyStep

from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.step import step_for

VOCAB_SIZE, DIM, TOKENS = 60, 37, 64  # a row is more than a warp and no multiple of it
CONFIGS: dict[str, dict[str, Any]] = {
    "mean": {},
    "mean, full": {"cbow_gradient": "full"},
    "sum": {"cbow_mean": False},
    "sum, full": {"cbow_mean": False, "cbow_gradient": "full"},
    "tied": {"tied": True},
    "decay": {"weight_decay": 0.1},
    "tied, decay": {"tied": True, "weight_decay": 0.1, "cbow_gradient": "full"},
    "wide window": {"window": 21, "block": 4},
    "one word": {"window": 1, "block": 1, "group": 1, "shared_negatives": 1},
    "many negatives": {"shared_negatives": 40},
    "one group": {"group": 64},
}
FIXED_POINT_TOLERANCE = 1e-9
each_order = pytest.mark.parametrize(
    "deterministic", [False, True], ids=["floating", "fixed point"]
)


def a_batch(rng: np.random.Generator, config: StepConfig, reference: int | None = None) -> Batch:
    """A batch whose last group, and with it a part of the batch, has no context, and whose
    reference has so many rows.
    """
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    padding = slice(-min(config.group, TOKENS // 2), None)
    batch.left[padding] = batch.right[padding] = 0
    if reference is None:
        return batch
    return batch._replace(reference=rng.integers(0, VOCAB_SIZE, reference))


def copied(tables: Tables[np.ndarray]) -> Tables[np.ndarray]:
    center = tables.center.copy()
    return Tables(center, center if tables.context is tables.center else tables.context.copy())


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@each_order
@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS)
def test_the_step_equals_a_loop_over_pairs(
    changes: dict[str, Any], deterministic: bool, dtype: Any, tolerance: float
) -> None:
    """Steps on end, so that what one leaves behind would show in the next; one of them without a
    reference, one with more than a part of it.
    """
    config = small_config(cbow=True, **changes)
    rng = np.random.default_rng(0)
    tables = random_tables(rng, VOCAB_SIZE, DIM, dtype, config.tied)
    step = CupyStep(config, partial(CpuKernels, deterministic=deterministic))
    tolerance = max(tolerance, FIXED_POINT_TOLERANCE) if deterministic else tolerance
    expected = Tables(*(part.astype(np.float64) for part in tables))
    for reference in (None, 0, 2 * REFERENCE_PART + 3):
        batch = a_batch(rng, config, reference)
        expected, expected_loss = slow_step(config, expected, batch, 0.2)
        assert float(step(tables, batch, 0.2, measure=True)) == pytest.approx(
            expected_loss, rel=tolerance
        )
    assert_rows_close(tables.center, expected.center, 3 * tolerance)
    assert_rows_close(tables.context, expected.context, 3 * tolerance)


@pytest.mark.parametrize("dim", [20, 90, 128, 150])
@pytest.mark.parametrize("limit", [CpuKernels.shared_limit, 20_000])
@each_order
def test_rows_of_every_length(dim: int, limit: int, deterministic: bool) -> None:
    """Those longer than shared memory go through it in strips."""
    config, rng = small_config(cbow=True, cbow_gradient="full"), np.random.default_rng(1)
    tables, batch = random_tables(rng, VOCAB_SIZE, dim), a_batch(rng, config)
    expected, _ = slow_step(config, tables, batch, 0.2)
    kernels = CpuKernels(np.float64, deterministic=deterministic)
    kernels.shared_limit = limit
    CupyStep(config, lambda dtype: kernels)(tables, batch, 0.2)
    tolerance = FIXED_POINT_TOLERANCE if deterministic else 1e-12
    assert_rows_close(tables.center, expected.center, tolerance)
    assert_rows_close(tables.context, expected.context, tolerance)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(("deterministic", "equal"), [(True, True), (False, False)])
def test_deterministic_steps_do_not_depend_on_the_order_of_threads(
    deterministic: bool, equal: bool, tied: bool
) -> None:
    config, rng = small_config(cbow=True, tied=tied), np.random.default_rng(2)
    start = random_tables(rng, VOCAB_SIZE, DIM, np.float32, tied)
    batches = [a_batch(rng, config) for _ in range(2)]
    results = []
    for backwards in (False, True):
        options = {"deterministic": deterministic, "backwards": backwards}
        kernels, tables = CpuKernels(np.float32, **options), copied(start)
        step = CupyStep(config, lambda dtype, kernels=kernels: kernels)
        losses = [float(step(tables, batch, 0.2, measure=True)) for batch in batches]
        results.append((*tables, losses))
    assert all(map(np.array_equal, *results)) == equal


@pytest.mark.parametrize("tied", [False, True])
@each_order
def test_launches_do_not_depend_on_the_batch(deterministic: bool, tied: bool) -> None:
    """And leave no sums behind."""
    config, rng = small_config(cbow=True, tied=tied), np.random.default_rng(3)
    kernels = CpuKernels(np.float32, deterministic=deterministic)
    tables = random_tables(rng, VOCAB_SIZE, DIM, np.float32, tied)
    step = CupyStep(config, lambda dtype: kernels)
    launched = []
    for words in (1, 5, VOCAB_SIZE):
        kernels.launched.clear()
        assert step(tables, random_batch(rng, config, words, TOKENS), 0.1) is None
        launched.append(tuple(kernels.launched))
        for sums in (step.sums.center, step.sums.context):
            assert not sums.gradients.any()
    assert len(set(launched)) == 1
    assert len(launched[0]) == 3


@pytest.mark.parametrize("deterministic", [False, True])
def test_the_backend_takes_it_where_the_negatives_fit_into_shared_memory(
    deterministic: bool,
) -> None:
    backend = CpuCupyBackend(deterministic=deterministic)
    usual, many = (small_config(cbow=True, group=64, shared_negatives=K) for K in (256, 2048))
    assert step_for(backend, usual).name == "CUDA kernels"
    assert step_for(backend, many).name == "plain"
