"""A training command from end to end: options, text, checkpoints, training, and the output
folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xw2v.config import TrainOptions
from xw2v.errors import OutputError, UsageError
from xw2v.settings import Settings
from xw2v.storage.files import output_folder
from xw2v.storage.lock import folder_lock
from xw2v.text.corpus import Corpus
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus, read_corpus_with, validation_of
from xw2v.text.vocabulary import VocabularyLimits
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.checkpointer import CheckpointInterval
from xw2v.training.console import Console
from xw2v.training.output import (
    PICTURE,
    Plot,
    draw_picture,
    finish_writing,
    is_written,
    write_run,
)
from xw2v.training.run import Run
from xw2v.training.session import TrainingSession
from xw2v.training.signals import StopSignals
from xw2v.training.trainer import check_patience
from xw2v.training.warm_start import WarmStart


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

    def run(self, signals: StopSignals) -> Run | None:
        """Train and write the output folder; raises what can go wrong on the way, see
        docs/reliability.md.
        """
        options, session = self.options, self._session()
        output_folder(options.output)
        with folder_lock(options.output):
            finish_writing(options.output)
            prepared = session.prepare()
            state = session.train(prepared, signals)
            return self._publish(session.finish(prepared, state))

    def _session(self) -> TrainingSession:
        return TrainingSession(
            given=self._given,
            texts=self._texts,
            console=self._console,
            folder=self.folder,
            interval=self.interval,
            resume=self.options.resume,
            warm_start=self._warm_start,
        )

    def _warm_start(self) -> WarmStart | None:
        options = self.options
        return WarmStart.load(options.init, options.init_keep) if options.init else None

    def _texts(self, settings: Settings) -> tuple[Corpus, Corpus | None]:
        """The training text and the held-out text, if there is one."""
        options = self.options
        text_options = TextOptions.from_settings(settings, text_column=options.text_column)
        limits = VocabularyLimits(min_count=settings.min_count, max_vocab=settings.max_vocab)
        held_out = None if options.val is not None else validation_of(options.input)
        check_patience(settings, options.val or held_out)
        with self._console.reading() as progress:
            corpus = open_corpus(
                options.input, options.corpus, text_options, limits, progress=progress
            )
        if options.val is not None:
            held_out = read_corpus_with(corpus.vocabulary, [options.val], text_options)
        return corpus, held_out

    def _publish(self, run: Run) -> Run:
        output, say = self.options.output, self._console.say
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
    epochs, millions = record["epochs_trained"], record["words_per_second"] / 1e6
    parts = [f"{millions:.2f} million words/s over {epochs} epoch{'s' * (epochs > 1)}"]
    if record["final_loss"] is not None:
        parts.append(f"mean loss of the last epoch {record['final_loss']:.4f}")
    if record["validation_loss"] is not None:
        best = record["best_epoch"]
        of_epoch = "" if best is None else f" (the lowest, of epoch {best})"
        parts.append(f"validation loss {record['validation_loss']:.4f}{of_epoch}")
    return ", ".join(parts)
