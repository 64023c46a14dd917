"""The compiled step of the CPU: equal to the loop over pairs at every size, and careful with what
it is given.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xw2v_numpy
import xw2v_numpy.compiled as compiled
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
from xw2v.sgns.interface import Batch, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import PlainStep, step_for

WORDS = 50
NUMPY = load_backend("numpy")
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
@pytest.mark.parametrize("size", [1, 24, 100])  # one vector, whole tiles, a remainder
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
            assert_rows_close(part, expected_part, 1e-12)


@built
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cbow": True},
        {"tied": True},
        {"window": 20, "group": 8},
        {"group": 1, "shared_negatives": 1},
    ],
    ids=str,
)
def test_any_number_of_threads_gives_the_same_bits(changes: dict[str, Any], dtype: Any) -> None:
    config = small_config(**changes)
    rng = np.random.default_rng(13)
    batches = [random_batch(rng, config, WORDS, 128) for _ in range(20)]
    start = random_tables(rng, WORDS, 20, dtype, tied=config.tied)
    results = []
    for threads, split in (
        (1, False),
        (1, True),
        (2, False),
        (2, True),
        (3, None),
        (7, None),
        (17, None),
    ):
        step, tables = compiled.CompiledStep(config, Team(threads), split), onto(NUMPY, start)
        losses = [step(tables, batch, 0.05, measure=True) for batch in batches]
        results.append((losses, [part.tobytes() for part in tables]))
    assert all(result == results[0] for result in results)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here")
def test_no_two_threads_touch_the_same_memory_at_once(tmp_path: Path) -> None:
    """ThreadSanitizer over steps by 1 to 6 threads, which also end with the same tables."""
    root = Path(__file__).parents[1]
    includes = [f"-I{root / 'xw2v' / 'storage'}", f"-I{root / 'backends' / 'xw2v_numpy'}"]
    compiler = ["gcc", "-fsanitize=thread", "-g", "-O1", "-fopenmp-simd", *includes]
    team, program = tmp_path / "team.o", tmp_path / "step"
    team_source = root / "backends" / "xw2v_numpy" / "team.c"
    built_team = subprocess.run(
        [*compiler, "-Dxw2v_constants=team_constants", "-c", team_source, "-o", team]
    )
    if built_team.returncode != 0:
        pytest.skip("this gcc has no ThreadSanitizer")
    source = root / "tests" / "step_under_tsan.c"
    subprocess.run([*compiler, source, team, "-lm", "-lpthread", "-o", program], check=True)
    run = subprocess.run([program], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "equal\n", "")


@built
def test_helpers_sleep_wake_and_leave() -> None:
    """Between steps that are far apart helpers sleep; with their team they end."""
    config, rng = small_config(), np.random.default_rng(14)
    tables, batch = random_tables(rng, WORDS, 20), random_batch(rng, config, WORDS, 128)
    before = set(threading.enumerate())
    step = compiled.CompiledStep(config, Team(3))
    for _ in range(3):
        step(tables, batch, 0.05)
        deadline = time.monotonic() + 30
        while step.team.helpers_awake() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert step.team.helpers_awake() == 0
    helpers = set(threading.enumerate()) - before
    assert len(helpers) == 2
    del step
    for helper in helpers:
        helper.join(30)
        assert not helper.is_alive()


@built
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_trains_with_helpers_of_its_own() -> None:
    config, rng = small_config(), np.random.default_rng(15)
    tables, batch = random_tables(rng, WORDS, 20), random_batch(rng, config, WORDS, 128)
    step = compiled.CompiledStep(config, Team(3))
    step(tables, batch, 0.05)
    expected = copied(tables)
    compiled.CompiledStep(config)(expected, batch, 0.05)
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            step(tables, batch, 0.05)
            status = 0 if np.array_equal(tables, expected) else 2
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    step(tables, batch, 0.05)
    np.testing.assert_array_equal(tables, expected)


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
