"""The compiled step on several threads: the same bits, no races, helpers that sleep and wake."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xw2v_numpy.compiled as compiled
from compiled_steps import NUMPY, WORDS, built, copied
from oracles import (
    onto,
    random_batch,
    random_tables,
    small_config,
)
from xw2v_numpy.kernels import is_split_for
from xw2v_numpy.team import Team


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
@pytest.mark.parametrize("size", [20, 203])
def test_any_number_of_threads_gives_the_same_bits(
    changes: dict[str, Any], dtype: Any, size: int
) -> None:
    config = small_config(**changes)
    rng = np.random.default_rng(13)
    batches = [random_batch(rng, config, WORDS, 128) for _ in range(20)]
    start = random_tables(rng, WORDS, size, dtype, tied=config.tied)
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


@pytest.mark.parametrize(
    ("threads", "groups", "split"),
    [(1, 16, 0), (2, 1, 1), (8, 16, 0), (12, 16, 1), (16, 16, 0), (64, 16, 1), (3, 16, 0)],
)
def test_groups_are_split_where_threads_would_wait(threads: int, groups: int, split: int) -> None:
    assert is_split_for(threads, groups) == bool(split)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here")
@pytest.mark.parametrize("rounded", [False, True])
def test_no_two_threads_touch_the_same_memory_at_once(rounded: bool, tmp_path: Path) -> None:
    """ThreadSanitizer over steps by 1 to 6 threads, which also end with the same tables."""
    if rounded and not compiled.rounds_operands():
        pytest.skip("this processor has no products of bfloat16")
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
    processor = ["-mfma", "-mavx512vl", "-mavx512bf16", "-DROUNDED"] if rounded else []
    subprocess.run(
        [*compiler, *processor, source, team, "-lm", "-lpthread", "-o", program], check=True
    )
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
