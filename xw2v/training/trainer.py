"""The training loop: epochs of batches, the learning rate's descent, and a loss that is true.

All that a run is, besides its corpus and settings, stands in a `State`; the loop continues from any
state exactly as if it had never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from xw2v.errors import InputError, TrainingError
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.batches import Batches
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.draws import Purpose
from xw2v.sgns.interface import Tables
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.step import batch_loss, count_positive_pairs, step_for
from xw2v.sgns.tables import initial_centers, initial_contexts, tables_of
from xw2v.sgns.tokenstream import TokenStream
from xw2v.text.corpus import Corpus

REPORTS = 200  # loss reports that a short run is cut into ...
LONGEST_REPORT = 100  # ... and the most steps one covers in a long run ...
MOST_REPORTS = (
    20_000  # ... except in one so long that their number would not stay small beside the tables
)
MEASURED = 32  # one step in so many has its loss measured, but one at least for each report


@dataclass
class State:
    """How far a run has come.

    Attributes:
        tables: the parameters.
        epoch: epochs completed.
        step: steps completed in the current epoch.
        steps: steps completed in all.
        loss_sum, pairs: of the measured steps since the last report.
        loss_history: (steps, mean loss per positive pair) of every reporting interval.
        validation_history: mean validation loss per positive pair after each epoch.
        seconds: spent training.
        plans: epochs the run was asked for, and then, each time some were added, how many there
            were to be.
    """

    tables: Tables
    epoch: int = 0
    step: int = 0
    steps: int = 0
    loss_sum: float = 0.0
    pairs: int = 0
    loss_history: list[tuple[int, float]] = field(default_factory=list)
    validation_history: list[float] = field(default_factory=list)
    seconds: float = 0.0
    plans: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """What an observer is told at each report.

    Attributes:
        done: share of the run's tokens trained on, in 0 .. 1.
        loss: mean loss per positive pair of the last reporting interval.
        alpha: current learning rate.
        words_per_second: raw corpus words over training time since the run (or its resumption)
            began.
    """

    done: float
    loss: float
    alpha: float
    words_per_second: float


class Trainer:
    """Trains vectors on a corpus.

    Args:
        corpus: what to learn from.
        settings: how.
        backend: on which array library and device.
        validation: text, encoded with the same vocabulary, whose loss is computed after each epoch.
    """

    def __init__(
        self, corpus: Corpus, settings: Settings, backend: Backend, validation: Corpus | None = None
    ) -> None:
        self.corpus, self.settings, self.backend = corpus, settings, backend
        self.step_config: StepConfig = settings.step_config()
        self.step = step_for(backend, self.step_config)
        self._batches = self._batches_of(corpus, Purpose.TOKENS, Purpose.NEGATIVES)
        if len(corpus.ids) < len(corpus.offsets):  # none is empty, so none has two words
            raise InputError(
                f"{corpus.description}: no sentence has two words of the vocabulary, so there is nothing to "
                "learn from; give text with a sentence or paragraph a line"
            )
        self.validation, self._validation = validation, None
        if validation is not None:
            self._validation = self._batches_of(
                validation, Purpose.VALIDATION_TOKENS, Purpose.VALIDATION_NEGATIVES
            )
        total = len(corpus.ids) * settings.epochs / settings.rounded_batch
        self.report_every = max(
            min(int(total / REPORTS), LONGEST_REPORT), math.ceil(total / MOST_REPORTS), 1
        )
        self._measure_every = min(self.report_every, MEASURED)

    def _batches_of(self, corpus: Corpus, tokens: Purpose, negatives: Purpose) -> Batches:
        settings = self.settings
        return Batches(
            self.backend,
            TokenStream(corpus.ids, corpus.offsets, self.corpus.vocabulary.counts),
            self.step_config,
            Sampling(settings.sample, settings.ns_exponent, settings.seed),
            batch_tokens=settings.rounded_batch,
            purposes=(tokens, negatives),
        )

    def start(self, center: np.ndarray | None = None, context: np.ndarray | None = None) -> State:
        """The state before the first step.

        Args:
            center, context: (V, D) float32 tables to begin with, instead of random and zero ones.
        """
        settings = self.settings
        shape = ModelShape.of_words(len(self.corpus.vocabulary), settings.vector_size)
        if center is None:
            center = initial_centers(shape, settings.seed)
        if context is None:
            context = initial_contexts(shape)
        return State(
            tables_of(self.backend, center, context, tied=settings.tied), plans=[settings.epochs]
        )

    def check_files(self) -> None:
        """Raise InputError if a file that the texts are read from has changed since it was
        opened.
        """
        for corpus in (self.corpus, self.validation):
            if corpus is not None:
                corpus.check()

    def alpha(self, done: float) -> float:
        """The learning rate when a share `done` of the run's tokens is behind: linear (Mikolov et
        al. 2013a).
        """
        first, last = self.settings.learning_rate, self.settings.min_alpha
        return first - (first - last) * done

    def train(
        self,
        state: State,
        report: Callable[[Progress], None] | None = None,
        after_step: Callable[[State], None] | None = None,
    ) -> State:
        """Train from `state` to the end, changing and returning it.

        Args:
            report: called at the end of every reporting interval.
            after_step: called after every step and epoch, when `state` is consistent; what it
                raises ends the run.

        Raises:
            TrainingError: the loss is no longer finite.
        """
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # a run that diverges is told by its loss
            return self._train(state, report, after_step)

    def _train(
        self,
        state: State,
        report: Callable[[Progress], None] | None,
        after_step: Callable[[State], None] | None,
    ) -> State:
        tokens, epochs = len(self.corpus.ids), self.settings.epochs
        began, before, resumed_at = time.perf_counter(), state.seconds, None
        while state.epoch < epochs:
            for position, batch in self._batches.epoch(state.epoch, state.step):
                done = (state.epoch + position / tokens) / epochs
                resumed_at = done if resumed_at is None else resumed_at
                alpha = self.alpha(done)
                measure = state.steps % self._measure_every == 0
                loss = self.step(state.tables, batch, alpha, measure=measure)
                state.step += 1
                state.steps += 1
                if measure and loss is not None:
                    state.loss_sum += float(loss)
                    state.pairs += int(count_positive_pairs(self.step_config, batch))
                if state.steps % self.report_every == 0:
                    self._close_interval(state)
                    state.seconds = before + time.perf_counter() - began
                    if report is not None and state.loss_history:
                        trained = (done - resumed_at) * epochs * self.corpus.raw_words
                        speed = trained / (state.seconds - before)
                        report(Progress(done, state.loss_history[-1][1], alpha, speed))
                if after_step is not None:
                    state.seconds = before + time.perf_counter() - began
                    after_step(state)
            state.epoch, state.step = state.epoch + 1, 0
            if state.epoch == epochs:
                self._close_interval(state)
            self.backend.synchronize()
            state.seconds = before + time.perf_counter() - began
            if self._validation is not None:
                state.validation_history.append(self.validation_loss(state.tables))
                began += time.perf_counter() - began - (state.seconds - before)  # not training time
            if after_step is not None:
                after_step(state)
        return state

    def _close_interval(self, state: State) -> None:
        """Turn the losses measured since the last report into a line of the history."""
        if state.pairs == 0:
            return
        loss = state.loss_sum / state.pairs
        if not math.isfinite(loss):
            raise diverged(f"the loss became {loss}", state, self.settings)
        state.loss_history.append((state.steps, loss))
        state.loss_sum, state.pairs = 0.0, 0

    def validation_loss(self, tables: Tables) -> float:
        """Mean loss per positive pair of the validation text, with the same draws every time."""
        assert self._validation is not None
        total, pairs = 0.0, 0
        for _, batch in self._validation.epoch(0):
            total += float(batch_loss(self.step_config, tables, batch))
            pairs += int(count_positive_pairs(self.step_config, batch))
        if pairs == 0:
            raise InputError(
                "--val: no two neighbouring words of this text are in the vocabulary; give more text"
            )
        return total / pairs


def diverged(what: str, state: State, settings: Settings) -> TrainingError:
    """The error for a run whose numbers are no longer finite: when, why, and what to do."""
    epoch = min(state.epoch + 1, settings.epochs)
    return TrainingError(
        f"{what} by step {state.steps} (epoch {epoch} of {settings.epochs}): training diverged, as it does when "
        f"steps are too long; give a smaller --alpha than {settings.learning_rate:g} or a smaller --bound than "
        f"{settings.bound:g}; files written earlier are untouched"
    )
