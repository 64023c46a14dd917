"""A whole run: from a corpus and settings to vectors and the record of how they came about."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import ModelShape, RunShape
from xw2v.sgns.interface import Step
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus
from xw2v.text.figures import sentence_lengths
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.trainer import Progress, State, Trainer, diverged
from xw2v.version import __version__


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        vocabulary: the words, in row order.
        center, context: (V, D) float32 input and output vectors on the host; one array where they
            are tied.
        loss_history: (steps, mean loss per positive pair) of every reporting interval.
        validation_history: mean validation loss per positive pair after each epoch; empty without
            --val.
        record: what run.json holds.
    """

    vocabulary: Vocabulary
    center: np.ndarray
    context: np.ndarray
    loss_history: list[tuple[int, float]]
    validation_history: list[float]
    record: dict[str, Any]


def run_training(
    corpus: Corpus,
    settings: Settings,
    validation: Corpus | None = None,
    report: Callable[[Progress], None] | None = None,
    after_step: Callable[[State], None] | None = None,
) -> Run:
    """Train vectors on a corpus.

    Args:
        validation: text whose loss is computed after each epoch, encoded with the corpus's
            vocabulary.
        report, after_step: see `xw2v.training.trainer.Trainer.train`.

    Raises:
        InputError, UsageError, MissingDependencyError, TrainingError: see their messages.
    """
    trainer = prepare(corpus, settings, validation)
    return finish(trainer, trainer.train(trainer.start(), report, after_step))


def prepare(
    corpus: Corpus,
    settings: Settings,
    validation: Corpus | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Trainer:
    """The trainer of a run, on the backend and device that its settings name; InputError if it does
    not fit there.
    """
    backend = load_backend(settings.backend, settings.device, deterministic=settings.deterministic)
    settings = dataclasses.replace(settings, device=backend.device_name)
    plan = backend.plan(
        settings.step_config(),
        RunShape(
            ModelShape.of_words(len(corpus.vocabulary), settings.vector_size),
            batch_tokens=settings.rounded_batch,
            tokens=len(corpus.ids),
            sentences=len(corpus),
        ),
    )
    if plan is not None:
        say(plan)
    return Trainer(corpus, settings, backend, validation)


def finish(trainer: Trainer, state: State) -> Run:
    """The run whose last state is `state`; TrainingError if a vector is not finite."""
    backend = trainer.backend
    center = backend.to_numpy(state.tables.center)
    context = center if trainer.settings.tied else backend.to_numpy(state.tables.context)
    for name, table in (("center", center), ("context", context)):
        if not np.isfinite(table).all():
            raise diverged(f"the {name} vectors are no longer finite", state, trainer.settings)
    return Run(
        trainer.corpus.vocabulary,
        center,
        context,
        state.loss_history,
        state.validation_history,
        record_of(trainer, state),
    )


def resolved(settings: Settings) -> dict[str, Any]:
    """Every setting by name, with the numbers that defaults stand for."""
    return dataclasses.asdict(settings) | {
        "alpha": settings.learning_rate,
        "batch_tokens": settings.rounded_batch,
        "shared_negatives": settings.shared,
    }


def versions(backend: Backend, step: Step) -> dict[str, str]:
    """Versions of what a run's numbers depend on, and which step computes them."""
    libraries = {library: version(library) for library in ("numpy", "scipy", "array-api-compat")}
    return {
        "xw2v": __version__,
        "python": platform.python_version(),
        **libraries,
        **backend.versions(),
        "step": step.name,
    }


def about_corpus(corpus: Corpus) -> dict[str, Any]:
    """What run.json and checkpoints say of a corpus."""
    return {
        "description": corpus.description,
        "fingerprint": corpus.fingerprint,
        "raw_words": corpus.raw_words,
        "tokens": len(corpus.ids),
        "sentences": len(corpus.offsets) - 1,
        "vocabulary": len(corpus.vocabulary.words),
    }


def record_of(trainer: Trainer, state: State) -> dict[str, Any]:
    """What run.json holds: every resolved setting, versions, device, corpus, speed and losses."""
    corpus, settings, backend = trainer.corpus, trainer.settings, trainer.backend
    words = corpus.raw_words * settings.epochs
    return {
        "format": "xw2v run 1",
        "settings": resolved(settings) | {"backend": backend.name, "device": str(backend.device)},
        "step_config": dataclasses.asdict(trainer.step_config),
        "versions": versions(backend, trainer.step),
        "machine": f"{platform.system()} {platform.machine()}",
        "device": str(backend.device),
        "corpus": about_corpus(corpus) | {"sentence_lengths": sentence_lengths(corpus.offsets)},
        "epochs_asked": state.plans,
        "steps": state.steps,
        "train_seconds": round(state.seconds, 3),
        "words_per_second": round(words / max(state.seconds, 1e-9), 1),
        "final_loss": state.loss_history[-1][1] if state.loss_history else None,
        "validation_loss": state.validation_history[-1] if state.validation_history else None,
    }
