"""One measurement of `bench.scaling`, in a process of its own: it prints a line of JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from bench.compare import memory_mb
from bench.synthetic import Text, batches_of, endless
from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.config import ModelShape
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import step_for
from xw2v.sgns.tables import initial_tables
from xw2v.text.corpus import Corpus
from xw2v.training.run import prepare

WARM_UP, LEAST_STEPS = 0.2, 20  # share of a slice that goes before it, steps it has at least


def measure(folder: str, settings: dict[str, Any], seconds: float | None) -> dict[str, Any]:
    """Measure a slice of so many CPU seconds, or a whole epoch where it is None."""
    corpus, chosen = Corpus.open(folder), Settings(epochs=1, **settings)
    measured = (
        train_whole(corpus, chosen) if seconds is None else train_slice(corpus, chosen, seconds)
    )
    tables = 2 * 4 * len(corpus.vocabulary) * chosen.vector_size
    return measured | {
        "peak_mb": memory_mb(),
        "mapped_mb": memory_mb("RssFile"),
        "tables_mb": tables / 2**20,
    }


def train_slice(corpus: Any, settings: Any, seconds: float) -> dict[str, Any]:
    """CPU time a raw token of the training loop, from some warm-up on."""
    backend, step_config = load_backend("numpy"), tuning.step_config(settings)
    shape = ModelShape.of_words(len(corpus.vocabulary), settings.vector_size)
    tables = initial_tables(backend, shape, settings.seed)
    step, clock = step_for(backend, step_config), time.process_time
    text = Text(corpus.ids, corpus.offsets, corpus.vocabulary.counts)
    stream = endless(
        batches_of(backend, text, step_config, tuning.batch_tokens(settings), settings.seed),
        len(corpus.ids),
    )

    def run(least: float) -> tuple[int, float, float, int]:
        """Tokens, CPU seconds in all and in steps, and steps, of `least` seconds or more."""
        position, batch = next(stream)
        began, first, in_steps, steps, last = clock(), position, 0.0, 0, position
        while steps < LEAST_STEPS or clock() - began < least:
            before = clock()
            step(tables, batch, settings.learning_rate)
            in_steps += clock() - before
            steps += 1
            last, batch = next(stream)
        return last - first, clock() - began, in_steps, steps

    run(WARM_UP * seconds)
    began = time.perf_counter()
    tokens, elapsed, in_steps, steps = run(seconds)
    wall = time.perf_counter() - began
    a_token = 1e9 / (tokens * corpus.raw_words / len(corpus.ids))
    return {
        "ns": elapsed * a_token,
        "step_ns": in_steps * a_token,
        "wall_ns": wall * a_token,
        "steps": steps,
    }


def train_whole(corpus: Any, settings: Any) -> dict[str, Any]:
    """Seconds and CPU seconds of what `xw2v train` does once its corpus is open."""
    trainer = prepare(corpus, settings)
    state = trainer.start()
    began = time.process_time()
    trainer.train(state)
    return {
        "seconds": state.seconds,
        "cpu_seconds": time.process_time() - began,
        "steps": state.steps,
    }


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
