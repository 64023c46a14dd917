"""The CUDA composer of words of several rows, run on the CPU against the plain one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cuda_on_cpu import CpuCupyBackend, CpuKernels
from oracles import assert_rows_close, random_batch, small_config
from xw2v_cupy.ngrams import CupyComposer

from xw2v.errors import OutOfMemoryError
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, SubwordIndex, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.subwords import PlainComposer, SubwordStep

VOCAB_SIZE, BUCKETS, DIM, TOKENS = 50, 30, 37, 64  # a row is more than a warp and no multiple of it
NUMPY = load_backend("numpy")
SIZES: dict[str, dict[str, Any]] = {
    "skip-gram": {},
    "all bounded": {"trust_ratio": 0.01, "trust_floor": 0.0},
    "none bounded": {"trust_ratio": 1.0, "trust_floor": 99.0},
    "all damped": {"curvature": 50.0},
    "cbow": {"cbow": True},
}
each_size = pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
each_order = pytest.mark.parametrize("deterministic", [False, True], ids=["atomics", "by row"])


def random_index(rng: np.random.Generator) -> SubwordIndex:
    """Words of 1 to 40 rows, so some of more than a warp; one row is in all words but the last."""
    counts = np.append(rng.integers(0, 40, VOCAB_SIZE - 1), 0)
    parts = [
        np.append(word, VOCAB_SIZE + rng.integers(0, BUCKETS, count))
        for word, count in enumerate(counts)
    ]
    for part in parts:
        part[1:2] = VOCAB_SIZE
    offsets = np.concatenate([[0], np.cumsum(counts + 1)])
    return SubwordIndex(offsets, np.concatenate(parts).astype(np.int32), np.arange(BUCKETS))


def random_tables(rng: np.random.Generator, dtype: Any = np.float64) -> Tables[np.ndarray]:
    center = rng.normal(0, 0.7, (VOCAB_SIZE + BUCKETS, DIM)).astype(dtype)
    return Tables(center, rng.normal(0, 0.7, (VOCAB_SIZE, DIM)).astype(dtype))


def shaken(
    composer: Any, tables: Tables[np.ndarray], batch: Batch, config: StepConfig
) -> Tables[np.ndarray]:
    """The tables after a composer's part of a step that changes each word by a vector of its own,
    and large enough that words are bounded.
    """
    moved = Tables(tables.center.copy(), tables.context)
    composed = composer.compose(moved, batch)
    w = config.window
    tokens = batch.tokens if config.cbow else batch.tokens[w : len(batch.tokens) - w]
    words = np.unique(tokens)
    changes = np.random.default_rng(9).normal(0, 0.1, (VOCAB_SIZE, DIM))
    composed[words] += changes[words].astype(composed.dtype)
    composer.distribute(moved, 0.3)
    return moved


@each_size
@each_order
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_the_cuda_composer_equals_the_plain_one(
    sizes: dict[str, Any], deterministic: bool, dtype: Any, tolerance: float
) -> None:
    """Over batches of several sizes, so that what one leaves behind would show in the next."""
    config, rng = small_config(**sizes), np.random.default_rng(0)
    index = random_index(rng)
    own = CupyComposer(config, index, CpuKernels, deterministic=deterministic)
    plain = PlainComposer(NUMPY, config, index)
    tables = random_tables(rng, dtype)
    for tokens, words in ((64, VOCAB_SIZE), (64, 3), (16, VOCAB_SIZE), (128, VOCAB_SIZE)):
        batch = random_batch(rng, config, words, tokens)
        exact = Tables(*(table.astype(np.float64) for table in tables))
        expected = shaken(plain, exact, batch, config)
        tables = shaken(own, tables, batch, config)
        assert_rows_close(tables.center, expected.center, tolerance)


@each_order
def test_words_are_composed_and_what_is_added_up_is_cleared(deterministic: bool) -> None:
    config, rng = small_config(), np.random.default_rng(1)
    index, tables = random_index(rng), random_tables(rng)
    own = CupyComposer(config, index, CpuKernels, deterministic=deterministic)
    batch = random_batch(rng, config, VOCAB_SIZE, TOKENS)
    composed = own.compose(tables, batch)
    for word in batch.tokens[config.window : -config.window].tolist():
        rows = index.rows[index.offsets[word] : index.offsets[word + 1]]
        np.testing.assert_allclose(composed[word], tables.center[rows].mean(axis=0), rtol=1e-12)
    assert own._pairs.sum() == batch.left.sum() + batch.right.sum()
    own.distribute(tables, 0.3)
    assert not own._pairs.any()
    assert deterministic or not own._row_sums.any()


@each_size
@pytest.mark.parametrize(("deterministic", "equal"), [(True, True), (False, False)])
def test_deterministic_sums_do_not_depend_on_the_order_of_threads(
    sizes: dict[str, Any], deterministic: bool, equal: bool
) -> None:
    config, rng = small_config(**sizes), np.random.default_rng(2)
    index, start = random_index(rng), random_tables(rng, np.float32)
    batches = [random_batch(rng, config, VOCAB_SIZE, TOKENS) for _ in range(2)]
    results = []
    for backwards in (False, True):
        kernels, tables = CpuKernels(np.float32, backwards=backwards), start
        own = CupyComposer(
            config, index, lambda dtype, kernels=kernels: kernels, deterministic=deterministic
        )
        for batch in batches:
            tables = shaken(own, tables, batch, config)
        results.append(tables.center)
    assert np.array_equal(*results) == equal


@each_order
def test_launches_do_not_depend_on_the_batch(deterministic: bool) -> None:
    config, rng = small_config(), np.random.default_rng(3)
    kernels, index = CpuKernels(np.float32), random_index(rng)
    own = CupyComposer(config, index, lambda dtype: kernels, deterministic=deterministic)
    launched = []
    for words in (1, 5, VOCAB_SIZE):
        kernels.launched.clear()
        shaken(own, random_tables(rng, np.float32), random_batch(rng, config, words, 64), config)
        launched.append(tuple(kernels.launched))
    assert len(set(launched)) == 1
    assert len(launched[0]) == (7 if deterministic else 6)


def test_the_backend_takes_it_and_says_so() -> None:
    config, index = small_config(), random_index(np.random.default_rng(4))
    step = SubwordStep(CpuCupyBackend(deterministic=True), config, index)
    assert step.name == "CUDA kernels, words composed by the CUDA one"
    assert isinstance(step.composer, CupyComposer)
    assert step.composer.deterministic


def test_too_little_device_memory_is_one_line() -> None:
    def no_memory(dtype: Any) -> CpuKernels:
        raise MemoryError("Out of memory allocating 1,024 bytes\n(allocated so far: 0 bytes).")

    config, rng = small_config(), np.random.default_rng(5)
    own = CupyComposer(config, random_index(rng), no_memory)
    with pytest.raises(OutOfMemoryError, match=r"out of device memory .*; give a smaller"):
        own.compose(random_tables(rng), random_batch(rng, config, VOCAB_SIZE, TOKENS))
