"""A training command from end to end: options, text, checkpoints, training, and the output
folder.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from xw2v.errors import InputError, TrainingError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.backend import load_backend
from xw2v.storage.files import output_folder
from xw2v.storage.lock import folder_lock
from xw2v.text.corpus import Corpus
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus, read_corpus_with, validation_of
from xw2v.text.vocabulary import VocabularyLimits
from xw2v.training.checkpoint import FOLDER, Checkpoint, CheckpointFolder
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval, where
from xw2v.training.memory import check_memory
from xw2v.training.output import PREVIOUS, Plot, finish_writing, is_written, write_run
from xw2v.training.resume import check_texts, continued_settings, restored, what_changed
from xw2v.training.run import Run, finish, prepare
from xw2v.training.signals import StopSignals
from xw2v.training.trainer import Progress, State, Trainer
from xw2v.training.warm_start import WarmStart

OUTPUT, EVERY = "output", "10m"
Reading = Callable[[], AbstractContextManager[Any]]
Reporting = Callable[[int], AbstractContextManager[Callable[[Progress], None] | None]]


class TrainCommand:
    """What `xw2v train` does.

    Args:
        options: by name, of `xw2v.config.OPTIONS`; those left out have their defaults.
        settings: those given, by the names of `Settings`.
        where: what to call the place that settings came from.
        resume: go on from the output folder's last checkpoint.
        keep: keep words of the "init" vectors that the text lacks.
        say: where lines for the user go.
        plot: draws the loss curve of a run into a PNG file.

    Raises:
        UsageError: options out of range or at odds.
    """

    def __init__(
        self,
        options: dict[str, Any],
        settings: dict[str, Any],
        where: str,
        *,
        resume: bool,
        keep: bool,
        say: Callable[[str], None],
        plot: Plot,
    ) -> None:
        self.plot = plot
        self.options, self.resume, self.keep, self.say = options, resume, keep, say
        self._given, self._where = settings, where
        self.output = options.get("output", OUTPUT)
        self.every = CheckpointInterval.parse(options.get("checkpoint_every", EVERY))
        Settings.from_mapping(settings, where)
        if keep and "init" not in options:
            raise UsageError(
                "--init-keep: give the vectors whose words are to be kept with --init FILE"
            )

    def run(self, signals: StopSignals, progress: Reporting, reading: Reading) -> Run:
        """Train and write the output folder; raises what can go wrong on the way, see
        docs/reliability.md.
        """
        output_folder(self.output)
        with folder_lock(self.output):
            finish_writing(self.output)
            folder = CheckpointFolder(self.output)
            checkpoint = self._checkpoint(folder)
            initial = (
                WarmStart.load(self.options["init"], self.keep) if "init" in self.options else None
            )
            settings = self._settings(checkpoint, initial)
            # What is missing is told before the text is read.
            device = load_backend(settings.backend, settings.device, say=self.say).device_name
            settings = replace(settings, device=device)
            corpus, validation = self._texts(settings, reading)
            if checkpoint is not None:
                check_texts(checkpoint, corpus, validation)
            check_memory(settings, len(corpus.vocabulary))
            trainer = prepare(corpus, settings, validation, self.say)
            state = self._state(trainer, folder, checkpoint, initial)
            state = self._train(trainer, state, folder, initial, signals, progress)
            return self._written(trainer, state, folder, initial)

    def _checkpoint(self, folder: CheckpointFolder) -> Checkpoint | None:
        if not self.resume:
            return None
        checkpoint = folder.latest()
        for notice in folder.notices:
            self.say(notice)
        if checkpoint is None:
            self.say(f"no checkpoint in {folder.path} yet: beginning at the beginning")
        return checkpoint

    def _settings(self, checkpoint: Checkpoint | None, initial: WarmStart | None) -> Settings:
        given = dict(self._given)
        if initial is not None:
            given.setdefault("vector_size", initial.vectors.vector_size)
        if checkpoint is None:
            settings = Settings.from_mapping(given, self._where)
        else:
            settings = continued_settings(checkpoint, given, self._where)
            fingerprint = None if initial is None else initial.fingerprint
            if checkpoint.content["init"] != fingerprint:
                raise UsageError(
                    f"{checkpoint.path}: --init or --init-keep differ; resume with the same ones"
                )
        if initial is not None:
            initial.check(settings)
        return settings

    def _texts(self, settings: Settings, reading: Reading) -> tuple[Corpus, Corpus | None]:
        """The training text and the held-out text, if there is one."""
        options, inputs = self.options, _as_list(self.options.get("input", []))
        text_options = TextOptions(
            text_column=options.get("text_column", TextOptions.text_column),
            token_pattern=settings.token_pattern,
            lowercase=settings.lowercase,
        )
        limits = VocabularyLimits(min_count=settings.min_count, max_vocab=settings.max_vocab)
        with reading() as progress:
            corpus = open_corpus(
                inputs, options.get("corpus"), text_options, limits, progress=progress
            )
        for notice in corpus.notices:
            self.say(notice)
        self.say(
            f"{corpus.description}: {corpus.raw_words:,} words, {len(corpus.offsets) - 1:,} sentences, "
            f"vocabulary of {len(corpus.vocabulary.words):,}"
        )
        if "val" in options:
            return corpus, read_corpus_with(corpus.vocabulary, [options["val"]], text_options)
        return corpus, validation_of(inputs)

    def _state(
        self,
        trainer: Trainer,
        folder: CheckpointFolder,
        checkpoint: Checkpoint | None,
        initial: WarmStart | None,
    ) -> State:
        """The state that training goes on from."""
        settings = trainer.settings
        if checkpoint is not None:
            state = restored(checkpoint, trainer)
            self.say(
                f"going on from {checkpoint.path.name}: {where(state)} of {settings.epochs} epochs"
            )
            if changed := what_changed(checkpoint, trainer):
                self.say(changed)
            if state.epoch < settings.epochs and len(state.plans) > 1:
                first = trainer.alpha(state.plans[-2] / settings.epochs)
                self.say(
                    f"epochs {state.plans[-2] + 1} to {settings.epochs} are added: the learning rate falls from "
                    f"{first:g} to {settings.min_alpha:g}, as in a run of {settings.epochs} epochs"
                )
            return state
        aside = folder.path.parent / PREVIOUS / FOLDER
        if folder.set_aside(aside):
            self.say(f"the checkpoints of an earlier run are in {aside} now")
        if initial is None:
            return trainer.start()
        center, context, known = initial.tables(trainer.corpus.vocabulary, settings)
        self.say(f"{known:,} of {len(center):,} words start from {initial.name}")
        return trainer.start(center, context)

    def _train(
        self,
        trainer: Trainer,
        state: State,
        folder: CheckpointFolder,
        initial: WarmStart | None,
        signals: StopSignals,
        progress: Reporting,
    ) -> State:
        about = {"init": None if initial is None else initial.fingerprint}
        checkpointer = Checkpointer(trainer, folder, self.every, signals, self.say, about)
        signals.defer = True
        try:
            with progress(trainer.corpus.raw_words * trainer.settings.epochs) as report:
                return trainer.train(state, report, checkpointer.after_step)
        except TrainingError as error:
            raise checkpointer.with_checkpoint_hint(error) from None
        finally:
            signals.defer = False

    def _written(
        self, trainer: Trainer, state: State, folder: CheckpointFolder, initial: WarmStart | None
    ) -> Run:
        run = finish(trainer, state)
        if initial is not None:
            run = initial.keep_words(run)
        if is_written(self.output, run.record):
            self.say(f"{self.output}: this run is finished; more --epochs would go on")
        else:
            try:
                write_run(self.output, run, self.plot)
            except InputError as error:
                kept = (
                    f"; nothing is lost: put that right and give --resume ({folder.path})"
                    if folder.names()
                    else ""
                )
                raise InputError(f"{error}{kept}") from None
        folder.keep_last()
        record = run.record
        loss = "" if record["final_loss"] is None else f", final loss {record['final_loss']:.4f}"
        self.say(
            f"{record['words_per_second'] / 1e6:.2f} million words/s over {trainer.settings.epochs} epochs{loss}; "
            f"vectors in {self.output}"
        )
        return run


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
