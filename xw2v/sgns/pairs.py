"""Gradients of a batch's pairs: hidden vectors with the output rows of positives and negatives."""

from __future__ import annotations

from typing import NamedTuple

from xw2v.sgns.array import Array, namespace_of, safe_divisor, take_rows, widest_float
from xw2v.sgns.composition import InputRows, center_ids, context_spans, window_mask
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch


class PairGradients(NamedTuple):
    """Gradients and loss of a batch's positive pairs, or of its pairs with negatives.

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
    config: StepConfig, table: Array, batch: Batch[Array], inputs: InputRows, measure: bool
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
    config: StepConfig, table: Array, batch: Batch[Array], inputs: InputRows, measure: bool
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
    config: StepConfig, table: Array, batch: Batch[Array], inputs: InputRows, measure: bool
) -> tuple[PairGradients, Means | None]:
    """Each hidden vector with its group's negatives, with the control variate.

    Returns:
        The gradients, and the means that updates are damped along; None for CBOW, whose updates are
        not damped, and whose output rows' gradients are not corrected, which gave it nothing.
    """
    xp = namespace_of(table)
    N = take_rows(table, batch.negatives)  # (T/g, K, D)
    (groups, _, D), g = N.shape, config.group
    H = xp.reshape(inputs.hidden, (groups, g, D))  # (T/g, g, D)
    is_rounded = config.rounded_operands and table.dtype == xp.float32
    operand = rounded_to_bfloat16 if is_rounded else unchanged
    H_operand, N_operand = operand(H), operand(N)
    scores = xp.matmul(H_operand, xp.matrix_transpose(N_operand))  # (T/g, g, K)
    negative_weight = xp.reshape(inputs.pairs * config.shared_weight, (groups, g, 1))
    row_weight = xp.sum(negative_weight, axis=1, keepdims=True) + xp.zeros_like(N[:, :, :1])
    G = operand(negative_weight * sigmoid(scores))  # (T/g, g, K)
    dH = xp.matmul(G, N_operand)  # (T/g, g, D)
    dN = xp.matmul(xp.matrix_transpose(G), H_operand)  # (T/g, K, D)
    center_weight = config.shared_negatives * negative_weight  # (T/g, g, 1)
    means = None
    if config.cbow and batch.reference.shape[0] > 0:
        mean = xp.mean(take_rows(table, batch.reference), axis=0)  # (D,)
        coefficient = config.convexity * cv_coefficient(center_weight, H, mean)  # (T/g, g, 1)
        dH = dH + coefficient * (mean - xp.mean(N, axis=1, keepdims=True))
    if not config.cbow:
        negatives_mean, negatives_offsets = control_variate_offsets(N, row_weight)
        centers_mean, centers_offsets = control_variate_offsets(H, negative_weight)
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


def unchanged(x: Array) -> Array:
    return x


def rounded_to_bfloat16(x: Array) -> Array:
    """The nearest numbers of 8 significant bits to float32's (Dekker 1971); ties go either way."""
    shifted = x * (2.0**16 + 1)
    return shifted - (shifted - x)


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
