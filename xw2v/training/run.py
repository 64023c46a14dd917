"""A run: from a corpus and settings to vectors and the record of the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import SINGLE_PROCESS, RunShape, Shard
from xw2v.sgns.interface import SubwordIndex, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import PlainStep, step_for
from xw2v.sgns.subwords import composed_vectors
from xw2v.text.corpus import Corpus
from xw2v.text.ngrams import index_of, ngram_rule
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.callbacks import Callback
from xw2v.training.reach import step_config_of
from xw2v.training.record import run_record
from xw2v.training.state import State
from xw2v.training.trainer import Continuation, Trainer, diverged
from xw2v.vectors.formats.trained_as import TrainedAs
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.subwords import SubwordTable


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        vocabulary: the words, in row order.
        parameters: the tables as trained, (V, D) float32 on the host; one array where they are
            tied.
        loss_history: (steps, mean loss per positive pair) of every reporting interval.
        validation_history: mean validation loss per positive pair after each epoch; empty without
            a validation text.
        record: what run.json holds.
        subwords: the vectors of n-grams, where words are composed of them; the input table then
            holds the composed vectors.
    """

    vocabulary: Vocabulary
    parameters: Tables[np.ndarray]
    loss_history: list[tuple[int, float]]
    validation_history: list[float]
    record: dict[str, Any]
    subwords: SubwordTable | None = None

    @property
    def vectors(self) -> np.ndarray:
        """The words' vectors, which are published: (V, D) float32, the input table."""
        return self.parameters.center

    def keyed_vectors(self) -> KeyedVectors:
        """The words and their vectors, for queries; the table is not copied."""
        words, counts = self.vocabulary.words, self.vocabulary.counts
        vectors = KeyedVectors(words, self.vectors, counts, self.subwords)
        vectors.trained_as = TrainedAs.of_settings(self.record["settings"])
        return vectors


def run_training(
    corpus: Corpus,
    settings: Settings,
    validation: Corpus | None = None,
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Train vectors on a corpus.

    Args:
        validation: text whose loss is computed after each epoch, encoded with the corpus's
            vocabulary.
        callbacks: see `xw2v.training.trainer.Trainer.train`.

    Raises:
        InputError, UsageError, MissingDependencyError, TrainingError: see their messages.
    """
    trainer = prepare(corpus, settings, validation)
    return finish(trainer, trainer.train(trainer.start(), callbacks))


def open_backend(
    settings: Settings, say: Callable[[str], None] | None = None
) -> tuple[Backend, Settings]:
    """The backend that settings name, and the settings with the device that it opened.

    Args:
        say: where a line goes that says why "auto" takes the CPU; standard error if None.
    """
    given = {} if say is None else {"say": say}
    backend = load_backend(
        settings.backend,
        settings.device,
        deterministic=settings.deterministic,
        workers=settings.workers,
        **given,
    )
    return backend, dataclasses.replace(settings, device=backend.device_name)


def has_plain_step(backend: Backend, settings: Settings) -> bool:
    """Whether the step of a run is the plain one, and in this machine's memory."""
    step = step_for(backend, tuning.step_config(settings))
    return backend.device_name == "cpu" and isinstance(step, PlainStep)


def prepare(
    corpus: Corpus,
    settings: Settings,
    validation: Corpus | None = None,
    backend: Backend | None = None,
    say: Callable[[str], None] = lambda line: None,
    continuation: Continuation | None = None,
    index: SubwordIndex | None = None,
    shard: Shard = SINGLE_PROCESS,
) -> Trainer:
    """The trainer of a run; InputError if the run does not fit on its device.

    Args:
        backend: one that is open already; by default that of the settings is opened.
        say: where a line for the user on how the run will go on this device goes.
        continuation: how the run goes on from earlier ones.
        index: what `index_of` gives for these words and settings, if that is known already.
        shard: the part of the corpus to train on.
    """
    if backend is None:
        backend, settings = open_backend(settings)
    index = index or index_of(corpus.vocabulary.words, settings)
    V = len(corpus.vocabulary)
    plan = backend.plan(
        step_config_of(settings, corpus, validation),
        RunShape(
            tuning.model_shape(settings, V, index),
            composed_rows=0 if index is None else V,
            batch_tokens=tuning.batch_tokens(settings),
            tokens=len(corpus.ids),
            sentences=len(corpus),
        ),
    )
    if plan is not None:
        say(plan)
    return Trainer(corpus, settings, backend, validation, continuation, index, shard)


def finish(trainer: Trainer, state: State) -> Run:
    """The run whose last state is `state`, with its best tables if there are any; TrainingError if
    a vector is not finite.
    """
    backend = trainer.backend
    if state.best is not None:
        center, context = state.best
    else:
        center = backend.to_numpy(state.tables.center)
        context = center if trainer.settings.tied else backend.to_numpy(state.tables.context)
    for name, table in (("center", center), ("context", context)):
        if not np.isfinite(table).all():
            raise diverged(
                f"the {name} vectors contain a non-finite value", state, trainer.settings
            )
    subwords, index, rule = None, trainer.index, ngram_rule(trainer.settings)
    if index is not None and rule is not None:
        subwords = SubwordTable(rule, center[index.vocab_size :], index.buckets)
        center = composed_vectors(index, center)
    return Run(
        trainer.corpus.vocabulary,
        Tables(center, context),
        state.loss_history,
        state.validation_history,
        run_record(trainer, state),
        subwords,
    )
