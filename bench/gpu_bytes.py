"""Bytes that a CUDA step moves, by counting what its kernels read and write (docs/gpu.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from xw2v_cupy.fused import WIDTHS, block_of

from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch


def step_bytes(
    step_config: StepConfig, vector_size: int, batch: Batch[Any], fused: bool
) -> tuple[int, int]:
    """Bytes that the kernels of a CUDA step read and write, and the least that any step must.

    The least: each row that the batch touches is read and written once, and ids are read.

    Args:
        fused: whether one kernel adds the gradients up; CBOW has no other.
    """
    row, T, w = 4 * vector_size, len(batch.left), step_config.window
    drawn, tokens = batch.negatives.ravel(), batch.tokens
    centers, inputs = tokens[w : w + T], tokens if step_config.cbow else tokens[w : w + T]
    outputs = np.concatenate((centers if step_config.cbow else tokens, drawn))
    touched = len(np.unique(inputs)) + len(np.unique(outputs))
    ids = 8 * (len(tokens) + len(drawn) + len(batch.reference) + 2 * T)
    update = (4 * row + 32) * touched
    gradients_of = _cbow_bytes if step_config.cbow else _skipgram_bytes
    return ids + update + gradients_of(step_config, row, batch, fused), ids + 2 * row * touched


def _cbow_bytes(step_config: StepConfig, row: int, batch: Batch[Any], fused: bool) -> int:
    T, n_drawn, n_reference = len(batch.left), int(batch.negatives.size), len(batch.reference)
    b = block_of(step_config)
    spans, drawn = T // b * (b + 2 * step_config.window), T // b * step_config.shared_negatives
    often = 2 if row > 4 * WIDTHS[0] else 1  # windows and negatives are read: long ones twice
    read = often * (int(np.sum(batch.left + batch.right)) + drawn) + 2 * T
    listed = 8 * (T + n_drawn)  # ids written
    return row * (n_reference + read + 2 * (T + spans + drawn)) + listed  # added to by atomics


def _skipgram_bytes(step_config: StepConfig, row: int, batch: Batch[Any], fused: bool) -> int:
    if fused:
        step_config = replace(step_config, block=block_of(step_config))
    o, T = step_config, len(batch.left)
    positions, spans, drawn = len(batch.tokens), T // o.block * o.span, int(batch.negatives.size)
    scores = 4 * T * (o.span + o.shared_negatives)
    # of groups, written and read
    means = row * (T + drawn + 4 * T // o.group)
    met = 16 * (3 * T + drawn)  # counted by atomics
    if fused:  # rows read (long ones twice), added to by atomics; two means, two of the group
        often = 4 if row > 4 * WIDTHS[0] else 3
        rows = often * (T + spans + T // o.block * o.shared_negatives) + 4 * T // o.block
        return means + met + row * rows
    gather = 2 * row * (T + positions + drawn)
    # six, of two inputs and an output each
    products = row * (7 * T + 3 * spans + 3 * drawn) + 3 * scores
    variate = 5 * row * (T + drawn)  # rows and two means read, sums read and written
    scatter = row * (T + spans + drawn) + 2 * row * (T + positions + drawn)
    return means + met + gather + products + 2 * scores + variate + scatter
