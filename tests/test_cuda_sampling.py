"""The sampler of CUDA, its kernels run on the CPU: equal to the array operations, in whatever order
threads run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cuda_on_cpu import CpuCupyBackend, CpuKernels
from oracles import small_config
from test_batches import assert_same_batches
from test_compiled_sampling import PURPOSES, assert_same_stretches, nothing, text_of
from xw2v_cupy.corpus import DeviceCorpus, HostCorpus
from xw2v_cupy.kernels import Kernels
from xw2v_cupy.sampling import CupySampler
from xw2v_numpy import NumpyBackend

from xw2v.errors import OutOfMemoryError
from xw2v.sgns.batches import ArraySampler, Batches
from xw2v.sgns.config import Shard, StepConfig
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tokenstream import TokenStream

SEED = 2**64 - 5
TOKENS = 20_000
CHUNKS = [  # of which the first and last tokens are anywhere in their counters
    (5, 6, 0),
    (6, 9, 0),
    (9, 9, 3),
    (9, 137, 0),
    (137, 12_345, 7),
    (12_345, TOKENS, 0),
    (TOKENS, TOKENS, 40),
]


def samplers(
    stream: TokenStream,
    sampling: Sampling,
    config: StepConfig,
    *,
    corpus: Any = DeviceCorpus,
    kernels: Kernels | None = None,
) -> tuple[CupySampler, ArraySampler]:
    kernels = kernels or CpuKernels(np.float32)
    read = corpus(np.asarray, stream)
    return (
        CupySampler(kernels, stream, read, config, sampling, PURPOSES),
        ArraySampler(NumpyBackend(), stream, config, sampling, PURPOSES),
    )


@pytest.mark.parametrize("corpus", [DeviceCorpus, HostCorpus])
@pytest.mark.parametrize("longest", [1, 12, 10**6])  # no window, several, one sentence
@pytest.mark.parametrize(
    ("sample", "window", "fixed"),
    [(0, 7, True), (0, 1, False), (1e-2, 7, False), (1e-3, 40, True), (1e-6, 3000, False)],
)
def test_a_stretch_equals_that_of_array_operations(
    sample: float, window: int, fixed: bool, longest: int, corpus: Any
) -> None:
    stream = text_of(np.random.default_rng(3), TOKENS, 500, longest)
    config = small_config(window=window, fixed_window=fixed)
    sampler, plain = samplers(stream, Sampling(sample, 0.75, SEED), config, corpus=corpus)
    assert_same_stretches(sampler, plain, CHUNKS)


@pytest.mark.parametrize("backwards", [False, True])
def test_the_order_of_threads_changes_nothing(backwards: bool) -> None:
    stream = text_of(np.random.default_rng(7), TOKENS, 500, 90)
    kernels = CpuKernels(np.float64, backwards=backwards)
    sampling, config = Sampling(1e-3, 0.75, SEED), small_config(window=50)
    sampler, plain = samplers(stream, sampling, config, kernels=kernels)
    assert_same_stretches(sampler, plain, CHUNKS)
    np.testing.assert_array_equal(sampler.negatives(1, 3, 999), plain.negatives(1, 3, 999))


def test_sentences_without_tokens_are_counted() -> None:
    ids = np.zeros(400, np.int32)
    offsets = np.array([0, 0, 5, 5, 5, 130, 131, 131, 256, *[256] * 70, 390, 400, 400])
    stream = TokenStream(ids, offsets, np.array([400]))
    for corpus in (DeviceCorpus, HostCorpus):
        sampler, plain = samplers(stream, Sampling(0, 0.75, SEED), small_config(), corpus=corpus)
        assert_same_stretches(sampler, plain, [(5, 130, 0), (130, 256, 0), (256, 400, 0)])


@pytest.mark.parametrize("window", [9, 10_000])
def test_padding_within_a_sentence_ends_its_windows(window: int) -> None:
    """A shard's piece may end within a sentence, and its next piece begin within the same one."""
    stream = text_of(np.random.default_rng(8), 1000, 50, 10**6)
    config, sampling = small_config(window=9), Sampling(0, 0.75, SEED, window=window)
    sampler, plain = samplers(stream, sampling, config)
    assert_same_stretches(sampler, plain, [(5, 300, 9), (400, 500, 9), (700, 1000, 30)])


@pytest.mark.parametrize("longest", [1, 20])
def test_positions_beyond_32_bits(longest: int) -> None:
    """The tokens from 2**40 on of a corpus that is not there before."""

    class Late:
        def __init__(self, array: np.ndarray) -> None:
            self.array = array

        def __len__(self) -> int:
            return 2**40 + len(self.array)

        def __getitem__(self, place: slice) -> np.ndarray:
            return self.array[place.start - 2**40 : place.stop - 2**40]

    late = text_of(np.random.default_rng(9), 700, 50, longest)
    offsets = np.concatenate([[0], np.asarray(late.offsets)[1:] + 2**40])
    stream: Any = TokenStream(Late(np.asarray(late.ids)), offsets, late.counts)  # type: ignore[arg-type]
    sampling = Sampling(1e-2, 0.75, SEED)
    sampler, plain = samplers(stream, sampling, small_config(), corpus=HostCorpus)
    for start in (2**40, 2**40 + 3):
        expected = plain.extend(9, nothing(), start, 2**40 + 700, 5)
        found = sampler.extend(9, nothing(), start, 2**40 + 700, 5)
        for part, expected_part in zip(found, expected, strict=True):
            np.testing.assert_array_equal(part, expected_part)


@pytest.mark.parametrize("first", [0, 4095, 2**32 - 10])  # the draws repeat after 2**32
def test_negatives_equal_those_of_array_operations(first: int) -> None:
    stream = text_of(np.random.default_rng(4), 5_000, 300, 12)
    sampler, plain = samplers(stream, Sampling(1e-3, 0.75, 11), small_config())
    found = sampler.negatives(5, first, 10_001)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, plain.negatives(5, first, 10_001))
    assert sampler.negatives(5, first, 0).shape == (0,)


@pytest.mark.parametrize("shard", [Shard(0, 1), Shard(1, 3)])
@pytest.mark.parametrize("chunk_tokens", [100, 2**16])
@pytest.mark.parametrize("cbow", [False, True])
def test_batches_do_not_depend_on_the_sampler_or_its_chunks(
    shard: Shard, chunk_tokens: int, cbow: bool
) -> None:
    stream = text_of(np.random.default_rng(5), 6_000, 100, 20)
    config, sampling = small_config(cbow=cbow), Sampling(1e-2, 0.75, SEED)
    batches = Batches(
        CpuCupyBackend(),
        stream,
        config,
        sampling,
        batch_tokens=64,
        chunk_tokens=chunk_tokens,
        shard=shard,
    )
    assert isinstance(batches.sampler, CupySampler)
    found = list(batches.epoch(1, 2))
    batches.sampler = ArraySampler(NumpyBackend(), stream, config, sampling, PURPOSES)
    assert_same_batches(found, batches.epoch(1, 2))


def test_a_chunk_takes_a_handful_of_launches() -> None:
    """Whatever its size, and one fewer where nothing is kept."""
    stream = text_of(np.random.default_rng(6), 6_000, 100, 20)
    kernels = CpuKernels(np.float32)
    sampler, _ = samplers(stream, Sampling(0, 0.75, SEED), small_config(), kernels=kernels)
    for stop in (1, 200, 6_000):
        kernels.launched.clear()
        sampler.extend(0, nothing(), 0, stop, 3)
        assert kernels.launched == [
            "keep_tokens", "place_tokens", "frame_stretch", "window_extents",
        ]  # fmt: skip


@pytest.mark.parametrize("call", ["extend", "negatives"])
def test_too_little_device_memory_is_one_line(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    stream = text_of(np.random.default_rng(6), 600, 100, 20)
    sampler, _ = samplers(stream, Sampling(0, 0.75, SEED), small_config())

    def no_memory(*shape_and_dtype: Any) -> Any:
        raise MemoryError("Out of memory allocating 1,024 bytes\n(allocated so far: 0 bytes).")

    monkeypatch.setattr(np, "empty", no_memory)
    arguments = {"extend": (0, nothing(), 0, 600, 3), "negatives": (0, 0, 8)}
    with pytest.raises(OutOfMemoryError, match="out of device memory"):
        getattr(sampler, call)(*arguments[call])
