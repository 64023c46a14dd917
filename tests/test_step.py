"""The plain step is word2vec's: equal to a loop over pairs, and its gradients are those of its
loss.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from oracles import (
    assert_rows_close,
    random_batch,
    random_tables,
    slow_gradients,
    slow_step,
    small_config,
)

from xw2v.sgns.backend import Backend
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import Gradients, PlainStep, batch_gradients, step_for

VOCAB_SIZE, DIM, TOKENS = 40, 7, 48
CONFIGS = {
    "skip-gram": {},
    "cbow": {"cbow": True},
    "tied": {"tied": True},
    "tied cbow": {"tied": True, "cbow": True},
    "cbow full": {"cbow": True, "cbow_gradient": "full"},
    "cbow sum": {"cbow": True, "cbow_mean": False},
    "cbow sum full": {"cbow": True, "cbow_mean": False, "cbow_gradient": "full"},
    "tied cbow full": {"tied": True, "cbow": True, "cbow_gradient": "full"},
    "tied cbow sum": {"tied": True, "cbow": True, "cbow_mean": False},
    "tied cbow sum full": {"tied": True, "cbow": True, "cbow_mean": False, "cbow_gradient": "full"},
    "cbow decay": {"cbow": True, "cbow_gradient": "full", "weight_decay": 0.1},
    "decay": {"weight_decay": 0.1},
    "wide window": {"window": 9, "block": 4},
    "one word": {"window": 1, "shared_negatives": 1, "negative": 1, "block": 1, "group": 1},
}


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def config(request: pytest.FixtureRequest) -> StepConfig:
    return small_config(**request.param)


def gradients_of(config: StepConfig, tables: Tables, batch: Batch) -> tuple[Gradients, float]:
    gradients, loss = batch_gradients(config, tables, batch, measure=True)
    return gradients, float(loss)


def dense(gradients: Gradients, words: int) -> tuple[np.ndarray, np.ndarray]:
    """The gradients summed into tables."""
    center, context = np.zeros((2, words, gradients.center.rows.shape[1]))
    np.add.at(center, gradients.center.ids, gradients.center.rows)
    np.add.at(context, gradients.context.ids, gradients.context.rows)
    return center, context


@pytest.mark.parametrize("alpha", [0.05, 5.0])
def test_equals_a_loop_over_pairs(config: StepConfig, alpha: float) -> None:
    rng = np.random.default_rng(0)
    tables = random_tables(rng, VOCAB_SIZE, DIM, tied=config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    expected, loss = slow_step(config, tables, batch, alpha)
    measured = PlainStep(load_backend("numpy"), config)(tables, batch, alpha, measure=True)
    assert float(measured) == pytest.approx(loss, rel=1e-12)
    assert_rows_close(tables.center, expected.center, 1e-12)
    assert_rows_close(tables.context, expected.context, 1e-12)


def test_gradients_equal_a_loop_over_pairs(config: StepConfig) -> None:
    rng = np.random.default_rng(1)
    tables = random_tables(rng, VOCAB_SIZE, DIM, tied=config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    slow = slow_gradients(config, tables, batch)
    center, context = dense(gradients_of(config, tables, batch)[0], VOCAB_SIZE)
    np.testing.assert_allclose(center, slow.center.gradient, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(context, slow.context.gradient, rtol=1e-12, atol=1e-13)


def test_gradients_equal_finite_differences(config: StepConfig) -> None:
    """With one group a batch and no reference, where there is no control variate; for those
    conventions of CBOW that have the gradient of the loss.
    """
    exact = "mean" if config.cbow_mean else "full"
    config = dataclasses.replace(config, group=TOKENS, cbow_gradient=exact)
    rng = np.random.default_rng(2)
    tables = random_tables(rng, VOCAB_SIZE, DIM, tied=config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    batch = batch._replace(reference=batch.reference[:0])
    center, context = dense(gradients_of(config, tables, batch)[0], VOCAB_SIZE)
    step = 1e-5
    for _ in range(5):
        direction = random_tables(rng, VOCAB_SIZE, DIM, tied=config.tied)
        moved = [
            Tables(tables.center + e * direction.center, tables.context + e * direction.context)
            for e in (step, -step)
        ]
        ahead, behind = (gradients_of(config, there, batch)[1] for there in moved)
        slope = np.sum(center * direction.center) + np.sum(context * direction.context)
        assert (ahead - behind) / (2 * step) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize("tied", [False, True])
def test_full_gradients_are_those_of_the_mean_times_the_number_of_context_words(tied: bool) -> None:
    """Where every context has as many words; of the input table, whatever the output table gets."""
    config, rng = small_config(cbow=True, tied=tied), np.random.default_rng(8)
    tables = random_tables(rng, VOCAB_SIZE, DIM, tied=tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    batch = batch._replace(left=np.full(TOKENS, 2), right=np.full(TOKENS, 3))
    shared = gradients_of(config, tables, batch)
    full = gradients_of(dataclasses.replace(config, cbow_gradient="full"), tables, batch)
    np.testing.assert_allclose(full[0].center.rows, 5 * shared[0].center.rows, rtol=1e-12)
    np.testing.assert_array_equal(full[0].context.rows, shared[0].context.rows)
    assert full[1] == shared[1]


@pytest.mark.parametrize("shared", [2, 16])
def test_control_variate_keeps_the_mean_and_reduces_the_variance(shared: int) -> None:
    """Over draws of negatives, against the same gradients in one group a batch, which nothing
    corrects.
    """
    config = small_config(shared_negatives=shared)
    rng = np.random.default_rng(7)
    offset = 0.5  # so that rows have much in common
    tables = Tables(*(part + offset for part in random_tables(rng, VOCAB_SIZE, DIM)))
    batch = random_batch(rng, config, VOCAB_SIZE, 16 * config.group)
    one, positions = slice(0, config.group), config.group + 2 * config.window
    alone = batch._replace(
        tokens=batch.tokens[:positions], left=batch.left[one], right=batch.right[one]
    )
    corrected, plain = [], []
    for _ in range(2000):
        negatives = rng.integers(0, VOCAB_SIZE, batch.negatives.shape)
        gradients, _ = gradients_of(config, tables, batch._replace(negatives=negatives))
        kept = len(gradients.center.rows) // len(negatives)  # rows of the first group
        corrected.append(gradients.center.rows[:kept].ravel())
        gradients, _ = gradients_of(config, tables, alone._replace(negatives=negatives[:1]))
        plain.append(gradients.center.rows.ravel())
    assert np.sum(np.var(corrected, axis=0)) < 0.5 * np.sum(np.var(plain, axis=0))
    error = np.mean(corrected, axis=0) - np.mean(plain, axis=0)
    chance = np.sqrt(np.sum(np.var(np.subtract(corrected, plain), axis=0)) / len(plain))
    size = np.linalg.norm(np.mean(plain, axis=0))
    assert np.linalg.norm(error) < min(2 * chance, 0.05 * size)


def test_cbows_control_variate_keeps_the_mean_and_reduces_the_variance() -> None:
    """Over draws of the negatives and of a reference that contains them."""
    config = small_config(cbow=True, group=16, convexity=1.0)  # scores are near 0 here
    rng = np.random.default_rng(9)
    tables = Tables(*(part + 0.5 for part in random_tables(rng, VOCAB_SIZE, DIM)))
    batch = random_batch(rng, config, VOCAB_SIZE, config.group)
    corrected, plain = [], []
    for _ in range(4000):
        drawn = rng.integers(0, VOCAB_SIZE, 40 * config.shared_negatives)
        own = batch._replace(negatives=drawn[None, : config.shared_negatives])
        for reference, rows in ((drawn, corrected), (drawn[:0], plain)):
            gradients, _ = gradients_of(config, tables, own._replace(reference=reference))
            rows.append(gradients.center.rows.ravel())
    assert np.sum(np.var(corrected, axis=0)) < 0.5 * np.sum(np.var(plain, axis=0))
    error = np.mean(corrected, axis=0) - np.mean(plain, axis=0)
    chance = np.sqrt(np.sum(np.var(np.subtract(corrected, plain), axis=0)) / len(plain))
    assert np.linalg.norm(error) < min(2 * chance, 0.05 * np.linalg.norm(np.mean(plain, axis=0)))


def test_a_step_changes_nothing_but_the_tables(any_backend: Backend, config: StepConfig) -> None:
    rng = np.random.default_rng(3)
    tables = random_tables(rng, VOCAB_SIZE, DIM, np.float32, tied=config.tied)
    tables = Tables(*map(any_backend.from_numpy, tables))
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    given = Batch(*(any_backend.from_numpy(part.copy()) for part in batch))
    step_for(any_backend, config)(tables, given, 0.05, measure=True)
    for part, before in zip(given, batch, strict=True):
        np.testing.assert_array_equal(any_backend.to_numpy(part), before)


def test_gradients_leave_the_tables_alone(config: StepConfig) -> None:
    rng = np.random.default_rng(4)
    tables = random_tables(rng, VOCAB_SIZE, DIM, tied=config.tied)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    for array in (*tables, *batch):
        array.flags.writeable = False
    gradients_of(config, tables, batch)


def test_padding_moves_nothing() -> None:
    config, rng = small_config(), np.random.default_rng(5)
    tables = random_tables(rng, VOCAB_SIZE, DIM)
    before = Tables(tables.center.copy(), tables.context.copy())
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    empty = batch._replace(left=np.zeros_like(batch.left), right=np.zeros_like(batch.right))
    numpy = load_backend("numpy")
    for step in (step_for(numpy, config), PlainStep(numpy, config)):
        assert float(step(tables, empty, 0.5, measure=True)) == 0
        np.testing.assert_array_equal(tables, before)


def test_loss_is_finite_where_scores_are_huge() -> None:
    config, rng = small_config(), np.random.default_rng(6)
    tables = Tables(*(100 * part for part in random_tables(rng, VOCAB_SIZE, DIM, np.float32)))
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    gradients, loss = gradients_of(config, tables, batch)
    assert np.isfinite(loss)
    assert np.isfinite(gradients.center.rows).all()
    assert np.isfinite(gradients.context.rows).all()
