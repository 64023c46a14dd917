"""Philox gives its published answers, low-discrepancy numbers fill their range, and any part of a
stream can be drawn by itself.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import MASK, slow_low_discrepancy_uint32, slow_philox
from scipy.stats import chisquare

from xw2v.sgns.draws import (
    NUMBERS_PER_COUNTER,
    Purpose,
    low_discrepancy_uint32,
    philox_uint64,
    random_uint32_halves,
    stream_of,
)
from xw2v.sgns.sampling import RANGE

# Philox4x64-10 in the known-answer file of Random123 (D. E. Shaw Research): counter, key, words.
KNOWN = [
    (0, (0, 0), "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    (
        2**256 - 1,
        (MASK, MASK),
        "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
    ),
    (
        0x082EFA98EC4E6C89_A4093822299F31D0_13198A2E03707344_243F6A8885A308D3,
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
    ),
]
KNOWN_WORDS = [
    (counter, key, [int(word, 16) for word in words.split()]) for counter, key, words in KNOWN
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_WORDS)
def test_published_answers(counter: int, key: tuple[int, int], words: list[int]) -> None:
    assert slow_philox(counter, key) == words
    assert philox_uint64(*key, NUMBERS_PER_COUNTER * counter, NUMBERS_PER_COUNTER).tolist() == words


@given(st.integers(0, MASK), st.integers(0, MASK), st.integers(0, 2**40), st.integers(0, 40))
def test_equals_the_slow_cipher(seed: int, stream: int, start: int, count: int) -> None:
    slow = [
        slow_philox(p // NUMBERS_PER_COUNTER, (seed, stream))[p % NUMBERS_PER_COUNTER]
        for p in range(start, start + count)
    ]
    assert philox_uint64(seed, stream, start, count).tolist() == slow


@given(st.integers(0, 2**30), st.lists(st.integers(0, 50), max_size=6))
def test_a_stream_in_pieces_is_the_stream(start: int, lengths: list[int]) -> None:
    whole = philox_uint64(7, 3, start, sum(lengths))
    starts = start + np.cumsum([0, *lengths])
    pieces = [philox_uint64(7, 3, int(a), n) for a, n in zip(starts, lengths, strict=False)]
    np.testing.assert_array_equal(np.concatenate([whole[:0], *pieces]), whole)


def test_halves_make_up_the_words() -> None:
    words = philox_uint64(1, 2, 3, 100)
    high, low = random_uint32_halves(1, 2, 3, 100)
    assert high.dtype == low.dtype == np.int64
    assert [h << 32 | w for h, w in zip(high.tolist(), low.tolist(), strict=True)] == words.tolist()


@given(st.integers(0, MASK), st.integers(0, MASK), st.integers(0, 2**34), st.integers(0, 40))
def test_low_discrepancy_numbers_equal_the_slow_ones(
    seed: int, stream: int, start: int, count: int
) -> None:
    slow = [slow_low_discrepancy_uint32(seed, stream, p) for p in range(start, start + count)]
    assert low_discrepancy_uint32(seed, stream, start, count).tolist() == slow


@given(st.integers(0, MASK), st.integers(0, 500), st.integers(0, 2**20), st.integers(0, 10))
def test_a_power_of_two_of_low_discrepancy_numbers_has_one_in_each_part_of_the_range(
    seed: int, stream: int, block: int, bits: int
) -> None:
    size = 2**bits
    words = low_discrepancy_uint32(seed, stream, block * size, size)
    assert sorted((words * size // RANGE).tolist()) == list(range(size))


@pytest.mark.parametrize("place", [0, 5, 10**6])
def test_a_single_low_discrepancy_number_is_uniform_over_seeds(place: int) -> None:
    numbers = np.array([low_discrepancy_uint32(seed, 2, place, 1)[0] for seed in range(4000)])
    assert chisquare(np.bincount(numbers * 50 // RANGE, minlength=50)).pvalue > 1e-4


def test_no_two_purposes_or_epochs_share_a_stream() -> None:
    streams = {stream_of(purpose, epoch) for purpose in Purpose for epoch in range(300)}
    assert len(streams) == 300 * len(Purpose)
