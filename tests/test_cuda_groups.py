"""What the groups of a batch have in common, found on CUDA: run on the CPU, against plain means."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_on_cpu import CpuKernels
from oracles import random_batch, random_tables, small_config
from xw2v_cupy.groups import GroupMeans
from xw2v_cupy.sums import RowSums

from xw2v.sgns.composition import center_ids
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.interface import Batch, Tables

VOCAB_SIZE = 60


def plain_means(config: StepConfig, tables: Tables, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """The means of each group (T/g, 2, D), and the batch's (3, D)."""
    pairs = (batch.left + batch.right).reshape(-1, config.group, 1)
    centers = tables.center[center_ids(config, batch)].reshape(*pairs.shape[:2], -1)
    of_group = pairs.sum(axis=1)  # (T/g, 1)
    negatives_mean = tables.context[batch.negatives].mean(axis=1)
    centers_sum = (pairs * centers).sum(axis=1)
    n = (of_group * negatives_mean).sum(axis=0) / max(of_group.sum(), 1)
    x = centers_sum.sum(axis=0) / max(of_group.sum(), 1)
    return (
        np.stack([negatives_mean, centers_sum / np.maximum(of_group, 1)], axis=1),
        np.stack([n, x, (n + x) / 2]),
    )


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("dim", [1, 3, 31, 32, 33, 64, 65, 300])
@pytest.mark.parametrize("groups", [1, 2, 37])
def test_the_last_block_finds_the_means(groups: int, dim: int, backwards: bool) -> None:
    """Whichever it is, and again with the next batch; one group has no pairs."""
    config, rng = small_config(group=8, shared_negatives=45), np.random.default_rng(0)
    tables = random_tables(rng, VOCAB_SIZE, dim)
    kernels, T = CpuKernels(np.float64, backwards=backwards), groups * config.group
    sums = RowSums(kernels, config, ModelShape.of_words(VOCAB_SIZE, dim))
    found = GroupMeans(config, kernels, T, dim, sums)
    for padded in (False, True):
        batch = random_batch(rng, config, VOCAB_SIZE, T)
        if padded:
            batch.left[-config.group :] = batch.right[-config.group :] = 0
        found(tables, batch)
        of_groups, of_batch = plain_means(config, tables, batch)
        np.testing.assert_allclose(found.group_means, of_groups, atol=1e-13)
        np.testing.assert_allclose(found.means, of_batch, atol=1e-13)
        pairs = (batch.left + batch.right).reshape(groups, -1).sum(axis=1)
        np.testing.assert_array_equal(found.group_pairs, [pairs] * (-(-dim // 32)))
