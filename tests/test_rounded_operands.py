"""Products of operands rounded to bfloat16: on processors that have them, and on others."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import xw2v_numpy.compiled as compiled
from compiled_steps import NUMPY, WORDS, built
from oracles import onto, random_batch, random_tables, small_config
from xw2v_numpy.team import Team

from xw2v import Word2Vec
from xw2v.sgns.backend import Backend
from xw2v.sgns.interface import Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.pairs import rounded_to_bfloat16
from xw2v.sgns.step import PlainStep, step_for

on_such_a_processor = pytest.mark.skipif(
    not compiled.rounds_operands(), reason="this processor has no products of bfloat16"
)
MODELS: list[dict[str, Any]] = [
    {},
    {"tied": True},
    {"cbow": True},
    {"cbow": True, "cbow_gradient": "full", "tied": True},
]
SIZES: list[dict[str, Any]] = [
    {"group": 1, "shared_negatives": 1, "block": 1},
    {"group": 16, "shared_negatives": 9},
    {"group": 64, "shared_negatives": 48, "window": 5},
    {"group": 32, "shared_negatives": 24, "window": 20, "weight_decay": 0.1},
]

HASH_OF_A_RUN = """
import hashlib
from xw2v import Word2Vec
rule = [[f"w{i * i % 97}", f"w{i % 89}", f"w{i * i * i % 53}", f"w{i % 11}"] for i in range(3000)]
for model in ("skipgram", "cbow"):
    trained = Word2Vec(model=model, vector_size=20, min_count=1, epochs=2, deterministic=True)
    print(hashlib.sha256(trained.fit(rule).wv.vectors.tobytes()).hexdigest())
"""


def moved_by(
    step: Any, tables: Tables[np.ndarray], batch: Any, alpha: float = 0.3
) -> tuple[np.ndarray, float]:
    """The change (2, V, D) of a step, and its loss."""
    after = onto(NUMPY, tables)
    loss = step(after, batch, alpha, measure=True)
    return np.stack(after) - np.stack(tables), float(loss)


def distance(moved: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Of each row's change from the expected one, in the norm of the largest: (2 V,)."""
    norms = np.linalg.norm(expected, axis=2)
    return np.asarray(np.linalg.norm(moved - expected, axis=2) / norms.max()).ravel()


def test_rounding_keeps_eight_significant_bits(any_backend: Backend) -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=10_000) * 2.0 ** rng.integers(-60, 60, 10_000)).astype(np.float32)
    rounded = any_backend.to_numpy(rounded_to_bfloat16(any_backend.from_numpy(x)))
    assert rounded.dtype == np.float32
    bits = rounded.view(np.uint32)
    assert not np.any(bits & 0xFFFF)
    spacing = np.spacing(np.abs(x)) * 2.0**16  # of numbers of 8 bits as large as x
    assert np.all(np.abs(rounded - x) <= spacing / 2)
    assert np.any(rounded != x)
    again = any_backend.to_numpy(rounded_to_bfloat16(any_backend.from_numpy(rounded)))
    np.testing.assert_array_equal(again, rounded)


@built
@on_such_a_processor
@pytest.mark.parametrize("dim", [1, 20, 33, 104, 203])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_it_equals_the_plain_step_with_rounded_operands(
    model: dict[str, Any], sizes: dict[str, Any], dim: int
) -> None:
    """But where a gradient lies so near the middle of two numbers that an error of the last bit of
    float32 rounds it the other way; a few rows show that, by less than what rounding does.
    """
    config = small_config(**model, **sizes, rounded_operands=True)
    rng = np.random.default_rng(1)
    tables = random_tables(rng, WORDS, dim, np.float32, tied=config.tied)
    batch = random_batch(rng, config, WORDS, 128)
    moved, loss = moved_by(compiled.CompiledStep(config), tables, batch)
    expected, expected_loss = moved_by(PlainStep(NUMPY, config), tables, batch)
    full = dataclasses.replace(config, rounded_operands=False)
    unrounded, _ = moved_by(PlainStep(NUMPY, full), tables, batch)
    off, by_rounding = distance(moved, expected), distance(unrounded, expected)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    assert np.mean(off > 1e-5) <= 0.1
    assert off.max() <= max(by_rounding.max(), 1e-5)
    assert dim == 1 or 2e-5 < by_rounding.max() < 5e-2  # one dimension may be bounded anyway


@built
@on_such_a_processor
@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("dim", [20, 203])
def test_any_number_of_threads_gives_the_same_bits(model: dict[str, Any], dim: int) -> None:
    config = small_config(**model, shared_negatives=24, rounded_operands=True)
    rng = np.random.default_rng(2)
    batches = [random_batch(rng, config, WORDS, 128) for _ in range(20)]
    start = random_tables(rng, WORDS, dim, np.float32, tied=config.tied)
    results = []
    for threads, split in ((1, False), (1, True), (2, False), (3, True), (7, None)):
        step, tables = compiled.CompiledStep(config, Team(threads), split), onto(NUMPY, start)
        losses = [step(tables, batch, 0.05, measure=True) for batch in batches]
        results.append((losses, [part.tobytes() for part in tables]))
    assert all(result == results[0] for result in results)


@built
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_tables_of_float64_are_not_rounded(model: dict[str, Any]) -> None:
    config = small_config(**model, rounded_operands=True)
    full = dataclasses.replace(config, rounded_operands=False)
    rng = np.random.default_rng(3)
    tables = random_tables(rng, WORDS, 20, np.float64, tied=config.tied)
    batch = random_batch(rng, config, WORDS, 64)
    for made in (compiled.CompiledStep, lambda of: PlainStep(NUMPY, of)):
        moved, _ = moved_by(made(config), tables, batch)
        expected, _ = moved_by(made(full), tables, batch)
        np.testing.assert_array_equal(moved, expected)


@built
def test_the_processor_decides_unless_results_are_to_be_those_of_others() -> None:
    config = small_config()
    names = [
        step_for(load_backend("numpy", deterministic=deterministic), config).name
        for deterministic in (False, True)
    ]
    rounded = "compiled, products of bfloat16" if compiled.rounds_operands() else "compiled"
    assert names == [rounded, "compiled"]


@built
def test_without_the_library_nothing_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor without these products, or where a compiler did not know of them."""
    load = compiled.load_kernels
    monkeypatch.setattr(
        compiled, "load_kernels", lambda bits, rounded=False: None if rounded else load(bits)
    )
    assert step_for(load_backend("numpy"), small_config()).name == "compiled"


@built
@on_such_a_processor
@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_a_run_begins_alike_and_learns(model: str) -> None:
    rng = np.random.default_rng(4)
    groups = [[f"{name}{i}" for i in range(8)] for name in "abcd"]
    sentences = [list(rng.choice(groups[i % 4], 10)) for i in range(3000)]
    found = {}
    for deterministic in (False, True):
        trained = Word2Vec(
            model=model, vector_size=20, min_count=1, epochs=3, sample=0, seed=1, batch_tokens=256,
            deterministic=deterministic,
        ).fit(sentences)  # fmt: skip
        inside = np.mean([trained.wv.similarity("a0", f"a{i}") for i in range(1, 8)])
        across = np.mean([trained.wv.similarity("a0", f"b{i}") for i in range(8)])
        assert inside - across > 0.3
        found[deterministic] = trained.loss_history[:5]
    assert found[False] == pytest.approx(found[True], rel=1e-3)
    assert found[False] != found[True]


@built
def test_deterministic_runs_are_alike_whatever_numpy_makes_of_the_processor() -> None:
    """A processor with AVX-512, and the same one as if it had AVX2 alone: NumPy's functions, of
    which keep probabilities and the negatives' distribution are made, give the same bits.
    """
    found = set()
    for disabled in ("", "X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_ICL AVX512_SPR"):
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", HASH_OF_A_RUN],
            env=os.environ | {"NPY_DISABLE_CPU_FEATURES": disabled},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        found.add(run.stdout)
    assert len(found) == 1
