"""The compiled step of the CPU: equal to the loop over pairs at every size, and careful with what
it is given.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xw2v_numpy
import xw2v_numpy.compiled as compiled
from oracles import assert_rows_close, random_batch, random_tables, slow_step, small_config

from xw2v.sgns.config import ModelShape, RunShape, StepConfig
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import PlainStep, step_for

WORDS = 50
built = pytest.mark.skipif(not compiled.is_built(), reason="this installation has no compiled step")


def copied(tables: Tables) -> Tables:
    return Tables(*(part.copy() for part in tables))


def assert_steps_like_a_new_one(step: compiled.CompiledStep, tables: Tables, batch: Batch) -> None:
    moved, expected = copied(tables), copied(tables)
    step(moved, batch, 0.3)
    compiled.CompiledStep(step.config)(expected, batch, 0.3)
    np.testing.assert_array_equal(moved, expected)


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
def test_it_equals_the_plain_step_over_several_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "TILE_BYTES", 3 * 16 * 104 * 8)
    config, rng = small_config(), np.random.default_rng(1)
    tables, batch = random_tables(rng, WORDS, 100), random_batch(rng, config, WORDS, 16 * 8)
    moved, plain, step = copied(tables), copied(tables), compiled.CompiledStep(config)
    loss = step(moved, batch, 0.3, measure=True)
    expected = PlainStep(load_backend("numpy"), config)(plain, batch, 0.3, measure=True)
    assert step._workspace is not None
    assert len(step._workspace._tiles) == 3
    assert loss == pytest.approx(float(expected), rel=1e-12)
    for part, expected_part in zip(moved, plain, strict=True):
        assert_rows_close(part, expected_part, 1e-12)


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
@pytest.mark.parametrize("field", ["tokens", "negatives"])
@pytest.mark.parametrize("bad", [-1, WORDS, 2**40])
def test_an_id_that_is_no_word_is_refused_before_anything_moves(field: str, bad: int) -> None:
    config, rng = small_config(), np.random.default_rng(3)
    tables, batch = random_tables(rng, WORDS, 10), random_batch(rng, config, WORDS, 64)
    moved, step = copied(tables), compiled.CompiledStep(config)
    ids = getattr(batch, field).copy()
    ids.flat[-1] = bad
    with pytest.raises(IndexError, match=r"not in 0 \.\. 49"):
        step(moved, batch._replace(**{field: ids}), 0.3)
    np.testing.assert_array_equal(moved, tables)
    assert_steps_like_a_new_one(step, tables, batch)


@built
@pytest.mark.parametrize("field", ["left", "right"])
@pytest.mark.parametrize("bad", [-1, "wider"])
def test_an_extent_beyond_the_window_is_refused_before_anything_moves(
    field: str, bad: int | str
) -> None:
    config, rng = small_config(), np.random.default_rng(11)
    tables, batch = random_tables(rng, WORDS, 10), random_batch(rng, config, WORDS, 64)
    moved, step = copied(tables), compiled.CompiledStep(config)
    extents = getattr(batch, field).copy()
    extents[-1] = config.window + 1 if bad == "wider" else bad
    with pytest.raises(IndexError, match=rf"not in 0 \.\. {config.window}, the window"):
        step(moved, batch._replace(**{field: extents}), 0.3)
    np.testing.assert_array_equal(moved, tables)
    assert_steps_like_a_new_one(step, tables, batch)


def read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


@built
@pytest.mark.parametrize(
    "change",
    [
        lambda tables, batch: (Tables(*(part[:, ::2] for part in tables)), batch),
        lambda tables, batch: (Tables(*map(read_only, tables)), batch),
        lambda tables, batch: (tables._replace(context=tables.context[:-1]), batch),
        lambda tables, batch: (tables._replace(context=tables.context.astype(np.float32)), batch),
        lambda tables, batch: (Tables(*(part.astype(">f8") for part in tables)), batch),
        lambda tables, batch: (Tables(*(part.astype(np.float16) for part in tables)), batch),
        lambda tables, batch: (tables, batch._replace(tokens=batch.tokens[:-1])),
        lambda tables, batch: (tables, batch._replace(right=batch.right[:-1])),
        lambda tables, batch: (tables, batch._replace(negatives=batch.negatives[:-1])),
    ],
    ids=[
        "strides",
        "read-only",
        "rows",
        "dtypes",
        "byte order",
        "half",
        "tokens",
        "right",
        "negatives",
    ],
)
def test_arrays_that_c_would_read_or_write_wrongly_are_refused(change: Callable[..., Any]) -> None:
    config, rng = small_config(), np.random.default_rng(4)
    tables, batch = change(random_tables(rng, WORDS, 20), random_batch(rng, config, WORDS, 64))
    before = copied(tables)
    with pytest.raises(ValueError, match=r"of a compiled step must|do not fit each other"):
        compiled.CompiledStep(config)(tables, batch, 0.3)
    for part, expected in zip(tables, before, strict=True):
        np.testing.assert_array_equal(part, expected)


@built
@pytest.mark.parametrize("product", [1, 2, 3])
def test_after_an_interruption_the_next_step_is_as_if_there_had_been_none(
    product: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, rng = small_config(), np.random.default_rng(8)
    tables, batch = random_tables(rng, WORDS, 10), random_batch(rng, config, WORDS, 64)
    step = compiled.CompiledStep(config)
    step(tables, batch, 0.3)
    before = copied(tables)
    matmul, calls = np.matmul, iter(range(1, 100))

    def interrupted(*arguments: Any, **options: Any) -> np.ndarray:
        if next(calls) == product:
            raise KeyboardInterrupt
        return matmul(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(np, "matmul", interrupted)
        with pytest.raises(KeyboardInterrupt):
            step(tables, batch, 0.3)
    np.testing.assert_array_equal(tables, before)
    assert_steps_like_a_new_one(step, tables, batch)


@built
def test_a_non_finite_value_leaves_nothing_behind() -> None:
    config, rng = small_config(), np.random.default_rng(9)
    tables, batch = (
        random_tables(rng, WORDS, 10, np.float32),
        random_batch(rng, config, WORDS, 64),
    )
    spoilt = copied(tables)
    spoilt.context[batch.negatives[0, 0]] = np.nan
    step = compiled.CompiledStep(config)
    step(spoilt, batch, 0.3)
    assert_steps_like_a_new_one(step, tables, batch)


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
    batch = Batch(np.array([3, 0, 1]), np.array([0]), np.array([1]), np.array([[2]]))
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
    monkeypatch.setattr(compiled, "load_kernels", lambda bits: None)
    backend, config = load_backend("numpy"), small_config()
    shape = RunShape(ModelShape.of_words(WORDS, 10), batch_tokens=64, tokens=1000, sentences=10)
    assert backend.plan(config, shape) == xw2v_numpy.NOT_BUILT
    assert (
        backend.plan(dataclasses.replace(config, cbow=True), shape) is None
    )  # whose step is the plain one anyway
    step, rng = step_for(backend, config), np.random.default_rng(7)
    tables, batch = random_tables(rng, WORDS, 10), random_batch(rng, config, WORDS, 64)
    expected, _ = slow_step(config, tables, batch, 0.3)
    step(tables, batch, 0.3)
    assert_rows_close(tables.center, expected.center, 1e-12)


@pytest.mark.parametrize("change", [{"cbow": True}, {"tied": True}, {"window": 0}])
def test_what_it_does_not_serve_is_left_to_the_plain_step(change: dict[str, Any]) -> None:
    backend, config = load_backend("numpy"), dataclasses.replace(small_config(), **change)
    assert not compiled.serves(config)
    assert isinstance(step_for(backend, config), PlainStep)


@built
def test_the_widest_window_is_the_librarys() -> None:
    library = compiled.load_kernels(32)
    assert library is not None
    max_window = library.constants["MAX_WINDOW"]
    assert compiled.serves(dataclasses.replace(small_config(), window=max_window))
    assert not compiled.serves(dataclasses.replace(small_config(), window=max_window + 1))
