"""Slow, obvious versions of what the trainer does in blocks: the oracles of the parity tests."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from xw2v.sgns.backend import Backend
from xw2v.sgns.interface import Batch, StepConfig, Tables

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


def slow_even_word(seed: int, stream: int, position: int) -> int:
    """Number `position` of `low_discrepancy_uint32`: the bits of the position, hashed from the
    lowest up, in reverse order.
    """
    key = slow_philox(0, (seed, stream))[0] >> 32
    x = position % 2**32
    x ^= x * 0x3D20ADEA % 2**32
    x = (x + key) * (key >> 16 | 1) % 2**32
    x ^= x * 0x05526C56 % 2**32
    x ^= x * 0x53A22864 % 2**32
    return int(f"{x:032b}"[::-1], 2)


def small_config(**changes: Any) -> StepConfig:
    """Small sizes that no two of are equal, with a block shorter than its overlap."""
    sizes = {
        "window": 3,
        "negative": 4,
        "shared": 5,
        "group": 16,
        "block": 8,
        "bound": 0.4,
        "floor": 0.2,
    }
    return StepConfig(**(sizes | changes))


def random_batch(rng: np.random.Generator, config: StepConfig, words: int, tokens: int) -> Batch:
    """A batch with words drawn unevenly, so that some repeat often, and windows of every extent."""
    ids = np.minimum(rng.geometric(min(1, 3 / words), tokens + 2 * config.window), words) - 1
    left, right = rng.integers(0, config.window + 1, (2, tokens))
    negatives = rng.integers(0, words, (tokens // config.group, config.shared))
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


class SlowRows(NamedTuple):
    """Gradients of a table, which of its rows may move, the weights of its pairs, and the mean of
    the negatives.
    """

    gradient: np.ndarray  # (V, D)
    touched: set[int]
    weight: np.ndarray  # (V, 2) with positives, with negatives
    mean: np.ndarray  # (D,)


class Slow(NamedTuple):
    """What a loop over the pairs of a batch gives."""

    center: SlowRows
    context: SlowRows
    loss: float


def sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def slow_gradients(config: StepConfig, tables: Tables, batch: Batch) -> Slow:
    """word2vec's gradients, a pair at a time, those of a group's pairs with negatives with a
    control variate.

    In place of σ(x·n) n, a center x gets σ(x·n) n − σ(x·n̄) (n of its group − n̄ of the batch), and
    a negative likewise.
    """
    tokens, w, g = batch.tokens.tolist(), config.window, config.group
    dcenter, dcontext, loss = np.zeros_like(tables.center), np.zeros_like(tables.context), 0.0
    center_weight, context_weight = np.zeros((2, len(dcenter), 2))
    share = config.negative / config.shared

    contexts, inputs, weights = (
        [],
        [],
        [],
    )  # of each center: its context words, its input vector, its pairs
    for t, (left, right) in enumerate(zip(batch.left.tolist(), batch.right.tolist(), strict=True)):
        words = [tokens[w + t + offset] for offset in range(-left, right + 1) if offset != 0]
        contexts.append(words)
        if config.cbow:
            inputs.append(
                np.mean([tables.center[word] for word in words], axis=0)
                if words
                else 0 * dcenter[0]
            )
            weights.append(min(len(words), 1))
        else:
            inputs.append(tables.center[tokens[w + t]])
            weights.append(len(words))

    def mean(rows: list[np.ndarray], weight: list[float]) -> np.ndarray:
        return sum(r * x for r, x in zip(weight, rows, strict=True)) / (sum(weight) or 1)

    groups = range(len(batch.negatives))
    drawn = [[tables.context[word] for word in batch.negatives[group].tolist()] for group in groups]
    parts = [slice(group * g, (group + 1) * g) for group in groups]
    pushes = [sum(weights[part]) for part in parts for _ in range(config.shared)]
    negatives_mean = mean([row for rows in drawn for row in rows], pushes)
    inputs_mean = mean(inputs, weights)
    shift_negatives = [negatives_mean - mean(rows, [1] * len(rows)) for rows in drawn]
    shift_inputs = [inputs_mean - mean(inputs[part], weights[part]) for part in parts]
    if config.cbow:  # neither corrected nor damped
        negatives_mean = inputs_mean = np.zeros(dcenter.shape[1])
        shift_negatives = shift_inputs = [negatives_mean for _ in groups]

    def pair(x: np.ndarray, word: int, t: int, positive: bool, weight: float) -> np.ndarray:
        """Adds the pair's loss and its gradient of the context row; returns its gradient of x."""
        nonlocal loss
        row = tables.context[word]
        score = float(x @ row)
        loss += weight * math.log1p(math.exp(-score if positive else score))
        slope = weight * (sigmoid(score) - positive)
        if positive:
            context_weight[word, 0] += weight
            dcontext[word] += slope * x
            return slope * row
        context_weight[word, 1] += weight
        dcontext[word] += (
            slope * x + weight * sigmoid(float(row @ inputs_mean)) * shift_inputs[t // g]
        )
        return slope * row + weight * sigmoid(float(x @ negatives_mean)) * shift_negatives[t // g]

    for t, words in enumerate(contexts):
        center, negatives, x = tokens[w + t], batch.negatives[t // g].tolist(), inputs[t]
        if config.cbow and words:
            slope = pair(x, center, t, True, 1.0)
            slope = slope + sum(pair(x, word, t, False, share) for word in negatives)
            for word in words:
                dcenter[word] += slope / len(words)
        elif words:
            for word in words:
                dcenter[center] += pair(x, word, t, True, 1.0)
                for negative in negatives:
                    dcenter[center] += pair(x, negative, t, False, share)
                center_weight[center] += 1, config.negative
    centers, spans = set(tokens[w : len(tokens) - w]), set(tokens)
    sampled = set(batch.negatives.ravel().tolist())
    touched = (spans, centers | sampled) if config.cbow else (centers, spans | sampled)
    return Slow(
        SlowRows(dcenter, touched[0], center_weight, negatives_mean),
        SlowRows(dcontext, touched[1], context_weight, inputs_mean),
        loss,
    )


def slow_step(
    config: StepConfig, tables: Tables, batch: Batch, alpha: float
) -> tuple[Tables, float]:
    """Tables after one step, and the loss before it."""
    center, context, loss = slow_gradients(config, tables, batch)
    if config.tied:
        both = SlowRows(
            center.gradient + context.gradient,
            center.touched | context.touched,
            center.weight + context.weight,
            (center.mean + context.mean) / 2,
        )
        moved = slow_update(config, tables.center, both, alpha)
        return Tables(moved, moved), loss
    moved_center = slow_update(config, tables.center, center, alpha)
    return Tables(moved_center, slow_update(config, tables.context, context, alpha)), loss


def slow_update(config: StepConfig, table: np.ndarray, rows: SlowRows, alpha: float) -> np.ndarray:
    """The damped and bounded update, a row at a time."""
    table, size = table.copy(), np.linalg.norm(rows.mean)
    for row in rows.touched:
        delta = alpha * (rows.gradient[row] + config.weight_decay * table[row])
        score = float(table[row] @ rows.mean)
        curvature = np.array([config.curvature, sigmoid(score) * sigmoid(-score)])
        z = alpha * size**2 * float(rows.weight[row] @ curvature)
        if z > 0:
            unit = rows.mean / size
            delta = delta - (1 + math.expm1(-z) / z) * (delta @ unit) * unit
        limit = config.bound * (np.linalg.norm(table[row]) + config.floor)
        length = np.linalg.norm(delta)
        table[row] -= delta * min(1.0, limit / length if length else 1.0)
    return table


def assert_rows_close(actual: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Every row within `tolerance` of its expected length."""
    error = np.linalg.norm(np.asarray(actual, np.float64) - expected, axis=1)
    worst = float(np.max(error / np.linalg.norm(expected, axis=1)))
    assert worst <= tolerance, f"a row is off by {worst:.2e} of its length, {tolerance:.0e} allowed"
