"""The planned device memory is what the run's arrays take, and too little is refused with the
figures.
"""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cuda_on_cpu import CpuCupyBackend, CpuKernels
from oracles import random_batch, random_tables, small_config
from xw2v_cupy.cbow import CbowGradients
from xw2v_cupy.fused import fused_sizes
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.memory import (
    BATCH_BYTES_PER_TOKEN,
    MAX_CORPUS_SHARE,
    ROWS_PER_WORD,
    plan_memory,
)
from xw2v_cupy.ngrams import CupyComposer
from xw2v_cupy.products import ProductGradients
from xw2v_cupy.sums import RowSums

from xw2v.errors import OutOfMemoryError
from xw2v.sgns.batches import REFERENCE_BATCHES, Batches
from xw2v.sgns.config import ModelShape, RunShape
from xw2v.sgns.interface import SubwordIndex, Tables
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tokenstream import TokenStream

SHAPE = RunShape(ModelShape.of_words(50, 8), batch_tokens=64, tokens=1000, sentences=30)
CHUNK_TOKENS = 500


def size_of(arrays: Any) -> int:
    owned = {
        id(array): array for array in arrays if isinstance(array, np.ndarray) and array.base is None
    }
    return sum(array.nbytes for array in owned.values())


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_tables_and_step_take_what_was_planned(tied: bool, deterministic: bool) -> None:
    config, rng = small_config(tied=tied), np.random.default_rng(0)
    options = {"chunk_tokens": CHUNK_TOKENS, "free": 10**9, "deterministic": deterministic}
    plan = plan_memory(config, SHAPE, fused=False, **options)
    T, D = SHAPE.batch_tokens, SHAPE.model.dim
    kernels = CpuKernels(np.float32, deterministic=deterministic)
    tables = random_tables(rng, SHAPE.model.input_rows, D, np.float32, tied)
    assert plan.tables == size_of(tables)
    sums = RowSums(kernels, config, SHAPE.model)
    assert plan.sums == size_of([*sums.center, *sums.context])
    groups = GroupMeans(config, kernels, T, D, sums)
    products = ProductGradients(config, kernels, T, D, groups, sums)
    assert plan.step == sum(size_of(vars(part).values()) for part in (groups, products))
    assert plan.total == plan.tables + plan.sums + plan.step + plan.batches + plan.corpus


@pytest.mark.parametrize("tied", [False, True])
def test_cbows_step_takes_what_was_planned(tied: bool) -> None:
    """With no more than the loss of each token planned beside."""
    config, kernels = small_config(tied=tied, cbow=True), CpuKernels(np.float32)
    T, D = SHAPE.batch_tokens, SHAPE.model.dim
    plan = plan_memory(config, SHAPE, chunk_tokens=CHUNK_TOKENS, free=10**9, fused=True)
    sizes = fused_sizes(config, D, 4, kernels.shared_limit)
    assert sizes is not None
    n_reference = REFERENCE_BATCHES * T // config.group * config.shared_negatives
    sums = RowSums(kernels, config, SHAPE.model)
    step = CbowGradients(config, kernels, T, D, n_reference, sizes, sums)
    parts = vars(step)
    arrays = size_of(part for name, part in parts.items() if name != "loss")
    assert plan.step == arrays + 8 * T
    assert step.loss.nbytes <= 8 * T


@pytest.mark.parametrize("cbow", [False, True])
def test_composing_words_takes_what_was_planned(cbow: bool) -> None:
    config, rng = small_config(cbow=cbow), np.random.default_rng(0)
    V, B, D, T = 50, 30, SHAPE.model.dim, SHAPE.batch_tokens
    shape = replace(SHAPE, model=ModelShape(V + B, V, D), composed_rows=V)
    plan = plan_memory(config, shape, chunk_tokens=CHUNK_TOKENS, free=10**9, fused=False)
    rows = np.arange(V * ROWS_PER_WORD, dtype=np.int32) % (V + B)
    index = SubwordIndex(np.arange(V + 1) * ROWS_PER_WORD, rows, np.arange(B))
    tables = random_tables(rng, V, D, np.float32)
    words = Tables(np.zeros((V + B, D), np.float32), tables.context)
    composer = CupyComposer(config, index, CpuKernels)
    composed = composer.compose(words, random_batch(rng, config, V, T))
    parts = vars(composer)
    entries = [value for name, value in parts["_entries"].items()]
    assert plan.tables == size_of([*words, composed])
    of_batch = {id(part) for part in parts["_tokens"].values()}
    own = [part for part in parts.values() if id(part) not in of_batch and part is not composed]
    assert size_of([*own, *entries]) <= plan.words <= size_of([*own, *entries]) + 2 * D * 4 * T


@pytest.mark.parametrize("sentence_tokens", [1, 16])
def test_batches_take_no_more_than_planned(sentence_tokens: int) -> None:
    """Of a corpus on the host. Measured on NumPy, whose arrays are the same, and copied as a device
    copies them.
    """
    chunk = 2**16
    ids, offsets = np.zeros(3 * chunk, np.int32), np.arange(0, 3 * chunk + 1, sentence_tokens)
    config = small_config(group=64, shared_negatives=32)
    backend = CpuCupyBackend()
    backend.from_numpy, backend._free = np.array, lambda: 1  # type: ignore[assignment, method-assign]
    batches = Batches(
        backend,
        TokenStream(ids, offsets, np.array([1])),
        config,
        Sampling(0, 0.75, seed=1),
        batch_tokens=1024,
        chunk_tokens=chunk,
    )
    tracemalloc.start()
    for _ in batches.epoch(0):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.85 * BATCH_BYTES_PER_TOKEN * chunk <= peak <= BATCH_BYTES_PER_TOKEN * chunk


def test_too_little_memory_is_refused_with_the_figures() -> None:
    shape = replace(SHAPE, model=ModelShape.of_words(10**6, 500))
    figures = r"takes 8\.0\d GB .*tables 4\.00.* and 5\.00 GB are free; give"
    with pytest.raises(OutOfMemoryError, match=figures) as caught:
        plan_memory(small_config(), shape, chunk_tokens=CHUNK_TOKENS, free=5 * 10**9, fused=True)
    assert "\n" not in str(caught.value)


def test_the_backend_reports_its_plan() -> None:
    model = ModelShape.of_words(50_000, 100)
    shape = RunShape(model, batch_tokens=4096, tokens=10**6, sentences=10**5)
    line = CpuCupyBackend().plan(small_config(), shape)
    assert line.startswith("0.21 GB of device memory (tables 0.04, sums 0.04, ")
    assert line.endswith(" of 1.07 GB that are free on the CPU")


def test_a_large_corpus_stays_on_the_host() -> None:
    free = 10**9
    fitting = int(free * MAX_CORPUS_SHARE) // 4 - 100
    small, large = (
        plan_memory(
            small_config(),
            replace(SHAPE, tokens=tokens),
            chunk_tokens=CHUNK_TOKENS,
            free=free,
            fused=True,
        )
        for tokens in (fitting, fitting + 100)
    )
    assert small.corpus == 4 * fitting + 8 * 31
    assert large.corpus == 0
