"""What a run is said to need covers what each of its threads takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xw2v_numpy.compiled as compiled
from oracles import random_batch
from xw2v_numpy.team import Team

from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.interface import Tables
from xw2v.training.memory import CHUNK_BYTES, MARGIN_BYTES, needed

WORDS = 500


def bytes_of_step(settings: Settings, workers: int) -> int:
    """Of the arrays that the compiled step keeps for so many threads."""
    config = tuning.step_config(settings)
    table = np.zeros((WORDS, settings.vector_size), np.float32)
    batch = random_batch(np.random.default_rng(0), config, WORDS, tuning.batch_tokens(settings))
    workspace = compiled.Workspace(config, Tables(table, table.copy()), batch, Team(workers))
    return sum(array.nbytes for array in workspace._arrays)


@pytest.mark.skipif(not compiled.is_built(), reason="this installation has no compiled step")
@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"vector_size": 300},
        {"model": "cbow"},
        {"window": 100},
        {"negative": 20},
        {"tied": True},
    ],
    ids=str,
)
def test_threads_are_counted(sizes: dict[str, Any]) -> None:
    for workers in (1, 4, 64, 512):
        settings = Settings(**sizes, workers=workers)
        counted = needed(settings, WORDS) - CHUNK_BYTES - MARGIN_BYTES
        assert bytes_of_step(settings, workers) < counted
