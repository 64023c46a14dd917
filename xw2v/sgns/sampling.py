"""Subsampling, negative sampling and window sizes, decided by integer comparison.

The probabilities become integer thresholds once, on the host, in float64. A draw in [0, 2³²) is
then only ever compared, multiplied and shifted as an int64, so every backend decides alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xw2v.sgns.array import Array, Namespace

RANGE = 2**32  # draws are in [0, RANGE)


@dataclass(frozen=True)
class Sampling:
    """What is drawn, and how.

    Attributes:
        sample: t, the frequency above which words are subsampled; 0 keeps every token.
        ns_exponent: exponent of the counts by which negatives are drawn.
        seed: of all draws.
        window: largest width of a window; None for that of the step, which may be smaller, since it
            need not reach beyond the longest sentence.
    """

    sample: float
    ns_exponent: float
    seed: int
    window: int | None = None


def keep_thresholds(counts: np.ndarray, sample: float) -> np.ndarray:
    """The probability that subsampling keeps a token of each word, times 2³² (word2vec.c's form of
    Mikolov et al. 2013, eq. 5).

    A token of relative frequency f is kept, when its draw is below the threshold, with probability
    min(1, √(t/f) + t/f).

    Args:
        counts: (V,) occurrences in the corpus.
        sample: t, the frequency above which words are subsampled; 0 keeps every token.

    Returns:
        (V,) int64 in [0, 2³²]
    """
    if sample == 0:
        return np.full(len(counts), RANGE, np.int64)
    ratio = sample * counts.sum() / np.maximum(counts, 1)  # t/f
    thresholds: np.ndarray = (np.minimum(np.sqrt(ratio) + ratio, 1.0) * RANGE).astype(np.int64)
    return thresholds


class AliasTable(NamedTuple):
    """Walker's alias method (Vose 1991): a draw from V words in two array reads.

    Attributes:
        threshold: (V,) int64 in 2³²nds: below it, a draw in column v means v itself ...
        alias: (V,) int64 ... and from it on, this word.
    """

    threshold: Any  # of NumPy, or of a backend's library
    alias: Any


def alias_table(counts: np.ndarray, exponent: float) -> AliasTable:
    """The table for drawing words in proportion to count^exponent (Mikolov et al. 2013: 0.75)."""
    weight = np.maximum(counts, 1).astype(np.float64) ** exponent
    probability = weight * (len(weight) / weight.sum())  # mean 1
    alias = np.arange(len(probability))
    small = np.flatnonzero(probability < 1).tolist()
    large = np.flatnonzero(probability >= 1).tolist()
    own = probability.tolist()  # plain floats: this loop reads single elements
    while small and large:
        filled, donor = small.pop(), large[-1]
        alias[filled] = donor
        own[donor] -= 1 - own[filled]
        if own[donor] < 1:
            small.append(large.pop())
    for column in small + large:  # left over by rounding
        own[column] = 1.0
    return AliasTable((np.array(own) * RANGE).astype(np.int64), alias)


def sample_word_ids(xp: Namespace, table: AliasTable, draw: Array) -> Array:
    """One word of the alias table for each draw.

    A word's draws are a few intervals of the range, so draws that fill it evenly give each word its
    share.

    Args:
        draw: (N,) int64 in [0, 2³²).

    Returns:
        (N,) int64 word ids
    """
    place = draw * table.threshold.shape[0]  # column and, in 2³²nds, how far into it
    column, within = place >> 32, place & (RANGE - 1)
    return xp.where(within < xp.take(table.threshold, column), column, xp.take(table.alias, column))


def window_sizes(draw: Array, window: int, fixed: bool) -> Array:
    """Window sizes from (N,) draws in [0, 2³²): uniform in 1 .. window, which is word2vec's
    distance weighting, or all equal to the window where that is fixed.
    """
    if fixed:
        return 0 * draw + window
    return ((draw * window) >> 32) + 1
