"""A run that can be saved on its way, resumed, and begun from vectors: what `xw2v train` and
`Word2Vec.fit` share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from xw2v.errors import TrainingError, UsageError
from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.text.ngrams import index_of
from xw2v.training.callbacks import Callback, ProgressReport
from xw2v.training.checkpoint import FOLDER, Checkpoint, CheckpointFolder
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval, FileWatch, StopOnSignal
from xw2v.training.console import Console
from xw2v.training.memory import check_memory
from xw2v.training.output import PREVIOUS
from xw2v.training.reach import reach_of
from xw2v.training.record import describe_progress
from xw2v.training.resume import check_texts, continued_settings, restored, what_changed
from xw2v.training.run import Run, finish, has_plain_step, open_backend, prepare
from xw2v.training.signals import StopSignals
from xw2v.training.state import State
from xw2v.training.trainer import Trainer
from xw2v.training.warm_start import WarmStart

# of the settings of a run: its text, and its held-out text if there is one
Texts = Callable[[Settings], tuple[Corpus, Corpus | None]]


@dataclass(frozen=True)
class PreparedRun:
    """Everything that a run needs.

    Attributes:
        state: where it begins or goes on.
        warm_start: the vectors it starts from, if there are any.
    """

    trainer: Trainer
    state: State
    warm_start: WarmStart | None


@dataclass(frozen=True, kw_only=True)
class TrainingSession:
    """How a run is prepared and trained.

    Attributes:
        given: the settings that are not the defaults, by the names of `Settings`.
        texts: reads the texts.
        console: where lines for the user and progress go.
        folder: where checkpoints are; None saves none.
        interval: how often they are written, where there is a folder.
        resume: whether to go on from the last one.
        warm_start: loads the vectors to start from, if there are any.
    """

    given: Mapping[str, Any]
    texts: Texts
    console: Console
    folder: CheckpointFolder | None = None
    interval: CheckpointInterval | None = None
    resume: bool = False
    warm_start: Callable[[], WarmStart | None] | None = None

    # --- prepare ---

    def prepare(self) -> PreparedRun:
        """Read the texts, open the backend, find where to begin; raises what `xw2v train` does."""
        checkpoint = self._checkpoint()
        warm_start = None if self.warm_start is None else self.warm_start()
        settings = self._settings(checkpoint, warm_start)
        say = self.console.say
        backend, settings = open_backend(settings, say)  # what it lacks is said before text is read
        corpus, validation = self.texts(settings)
        for notice in corpus.notices:
            say(notice)
        say(
            f"{corpus.description}: {corpus.raw_words:,} words, {len(corpus):,} sentences, "
            f"vocabulary of {len(corpus.vocabulary):,}"
        )
        if checkpoint is not None:
            check_texts(checkpoint, corpus, validation)
        index = index_of(corpus.vocabulary.words, settings)
        reaching = dataclasses.replace(settings, window=reach_of(settings, corpus, validation))
        is_plain = has_plain_step(backend, reaching)
        check_memory(reaching, len(corpus.vocabulary), index, is_plain=is_plain)
        trainer = prepare(corpus, settings, validation, backend, say, index=index)
        if checkpoint is not None:
            state = self._restored(trainer, checkpoint)
        else:
            state = self._started(trainer, warm_start)
        return PreparedRun(trainer, state, warm_start)

    def _checkpoint(self) -> Checkpoint | None:
        if self.folder is None or not self.resume:
            return None
        checkpoint = self.folder.latest()
        for notice in self.folder.notices:
            self.console.warn(notice)
        if checkpoint is None:
            self.console.say(f"{self.folder.path}: no checkpoint found; starting a new run")
        return checkpoint

    def _settings(self, checkpoint: Checkpoint | None, warm_start: WarmStart | None) -> Settings:
        given = dict(self.given)
        if checkpoint is not None:
            settings = continued_settings(checkpoint, given)
            fingerprint = None if warm_start is None else warm_start.fingerprint
            if checkpoint.record.init != fingerprint:
                raise UsageError(
                    "`init` or `init_keep` differ; resume with the same ones", path=checkpoint.path
                )
        else:
            if warm_start is not None:
                given.setdefault("vector_size", warm_start.vectors.vector_size)
            settings = Settings.from_mapping(given)
        if warm_start is not None:
            warm_start.check(settings)
        return settings

    def _restored(self, trainer: Trainer, checkpoint: Checkpoint) -> State:
        settings, say = trainer.settings, self.console.say
        state = restored(checkpoint, trainer)
        progress = f"{describe_progress(state)} of {settings.epochs} epochs"
        say(f"going on from {checkpoint.path.name}: {progress}")
        if changed := what_changed(checkpoint, trainer):
            say(changed)
        if state.epoch < settings.epochs and len(state.plans) > 1:
            first = trainer.learning_rate(state.plans[-2] / settings.epochs)
            say(
                f"epochs {state.plans[-2] + 1} to {settings.epochs} are added: the learning rate "
                f"falls from {first:g} to {settings.min_alpha:g}, as in a run of {settings.epochs} "
                "epochs"
            )
        return state

    def _started(self, trainer: Trainer, warm_start: WarmStart | None) -> State:
        if self.folder is not None:
            aside = self.folder.path.parent / PREVIOUS / FOLDER
            if self.folder.set_aside(aside):
                self.console.say(f"the checkpoints of an earlier run are in {aside} now")
        if warm_start is None:
            return trainer.start()
        vocabulary = trainer.corpus.vocabulary
        center, context, known = warm_start.tables(vocabulary, trainer.settings, trainer.index)
        self.console.say(f"{known:,} of {len(vocabulary):,} words start from {warm_start.name}")
        return trainer.start(center, context)

    # --- train ---

    def train(
        self,
        prepared: PreparedRun,
        signals: StopSignals | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> State:
        """Train to the end, saving on the way where there is a folder.

        Args:
            signals: entered, where a signal shall end the run saved.
            callbacks: called after those that watch and save.
        """
        trainer = prepared.trainer
        checkpointer = self._checkpointer(prepared)
        watchers = self._watchers(trainer, signals, checkpointer)
        words = trainer.corpus.raw_words * trainer.settings.epochs
        try:
            with (
                nullcontext() if signals is None else signals.deferred(),
                self.console.training(words) as report,
            ):
                progress = [] if report is None else [ProgressReport(report)]
                return trainer.train(prepared.state, [*watchers, *progress, *callbacks])
        except TrainingError as error:
            if checkpointer is None:
                raise
            raise checkpointer.with_checkpoint_hint(error) from None

    def _watchers(
        self, trainer: Trainer, signals: StopSignals | None, checkpointer: Checkpointer | None
    ) -> list[Callback]:
        """The callbacks that watch over the run, and save it."""
        watchers: list[Callback] = [FileWatch(trainer)]
        if checkpointer is not None:
            if signals is not None:
                watchers.append(StopOnSignal(signals, checkpointer))
            watchers.append(checkpointer)
        return watchers

    def _checkpointer(self, prepared: PreparedRun) -> Checkpointer | None:
        if self.folder is None or self.interval is None:
            return None
        init = None if prepared.warm_start is None else prepared.warm_start.fingerprint
        return Checkpointer(prepared.trainer, self.folder, self.interval, self.console.warn, init)

    def finish(self, prepared: PreparedRun, state: State) -> Run:
        """The run whose last state is `state`; TrainingError if a vector is not finite."""
        run = finish(prepared.trainer, state)
        return run if prepared.warm_start is None else prepared.warm_start.keep_words(run)
