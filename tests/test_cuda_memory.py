"""The planned device memory is what the run's arrays take, and too little is refused with the
figures.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from cuda_on_cpu import CpuCupyBackend, CpuKernels
from oracles import random_tables, small_config
from xw2v_cupy.corpus import DeviceCorpus
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.memory import BATCH_BYTES, CORPUS_SHARE, plan_memory
from xw2v_cupy.products import ProductGradients
from xw2v_cupy.sums import RowSums

from xw2v.errors import InputError
from xw2v.sgns.backend import load_backend
from xw2v.sgns.batches import Batches, read_from_host

SIZES = {
    "words": 50,
    "vector_size": 8,
    "batch_tokens": 64,
    "tokens": 1000,
    "sentences": 30,
    "piece": 500,
}


def size_of(arrays: Any) -> int:
    owned = {
        id(array): array for array in arrays if isinstance(array, np.ndarray) and array.base is None
    }
    return sum(array.nbytes for array in owned.values())


@pytest.mark.parametrize("tied", [False, True])
def test_tables_and_step_take_what_was_planned(tied: bool) -> None:
    config, rng = small_config(tied=tied), np.random.default_rng(0)
    plan = plan_memory(config, **SIZES, free=10**9, fused=False)
    T, D, kernels = SIZES["batch_tokens"], SIZES["vector_size"], CpuKernels(np.float32)
    tables = random_tables(rng, SIZES["words"], D, np.float32, tied)
    assert plan.tables == size_of(tables)
    sums = RowSums(kernels, config, SIZES["words"], D)
    assert plan.sums == size_of([*sums.center, *sums.context])
    parts = GroupMeans(config, kernels, T, D), ProductGradients(config, kernels, T, D)
    assert plan.step == sum(size_of(vars(part).values()) for part in parts)
    assert plan.total == plan.tables + plan.sums + plan.step + plan.batches + plan.corpus


def test_batches_take_no_more_than_planned() -> None:
    """Measured on NumPy, whose arrays are the same."""
    piece = 2**17
    ids, offsets = np.zeros(2 * piece, np.int32), np.arange(0, 2 * piece + 1, 16)
    config = small_config(group=64, shared=32)
    batches = Batches(
        load_backend("numpy"),
        ids,
        offsets,
        np.array([1]),
        config,
        batch_tokens=4096,
        sample=0,
        ns_exponent=0.75,
        seed=1,
        piece=piece,
    )
    tracemalloc.start()
    for _ in batches.epoch(0):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= BATCH_BYTES * piece


def test_too_little_memory_is_refused_with_the_figures() -> None:
    with pytest.raises(
        InputError, match=r"takes 8\.0\d GB .*tables 4\.00.* and 5\.00 GB are free; give"
    ) as caught:
        plan_memory(
            small_config(),
            **(SIZES | {"words": 10**6, "vector_size": 500}),
            free=5 * 10**9,
            fused=True,
        )
    assert "\n" not in str(caught.value)


def test_the_backend_says_its_plan() -> None:
    sizes = {
        "words": 50_000,
        "vector_size": 100,
        "batch_tokens": 4096,
        "tokens": 10**6,
        "sentences": 10**5,
    }
    line = CpuCupyBackend().plan(small_config(), **sizes)
    assert line.startswith("0.29 GB of device memory (tables 0.04, sums 0.04, ")
    assert line.endswith(" of 1.07 GB that are free on the CPU")


def test_a_large_corpus_stays_on_the_host() -> None:
    free = 10**9
    fitting = free // CORPUS_SHARE // 4 - 100
    small = plan_memory(small_config(), **(SIZES | {"tokens": fitting}), free=free, fused=True)
    large = plan_memory(
        small_config(), **(SIZES | {"tokens": fitting + 100}), free=free, fused=True
    )
    assert small.corpus == 4 * fitting + 8 * 31
    assert large.corpus == 0


def test_a_corpus_on_the_device_reads_like_one_on_the_host() -> None:
    rng = np.random.default_rng(0)
    offsets = np.concatenate(([0], np.cumsum(rng.integers(1, 9, 40))))
    ids = rng.integers(0, 50, offsets[-1]).astype(np.int32)
    corpus = DeviceCorpus(np, ids, offsets)
    for start, stop in [(0, len(ids)), (3, 4), (17, 90), (len(ids) - 1, len(ids))]:
        host = read_from_host(load_backend("numpy"), ids, offsets, start, stop)
        for part, expected in zip(corpus(start, stop), host, strict=True):
            assert part.dtype == np.int64
            np.testing.assert_array_equal(part, expected)
