"""Hidden vectors: how a batch's input rows compose them, and how gradients are distributed back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from xw2v.sgns.array import Array, device_of, namespace_of, safe_divisor, take_rows
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch


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


def center_rows(config: StepConfig, table: Array, batch: Batch[Array]) -> InputRows:
    """Skip-gram: the hidden vector of a center is its own row; each context word is a positive."""
    ids = center_ids(config, batch)
    X = take_rows(table, ids)  # (T, D)
    pairs = namespace_of(table).astype(batch.left + batch.right, X.dtype)  # (T,)
    return InputRows(ids, X, pairs, lambda gradients: gradients)


def context_rows(config: StepConfig, table: Array, batch: Batch[Array]) -> InputRows:
    """CBOW (Mikolov et al. 2013a): the hidden vector of a center is the mean or the sum of the rows
    of its context; the center is its one positive, if it has a context.

    The gradient of a mean with respect to each of its n words is 1/n of its own, that of a sum all
    of it. word2vec.c and gensim give the words of a mean all of it (İrsoy et al. 2021, "Corrected
    CBOW performs as well as skip-gram"), and gensim those of a sum 1/n; so `cbow_mean` and
    `cbow_gradient` are independent of each other.
    """
    xp = namespace_of(table)
    span_ids = context_spans(config, batch.tokens)  # (T/b, s)
    C = take_rows(table, span_ids)  # (T/b, s, D)
    blocks, _, D = C.shape
    count = batch.left + batch.right  # (T,)
    has_context = xp.astype(count > 0, C.dtype)
    share = has_context / xp.astype(safe_divisor(count), C.dtype)  # (T,): 1/n, or 0
    inside = xp.astype(window_mask(config, batch), C.dtype)  # (T/b, b, s)
    mean = inside * xp.reshape(share, (blocks, config.block, 1))  # (T/b, b, s)
    weights = mean if config.cbow_mean else inside
    gradient_weights = mean if config.cbow_gradient == "mean" else inside

    def distribute(gradients: Array) -> Array:
        dH = xp.reshape(gradients, (blocks, config.block, D))  # (T/b, b, D)
        dC = xp.matmul(xp.matrix_transpose(gradient_weights), dH)  # (T/b, s, D)
        return xp.reshape(dC, (-1, D))

    H = xp.reshape(xp.matmul(weights, C), (-1, D))  # (T, D)
    return InputRows(xp.reshape(span_ids, (-1,)), H, has_context, distribute)


def center_ids(config: StepConfig, batch: Batch[Array]) -> Array:
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


def window_mask(config: StepConfig, batch: Batch[Array]) -> Array:
    """Whether a span's column is inside each center's own window: (T/b, b, s) bool."""
    xp = namespace_of(batch.left)
    row = xp.arange(config.block, device=device_of(batch.left))  # (b,)
    column = xp.arange(config.span, device=device_of(batch.left))  # (s,)
    distance = column[None, :] - config.window - row[:, None]  # (b, s): signed, from the center
    left = xp.reshape(batch.left, (-1, config.block, 1))
    right = xp.reshape(batch.right, (-1, config.block, 1))
    return (distance >= -left) & (distance <= right) & (distance != 0)
