"""One training step as block matrix products, in standard Array API calls only.

Skip-gram with negative sampling (Mikolov et al. 2013, eq. 4), or CBOW, over a batch of T tokens:

1. Compose: the input rows of the batch become T hidden vectors H (T, D), which are the centers'
   own rows (skip-gram) or the means of their windows (CBOW).
2. Score: H against the output rows of its positives, S⁺, and of its group's negatives, S⁻.
   Negatives are shared within groups (as in Ji et al. 2016), each weighted so that a pair meets
   `negative` of them in expectation:

       loss = Σ weight · softplus(∓S),    G = ∂loss/∂S = weight · (σ(S) − label)

   The gradients G of the scores are multiplied with rows again.
3. Distribute: the gradients of H go back to the input rows that it was composed of.

Skip-gram's sums over few negatives, or over the few centers that met one, are corrected by a
control variate (Wang et al. 2013): the batch mean of such rows minus their group's, at the gradient
that the mean row would have. It removes most of the variance due to which negatives were drawn and
leaves the expectation as it is. This version is the oracle of every faster one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from xw2v.sgns.array import (
    Array,
    device_of,
    namespace_of,
    safe_divisor,
    take_rows,
    widest_float,
)
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Step, Tables
from xw2v.sgns.update import RowGradients, bounded_update


def step_for(backend: Backend, config: StepConfig) -> Step:
    """The backend's own step for `config`, or the plain one where it has none."""
    return backend.own_step(config) or PlainStep(backend, config)


class PlainStep:
    """One training step; see `xw2v.sgns.interface.Step`."""

    name = "plain"

    def __init__(self, backend: Backend, config: StepConfig) -> None:
        self.backend = backend
        self.config = config

    def __call__(
        self, tables: Tables, batch: Batch, alpha: float, *, measure: bool = False
    ) -> Array | None:
        backend, config = self.backend, self.config
        (center, context), loss = batch_gradients(config, tables, batch, measure=measure)
        if config.tied:
            bounded_update(backend, config, tables.center, center.merged(context), alpha)
        else:
            bounded_update(backend, config, tables.center, center, alpha)
            bounded_update(backend, config, tables.context, context, alpha)
        return loss


def batch_loss(config: StepConfig, tables: Tables, batch: Batch) -> Array:
    """The loss of a batch, summed over its pairs, with the tables left as they are."""
    _, loss = batch_gradients(config, tables, batch, measure=True)
    assert loss is not None
    return loss


def count_positive_pairs(config: StepConfig, batch: Batch) -> Array:
    """How many positive pairs the loss of a batch sums over (CBOW: centers that have a context)."""
    xp = namespace_of(batch.left)
    pairs = batch.left + batch.right
    return xp.sum(xp.astype(pairs > 0, pairs.dtype) if config.cbow else pairs)


class Gradients(NamedTuple):
    """Gradients of a batch's rows in the input table and in the output table."""

    center: RowGradients
    context: RowGradients


def batch_gradients(
    config: StepConfig, tables: Tables, batch: Batch, *, measure: bool = False
) -> tuple[Gradients, Array | None]:
    """Gradients of the loss of a batch, and the summed loss if `measure`."""
    xp = namespace_of(tables.center)
    compose = window_means if config.cbow else center_rows
    score_positives = center_pairs if config.cbow else window_pairs
    inputs = compose(config, tables.center, batch)
    positive = score_positives(config, tables.context, batch, inputs, measure)
    negative, means = negative_pairs(config, tables.context, batch, inputs, measure)
    center = RowGradients(inputs.ids, inputs.distribute(positive.hidden + negative.hidden))
    context = RowGradients(
        xp.concat([positive.ids, negative.ids]), xp.concat([positive.rows, negative.rows])
    )
    if means is not None:
        pairs, of_positives, of_negatives = inputs.pairs, positive.weight, negative.weight
        weights = [
            xp.stack([of_positives, 0 * of_positives], axis=1),
            xp.stack([0 * of_negatives, of_negatives], axis=1),
        ]
        center = center._replace(
            weights=xp.stack([pairs, config.negative * pairs], axis=1), mean=means.negatives
        )
        context = context._replace(weights=xp.concat(weights), mean=means.centers)
    if positive.loss is None or negative.loss is None:
        return Gradients(center, context), None
    return Gradients(center, context), positive.loss + negative.loss


# Compose and distribute


class InputRows(NamedTuple):
    """The input rows of a batch, and the hidden vectors composed of them.

    Attributes:
        ids: (N,) int64 rows of the input table, repetitions allowed.
        hidden: (T, D) hidden vectors H.
        pairs: (T,) positive pairs of each, as floats.
        distribute: turns gradients (T, D) of the hidden vectors into those (N, D) of the rows.
    """

    ids: Array
    hidden: Array
    pairs: Array
    distribute: Callable[[Array], Array]


def center_rows(config: StepConfig, table: Array, batch: Batch) -> InputRows:
    """Skip-gram: the hidden vector of a center is its own row; each context word is a positive."""
    ids = center_ids(config, batch)
    X = take_rows(table, ids)  # (T, D)
    pairs = namespace_of(table).astype(batch.left + batch.right, X.dtype)  # (T,)
    return InputRows(ids, X, pairs, lambda gradients: gradients)


def window_means(config: StepConfig, table: Array, batch: Batch) -> InputRows:
    """CBOW (Mikolov et al. 2013a): the hidden vector of a center is the mean of its context; the
    center is its one positive, if it has a context.

    The gradient is that of the mean, divided by the number of context words, which word2vec.c
    leaves out (İrsoy et al. 2021, "Corrected CBOW performs as well as skip-gram").
    """
    xp = namespace_of(table)
    span_ids = context_spans(config, batch.tokens)  # (T/b, s)
    C = take_rows(table, span_ids)  # (T/b, s, D)
    blocks, _, D = C.shape
    count = batch.left + batch.right  # (T,)
    has_context = xp.astype(count > 0, C.dtype)
    share = has_context / xp.astype(safe_divisor(count), C.dtype)  # (T,): 1/n, or 0
    share = xp.reshape(share, (blocks, config.block, 1))
    mean = xp.astype(window_mask(config, batch), C.dtype) * share  # (T/b, b, s)

    def distribute(gradients: Array) -> Array:
        dH = xp.reshape(gradients, (blocks, config.block, D))  # (T/b, b, D)
        return xp.reshape(xp.matmul(xp.matrix_transpose(mean), dH), (-1, D))  # (T/b·s, D)

    H = xp.reshape(xp.matmul(mean, C), (-1, D))  # (T, D)
    return InputRows(xp.reshape(span_ids, (-1,)), H, has_context, distribute)


# Pairs with positives and negatives


class PairGradients(NamedTuple):
    """What a batch's pairs of one label add.

    Attributes:
        hidden: (T, D) gradients of the hidden vectors.
        ids: (N,) int64 rows of the output table, repetitions allowed.
        rows: (N, D) their gradients.
        weight: (N,) total weight of the pairs that each gradient sums over.
        loss: summed over the pairs, if measured.
    """

    hidden: Array
    ids: Array
    rows: Array
    weight: Array
    loss: Array | None


def window_pairs(
    config: StepConfig, table: Array, batch: Batch, inputs: InputRows, measure: bool
) -> PairGradients:
    """Skip-gram's positives: each hidden vector with the output rows of its window."""
    xp = namespace_of(table)
    span_ids = context_spans(config, batch.tokens)  # (T/b, s)
    C = take_rows(table, span_ids)  # (T/b, s, D)
    T, D = inputs.hidden.shape
    H = xp.reshape(inputs.hidden, (T // config.block, config.block, D))  # (T/b, b, D)
    scores = xp.matmul(H, xp.matrix_transpose(C))  # (T/b, b, s)
    positive_weight = xp.astype(window_mask(config, batch), H.dtype)  # (T/b, b, s)
    G = positive_weight * (sigmoid(scores) - 1)
    return PairGradients(
        hidden=xp.reshape(xp.matmul(G, C), (T, D)),
        ids=xp.reshape(span_ids, (-1,)),  # (T/b·s,)
        rows=xp.reshape(xp.matmul(xp.matrix_transpose(G), H), (-1, D)),  # (T/b·s, D)
        weight=xp.reshape(xp.sum(positive_weight, axis=1), (-1,)),  # (T/b·s,)
        loss=weighted_loss(positive_weight, -scores) if measure else None,
    )


def center_pairs(
    config: StepConfig, table: Array, batch: Batch, inputs: InputRows, measure: bool
) -> PairGradients:
    """CBOW's positives: each hidden vector with the output row of its center."""
    xp = namespace_of(table)
    ids, H, positive_weight = center_ids(config, batch), inputs.hidden, inputs.pairs
    O = take_rows(table, ids)  # (T, D)  # noqa: E741
    scores = xp.sum(H * O, axis=1)  # (T,)
    G = xp.reshape(positive_weight * (sigmoid(scores) - 1), (-1, 1))  # (T, 1)
    loss = weighted_loss(positive_weight, -scores) if measure else None
    return PairGradients(G * O, ids, G * H, positive_weight, loss)


class Means(NamedTuple):
    """Means of a batch's rows in pairs with negatives, weighted by their pairs.

    Attributes:
        centers: (D,) x̄, of the hidden vectors.
        negatives: (D,) n̄, of the negatives' output rows.
    """

    centers: Array
    negatives: Array


def negative_pairs(
    config: StepConfig, table: Array, batch: Batch, inputs: InputRows, measure: bool
) -> tuple[PairGradients, Means | None]:
    """Each hidden vector with its group's negatives, for skip-gram with the control variate.

    Returns:
        The gradients, and the means that updates are damped along; None for CBOW, whose sums are
        neither corrected nor damped, which gave it nothing.
    """
    xp = namespace_of(table)
    N = take_rows(table, batch.negatives)  # (T/g, K, D)
    (groups, _, D), g = N.shape, config.group
    H = xp.reshape(inputs.hidden, (groups, g, D))  # (T/g, g, D)
    scores = xp.matmul(H, xp.matrix_transpose(N))  # (T/g, g, K)
    negative_weight = xp.reshape(inputs.pairs * config.negative_weight, (groups, g, 1))
    row_weight = xp.sum(negative_weight, axis=1, keepdims=True) + xp.zeros_like(N[:, :, :1])
    G = negative_weight * sigmoid(scores)  # (T/g, g, K)
    dH, dN = xp.matmul(G, N), xp.matmul(xp.matrix_transpose(G), H)  # (T/g, g, D), (T/g, K, D)
    means = None
    if not config.cbow:
        negatives_mean, negatives_offsets = control_variate_offsets(N, row_weight)
        centers_mean, centers_offsets = control_variate_offsets(H, negative_weight)
        center_weight = config.shared_negatives * negative_weight  # (T/g, g, 1)
        dH = dH + cv_coefficient(center_weight, H, negatives_mean) * negatives_offsets
        dN = dN + cv_coefficient(row_weight, N, centers_mean) * centers_offsets
        means = Means(centers_mean, negatives_mean)
    gradients = PairGradients(
        hidden=xp.reshape(dH, (-1, D)),
        ids=xp.reshape(batch.negatives, (-1,)),
        rows=xp.reshape(dN, (-1, D)),
        weight=xp.reshape(row_weight, (-1,)),
        loss=weighted_loss(negative_weight, scores) if measure else None,
    )
    return gradients, means


def control_variate_offsets(rows: Array, weight: Array) -> tuple[Array, Array]:
    """The weighted mean (D,) of the rows of all groups (G, n, D), and that mean minus each group's:
    (G, 1, D).

    Args:
        weight: (G, n, 1).
    """
    xp = namespace_of(rows)
    weights = xp.sum(weight, axis=1, keepdims=True)  # (G, 1, 1)
    sums = xp.sum(weight * rows, axis=1, keepdims=True)  # (G, 1, D)
    mean = xp.sum(sums, axis=0) / safe_divisor(xp.sum(weights, axis=0))  # (1, D)
    return mean[0, :], mean - sums / safe_divisor(weights)


def cv_coefficient(weight: Array, rows: Array, mean: Array) -> Array:
    """What the score gradients of each row add up to if all that it meets is `mean`: (G, n, 1).

    Args:
        weight: (G, n, 1) total weight of the row's pairs.
        rows: (G, n, D).
        mean: (D,) of the rows that they meet.
    """
    return weight * sigmoid(namespace_of(rows).matmul(rows, mean))[:, :, None]


# Ids and windows


def center_ids(config: StepConfig, batch: Batch) -> Array:
    """The ids (T,) of a batch's centers."""
    w = config.window
    return batch.tokens[w : batch.tokens.shape[0] - w]


def context_spans(config: StepConfig, tokens: Array) -> Array:
    """The ids of each block's span, (T/b, s), from the (T + 2w,) tokens: columns overlap by 2w."""
    xp = namespace_of(tokens)
    blocks = (tokens.shape[0] - 2 * config.window) // config.block
    first = xp.arange(blocks, device=device_of(tokens)) * config.block  # (T/b,)
    column = xp.arange(config.span, device=device_of(tokens))  # (s,)
    return take_rows(tokens, first[:, None] + column[None, :])


def window_mask(config: StepConfig, batch: Batch) -> Array:
    """Whether a span's column is inside each center's own window: (T/b, b, s) bool."""
    xp = namespace_of(batch.left)
    row = xp.arange(config.block, device=device_of(batch.left))  # (b,)
    column = xp.arange(config.span, device=device_of(batch.left))  # (s,)
    distance = column[None, :] - config.window - row[:, None]  # (b, s): signed, from the center
    left = xp.reshape(batch.left, (-1, config.block, 1))
    right = xp.reshape(batch.right, (-1, config.block, 1))
    return (distance >= -left) & (distance <= right) & (distance != 0)


# Functions of scores


def sigmoid(x: Array) -> Array:
    """σ(x) = (1 + tanh(x/2)) / 2, which no x overflows."""
    return 0.5 + 0.5 * namespace_of(x).tanh(0.5 * x)


def softplus(x: Array) -> Array:
    """log(1 + eˣ) without overflow."""
    xp = namespace_of(x)
    size = xp.abs(x)
    return 0.5 * (x + size) + xp.log1p(xp.exp(-size))


def weighted_loss(weight: Array, scores: Array) -> Array:
    """Σ weight · softplus(score), summed in float64 (or the widest float of the device); scores of
    positives come negated.
    """
    terms = weight * softplus(scores)
    return namespace_of(scores).sum(terms, dtype=widest_float(terms))
