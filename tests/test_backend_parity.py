"""Every backend gives what the slow versions and NumPy give: the ladder from integers to many
steps.

The integer rung for whole batches is in test_batches.py. Choose backends with
XW2V_BACKENDS="numpy:cpu strict:device1 torch:cuda cupy:cuda:1".
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from conftest import opened
from oracles import (
    assert_rows_close,
    onto,
    random_batch,
    random_tables,
    slow_step,
    small_config,
)
from xw2v_cupy import CupyBackend

from xw2v.sgns.backend import Backend
from xw2v.sgns.batches import Batches
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Step
from xw2v.sgns.loading import load_backend
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.step import PlainStep, step_for
from xw2v.sgns.tokenstream import TokenStream

VOCAB_SIZE, DIM, TOKENS = 60, 10, 64
CONFIGS = {
    "skip-gram": {},
    "cbow": {"cbow": True},
    "cbow full": {"cbow": True, "cbow_gradient": "full"},
    "cbow sum": {"cbow": True, "cbow_mean": False},
    "cbow sum full": {"cbow": True, "cbow_mean": False, "cbow_gradient": "full"},
    "tied cbow": {"tied": True, "cbow": True},
    "tied cbow full": {"tied": True, "cbow": True, "cbow_gradient": "full"},
    "tied cbow sum": {"tied": True, "cbow": True, "cbow_mean": False},
    "tied cbow sum full": {"tied": True, "cbow": True, "cbow_mean": False, "cbow_gradient": "full"},
    "tied": {"tied": True},
    "decay": {"weight_decay": 0.1},
    "wide window": {"window": 9, "block": 4},
}
CUDA = [
    each
    for each in os.environ.get("XW2V_BACKENDS", "cupy:cuda cupy:emulated").split()
    if "cupy" in each
]
STEPS = {"own": step_for, "plain": PlainStep}


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def config(request: pytest.FixtureRequest) -> StepConfig:
    return small_config(**request.param)


@pytest.fixture(params=STEPS.values(), ids=STEPS.keys())
def step_of(request: pytest.FixtureRequest) -> Any:
    """The backend's own step, and the plain one in its namespace."""
    return request.param


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scatter_add_is_the_loop(any_backend: Backend, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    table, updates = rng.normal(size=(9, 5)).astype(dtype), rng.normal(size=(300, 5)).astype(dtype)
    rows = rng.integers(0, 7, 300)
    expected = table.astype(np.float64)
    for row, update in zip(rows, updates, strict=True):
        expected[row] += update
    moved = any_backend.from_numpy(table.copy())
    any_backend.scatter_add(moved, any_backend.from_numpy(rows), any_backend.from_numpy(updates))
    assert_rows_close(any_backend.to_numpy(moved), expected, 2e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_one_step(
    any_backend: Backend, config: StepConfig, step_of: Any, dtype: Any, tolerance: float
) -> None:
    rng = np.random.default_rng(1)
    tables = random_tables(rng, VOCAB_SIZE, DIM, dtype, config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    wide = type(tables)(*(part.astype(np.float64) for part in tables))
    expected, expected_loss = slow_step(config, wide, batch, 0.5)

    moved = onto(any_backend, tables)
    there = Batch(*map(any_backend.from_numpy, batch))
    loss = step_of(any_backend, config)(moved, there, 0.5, measure=True)
    assert float(loss) == pytest.approx(expected_loss, rel=tolerance)
    for part, expected_part in zip(moved, expected, strict=True):
        host = any_backend.to_numpy(part)
        assert host.dtype == dtype
        assert_rows_close(host, expected_part, tolerance)


def test_many_steps(any_backend: Backend) -> None:
    """Six epochs in float32 stay beside the plain ones in float64: losses and directions."""
    config = small_config(group=32)
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 40, 100)
    ids = (np.cumsum(rng.integers(-2, 3, lengths.sum())) % VOCAB_SIZE).astype(
        np.int32
    )  # neighbours are near
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    start = random_tables(rng, VOCAB_SIZE, DIM)

    def train(backend: Backend, step: Step, dtype: Any) -> tuple[np.ndarray, list[float]]:
        tables = onto(backend, type(start)(*(0.1 * part.astype(dtype) for part in start)))
        counts = np.bincount(ids, minlength=VOCAB_SIZE)
        stream, sampling = TokenStream(ids, offsets, counts), Sampling(0, 0.75, seed=1)
        batches = Batches(backend, stream, config, sampling, batch_tokens=128)
        losses = [
            float(step(tables, batch, 0.03, measure=True))
            for epoch in range(6)
            for _, batch in batches.epoch(epoch)
        ]
        return backend.to_numpy(tables.center).astype(np.float64), losses

    numpy = load_backend("numpy")
    expected, expected_losses = train(numpy, PlainStep(numpy, config), np.float64)
    actual, losses = train(any_backend, step_for(any_backend, config), np.float32)
    per_epoch = np.sum(np.reshape(expected_losses, (6, -1)), axis=1)
    assert per_epoch[-1] < 0.75 * per_epoch[0]  # it learns
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-5)
    norms = np.linalg.norm(actual, axis=1) * np.linalg.norm(expected, axis=1)
    assert (np.sum(actual * expected, axis=1) / norms).min() > 1 - 1e-6


@pytest.mark.parametrize("cuda", CUDA)
@pytest.mark.parametrize("deterministic", [False, True], ids=["floating", "deterministic"])
@pytest.mark.parametrize(
    ("cbow", "fused"),
    [(False, False), (False, True), (True, True)],
    ids=["products", "fused", "cbow"],
)
def test_other_steps_on_cuda(cuda: str, deterministic: bool, cbow: bool, fused: bool) -> None:
    """The steps that `test_one_step` does not take; deterministic ones twice, to the last bit."""
    config, rng = small_config(cbow=cbow), np.random.default_rng(3)
    backend = opened(cuda, deterministic=deterministic)
    assert isinstance(backend, CupyBackend)
    step = backend.own_step(config, fused=fused)
    assert step is not None
    tables, batch = (
        random_tables(rng, VOCAB_SIZE, DIM),
        random_batch(rng, config, VOCAB_SIZE, TOKENS),
    )
    expected, _ = slow_step(config, tables, batch, 0.5)
    there = Batch(*map(backend.from_numpy, batch))
    runs = []
    for _ in range(2):
        moved = onto(backend, tables)
        step(moved, there, 0.5)
        runs.append([backend.to_numpy(part) for part in moved])
        for part, expected_part in zip(runs[-1], expected, strict=True):
            assert_rows_close(part, expected_part, 1e-9 if deterministic else 1e-12)
    if deterministic:
        np.testing.assert_array_equal(*runs)
