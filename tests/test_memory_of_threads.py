"""What a run is said to need covers what each of its threads takes, and the plain step."""

from __future__ import annotations

import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
import xw2v_numpy.compiled as compiled
from oracles import random_batch
from xw2v_numpy.team import Team
from xw2v_numpy.workspace import Workspace

from xw2v import tuning
from xw2v.errors import InputError
from xw2v.settings import Settings
from xw2v.sgns.interface import Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import PlainStep
from xw2v.training import memory
from xw2v.training.memory import CHUNK_BYTES, MARGIN_BYTES, check_memory, needed
from xw2v.training.run import has_plain_step

WORDS = 500


def bytes_of_step(settings: Settings, workers: int) -> int:
    """Of the arrays that the compiled step keeps for so many threads."""
    config = tuning.step_config(settings)
    table = np.zeros((WORDS, settings.vector_size), np.float32)
    batch = random_batch(np.random.default_rng(0), config, WORDS, tuning.batch_tokens(settings))
    workspace = Workspace(config, Tables(table, table.copy()), batch, Team(workers))
    return sum(array.nbytes for array in workspace._arrays)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("measure", [False, True])
@pytest.mark.parametrize(
    "sizes", [{}, {"window": 100}, {"window": 1000, "vector_size": 10}, {"window": 500}], ids=str
)
def test_spans_of_the_plain_step_are_counted(
    model: str, measure: bool, sizes: dict[str, Any]
) -> None:
    settings = Settings(model=model, **sizes)
    config = tuning.step_config(settings)
    table = np.zeros((WORDS, settings.vector_size), np.float32)
    batch = random_batch(np.random.default_rng(0), config, WORDS, tuning.batch_tokens(settings))
    step = PlainStep(load_backend("numpy", "cpu"), config)
    tracemalloc.start()
    try:
        step(Tables(table, table.copy()), batch, 0.05, measure=measure)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    counted = needed(settings, WORDS, is_plain=True) - CHUNK_BYTES - MARGIN_BYTES
    assert taken < counted
    if settings.window >= 100 and measure and model == "skipgram":
        assert counted < 3 * taken


def test_a_wide_window_that_only_the_compiled_step_holds_is_refused_for_the_plain_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "available", lambda: (2**32, "a test"))
    settings = Settings(window=20_000)
    check_memory(settings, WORDS)
    with pytest.raises(InputError, match=r"are left \(a test\): `window` \d+") as error:
        check_memory(settings, WORDS, is_plain=True)
    narrower = int(re.findall(r"`window` (\d+)", str(error.value))[0])
    check_memory(Settings(window=narrower), WORDS, is_plain=True)


def test_the_step_of_a_run_is_known_before_it() -> None:
    for backend, is_plain in (("numpy", not compiled.is_built()), ("strict", True)):
        found = load_backend(backend, "cpu")
        assert has_plain_step(found, Settings()) == is_plain
        assert has_plain_step(found, Settings(window=200_000))  # wider than the compiled one takes


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
