"""When replicas combine which rows: frequent ones often, rare ones seldom.

What replicas must not do is train a row far apart before they compare it. How far it goes follows
from how many pairs it is in; so rows that are in few have twice the interval, in half of that twice
that again, up to `MAX_DOUBLINGS` of the shortest. Words are sorted by count, so the rows that are
due after a step are the first ones of each table. The more ranks there are, the further they move a
row together, and the shorter the interval has to be (docs/scaling.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xw2v.sgns.config import StepConfig
from xw2v.sgns.sampling import RANGE, Sampling, keep_thresholds

FREQUENT_PAIRS = 64  # of a row at a rank, more than which it shall not train between two combines
RANK_STEPS = 32  # of all ranks together between two combines of the most frequent rows
STEPS_OF_TWO = 64  # of two ranks, whose sum overshoots least
ALPHA_POWER = 1 / 8  # of the ranks, by which the learning rate grows
MAX_DOUBLINGS = 3  # of the shortest interval, up to the longest


@dataclass(frozen=True)
class CombineSchedule:
    """The rows that are due at each step.

    Attributes:
        interval: steps between two combines of the most frequent rows.
        center_rows: rows of the input table that are due every interval · 2^i steps.
        context_rows: likewise of the output table.
        center_pairs: (V,) float32, in which each row of the input table is expected to be at a
            rank between two of its combines.
        context_pairs: likewise of the output table.
    """

    interval: int
    center_rows: tuple[int, ...]
    context_rows: tuple[int, ...]
    center_pairs: np.ndarray
    context_pairs: np.ndarray

    @property
    def period(self) -> int:
        """Steps between two combines of all rows."""
        return self.interval << len(self.center_rows) - 1

    def is_due(self, step: int) -> bool:
        return step % self.interval == 0

    def is_whole(self, step: int) -> bool:
        """Whether all rows are due after a step of the epoch."""
        return step % self.period == 0

    def due(self, step: int) -> tuple[int, int]:
        """How many rows of the input table and of the output table are due after a step."""
        doublings = len(self.center_rows) - 1
        number = step // self.interval
        i = min((number & -number).bit_length() - 1, doublings)
        return self.center_rows[i], self.context_rows[i]


def combine_schedule(
    counts: np.ndarray, config: StepConfig, sampling: Sampling, batch_tokens: int, interval: int
) -> CombineSchedule:
    """The schedule for words of these counts (V,), the most frequent first."""
    kept, drawn = shares(counts, sampling)
    pairs = batch_tokens * (2 * config.window if config.fixed_window else config.window + 1)
    center = pairs * kept * (1 + config.negative)  # (V,) pairs that a row is in, a step
    context = pairs * (kept + config.negative * drawn)
    if config.tied:
        center = context = center + context
    center_rows, context_rows = _rows_due(center * interval), _rows_due(context * interval)
    return CombineSchedule(
        interval,
        center_rows,
        context_rows,
        (center * _steps_between(center_rows, interval)).astype(np.float32),
        (context * _steps_between(context_rows, interval)).astype(np.float32),
    )


def shares(counts: np.ndarray, sampling: Sampling) -> tuple[np.ndarray, np.ndarray]:
    """Each word's share of the tokens that subsampling keeps, and of negatives: (V,) each."""
    kept = counts * (keep_thresholds(counts, sampling.sample) / RANGE)
    drawn = np.maximum(counts, 1).astype(np.float64) ** sampling.ns_exponent
    return kept / max(kept.sum(), 1), drawn / drawn.sum()


def kept_tokens(counts: np.ndarray, sampling: Sampling) -> float:
    """Tokens that subsampling leaves of an epoch, about."""
    return float((counts * (keep_thresholds(counts, sampling.sample) / RANGE)).sum())


def interval_of(ranks: int, overlap: bool = False) -> int:
    """The shortest interval, in steps of a rank, where none is given.

    Args:
        overlap: whether what is combined comes only when as many steps again have been taken.
    """
    steps = STEPS_OF_TWO if ranks == 2 else RANK_STEPS
    return max(steps // (2 * ranks if overlap else ranks), 1)


def alpha_factor(ranks: int, cbow: bool) -> float:
    """What the learning rate of one process is multiplied with: replicas that agree do not add up,
    so that N of them learn as one does at a lower rate (docs/scaling.md). CBOW was not measured.
    """
    return 1.0 if cbow else float(ranks**ALPHA_POWER)


def _rows_due(pairs: np.ndarray) -> tuple[int, ...]:
    """The rows that are due after 2^0, 2^1, ... intervals; all after the last.

    Args:
        pairs: (V,) that each row is in, in an interval.
    """
    rows = [int(np.count_nonzero(pairs * 2**i > FREQUENT_PAIRS)) for i in range(MAX_DOUBLINGS)]
    return (*rows, len(pairs))


def _steps_between(rows_due: tuple[int, ...], interval: int) -> np.ndarray:
    """(V,) from a combine of each row to its next."""
    first_rows = np.array((0, *rows_due[:-1]))
    counts = np.diff((*first_rows, rows_due[-1]))
    return np.repeat(interval << np.arange(len(rows_due)), counts)
