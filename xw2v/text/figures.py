"""Figures about a corpus: how long its sentences are, and what subsampling leaves of it."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from xw2v.sgns.sampling import RANGE, keep_thresholds
from xw2v.storage.filearray import FileArray

BINS = 30  # of the sentence lengths up to the 99th percentile; longer ones share one more
CHUNK_SENTENCES = 1 << 20  # looked at together


def sentence_lengths(offsets: np.ndarray | FileArray) -> dict[str, Any]:
    """A small summary of sentence lengths, in words of the vocabulary.

    Args:
        offsets: (S + 1,) int64 of a corpus.

    Returns:
        mean, median and longest; and `counts`, a histogram with bins `bin` wide that starts at
        length 1, the last of which counts all longer sentences.

    Example:
        >>> sentence_lengths(np.array([0, 2, 5, 8]))
        {'mean': 2.667, 'median': 3, 'longest': 3, 'bin': 1, 'counts': [0, 1, 2, 0]}
    """
    count_of: Counter[int] = Counter()  # by length
    for first in range(0, len(offsets) - 1, CHUNK_SENTENCES):
        chunk = np.diff(offsets[first : first + CHUNK_SENTENCES + 1])
        lengths, counts = np.unique(chunk, return_counts=True)
        count_of.update(dict(zip(lengths.tolist(), counts.tolist(), strict=True)))
    if not count_of:
        return {"mean": 0.0, "median": 0, "longest": 0, "bin": 1, "counts": [0]}
    lengths, counts = np.array(sorted(count_of.items())).T
    cumulative = counts.cumsum()
    median, percentile_99 = (
        int(lengths[np.searchsorted(cumulative, share * cumulative[-1])]) for share in (0.5, 0.99)
    )
    width = -(-percentile_99 // BINS)
    bins = -(-percentile_99 // width)
    histogram = np.zeros(bins + 1, np.int64)
    np.add.at(histogram, np.minimum((lengths - 1) // width, bins), counts)
    return {
        "mean": round(float((lengths * counts).sum() / counts.sum()), 3),
        "median": median,
        "longest": int(lengths[-1]),
        "bin": width,
        "counts": histogram.tolist(),
    }


class Subsampling(NamedTuple):
    """What subsampling leaves of a text, in expectation.

    Attributes:
        kept: (V,) float64 share of each word's tokens that an epoch trains on.
        share: the same over all tokens.
        thinned: how many words lose any token.
    """

    kept: np.ndarray
    share: float
    thinned: int


def subsampling(counts: np.ndarray, sample: float) -> Subsampling:
    """The effect of the setting `sample` on words that occur `counts` (V,) times."""
    kept = keep_thresholds(counts, sample) / RANGE
    return Subsampling(
        kept, float((kept * counts).sum() / max(counts.sum(), 1)), int((kept < 1).sum())
    )
