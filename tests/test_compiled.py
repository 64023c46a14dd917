"""The compiled step of the CPU equals the loop over pairs and the plain step, at every size."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import xw2v_numpy
import xw2v_numpy.compiled as compiled
from compiled_steps import WORDS, built, copied
from oracles import (
    assert_rows_close,
    onto,
    random_batch,
    random_tables,
    slow_step,
    small_config,
)
from xw2v_numpy.team import Team

from xw2v.sgns.config import ModelShape, RunShape, StepConfig
from xw2v.sgns.interface import Batch, PlannedStep, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import PlainStep, step_for


@built
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@pytest.mark.parametrize("size", [3, 8, 33])
@pytest.mark.parametrize(
    "sizes",
    [
        {"window": 1, "group": 1, "shared_negatives": 1, "block": 1},
        {"window": 2, "group": 16, "shared_negatives": 9},
        {"window": 20, "group": 8, "shared_negatives": 3},  # a window wider than a group
        {"window": 5, "group": 64, "shared_negatives": 40, "weight_decay": 0.1},
        {"window": 4, "group": 32, "trust_ratio": 0.01, "trust_floor": 0.0},  # every row is bounded
        {"window": 4, "group": 32, "curvature": 50.0},  # every row is damped
        {"window": 4, "group": 32, "negative": 20, "trust_floor": 9.0},  # by its negatives
    ],
    ids=lambda sizes: " ".join(f"{name} {value}" for name, value in sizes.items()),
)
def test_it_equals_the_loop_over_pairs(
    sizes: dict[str, Any], size: int, dtype: Any, tolerance: float
) -> None:
    """Over several steps with one workspace, which must leave nothing behind."""
    config, rng = small_config(**sizes), np.random.default_rng(0)
    tables = random_tables(rng, WORDS, size, dtype)
    step = compiled.CompiledStep(config)
    for _ in range(3):
        batch = random_batch(rng, config, WORDS, 64)
        wide = Tables(*(part.astype(np.float64) for part in tables))
        expected, expected_loss = slow_step(config, wide, batch, 0.3)
        loss = step(tables, batch, 0.3, measure=True)
        assert loss == pytest.approx(expected_loss, rel=tolerance)
        for part, expected_part in zip(tables, expected, strict=True):
            assert_rows_close(part, expected_part, tolerance)


@built
@pytest.mark.parametrize("size", [1, 24, 100, 203])  # one vector, whole tiles, remainders
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        {},
        {"cbow": True},
        {"cbow": True, "cbow_gradient": "full"},
        {"cbow": True, "cbow_mean": False},
        {"cbow": True, "cbow_mean": False, "cbow_gradient": "full"},
    ],
    ids=str,
)
def test_it_equals_the_plain_step(model: dict[str, Any], tied: bool, size: int) -> None:
    config = small_config(**model, tied=tied, weight_decay=0.01)
    rng = np.random.default_rng(1)
    tables = random_tables(rng, WORDS, size, tied=tied)
    step, backend = compiled.CompiledStep(config), load_backend("numpy")
    moved, plain = onto(backend, tables), onto(backend, tables)
    for _ in range(3):
        batch = random_batch(rng, config, WORDS, 16 * 8)
        before = copied(moved)
        loss_before = step.loss(moved, batch)
        np.testing.assert_array_equal(moved, before)
        loss = step(moved, batch, 0.3, measure=True)
        assert loss == loss_before
        expected = PlainStep(backend, config)(plain, batch, 0.3, measure=True)
        assert loss == pytest.approx(float(expected), rel=1e-12)
        for part, expected_part in zip(moved, plain, strict=True):
            assert_rows_close(part, expected_part, 1e-11)  # some end near zero


@built
def test_the_same_input_gives_the_same_bits_measured_or_not() -> None:
    config, rng = small_config(), np.random.default_rng(2)
    tables, batch = (
        random_tables(rng, WORDS, 10, np.float32),
        random_batch(rng, config, WORDS, 64),
    )
    first, second, step = copied(tables), copied(tables), compiled.CompiledStep(config)
    assert step(first, batch, 0.3, measure=True) is not None
    assert step(second, batch, 0.3) is None
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first.center, tables.center)


@built
@pytest.mark.parametrize("model", [{}, {"cbow": True}], ids=str)
@pytest.mark.parametrize("threads", [1, 3])
def test_steps_of_one_call_are_those_of_several(model: dict[str, Any], threads: int) -> None:
    config, rng = small_config(**model), np.random.default_rng(3)
    tables = random_tables(rng, WORDS, 10, np.float32)
    planned = [
        PlannedStep(random_batch(rng, config, WORDS, 64), 0.3 - 0.02 * i, i % 3 == 0)
        for i in range(7)
    ]
    together, alone = copied(tables), copied(tables)
    losses = compiled.CompiledStep(config, Team(threads)).run(together, planned)
    step = compiled.CompiledStep(config)
    assert losses == [step(alone, batch, a, measure=measure) for batch, a, measure in planned]
    np.testing.assert_array_equal(together, alone)
    assert [loss is None for loss in losses] == [not measure for *_, measure in planned]


@built
def test_of_several_steps_those_before_a_bad_batch_are_done() -> None:
    config, rng = small_config(), np.random.default_rng(4)
    tables = random_tables(rng, WORDS, 10, np.float32)
    good, bad = (random_batch(rng, config, WORDS, 64) for _ in range(2))
    bad.negatives[0, 0] = WORDS
    expected, step = copied(tables), compiled.CompiledStep(config)
    step(expected, good, 0.3)
    with pytest.raises(IndexError, match="an id of this batch is not in"):
        step.run(tables, [PlannedStep(batch, 0.3, False) for batch in (good, bad, good)])
    np.testing.assert_array_equal(tables, expected)
    other = random_batch(rng, config, WORDS, 128)
    with pytest.raises(ValueError, match="do not fit each other"):
        step.run(tables, [PlannedStep(batch, 0.3, False) for batch in (good, other)])
    np.testing.assert_array_equal(tables, expected)


@built
def test_pairs_whose_gradient_vanishes_still_count_for_the_damping() -> None:
    config, rng = small_config(curvature=5.0), np.random.default_rng(10)
    batch = random_batch(rng, config, WORDS, 64)
    tables = random_tables(rng, WORDS, 10, np.float32)
    tables = Tables(8 * np.abs(tables.center), 8 * np.abs(tables.context))  # scores of some 200
    wide = Tables(*(part.astype(np.float64) for part in tables))
    expected, _ = slow_step(config, wide, batch, 0.3)
    compiled.CompiledStep(config)(tables, batch, 0.3)
    for part, expected_part in zip(tables, expected, strict=True):
        assert_rows_close(part, expected_part, 1e-5)


@built
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_its_sigmoid_and_loss_at_scores_of_every_size(dtype: Any) -> None:
    """One center, one context word and one negative, whose scores are those asked for."""
    config = StepConfig(
        window=1,
        negative=1,
        shared_negatives=1,
        group=1,
        block=1,
        trust_ratio=1,
        trust_floor=1e30,
        curvature=0,
    )
    scores = np.concatenate(
        ([0.0, 1e-8, 5e-324, 88.0, 90.0, 700.0, 1000.0], np.geomspace(1e-4, 80, 50))
    )
    batch = Batch(
        np.array([3, 0, 1]), np.array([0]), np.array([1]), np.array([[2]]), np.empty(0, int)
    )
    step = compiled.CompiledStep(config)
    for score in np.concatenate((scores, -scores)).astype(dtype):
        tables = Tables(np.ones((4, 1), dtype), np.array([[0], [score], [-score], [0]], dtype))
        loss = step(tables, batch, 1.0, measure=True)
        s = float(score)
        assert loss == pytest.approx(2 * float(np.logaddexp(0, -s)), rel=1e-6, abs=1e-37)
        sigma = float(np.exp(-np.logaddexp(0, -s)))
        other = float(np.exp(-np.logaddexp(0, s)))  # the negative's
        z = max(sigma * other, 1e-30)  # it is damped
        moved = [1 - sigma, other * float(np.expm1(-z)) / z]  # of the context word, of the negative
        expected = tables.context[1:3, 0] * 0 + np.array([s + moved[0], -s + moved[1]], dtype)
        precision = np.array(
            [6e-7, 2e-6] if dtype is np.float32 else [1e-14, 1e-14]
        )  # damping rounds once more
        assert (np.abs(tables.context[1:3, 0] - expected) <= precision * np.abs(expected)).all()


@built
@pytest.mark.parametrize("scale", [1e-19, 1e-21, 1e-23])
def test_tables_whose_squares_are_next_to_nothing(scale: float) -> None:
    """In float32 the mean's squared length is then no normal number, or 0."""
    config, rng = small_config(), np.random.default_rng(12)
    tables, batch = (
        random_tables(rng, WORDS, 10, np.float32),
        random_batch(rng, config, WORDS, 64),
    )
    tables = tables._replace(context=(tables.context * scale).astype(np.float32))
    expected, _ = slow_step(
        config, Tables(*(part.astype(np.float64) for part in tables)), batch, 0.3
    )
    compiled.CompiledStep(config)(tables, batch, 0.3)
    for part, expected_part in zip(tables, expected, strict=True):
        assert_rows_close(part, expected_part, 1e-5)


@built
def test_no_row_moves_beyond_the_bound_where_sums_cancel() -> None:
    """Thousands of pairs of two words: what is left of their sum is small beside it, and rounded as
    it is.
    """
    config = small_config(
        window=30, group=24, shared_negatives=17, trust_ratio=0.01, trust_floor=1.0
    )
    for seed in (
        23,
        37,
        190,
        209,
        225,
    ):  # their lengths by way of products come out below the bound
        rng = np.random.default_rng(seed)
        tables, batch = random_tables(rng, 2, 8, np.float32), random_batch(rng, config, 2, 96)
        moved = copied(tables)
        compiled.CompiledStep(config)(moved, batch, 0.3)
        for part, before in zip(moved, tables, strict=True):
            limit = config.trust_ratio * (np.linalg.norm(before, axis=1) + config.trust_floor)
            assert (np.linalg.norm(part - before, axis=1) < 1.01 * limit).all()


@built
def test_a_non_finite_value_shows_in_the_loss() -> None:
    config, rng = small_config(), np.random.default_rng(5)
    tables, batch = (
        random_tables(rng, WORDS, 10, np.float32),
        random_batch(rng, config, WORDS, 64),
    )
    tables.context[batch.negatives[0, 0]] = np.nan
    assert np.isnan(compiled.CompiledStep(config)(tables, batch, 0.3, measure=True))


@built
def test_another_shape_gets_another_workspace() -> None:
    config, rng = small_config(), np.random.default_rng(6)
    step = compiled.CompiledStep(config)
    for tokens, size, dtype in (
        (64, 10, np.float64),
        (32, 10, np.float64),
        (32, 3, np.float64),
        (32, 3, np.float32),
    ):
        tables, batch = (
            random_tables(rng, WORDS, size, dtype),
            random_batch(rng, config, WORDS, tokens),
        )
        expected, _ = slow_step(
            config, Tables(*(part.astype(np.float64) for part in tables)), batch, 0.3
        )
        step(tables, batch, 0.3)
        assert_rows_close(tables.center, expected.center, 1e-12 if dtype is np.float64 else 1e-5)


def test_without_it_the_plain_step_trains_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "load_kernels", lambda bits, **_: None)
    backend, config = load_backend("numpy"), small_config()
    shape = RunShape(ModelShape.of_words(WORDS, 10), batch_tokens=64, tokens=1000, sentences=10)
    assert backend.plan(config, shape) == xw2v_numpy.NOT_BUILT
    assert backend.plan(dataclasses.replace(config, window=0), shape) is None  # plain anyway
    step, rng = step_for(backend, config), np.random.default_rng(7)
    tables, batch = random_tables(rng, WORDS, 10), random_batch(rng, config, WORDS, 64)
    expected, _ = slow_step(config, tables, batch, 0.3)
    step(tables, batch, 0.3)
    assert_rows_close(tables.center, expected.center, 1e-12)


def test_what_it_does_not_serve_is_left_to_the_plain_step() -> None:
    backend, config = load_backend("numpy"), dataclasses.replace(small_config(), window=0)
    assert not compiled.is_available(config)
    assert isinstance(step_for(backend, config), PlainStep)


@built
def test_the_widest_window_is_the_librarys() -> None:
    library = compiled.load_kernels(32)
    assert library is not None
    max_window = library.constants["MAX_WINDOW"]
    assert compiled.is_available(dataclasses.replace(small_config(), window=max_window))
    assert not compiled.is_available(dataclasses.replace(small_config(), window=max_window + 1))
