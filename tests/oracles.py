"""Slow, obvious versions of what the trainer does in blocks: the oracles of the parity tests."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from xw2v.backend import Backend
from xw2v.objective import Batch, Objective, Tables

MASK = 2**64 - 1


def slow_philox(counter: int, key: tuple[int, int]) -> list[int]:
    """The four words of Philox4x64-10 (Salmon et al. 2011, section 4.3) for a 256-bit counter."""
    c = [(counter >> shift) & MASK for shift in (0, 64, 128, 192)]
    k0, k1 = key
    for _ in range(10):
        even, odd = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [odd >> 64 ^ c[1] ^ k0, odd & MASK, even >> 64 ^ c[3] ^ k1, even & MASK]
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & MASK, (k1 + 0xBB67AE8584CAA73B) & MASK
    return c


def random_objective(**changes: Any) -> Objective:
    """Small sizes that no two of are equal, with a block shorter than its overlap."""
    sizes = {"window": 3, "negative": 4, "shared": 5, "group": 16, "block": 8, "bound": 0.4, "floor": 0.2}
    return Objective(**(sizes | changes))


def random_batch(rng: np.random.Generator, objective: Objective, words: int, tokens: int) -> Batch:
    """A batch with words drawn unevenly, so that some repeat often, and windows of every extent."""
    ids = np.minimum(rng.geometric(min(1, 3 / words), tokens + 2 * objective.window), words) - 1
    left, right = rng.integers(0, objective.window + 1, (2, tokens))
    negatives = rng.integers(0, words, (tokens // objective.group, objective.shared))
    return Batch(ids, left, right, negatives)


def random_tables(
    rng: np.random.Generator, words: int, size: int, dtype: Any = np.float64, tied: bool = False
) -> Tables:
    center = rng.normal(0, 0.7, (words, size)).astype(dtype)
    return Tables(center, center if tied else rng.normal(0, 0.7, (words, size)).astype(dtype))


def onto(backend: Backend, tables: Tables) -> Tables:
    """A copy of NumPy tables on a backend's device; tied tables stay one array."""
    center = backend.from_numpy(tables.center.copy())
    tied = tables.context is tables.center
    return Tables(center, center if tied else backend.from_numpy(tables.context.copy()))


class Slow(NamedTuple):
    """Gradients and loss of a batch from a loop over pairs; `touched` are the rows that may move."""

    center: np.ndarray
    context: np.ndarray
    touched_center: set[int]
    touched_context: set[int]
    loss: float


def slow_gradients(objective: Objective, tables: Tables, batch: Batch) -> Slow:
    """word2vec's gradients, a pair at a time."""
    tokens, w = batch.tokens.tolist(), objective.window
    dcenter, dcontext, loss = np.zeros_like(tables.center), np.zeros_like(tables.context), 0.0

    def pair(x: np.ndarray, word: int, positive: bool, weight: float) -> np.ndarray:
        """Adds the pair's loss and its gradient of the context row; returns its gradient of x."""
        nonlocal loss
        score = float(x @ tables.context[word])
        loss += weight * math.log1p(math.exp(-score if positive else score))
        slope = weight * (1 / (1 + math.exp(-score)) - positive)
        dcontext[word] += slope * x
        return slope * tables.context[word]

    for t, (left, right) in enumerate(zip(batch.left.tolist(), batch.right.tolist(), strict=True)):
        center = tokens[w + t]
        context = [tokens[w + t + offset] for offset in range(-left, right + 1) if offset != 0]
        if not context:
            continue
        negatives = batch.negatives[t // objective.group].tolist()
        share = objective.negative / objective.shared
        if objective.cbow:
            mean = np.mean([tables.center[word] for word in context], axis=0)
            slope = pair(mean, center, True, 1.0)
            slope = slope + sum(pair(mean, word, False, share) for word in negatives)
            for word in context:
                dcenter[word] += slope / len(context)
        else:
            x = tables.center[center]
            for word in context:
                dcenter[center] += pair(x, word, True, 1.0)
                for negative in negatives:
                    dcenter[center] += pair(x, negative, False, share)
    centers, spans = set(tokens[w : len(tokens) - w]), set(tokens)
    drawn = set(batch.negatives.ravel().tolist())
    if objective.cbow:
        return Slow(dcenter, dcontext, spans, centers | drawn, loss)
    return Slow(dcenter, dcontext, centers, spans | drawn, loss)


def slow_step(objective: Objective, tables: Tables, batch: Batch, alpha: float) -> tuple[Tables, float]:
    """Tables after one step, and the loss before it."""
    slow = slow_gradients(objective, tables, batch)
    if objective.tied:
        touched = slow.touched_center | slow.touched_context
        moved = slow_update(objective, tables.center, touched, slow.center + slow.context, alpha)
        return Tables(moved, moved), slow.loss
    return Tables(
        slow_update(objective, tables.center, slow.touched_center, slow.center, alpha),
        slow_update(objective, tables.context, slow.touched_context, slow.context, alpha),
    ), slow.loss


def slow_update(
    objective: Objective, table: np.ndarray, touched: set[int], gradient: np.ndarray, alpha: float
) -> np.ndarray:
    """The bounded update, a row at a time."""
    table = table.copy()
    for row in touched:
        delta = alpha * (gradient[row] + objective.weight_decay * table[row])
        limit = objective.bound * (np.linalg.norm(table[row]) + objective.floor)
        length = np.linalg.norm(delta)
        table[row] -= delta * min(1.0, limit / length if length else 1.0)
    return table


def assert_rows_close(actual: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Every row within `tolerance` of its expected length."""
    error = np.linalg.norm(np.asarray(actual, np.float64) - expected, axis=1)
    worst = float(np.max(error / np.linalg.norm(expected, axis=1)))
    assert worst <= tolerance, f"a row is off by {worst:.2e} of its length, {tolerance:.0e} allowed"
