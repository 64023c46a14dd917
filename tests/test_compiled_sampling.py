"""The compiled sampler of the CPU: equal to the array operations, for any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import small_config
from test_batches import assert_same_batches
from xw2v_numpy import NumpyBackend
from xw2v_numpy.sampling import CompiledSampler, load_sampling
from xw2v_numpy.team import Team, load_team

from xw2v.sgns.batches import ArraySampler, Batches
from xw2v.sgns.draws import Purpose
from xw2v.sgns.interface import Sampler, Stretch
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tokenstream import TokenStream

pytestmark = pytest.mark.skipif(
    load_sampling() is None or load_team() is None, reason="this installation has no compiled code"
)
PURPOSES = (Purpose.TOKENS, Purpose.NEGATIVES)


def text_of(rng: np.random.Generator, tokens: int, words: int, longest: int) -> TokenStream:
    """Random ids, the first of them frequent, in sentences of 1 to `longest` words."""
    ids = np.minimum(rng.geometric(min(1, 8 / words), tokens), words).astype(np.int32) - 1
    ends = np.cumsum(rng.integers(1, longest + 1, tokens))
    offsets = np.concatenate([[0], ends[ends < tokens], [tokens]])
    return TokenStream(ids, offsets, np.bincount(ids, minlength=words))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("longest", [1, 12, 10**6])  # no window, several, one sentence
@pytest.mark.parametrize(("sample", "fixed"), [(0, True), (0, False), (1e-3, False), (1e-6, False)])
def test_a_stretch_equals_that_of_array_operations(
    sample: float, fixed: bool, longest: int, threads: int
) -> None:
    rng = np.random.default_rng(3)
    config = small_config(window=7, fixed_window=fixed)
    stream = text_of(rng, 20_000, 500, longest)
    sampling = Sampling(sample=sample, ns_exponent=0.75, seed=2**63 - 5)
    plain = ArraySampler(NumpyBackend(), stream, config, sampling, PURPOSES)
    compiled = CompiledSampler(stream, config, sampling, PURPOSES, Team(threads))
    assert_same_stretches(
        compiled,
        plain,
        [(5, 9, 0), (9, 10, 0), (10, 12_345, 0), (12_345, 20_000, 0), (20_000, 20_000, 40)],
    )


def assert_same_stretches(
    sampler: Sampler, plain: ArraySampler, chunks: list[tuple[int, int, int]]
) -> None:
    """For chunks (start, stop, padding), each with the last tokens of those before it."""
    before = plain.extend(3, plain.extend(3, nothing(), 0, 0, 7), 0, 5, 0)
    for start, stop, padding in chunks:
        expected = plain.extend(3, before, start, stop, padding)
        found = sampler.extend(3, before, start, stop, padding)
        for name, part, expected_part in zip(found._fields, found, expected, strict=True):
            assert part.dtype == np.int64
            np.testing.assert_array_equal(part, expected_part, err_msg=name)
        keep = max(len(expected.ids) - 50, 0)
        before = type(expected)(*(part[keep:] for part in expected))


def nothing() -> Stretch:
    return Stretch(*(np.zeros(0, np.int64) for _ in Stretch._fields))


@pytest.mark.parametrize("first", [0, 4095, 2**32 - 10])  # the draws repeat after 2**32
def test_negatives_equal_those_of_array_operations(first: int) -> None:
    rng = np.random.default_rng(4)
    stream = text_of(rng, 5_000, 300, 12)
    sampling = Sampling(sample=1e-3, ns_exponent=0.75, seed=11)
    plain = ArraySampler(NumpyBackend(), stream, small_config(), sampling, PURPOSES)
    compiled = CompiledSampler(stream, small_config(), sampling, PURPOSES, Team(2))
    expected = plain.negatives(5, first, 10_000)
    np.testing.assert_array_equal(compiled.negatives(5, first, 10_000), expected)


@pytest.mark.parametrize("chunk_tokens", [1, 100, 2**16])
def test_batches_do_not_depend_on_the_sampler_or_its_chunks(chunk_tokens: int) -> None:
    rng = np.random.default_rng(5)
    stream, config = text_of(rng, 3_000, 100, 20), small_config()
    sampling = Sampling(sample=1e-2, ns_exponent=0.75, seed=7)
    batches = Batches(
        NumpyBackend(workers=2),
        stream,
        config,
        sampling,
        batch_tokens=64,
        chunk_tokens=chunk_tokens,
    )
    assert isinstance(batches.sampler, CompiledSampler)
    found = list(batches.epoch(1, 2))
    batches.sampler = ArraySampler(NumpyBackend(), stream, config, sampling, PURPOSES)
    assert_same_batches(found, batches.epoch(1, 2))
