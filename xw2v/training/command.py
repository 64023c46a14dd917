"""A training command from end to end: options, text, checkpoints, training, and the output
folder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xw2v.config import TrainOptions
from xw2v.errors import OutputError, TrainingError, UsageError
from xw2v.settings import Settings
from xw2v.storage.files import output_folder
from xw2v.storage.lock import folder_lock
from xw2v.text.corpus import Corpus
from xw2v.text.ngrams import index_of
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus, read_corpus_with, validation_of
from xw2v.text.vocabulary import VocabularyLimits
from xw2v.training.callbacks import Callback, ProgressReport
from xw2v.training.checkpoint import FOLDER, Checkpoint, CheckpointFolder
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval, FileWatch, StopOnSignal
from xw2v.training.console import Console
from xw2v.training.memory import check_memory
from xw2v.training.output import (
    PICTURE,
    PREVIOUS,
    Plot,
    draw_picture,
    finish_writing,
    is_written,
    write_run,
)
from xw2v.training.reach import reach_of
from xw2v.training.record import describe_progress
from xw2v.training.resume import check_texts, continued_settings, restored, what_changed
from xw2v.training.run import Run, finish, open_backend, prepare
from xw2v.training.signals import StopSignals
from xw2v.training.state import State
from xw2v.training.trainer import Trainer
from xw2v.training.warm_start import WarmStart


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


class TrainCommand:
    """What `xw2v train` does: prepare, train, publish.

    Args:
        options: what is no setting.
        settings: those given, by the names of `Settings`.
        console: where lines for the user go.
        plot: draws the loss curve of a run into a PNG file.

    Raises:
        UsageError: options out of range or at odds.
    """

    def __init__(
        self, options: TrainOptions, settings: Mapping[str, Any], console: Console, plot: Plot
    ) -> None:
        Settings.from_mapping(settings)  # without those of a checkpoint or of initial vectors
        if options.init_keep and options.init is None:
            raise UsageError(
                "give the vectors whose words are to be kept with `init`", setting="init_keep"
            )
        self.options = options
        self.folder = CheckpointFolder(options.output)
        self.interval = CheckpointInterval.parse(options.checkpoint_every)
        self._given = settings
        self._console = console
        self._plot = plot

    def run(self, signals: StopSignals) -> Run:
        """Train and write the output folder; raises what can go wrong on the way, see
        docs/reliability.md.
        """
        output_folder(self.options.output)
        with folder_lock(self.options.output):
            finish_writing(self.options.output)
            prepared = self._prepare()
            state = self._train(prepared, signals)
            return self._publish(prepared, state)

    # --- prepare ---------------------------------------------------------------------------------

    def _prepare(self) -> PreparedRun:
        options, say = self.options, self._console.say
        checkpoint = self._checkpoint()
        warm_start = (options.init and WarmStart.load(options.init, options.init_keep)) or None
        settings = self._settings(checkpoint, warm_start)
        backend, settings = open_backend(settings, say)  # what it lacks is said before text is read
        corpus, validation = self._texts(settings)
        if checkpoint is not None:
            check_texts(checkpoint, corpus, validation)
        index = index_of(corpus.vocabulary.words, settings)
        reach = reach_of(settings, corpus, validation)
        reaching = dataclasses.replace(settings, window=reach)
        check_memory(reaching, len(corpus.vocabulary), index)
        trainer = prepare(corpus, settings, validation, backend, say, index=index)
        if checkpoint is not None:
            state = self._restored(trainer, checkpoint)
        else:
            state = self._started(trainer, warm_start)
        return PreparedRun(trainer, state, warm_start)

    def _checkpoint(self) -> Checkpoint | None:
        if not self.options.resume:
            return None
        checkpoint = self.folder.latest()
        for notice in self.folder.notices:
            self._console.say(notice)
        if checkpoint is None:
            self._console.say(f"{self.folder.path}: no checkpoint found; starting a new run")
        return checkpoint

    def _settings(self, checkpoint: Checkpoint | None, warm_start: WarmStart | None) -> Settings:
        given = dict(self._given)
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

    def _texts(self, settings: Settings) -> tuple[Corpus, Corpus | None]:
        """The training text and the held-out text, if there is one."""
        options, say = self.options, self._console.say
        text_options = TextOptions.from_settings(settings, text_column=options.text_column)
        limits = VocabularyLimits(min_count=settings.min_count, max_vocab=settings.max_vocab)
        with self._console.reading() as progress:
            corpus = open_corpus(
                options.input, options.corpus, text_options, limits, progress=progress
            )
        for notice in corpus.notices:
            say(notice)
        say(
            f"{corpus.description}: {corpus.raw_words:,} words, {len(corpus):,} sentences, "
            f"vocabulary of {len(corpus.vocabulary):,}"
        )
        if options.val is not None:
            return corpus, read_corpus_with(corpus.vocabulary, [options.val], text_options)
        return corpus, validation_of(options.input)

    def _restored(self, trainer: Trainer, checkpoint: Checkpoint) -> State:
        settings, say = trainer.settings, self._console.say
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
        aside = self.folder.path.parent / PREVIOUS / FOLDER
        if self.folder.set_aside(aside):
            self._console.say(f"the checkpoints of an earlier run are in {aside} now")
        if warm_start is None:
            return trainer.start()
        vocabulary = trainer.corpus.vocabulary
        center, context, known = warm_start.tables(vocabulary, trainer.settings, trainer.index)
        self._console.say(f"{known:,} of {len(vocabulary):,} words start from {warm_start.name}")
        return trainer.start(center, context)

    # --- train -----------------------------------------------------------------------------------

    def _train(self, prepared: PreparedRun, signals: StopSignals) -> State:
        trainer, warm_start = prepared.trainer, prepared.warm_start
        init = None if warm_start is None else warm_start.fingerprint
        checkpointer = Checkpointer(trainer, self.folder, self.interval, self._console.say, init)
        callbacks: list[Callback] = [
            FileWatch(trainer),
            StopOnSignal(signals, checkpointer),
            checkpointer,
        ]
        words = trainer.corpus.raw_words * trainer.settings.epochs
        signals.defer = True
        try:
            with self._console.training(words) as report:
                if report is not None:
                    callbacks.append(ProgressReport(report))
                return trainer.train(prepared.state, callbacks)
        except TrainingError as error:
            raise checkpointer.with_checkpoint_hint(error) from None
        finally:
            signals.defer = False

    # --- publish ---------------------------------------------------------------------------------

    def _publish(self, prepared: PreparedRun, state: State) -> Run:
        output, say = self.options.output, self._console.say
        run = finish(prepared.trainer, state)
        if prepared.warm_start is not None:
            run = prepared.warm_start.keep_words(run)
        if is_written(output, run.record):
            say(f"{output}: this run is complete; a larger `epochs` continues it")
        else:
            self._write(run)
        self.folder.keep_last()
        if not Path(output, PICTURE).exists() and (notice := draw_picture(output, run, self._plot)):
            say(notice)
        say(f"{_summary(run.record)}; vectors in {output}")
        return run

    def _write(self, run: Run) -> None:
        try:
            write_run(self.options.output, run)
        except OutputError as error:
            if self.folder.names():
                error.add_hint(
                    f"nothing is lost: put that right and give `resume` ({self.folder.path})"
                )
            raise


def _summary(record: Mapping[str, Any]) -> str:
    """Speed and losses of a finished run."""
    epochs, millions = record["settings"]["epochs"], record["words_per_second"] / 1e6
    parts = [f"{millions:.2f} million words/s over {epochs} epoch{'s' * (epochs > 1)}"]
    if record["final_loss"] is not None:
        parts.append(f"mean loss of the last epoch {record['final_loss']:.4f}")
    if record["validation_loss"] is not None:
        parts.append(f"validation loss {record['validation_loss']:.4f}")
    return ", ".join(parts)
