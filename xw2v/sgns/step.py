"""One training step as block matrix products, in standard Array API calls only.

Skip-gram with negative sampling (Mikolov et al. 2013, eq. 4) over a batch of T tokens. Negatives
are shared within groups (as in Ji et al. 2016), each weighted so that a pair meets `negative` of
them in expectation:

    loss = Σ weight · softplus(∓S),    G = ∂loss/∂S = weight · (σ(S) − label)

with S⁺ = X Cᵀ the scores of centers against their block's span and S⁻ = X Nᵀ against their group's
negatives. The gradients of the scores are multiplied with rows again. A sum over a few negatives,
or over the few centers that met one, is corrected (`shifts`) by what the mean of those few differs
from the whole batch's, at the gradient that the mean row would have: a control variate (Wang et al.
2013), which takes most of the noise of which few they were and leaves the expectation as it is.
This version is the oracle of every faster one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from array_api_compat import array_namespace, device

from xw2v.sgns.interface import Batch, StepConfig, Tables
from xw2v.sgns.update import RowGradients, bounded_update

if TYPE_CHECKING:
    from xw2v.sgns.backend import Backend

Array = Any


class Gradients(NamedTuple):
    """Gradients of a batch's rows in the input table and in the output table."""

    center: RowGradients
    context: RowGradients


def plain_step(
    backend: Backend,
    config: StepConfig,
    tables: Tables,
    batch: Batch,
    alpha: float,
    *,
    measure: bool = False,
) -> Array | None:
    """Update the tables in place from one batch; see `xw2v.sgns.interface.Step`."""
    gradients_of = cbow_gradients if config.cbow else skipgram_gradients
    (center, context), loss = gradients_of(config, tables, batch, measure=measure)
    if config.tied:
        xp = array_namespace(tables.center)
        both = RowGradients(
            *(xp.concat(parts) for parts in zip(center[:2], context[:2], strict=True))
        )
        if center.mean is not None and context.mean is not None:
            weight, mean = (
                xp.concat([center.weight, context.weight]),
                0.5 * (center.mean + context.mean),
            )
            both = both._replace(weight=weight, mean=mean)
        bounded_update(backend, config, tables.center, both, alpha)
    else:
        bounded_update(backend, config, tables.center, center, alpha)
        bounded_update(backend, config, tables.context, context, alpha)
    return loss


def batch_loss(config: StepConfig, tables: Tables, batch: Batch) -> Array:
    """The loss of a batch, summed over its pairs, with the tables left as they are."""
    gradients_of = cbow_gradients if config.cbow else skipgram_gradients
    return gradients_of(config, tables, batch, measure=True)[1]


def count_positive_pairs(config: StepConfig, batch: Batch) -> Array:
    """How many positive pairs the loss of a batch sums over (CBOW: centers that have a context)."""
    xp = array_namespace(batch.left)
    pairs = batch.left + batch.right
    return xp.sum(xp.astype(pairs > 0, pairs.dtype) if config.cbow else pairs)


def skipgram_gradients(
    config: StepConfig, tables: Tables, batch: Batch, *, measure: bool = False
) -> tuple[Gradients, Array | None]:
    """Gradients of the skip-gram loss for a batch, and the summed loss if `measure`."""
    xp = array_namespace(tables.center)
    b, g, w = config.block, config.group, config.window
    span_ids = context_spans(config, batch.tokens)  # (T/b, s)
    ids = batch.tokens[w : batch.tokens.shape[0] - w]  # (T,)
    X = take_rows(tables.center, ids)  # (T, D)
    C = take_rows(tables.context, span_ids)  # (T/b, s, D)
    N = take_rows(tables.context, batch.negatives)  # (T/g, K, D)
    T, D = X.shape
    X_blocks, X_groups = xp.reshape(X, (T // b, b, D)), xp.reshape(X, (T // g, g, D))

    positive = xp.matmul(X_blocks, xp.matrix_transpose(C))  # (T/b, b, s)
    negative = xp.matmul(X_groups, xp.matrix_transpose(N))  # (T/g, g, K)
    positive_weight = xp.astype(window_mask(config, batch), X.dtype)  # (T/b, b, s)
    pairs = xp.astype(batch.left + batch.right, X.dtype)  # (T,)
    negative_weight = xp.reshape(pairs * (config.negative / N.shape[1]), (T // g, g, 1))

    G_positive = positive_weight * (sigmoid(positive) - 1)
    G_negative = negative_weight * sigmoid(negative)
    met = xp.sum(negative_weight, axis=1, keepdims=True) + xp.zeros_like(
        N[:, :, :1]
    )  # (T/g, K, 1): of each negative
    negatives_mean, negatives_shift = shifts(N, met)
    centers_mean, centers_shift = shifts(X_groups, negative_weight)
    # what the G of a row would add up to if all the rows it met were their mean
    center_slope = (
        config.shared * negative_weight * sigmoid(xp.matmul(X_groups, negatives_mean))[:, :, None]
    )
    negative_slope = met * sigmoid(xp.matmul(N, centers_mean))[:, :, None]  # (T/g, K, 1)
    dX = xp.matmul(G_negative, N) + center_slope * negatives_shift  # (T/g, g, D)
    dN = (
        xp.matmul(xp.matrix_transpose(G_negative), X_groups) + negative_slope * centers_shift
    )  # (T/g, K, D)
    each = xp.reshape(
        xp.sum(positive_weight, axis=1), (-1,)
    )  # (T/b·s,): weight of a context word's pairs
    pushes = xp.reshape(met, (-1,))  # (T/g·K,): of a negative's
    gradients = Gradients(
        RowGradients(
            ids,
            xp.reshape(xp.matmul(G_positive, C), (T, D)) + xp.reshape(dX, (T, D)),
            xp.stack([pairs, config.negative * pairs], axis=1),
            negatives_mean,
        ),
        RowGradients(
            xp.concat([xp.reshape(span_ids, (-1,)), xp.reshape(batch.negatives, (-1,))]),
            xp.concat(
                [
                    xp.reshape(xp.matmul(xp.matrix_transpose(G_positive), X_blocks), (-1, D)),
                    xp.reshape(dN, (-1, D)),
                ]
            ),
            xp.concat([xp.stack([each, 0 * each], axis=1), xp.stack([0 * pushes, pushes], axis=1)]),
            centers_mean,
        ),
    )
    if not measure:
        return gradients, None
    return gradients, weighted_loss(positive_weight, positive, negative_weight, negative)


def cbow_gradients(
    config: StepConfig, tables: Tables, batch: Batch, *, measure: bool = False
) -> tuple[Gradients, Array | None]:
    """Gradients of the CBOW loss (Mikolov et al. 2013a): the mean of the context predicts the
    center.

    The gradient is that of the mean, divided by the number of context words, which word2vec.c
    leaves out (İrsoy et al. 2021, "Corrected CBOW performs as well as skip-gram"). The loss counts
    one positive for each center that has a context. Sums are neither corrected nor damped, which
    gave CBOW nothing.
    """
    xp = array_namespace(tables.center)
    b, g, w = config.block, config.group, config.window
    span_ids = context_spans(config, batch.tokens)  # (T/b, s)
    ids = batch.tokens[w : batch.tokens.shape[0] - w]  # (T,)
    C = take_rows(tables.center, span_ids)  # (T/b, s, D): the context words are the input here
    O = take_rows(tables.context, ids)  # (T, D)  # noqa: E741
    N = take_rows(tables.context, batch.negatives)  # (T/g, K, D)
    T, D = O.shape

    pairs = batch.left + batch.right  # (T,)
    has_context = xp.astype(pairs > 0, C.dtype)
    share = has_context / xp.astype(xp.where(pairs > 0, pairs, 1), C.dtype)  # (T,): 1/n, or 0
    mean = xp.astype(window_mask(config, batch), C.dtype) * xp.reshape(
        share, (T // b, b, 1)
    )  # (T/b, b, s)
    H_blocks = xp.matmul(mean, C)  # (T/b, b, D)
    H, H_groups = xp.reshape(H_blocks, (T, D)), xp.reshape(H_blocks, (T // g, g, D))

    positive = xp.sum(H * O, axis=1)  # (T,)
    negative = xp.matmul(H_groups, xp.matrix_transpose(N))  # (T/g, g, K)
    negative_weight = xp.reshape(has_context * (config.negative / N.shape[1]), (T // g, g, 1))
    G_positive = xp.reshape(has_context * (sigmoid(positive) - 1), (T, 1))
    G_negative = negative_weight * sigmoid(negative)
    dH = G_positive * O + xp.reshape(xp.matmul(G_negative, N), (T, D))  # (T, D)
    dC = xp.matmul(xp.matrix_transpose(mean), xp.reshape(dH, (T // b, b, D)))  # (T/b, s, D)
    dN = xp.matmul(xp.matrix_transpose(G_negative), H_groups)  # (T/g, K, D)
    gradients = Gradients(
        RowGradients(xp.reshape(span_ids, (-1,)), xp.reshape(dC, (-1, D))),
        RowGradients(
            xp.concat([ids, xp.reshape(batch.negatives, (-1,))]),
            xp.concat([G_positive * H, xp.reshape(dN, (-1, D))]),
        ),
    )
    if not measure:
        return gradients, None
    return gradients, weighted_loss(has_context, positive, negative_weight, negative)


def shifts(rows: Array, weight: Array) -> tuple[Array, Array]:
    """The weighted mean (D,) of the rows of all groups (G, n, D), and what it has more than each
    group's: (G, 1, D).

    Args:
        weight: (G, n, 1).
    """
    xp = array_namespace(rows)
    weights = xp.sum(weight, axis=1, keepdims=True)  # (G, 1, 1)
    sums = xp.sum(weight * rows, axis=1, keepdims=True)  # (G, 1, D)
    mean = xp.sum(sums, axis=0) / nonzero(xp.sum(weights, axis=0))  # (1, D)
    return mean[0, :], mean - sums / nonzero(weights)


def nonzero(array: Array) -> Array:
    """A divisor: 1 in place of 0."""
    xp = array_namespace(array)
    return xp.where(array != 0, array, xp.ones_like(array))


def context_spans(config: StepConfig, tokens: Array) -> Array:
    """The ids of each block's span, (T/b, s), from the (T + 2w,) tokens: columns overlap by 2w."""
    xp = array_namespace(tokens)
    blocks = (tokens.shape[0] - 2 * config.window) // config.block
    first = xp.arange(blocks, device=device(tokens)) * config.block  # (T/b,)
    column = xp.arange(config.span, device=device(tokens))  # (s,)
    return take_rows(tokens, first[:, None] + column[None, :])


def window_mask(config: StepConfig, batch: Batch) -> Array:
    """Whether a span's column is inside each center's own window: (T/b, b, s) bool."""
    xp = array_namespace(batch.left)
    row = xp.arange(config.block, device=device(batch.left))  # (b,)
    column = xp.arange(config.span, device=device(batch.left))  # (s,)
    offset = (
        column[None, :] - config.window - row[:, None]
    )  # (b, s): signed distance from the center
    left = xp.reshape(batch.left, (-1, config.block, 1))
    right = xp.reshape(batch.right, (-1, config.block, 1))
    return (offset >= -left) & (offset <= right) & (offset != 0)


def take_rows(table: Array, ids: Array) -> Array:
    """table[ids] for an index array of any shape (`take` wants one dimension)."""
    xp = array_namespace(table)
    return xp.reshape(
        xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, *table.shape[1:])
    )


def sigmoid(x: Array) -> Array:
    """σ(x) = (1 + tanh(x/2)) / 2, which no x overflows."""
    return 0.5 + 0.5 * array_namespace(x).tanh(0.5 * x)


def softplus(x: Array) -> Array:
    """log(1 + eˣ) without overflow."""
    xp = array_namespace(x)
    size = xp.abs(x)
    return 0.5 * (x + size) + xp.log1p(xp.exp(-size))


def weighted_loss(
    positive_weight: Array, positive: Array, negative_weight: Array, negative: Array
) -> Array:
    """Σ weight · softplus(∓score), summed in float64 (or the widest float the device has)."""
    xp = array_namespace(positive)
    terms = positive_weight * softplus(-positive), negative_weight * softplus(negative)
    return sum(xp.sum(term, dtype=widest_float(term)) for term in terms)


def widest_float(array: Array) -> Any:
    """The float dtype in which sums are kept: float64 but where the device lacks it (Apple's
    mps).
    """
    xp = array_namespace(array)
    kinds = xp.__array_namespace_info__().dtypes(device=device(array), kind="real floating")
    return kinds.get("float64", xp.float32)
