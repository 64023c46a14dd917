"""Slow, obvious versions of what the trainer does in blocks: the oracles of the parity tests."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from xw2v.sgns.backend import Backend
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Tables

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


def slow_low_discrepancy_uint32(seed: int, stream: int, position: int) -> int:
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
    """Small sizes, all different, with a block shorter than the overlap of spans."""
    sizes = {
        "window": 3,
        "negative": 4,
        "shared_negatives": 5,
        "group": 16,
        "block": 8,
        "trust_ratio": 0.4,
        "trust_floor": 0.2,
    }
    return StepConfig(**(sizes | changes))


def random_batch(
    rng: np.random.Generator, config: StepConfig, vocab_size: int, tokens: int
) -> Batch:
    """A batch with words drawn unevenly, so that some repeat often, and windows of every extent."""
    drawn = rng.geometric(min(1, 3 / vocab_size), tokens + 2 * config.window)
    ids = np.minimum(drawn, vocab_size) - 1
    left, right = rng.integers(0, config.window + 1, (2, tokens))
    negatives = rng.integers(0, vocab_size, (tokens // config.group, config.shared_negatives))
    reference = rng.integers(0, vocab_size, 2 * negatives.size if config.cbow else 0)
    return Batch(ids, left, right, negatives, reference)


def random_tables(
    rng: np.random.Generator, vocab_size: int, dim: int, dtype: Any = np.float64, tied: bool = False
) -> Tables:
    center = rng.normal(0, 0.7, (vocab_size, dim)).astype(dtype)
    return Tables(center, center if tied else rng.normal(0, 0.7, (vocab_size, dim)).astype(dtype))


def onto(backend: Backend, tables: Tables) -> Tables:
    """A copy of NumPy tables on a backend's device; tied tables stay one array."""
    center = backend.from_numpy(tables.center.copy())
    tied = tables.context is tables.center
    return Tables(center, center if tied else backend.from_numpy(tables.context.copy()))


class PairLoop:
    """Gradients of both tables, the weights of their rows' pairs, and the loss, summed a pair at a
    time.

    Attributes:
        center, context: (V, D) gradients.
        center_weights, context_weights: (V, 2) weights of pairs with positives and with negatives.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.center = np.zeros(tables.center.shape, np.longdouble)  # thousands of terms cancel
        self.context = np.zeros(tables.context.shape, np.longdouble)
        self.center_weights = np.zeros((len(tables.center), 2))
        self.context_weights = np.zeros((len(tables.context), 2))
        self.loss = 0.0

    def add(self, hidden: np.ndarray, word: int, positive: bool, weight: float) -> np.ndarray:
        """Adds the loss of one pair, weight · softplus(∓hidden·row), and its gradient of the output
        row; returns its gradient of the hidden vector.
        """
        row = self.tables.context[word]
        score = float(hidden @ row)
        self.loss += weight * math.log1p(math.exp(-score if positive else score))
        score_gradient = weight * (sigmoid(score) - positive)
        self.context[word] += score_gradient * hidden
        return score_gradient * row


def sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def windows(config: StepConfig, batch: Batch) -> list[tuple[int, list[int], list[int]]]:
    """Each center with its context words and the negatives of its group."""
    tokens, w = batch.tokens.tolist(), config.window
    centers = []
    for t, (left, right) in enumerate(zip(batch.left.tolist(), batch.right.tolist(), strict=True)):
        context = tokens[w + t - left : w + t] + tokens[w + t + 1 : w + t + 1 + right]
        centers.append((tokens[w + t], context, batch.negatives[t // config.group].tolist()))
    return centers


def slow_skipgram(config: StepConfig, tables: Tables, batch: Batch) -> PairLoop:
    """Skip-gram with negative sampling: the center's vector predicts each word of its context."""
    loop, shared_weight = PairLoop(tables), config.negative / config.shared_negatives
    for center, context, negatives in windows(config, batch):
        for word in context:
            pairs = [(word, True, 1.0), *((n, False, shared_weight) for n in negatives)]
            for output, positive, weight in pairs:
                loop.center[center] += loop.add(tables.center[center], output, positive, weight)
                loop.center_weights[center, 0 if positive else 1] += weight
                loop.context_weights[output, 0 if positive else 1] += weight
    return loop


def slow_cbow(config: StepConfig, tables: Tables, batch: Batch) -> PairLoop:
    """CBOW with negative sampling: the mean of the context's vectors, or their sum, predicts the
    center; each context word receives its share of the gradient, or all of it. For each pair with a
    negative, the hidden vector's gradient also gets convexity σ(h·n̄) (n̄ − n̄_g), where n̄ is the
    mean row of the reference, and n̄_g that of the group's negatives.
    """
    rows = tables.context
    reference = exact_mean(rows[batch.reference]) if len(batch.reference) else None
    loop, shared_weight = PairLoop(tables), config.negative / config.shared_negatives
    for center, context, negatives in windows(config, batch):
        if not context:
            continue
        hidden = sum(tables.center[word] for word in context)
        if config.cbow_mean:
            hidden = hidden / len(context)
        pairs = [(center, True, 1.0), *((n, False, shared_weight) for n in negatives)]
        gradient = sum(loop.add(hidden, *pair) for pair in pairs)
        if reference is not None:
            weight = config.convexity * config.negative * sigmoid(float(hidden @ reference))
            gradient = gradient + weight * (reference - exact_mean(rows[negatives]))
        for word in context:
            loop.center[word] += gradient / (len(context) if config.cbow_gradient == "mean" else 1)
    return loop


def add_control_variate(
    config: StepConfig, loop: PairLoop, batch: Batch
) -> tuple[np.ndarray, np.ndarray]:
    """Skip-gram's correction. For each pair of a center x and a negative n it adds σ(x·n̄) (n̄ − n̄_g)
    to the center's gradient, and σ(n·x̄) (x̄ − x̄_g) to the negative's, by the pair's weight.

    Returns:
        n̄ and x̄, the means over all such pairs of the batch; n̄_g and x̄_g are those of their group.
    """
    center, context = loop.tables
    weight = config.negative / config.shared_negatives
    groups: list[list[tuple[int, int]]] = [[] for _ in batch.negatives]  # pairs of each group
    for t, (word, window, negatives) in enumerate(windows(config, batch)):
        groups[t // config.group] += [(word, negative) for _ in window for negative in negatives]
    pairs = [pair for group in groups for pair in group]
    x_mean, n_mean = mean_rows(center, context, pairs)
    for group in groups:
        x_group_mean, n_group_mean = mean_rows(center, context, group)
        for x, n in group:
            x_score, n_score = float(center[x] @ n_mean), float(context[n] @ x_mean)
            loop.center[x] += weight * sigmoid(x_score) * (n_mean - n_group_mean)
            loop.context[n] += weight * sigmoid(n_score) * (x_mean - x_group_mean)
    return n_mean, x_mean


def mean_rows(
    center: np.ndarray, context: np.ndarray, pairs: list[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """The means over pairs of the centers' rows and of the negatives'; zeros where there are no
    pairs.
    """
    if not pairs:
        return np.zeros_like(center[0]), np.zeros_like(context[0])
    centers, negatives = zip(*pairs, strict=True)
    return exact_mean(center[list(centers)]), exact_mean(context[list(negatives)])


def exact_mean(rows: np.ndarray) -> np.ndarray:
    """The mean (D,) of rows (n, D), rounded once."""
    return np.array([math.fsum(column) for column in rows.T.tolist()]) / len(rows)


class SlowRows(NamedTuple):
    """Gradients of a table, which of its rows may move, the weights of its pairs, and the mean that
    its rows are damped along.
    """

    gradient: np.ndarray  # (V, D)
    touched: set[int]
    weights: np.ndarray  # (V, 2) of pairs with positives, with negatives
    mean: np.ndarray  # (D,)


class SlowGradients(NamedTuple):
    """What a loop over the pairs of a batch gives."""

    center: SlowRows
    context: SlowRows
    loss: float


def slow_gradients(config: StepConfig, tables: Tables, batch: Batch) -> SlowGradients:
    """word2vec's gradients, a pair at a time, with the control variate."""
    tokens, w = batch.tokens.tolist(), config.window
    centers, span = set(tokens[w : len(tokens) - w]), set(tokens)
    negatives = set(batch.negatives.ravel().tolist())
    if config.cbow:  # not damped
        loop = slow_cbow(config, tables, batch)
        n_mean = x_mean = np.zeros(tables.center.shape[1])
        inputs, outputs = span, centers | negatives
    else:
        loop = slow_skipgram(config, tables, batch)
        n_mean, x_mean = add_control_variate(config, loop, batch)
        inputs, outputs = centers, span | negatives
    return SlowGradients(
        SlowRows(loop.center, inputs, loop.center_weights, n_mean),
        SlowRows(loop.context, outputs, loop.context_weights, x_mean),
        loop.loss,
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
            center.weights + context.weights,
            (center.mean + context.mean) / 2,
        )
        moved = slow_update(config, tables.center, both, alpha)
        return Tables(moved, moved), loss
    moved_center = slow_update(config, tables.center, center, alpha)
    return Tables(moved_center, slow_update(config, tables.context, context, alpha)), loss


def slow_update(config: StepConfig, table: np.ndarray, rows: SlowRows, alpha: float) -> np.ndarray:
    """The damped and bounded update, a row at a time."""
    table, mean_norm = table.copy(), np.linalg.norm(rows.mean)
    for row in rows.touched:
        delta = alpha * (rows.gradient[row] + config.weight_decay * table[row])
        score = float(table[row] @ rows.mean)
        curvature = np.array([config.curvature, sigmoid(score) * sigmoid(-score)])
        z = alpha * mean_norm**2 * float(rows.weights[row] @ curvature)
        if z > 0:
            unit = rows.mean / mean_norm
            delta = delta - (1 + math.expm1(-z) / z) * (delta @ unit) * unit
        limit = config.trust_ratio * (np.linalg.norm(table[row]) + config.trust_floor)
        norm = np.linalg.norm(delta)
        table[row] -= delta * min(1.0, limit / norm if norm else 1.0)
    return table


def assert_rows_close(actual: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Every row within `tolerance` of its expected norm."""
    error = np.linalg.norm(np.asarray(actual, np.float64) - expected, axis=1)
    worst = float(np.max(error / np.linalg.norm(expected, axis=1)))
    assert worst <= tolerance, f"a row is off by {worst:.2e} of its norm, {tolerance:.0e} allowed"
