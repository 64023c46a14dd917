"""The sampling tables hold the distributions they stand for, and draws follow them."""

from __future__ import annotations

import array_api_compat.numpy as xp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from xw2v.sgns.draws import low_discrepancy_uint32, random_uint32_halves
from xw2v.sgns.sampling import (
    RANGE,
    AliasTable,
    alias_table,
    keep_thresholds,
    sample_word_ids,
    window_sizes,
)

DRAWS = 200_000
counts_lists = st.lists(st.integers(1, 10**12), min_size=1, max_size=60)


def held_distribution(table: AliasTable) -> np.ndarray:
    """The probability of each word that an alias table stands for."""
    own = table.threshold / RANGE
    probability = own.copy()
    np.add.at(probability, table.alias, 1 - own)
    return probability / len(own)


@given(counts_lists, st.sampled_from([0.0, 0.5, 0.75, 1.0, -0.5]))
def test_alias_table_holds_the_distribution(counts: list[int], exponent: float) -> None:
    table = alias_table(np.array(counts), exponent)
    weight = np.array(counts, np.float64) ** exponent
    assert ((table.threshold >= 0) & (table.threshold <= RANGE)).all()
    np.testing.assert_allclose(
        held_distribution(table), weight / weight.sum(), rtol=1e-9, atol=2 / RANGE
    )


@pytest.mark.parametrize(
    "counts", [[1], [10**12, 1], [5, 4, 3, 2, 1], [1] * 1000, list(range(1, 300))]
)
def test_alias_draws_follow_the_distribution(counts: list[int]) -> None:
    words = sample_word_ids(
        xp, alias_table(np.array(counts), 0.75), random_uint32_halves(1, 0, 0, DRAWS)[0]
    )
    weight = np.array(counts, np.float64) ** 0.75
    expected = DRAWS * weight / weight.sum()
    seen = np.bincount(words, minlength=len(counts))
    assert len(seen) == len(counts)
    often = expected >= 5  # the rest is too rare for the test
    assert seen[~often].sum() <= 10 + 10 * expected[~often].sum()
    if often.sum() > 1:
        share = expected[often] / expected[often].sum()
        assert chisquare(seen[often], seen[often].sum() * share).pvalue > 1e-4


def test_draws_at_the_ends_of_their_range_stay_in_the_table() -> None:
    table = alias_table(np.array([7, 1, 3]), 0.75)
    edges = [column * RANGE // 3 + more for column in (1, 2) for more in (-1, 0, 1)]
    assert set(sample_word_ids(xp, table, np.array([0, *edges, RANGE - 1])).tolist()) <= {0, 1, 2}


def test_even_draws_give_each_word_its_share() -> None:
    """Random ones miss a word's expected count e by √e; these by the few intervals that stand for
    the word.
    """
    counts = np.arange(1, 300)
    weight = counts**0.75
    expected = DRAWS * weight / weight.sum()
    words = sample_word_ids(xp, alias_table(counts, 0.75), low_discrepancy_uint32(1, 0, 0, DRAWS))
    off = np.bincount(words, minlength=len(counts)) - expected
    assert np.mean(off**2 / expected) < 0.02
    assert np.abs(off).max() < 20


@given(counts_lists, st.floats(1e-6, 1.0))
def test_keep_thresholds_are_word2vecs_formula(counts: list[int], sample: float) -> None:
    frequency = np.array(counts) / sum(counts)
    kept = np.minimum(
        1, (np.sqrt(frequency / sample) + 1) * sample / frequency
    )  # as word2vec.c writes it
    thresholds = keep_thresholds(np.array(counts), sample)
    np.testing.assert_allclose(thresholds / RANGE, kept, rtol=1e-9, atol=1 / RANGE)


def test_sample_zero_keeps_every_token() -> None:
    assert (keep_thresholds(np.array([10**9, 1]), 0) == RANGE).all()  # no draw reaches RANGE


@pytest.mark.parametrize("window", [1, 2, 5, 20])
def test_windows_are_uniform(window: int) -> None:
    size = window_sizes(random_uint32_halves(1, 0, 0, DRAWS)[1], window, fixed=False)
    seen = np.bincount(size, minlength=window + 1)
    assert seen[0] == 0
    assert len(seen) == window + 1
    if window > 1:
        assert chisquare(seen[1:]).pvalue > 1e-4
    assert window_sizes(np.array([0, RANGE - 1]), window, fixed=False).tolist() == [1, window]
    assert window_sizes(np.array([0, RANGE - 1]), window, fixed=True).tolist() == [window, window]
