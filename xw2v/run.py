"""A whole run: from a corpus and settings to vectors and the record of how they came about."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from xw2v import __version__
from xw2v.backend import Backend, load_backend
from xw2v.corpus import Corpus
from xw2v.errors import TrainingError
from xw2v.settings import Settings
from xw2v.trainer import Progress, State, Trainer
from xw2v.vocabulary import Vocabulary


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        vocabulary: the words, in row order.
        center, context: (V, D) float32 input and output vectors on the host; one array where they are tied.
        loss_history: (steps, mean loss per positive pair) of every reporting interval.
        validation_history: mean validation loss per positive pair after each epoch; empty without --val.
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
        validation: text whose loss is computed after each epoch, encoded with the corpus's vocabulary.
        report, after_step: see `xw2v.trainer.Trainer.train`.

    Raises:
        InputError, UsageError, MissingDependencyError, TrainingError: see their messages.
    """
    backend = load_backend(settings.backend, settings.device, deterministic=settings.deterministic)
    trainer = Trainer(corpus, settings, backend, validation)
    state = trainer.train(trainer.start(), report, after_step)
    center = backend.to_numpy(state.tables.center)
    context = center if settings.tied else backend.to_numpy(state.tables.context)
    for name, table in (("center", center), ("context", context)):
        if not np.isfinite(table).all():
            raise TrainingError(
                f"the {name} vectors are not finite at the end of training: give a smaller --alpha than "
                f"{settings.learning_rate:g}; files of earlier runs are untouched"
            )
    return Run(
        corpus.vocabulary,
        center,
        context,
        state.loss_history,
        state.validation_history,
        record_of(corpus, settings, backend, state),
    )


def record_of(corpus: Corpus, settings: Settings, backend: Backend, state: State) -> dict[str, Any]:
    """What run.json holds: every resolved setting, versions, device, corpus, speed and losses."""
    resolved = dataclasses.asdict(settings) | {
        "alpha": settings.learning_rate,
        "batch_tokens": settings.whole_batch,
        "shared_negatives": settings.shared,
        "backend": backend.name,
        "device": str(backend.device),
    }
    words = corpus.raw_words * settings.epochs
    return {
        "format": "xw2v run 1",
        "settings": resolved,
        "objective": dataclasses.asdict(settings.objective()),
        "versions": {"xw2v": __version__, "python": platform.python_version()}
        | {library: version(library) for library in ("numpy", "scipy", "array-api-compat")},
        "machine": f"{platform.system()} {platform.machine()}",
        "device": str(backend.device),
        "corpus": {
            "description": corpus.description,
            "fingerprint": corpus.fingerprint,
            "raw_words": corpus.raw_words,
            "tokens": len(corpus.ids),
            "sentences": len(corpus.offsets) - 1,
            "vocabulary": len(corpus.vocabulary.words),
        },
        "steps": state.steps,
        "train_seconds": round(state.seconds, 3),
        "words_per_second": round(words / state.seconds, 1),
        "final_loss": state.loss_history[-1][1] if state.loss_history else None,
        "validation_loss": state.validation_history[-1] if state.validation_history else None,
    }
