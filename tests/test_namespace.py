"""What the trainer calls in an array library, and that libraries missing here have it too.

The trainer runs once on a namespace that records each name read from it. CuPy imports without a
GPU, so its namespace can be compared here even where no step can run on it.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import array_api_compat.numpy
import numpy as np
import pytest
from oracles import random_tables, small_config

from xw2v.sgns.batches import Batches
from xw2v.sgns.loading import load_backend
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.step import PlainStep, count_positive_pairs
from xw2v.sgns.tokenstream import TokenStream


class RecordingNamespace:
    """A namespace that notes the dotted name of everything read from it."""

    def __init__(self, namespace: Any, names: set[str], prefix: str = "") -> None:
        self._namespace, self._names, self._prefix = namespace, names, prefix

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._namespace, name)
        if isinstance(found, ModuleType):
            return RecordingNamespace(found, self._names, f"{self._prefix}{name}.")
        self._names.add(self._prefix + name)
        return found


@pytest.fixture(scope="module")
def called() -> set[str]:
    """Names that batches, both kinds of steps and their updates read."""
    names: set[str] = set()
    recording = RecordingNamespace(array_api_compat.numpy, names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(array_api_compat, "array_namespace", lambda *arrays: recording)
        backend = load_backend("numpy")
        patch.setattr(backend, "xp", recording)
        patch.setattr(type(backend), "own_sampler", lambda *arguments: None)
        ids, offsets = np.arange(300, dtype=np.int32) % 50, np.array([0, 100, 300])
        for changes in ({}, {"cbow": True}, {"tied": True}):
            config = small_config(**changes)
            stream, sampling = TokenStream(ids, offsets, np.full(50, 6)), Sampling(0.01, 0.75, 1)
            batches = Batches(backend, stream, config, sampling, batch_tokens=64, chunk_tokens=150)
            tables = random_tables(np.random.default_rng(0), 50, 4, tied=config.tied)
            plain = PlainStep(backend, config)
            for _, batch in batches.epoch(0):
                plain(tables, batch, 0.1, measure=True)
                count_positive_pairs(config, batch)
    return names


def test_the_recording_is_not_empty(called: set[str]) -> None:
    assert {"matmul", "take", "unique_inverse", "linalg.vector_norm", "nonzero"} <= called


@pytest.mark.parametrize(
    "library", ["array_api_strict", "array_api_compat.torch", "array_api_compat.cupy"]
)
def test_libraries_have_what_the_trainer_calls(called: set[str], library: str) -> None:
    pytest.importorskip(library.rpartition(".")[2] if "compat" in library else library)
    namespace = importlib.import_module(library)
    missing = []
    for name in called:
        owner = namespace
        *modules, last = name.split(".")
        for module in modules:
            owner = getattr(owner, module, None)
        if not hasattr(owner, last):
            missing.append(name)
    assert not missing, f"{library} lacks {', '.join(sorted(missing))}"
