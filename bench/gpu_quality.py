"""The quality of vectors that a CUDA device trains, and the file that figures are kept in."""

from __future__ import annotations

import json
import statistics
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from bench.synthetic import Text, batches_of
from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import ModelShape
from xw2v.sgns.step import step_for
from xw2v.sgns.tables import initial_tables

SEEDS = (1, 2, 3)
TRAINED: tuple[dict[str, Any], ...] = (  # on a text that is given
    {},
    {"batch_tokens": 16384},
    {"vector_size": 300},
    {"vector_size": 300, "batch_tokens": 16384},
    {"model": "cbow"},
    {"model": "cbow", "vector_size": 300},
    {"deterministic": True},
)


class Measured(dict[str, Any]):
    """What has been measured so far, in a file as soon as it is.

    Args:
        file: where to; None for nowhere.
    """

    def __init__(self, file: Path | None) -> None:
        super().__init__()
        self._file = file

    def note(self, **figures: Any) -> None:
        """Add figures, and write all of them."""
        self.update(figures)
        if self._file is not None:
            written = self._file.with_suffix(".part")
            written.write_text(json.dumps(self) + "\n", encoding="utf-8")
            written.replace(self._file)
        print(figures, file=sys.stderr, flush=True)


def quality(
    backend: Backend, text: Text, topics: int, seed: int, batch_tokens: int, epochs: int = 3
) -> float:
    """Share of the ten nearest neighbours of frequent words that have the word's own topic."""
    settings = Settings(vector_size=64, seed=seed)
    step_config = tuning.step_config(settings)
    tables = initial_tables(
        backend, ModelShape.of_words(len(text.counts), settings.vector_size), seed
    )
    step = step_for(backend, step_config)
    batches = batches_of(backend, text, step_config, batch_tokens, seed)
    for epoch in range(epochs):
        for position, batch in batches.epoch(epoch):
            done = (epoch + position / len(text.ids)) / epochs
            step(tables, batch, settings.learning_rate * (1 - done))
    vectors = backend.to_numpy(tables.center)[: 20 * topics]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = np.argsort(-(vectors @ vectors.T), axis=1)[:, 1:11]
    return float(np.mean(near % topics == (np.arange(len(vectors)) % topics)[:, None]))


def measure_topical(
    backends: dict[str, tuple[Backend, int]], text: Text, topics: int, to: Measured
) -> None:
    """Quality on topical text, of backends with their batches, by `quality`."""
    scores: dict[str, list[float]] = {}
    for label, (backend, T) in backends.items():
        scores[label] = [quality(backend, text, topics, seed, T) for seed in SEEDS]
    to.note(quality=scores)


def measure_trained(texts: list[str], test_sets: Path, device: str, to: Measured) -> None:
    """Speed and quality of whole trainings on a text."""
    from bench.compare import quality as scores_of
    from xw2v.text.reading import open_corpus
    from xw2v.training.run import run_training

    corpus, runs = open_corpus(texts), []
    for changes, seed in product(TRAINED, SEEDS):
        run = run_training(corpus, Settings(device=device, seed=seed, **changes))
        seconds = run.record["train_seconds"]
        speed = corpus.raw_words * run.record["settings"]["epochs"] / seconds
        scores = scores_of(run.keyed_vectors(), test_sets)
        runs.append(
            {"settings": changes, "seed": seed, "words_per_second": speed, "scores": scores}
        )
        to.note(trained=runs)


def trained_lines(runs: list[dict[str, Any]]) -> list[str]:
    """A line for each way of training: median speed, mean scores."""
    ways: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        ways.setdefault(json.dumps(run["settings"]), []).append(run)
    lines = []
    for settings, of_seeds in ways.items():
        speed = statistics.median(run["words_per_second"] for run in of_seeds) / 1e6
        scores = ", ".join(
            f"{name} {statistics.mean(run['scores'][name] for run in of_seeds):.3f}"
            for name in of_seeds[0]["scores"]
        )
        lines.append(f"trained with {settings}: {speed:.1f} Mwords/s; {scores}")
    return lines
