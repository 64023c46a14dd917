"""The training loop: epochs of batches, the learning-rate schedule, and the measured loss.

The loop goes on from any `State` exactly as if it had never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from threadpoolctl import threadpool_limits

from xw2v import tuning
from xw2v.errors import InputError, TrainingError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.array import Array, take_rows
from xw2v.sgns.backend import Backend
from xw2v.sgns.batches import Batches
from xw2v.sgns.combine_schedule import alpha_factor
from xw2v.sgns.config import SINGLE_PROCESS, ModelShape, Shard, StepConfig
from xw2v.sgns.draws import Purpose
from xw2v.sgns.interface import Batch, PlannedStep, Step, SubwordIndex, Tables
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.step import count_positive_pairs, step_for, taken
from xw2v.sgns.subwords import SubwordStep
from xw2v.sgns.tables import initial_centers, initial_contexts, tables_of
from xw2v.sgns.tokenstream import TokenStream
from xw2v.text.corpus import Corpus
from xw2v.text.ngrams import index_of
from xw2v.training.callbacks import Callback, CallbackList, Progress
from xw2v.training.meters import LossMeter, SpeedMeter, TrainingClock
from xw2v.training.pace import Pace
from xw2v.training.reach import step_config_of
from xw2v.training.schedule import LearningRate
from xw2v.training.state import State

INTERVALS = 200  # reporting intervals that a short run is cut into ...
LONGEST_INTERVAL_STEPS = 100  # ... and the most steps of one in a long run ...
MOST_INTERVALS = 20_000  # ... except where there would be too many beside the tables
MEASURED_STEPS = 32  # one step in so many has its loss measured, at least one per interval


@dataclass(frozen=True)
class Continuation:
    """How a run goes on from earlier ones whose tables it starts with.

    Attributes:
        learning_rate: in place of that of the settings.
        epochs_before: epochs of earlier runs; subsampling, windows and negatives go on from there
            instead of being drawn as they were.
        locked: (V,) bool, words whose input vectors stay as they are; None locks none.
    """

    learning_rate: LearningRate
    epochs_before: int = 0
    locked: np.ndarray | None = None


class Trainer:
    """Trains vectors on a corpus.

    Args:
        corpus: what to learn from.
        settings: how.
        backend: on which array library and device.
        validation: text, encoded with the same vocabulary, whose loss is computed after each epoch.
        continuation: how this run goes on from earlier ones.
        index: what `index_of` gives for these words and settings, if that is known already.
        shard: the part of the corpus to train on.

    Raises:
        InputError: no sentence of the corpus has two words.
        UsageError: the run has `patience` and no validation text.
    """

    def __init__(
        self,
        corpus: Corpus,
        settings: Settings,
        backend: Backend,
        validation: Corpus | None = None,
        continuation: Continuation | None = None,
        index: SubwordIndex | None = None,
        shard: Shard = SINGLE_PROCESS,
    ) -> None:
        if len(corpus.ids) < len(
            corpus.offsets
        ):  # no sentence is empty, so each has exactly one word
            raise InputError(
                f"{corpus.description}: no sentence has two words of the vocabulary, so there is "
                "nothing to learn from; give text with a sentence or paragraph a line"
            )
        check_patience(settings, validation)
        self.corpus = corpus
        self.settings = settings
        self.backend = backend
        self.validation = validation
        self.step_config: StepConfig = step_config_of(settings, corpus, validation)
        first_alpha = settings.learning_rate * alpha_factor(shard.size, self.step_config.cbow)
        planned = LearningRate(first_alpha, settings.min_alpha)
        self.continuation = continuation or Continuation(planned)
        self.learning_rate = self.continuation.learning_rate
        self.index = index or index_of(corpus.vocabulary.words, settings)
        self.step: Step = (
            step_for(backend, self.step_config)
            if self.index is None
            else SubwordStep(backend, self.step_config, self.index)
        )
        locked = self.continuation.locked
        self._locked = None if locked is None else backend.from_numpy(locked)
        self.shard = shard
        self.sampling = Sampling(
            settings.sample, settings.ns_exponent, settings.seed, settings.window
        )
        self._batches = self._batches_of(corpus, Purpose.TOKENS, Purpose.NEGATIVES, shard)
        self._validation_batches = (
            None
            if validation is None
            else self._batches_of(
                validation, Purpose.VALIDATION_TOKENS, Purpose.VALIDATION_NEGATIVES
            )
        )
        steps = len(corpus.ids) * settings.epochs / tuning.batch_tokens(settings) / shard.size
        self.interval_steps = max(
            min(int(steps / INTERVALS), LONGEST_INTERVAL_STEPS),
            math.ceil(steps / MOST_INTERVALS),
            1,
        )
        self._measure_every = min(self.interval_steps, MEASURED_STEPS)

    def _batches_of(
        self,
        corpus: Corpus,
        tokens: Purpose,
        negatives: Purpose,
        shard: Shard = SINGLE_PROCESS,
    ) -> Batches:
        settings = self.settings
        return Batches(
            self.backend,
            TokenStream(corpus.ids, corpus.offsets, self.corpus.vocabulary.counts),
            self.step_config,
            self.sampling,
            batch_tokens=tuning.batch_tokens(settings),
            purposes=(tokens, negatives),
            shard=shard,
        )

    @property
    def shape(self) -> ModelShape:
        """The sizes of the tables."""
        return tuning.model_shape(self.settings, len(self.corpus.vocabulary), self.index)

    def start(self, center: np.ndarray | None = None, context: np.ndarray | None = None) -> State:
        """The state before the first step.

        Args:
            center, context: float32 tables to begin with, instead of random and zero ones.
        """
        settings, shape = self.settings, self.shape
        if center is None:
            center = initial_centers(shape, settings.seed, tuning.start_radius(settings))
        if context is None:
            context = initial_contexts(shape)
        tables = tables_of(self.backend, center, context, tied=settings.tied)
        return State(tables=tables, plans=[settings.epochs])

    def check_files(self) -> None:
        """Raise InputError if a file that the texts are read from has changed since it was
        opened.
        """
        for corpus in (self.corpus, self.validation):
            if corpus is not None:
                corpus.check()

    def train(self, state: State, callbacks: Sequence[Callback] = ()) -> State:
        """Train from `state` to the end, or until patience is over or a callback wants to stop,
        changing and returning it.

        BLAS is limited to one thread meanwhile: more would wait for each other in so small
        products, and their number could change the last bits.

        Args:
            callbacks: called in this order; what they raise ends the run.

        Raises:
            TrainingError: the loss is no longer finite.
        """
        with (
            threadpool_limits(limits=1, user_api="blas"),
            np.errstate(over="ignore", invalid="ignore"),  # the loss shows that a run diverges
        ):
            self._train(state, CallbackList(callbacks))
        return state

    def _train(self, state: State, callback: Callback) -> None:
        settings, meter, clock = self.settings, LossMeter(state), TrainingClock(state.seconds)
        speed = SpeedMeter(self.corpus.raw_words * settings.epochs, clock)
        pace = Pace(self.step)
        callback.on_train_begin(state)
        while not self._is_over(state) and not callback.wants_to_stop(state):
            if state.step == 0:
                callback.on_epoch_begin(state)
            epoch = self.continuation.epochs_before + state.epoch  # whose draws are its own
            batches = self._batches.epoch(epoch, state.step)
            while planned := list(islice(batches, pace.next_steps(self._due(state, callback)))):
                done = [self._share_done(state, position) for position, _ in planned]
                speed.begin(done[0])
                self._take_steps(state, [batch for _, batch in planned], done, meter)
                state.seconds = clock.seconds
                if state.steps % self.interval_steps == 0 and self._close_interval(state, meter):
                    progress = self._progress(state, meter, speed, done[-1])
                    callback.on_interval(state, progress)
                callback.on_step(state)
            callback.on_batches_end(state)
            intervals = len(state.loss_history)
            self._end_epoch(state, meter, clock)
            if len(state.loss_history) > intervals:  # a shorter one at the end of the run
                callback.on_interval(state, self._progress(state, meter, speed, 1.0))
            callback.on_epoch_end(state)
        callback.on_train_end(state)

    def _progress(self, state: State, meter: LossMeter, speed: SpeedMeter, done: float) -> Progress:
        """How the run goes, after the interval that was closed last."""
        steps = (state.steps - 1) % self.interval_steps + 1
        return Progress(
            done,
            loss=state.loss_history[-1][1],
            pairs=meter.mean_pairs * steps,
            alpha=self.learning_rate(done),
            words_per_second=speed.words_per_second(done),
        )

    def _is_over(self, state: State) -> bool:
        """Whether all epochs are trained, or the validation loss has not fallen for too many."""
        patience = self.settings.patience
        epochs_since_best = state.epoch - state.best_epoch
        is_stopped = patience is not None and state.step == 0 and epochs_since_best >= patience
        return is_stopped or state.epoch >= self.settings.epochs

    def _due(self, state: State, callback: Callback) -> int:
        """After how many steps something is to be done beside training."""
        if self._locked is not None:
            return 1
        to_interval = self.interval_steps - state.steps % self.interval_steps
        return max(min(to_interval, callback.steps_until_due(state)), 1)

    def _share_done(self, state: State, position: int) -> float:
        """The share of the run that is done at a position of the current epoch."""
        return (state.epoch + position / len(self.corpus.ids)) / self.settings.epochs

    def _take_steps(
        self, state: State, batches: list[Batch[Array]], done: list[float], meter: LossMeter
    ) -> None:
        center, locked_rows = state.tables.center, None
        if self._locked is not None:
            tokens = batches[0].tokens
            locked_rows = tokens[self.backend.xp.take(self._locked, tokens)]
            vectors = take_rows(center, locked_rows)
        planned = [
            PlannedStep(batch, self.learning_rate(share), step % self._measure_every == 0)
            for step, (batch, share) in enumerate(zip(batches, done, strict=True), state.steps)
        ]
        losses = taken(self.step, state.tables, planned)
        if locked_rows is not None:
            center[locked_rows] = vectors
        for loss, batch in zip(losses, batches, strict=True):
            if loss is not None:
                meter.add(loss, count_positive_pairs(self.step_config, batch))
        state.step += len(batches)
        state.steps += len(batches)

    def _close_interval(self, state: State, meter: LossMeter) -> bool:
        """Add the loss measured since the last interval to the history, if there is any there."""
        loss = meter.take_mean()
        if loss is not None:
            if not math.isfinite(loss):
                raise diverged(f"the loss became {loss}", state, self.settings)
            state.loss_history.append((state.steps, loss))
        return bool(state.loss_history)

    def _end_epoch(self, state: State, meter: LossMeter, clock: TrainingClock) -> None:
        state.epoch, state.step = state.epoch + 1, 0
        if state.epoch == self.settings.epochs:
            self._close_interval(state, meter)
        self.backend.synchronize()
        state.seconds = clock.seconds
        if self.validation is not None:
            with clock.paused():  # not counted as training time
                state.validation_history.append(self.validation_loss(state.tables))
                if self.settings.patience is not None and state.best_epoch == state.epoch:
                    state.best = self.copied(state.tables)

    def copied(self, tables: Tables[Array]) -> Tables[np.ndarray]:
        """Tables as they are now, on the host."""
        center = np.array(self.backend.to_numpy(tables.center))
        if self.settings.tied:
            return Tables(center, center)
        return Tables(center, np.array(self.backend.to_numpy(tables.context)))

    def validation_loss(self, tables: Tables[Array]) -> float:
        """Mean loss per positive pair of the validation text, with the same draws every time."""
        assert self._validation_batches is not None
        total, pairs = 0.0, 0
        for _, batch in self._validation_batches.epoch(0):
            total += float(self.step.loss(tables, batch))
            pairs += int(count_positive_pairs(self.step_config, batch))
        if pairs == 0:
            raise InputError(
                "no two neighbouring words of this text are in the vocabulary; give more text",
                setting="validation",
            )
        return total / pairs


def check_patience(settings: Settings, validation: object) -> None:
    """Raise UsageError where a run has `patience` and no validation text."""
    if settings.patience is not None and validation is None:
        raise UsageError(
            "give the text whose loss is watched as `validation`, or leave it out",
            setting="patience",
            value=settings.patience,
        )


def diverged(what: str, state: State, settings: Settings) -> TrainingError:
    """The error for a run with non-finite values: when, why, and what to do."""
    epoch = min(state.epoch + 1, settings.epochs)
    return TrainingError(
        f"{what} by step {state.steps} (epoch {epoch} of {settings.epochs}): training diverged, "
        f"because updates were too large; give a smaller `alpha` than {settings.learning_rate:g} "
        f"or a smaller `bound` than {settings.bound:g}; files written earlier are untouched"
    )
