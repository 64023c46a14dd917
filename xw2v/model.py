"""Word2Vec: the trainer as a Python object.

from xw2v import Word2Vec

model = Word2Vec(vector_size=100, window=5).fit(sentences)
model.wv.most_similar("king")
"""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Unpack

import numpy as np

from xw2v.errors import InputError, TrainingError, UsageError, represented
from xw2v.pictures.loss_curve import plot_loss
from xw2v.settings import SETTINGS, Settings, SettingsDict
from xw2v.storage.files import is_path, output_folder
from xw2v.storage.lock import folder_lock
from xw2v.text.corpus import Corpus
from xw2v.text.python_texts import Sentences, corpus_of
from xw2v.training.callbacks import (
    HOOKS,
    Callback,
    ModelHooks,
    Progress,
    ProgressReport,
)
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.checkpointer import CheckpointInterval
from xw2v.training.console import PythonConsole
from xw2v.training.output import draw_picture, write_run
from xw2v.training.run import Run, finish
from xw2v.training.run_folder import read_run
from xw2v.training.session import TrainingSession
from xw2v.training.signals import StopSignals
from xw2v.training.state import State
from xw2v.training.trainer import Trainer, check_patience
from xw2v.training.warm_start import WarmStart
from xw2v.vectors.arguments import checks_arguments
from xw2v.vectors.keyedvectors import KeyedVectors

MACHINE = ("device", "backend", "workers")  # settings that a saved model leaves to the machine


@checks_arguments()
class Word2Vec:
    """Skip-gram (or CBOW) with negative sampling (Mikolov et al. 2013).

    Args:
        **settings: any setting of `xw2v.settings.Settings`, such as vector_size, window, min_count,
            negative, sample, alpha, epochs, seed, device ("cpu", "cuda", "auto") or backend.

    Raises:
        UsageError: a setting out of range.
        UnknownSettingError: no setting of that name; a TypeError, too.

    Examples:
        >>> sentences = [["the", "cat", "sat"], ["the", "dog", "sat"]] * 50
        >>> model = Word2Vec(vector_size=8, min_count=1, epochs=1).fit(sentences)
        >>> model.wv["cat"].shape
        (8,)
    """

    def __init__(self, **settings: Unpack[SettingsDict]) -> None:
        self.settings = Settings.from_mapping(settings)
        self._given = set(settings)
        self.stop_training = False
        self._run: Run | None = None
        self._unfinished: Callable[[], Run] | None = None  # while it trains: the run as it is

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Every setting by name, as scikit-learn's tools ask for them."""
        return dict(vars(self.settings))

    def set_params(self, **settings: Unpack[SettingsDict]) -> Word2Vec:
        """Change settings for the next `fit`; returns this model."""
        self.settings = Settings.from_mapping(self.get_params() | settings)
        self._given |= set(settings)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags

        target, texts = TargetTags(required=False), InputTags(two_d_array=False, string=True)
        return Tags(estimator_type=None, target_tags=target, input_tags=texts)

    def fit(
        self,
        sentences: Sentences,
        validation: Sentences | None = None,
        report: Callable[[Progress], None] | None = None,
        *,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: str | int = "10m",
        resume: bool = False,
        init: str | os.PathLike[str] | KeyedVectors | Word2Vec | None = None,
        init_keep: bool = False,
        callbacks: Any = (),
    ) -> Word2Vec:
        """Build the vocabulary and train, anew unless `resume` or `init` is given.

        Args:
            sentences: an iterable of token lists (read once, so a generator will do), a text file
                or folder, a list of them, or a Corpus. Of token lists every token counts as it is;
                of files the setting `tokens` says what a token is.
            validation: likewise; its loss is computed after each epoch. With the setting
                `patience`, the run ends once it has not fallen for so many epochs, and the vectors
                are those of the epoch with the lowest.
            report: called at the end of each reporting interval, some 200 times a run or every 100
                steps, and at the end of the last epoch.
            progress: show a bar, on standard error or in a notebook, and lines on what is done.
            checkpoint: save the run in `checkpoint/` of this folder: after epochs, as
                `checkpoint_every` says, and when a signal (Ctrl-C) ends it.
            checkpoint_every: so many steps, or a time ("30s", "10m", "1h").
            resume: go on from the last checkpoint there, to the same vectors bit for bit as if the
                run had not ended; a new run where there is none. Settings that this model was not
                given are the checkpoint's. To a finished run more epochs can be added.
            init: start from these vectors: a file, the folder of a run, KeyedVectors, or a model,
                such as this one. Words that they lack start as usual.
            init_keep: keep words that this text lacks after the others, as they are in `init`.
            callbacks: objects with any of the methods on_train_begin, on_epoch_begin, on_step,
                on_epoch_end and on_train_end, which are called with this model, as it is then, and
                on_interval, with a `Progress` too. `model.stop_training = True` ends the run with
                the epoch.

        Returns:
            This model, trained.

        Raises:
            InputError: nothing to train on, or a checkpoint of another run.
            UsageError: arguments at odds.
            TrainingError: the loss is no longer finite.
            RunInterruptedError: a signal ended it, saved.
        """
        if resume and checkpoint is None:
            raise UsageError(
                "give the folder that it goes on from as `checkpoint`", setting="resume"
            )
        if init_keep and init is None:
            raise UsageError("give the vectors whose words are kept as `init`", setting="init_keep")
        check_patience(self.settings, validation)
        console = PythonConsole(progress)

        def texts(settings: Settings) -> tuple[Corpus, Corpus | None]:
            with console.reading() as bar:
                corpus = corpus_of("sentences", sentences, settings, progress=bar)
            if validation is None:
                return corpus, None
            return corpus, corpus_of("validation", validation, settings, corpus.vocabulary)

        session = TrainingSession(
            given={name: getattr(self.settings, name) for name in self._given},
            texts=texts,
            console=console,
            folder=None if checkpoint is None else CheckpointFolder(os.fspath(checkpoint)),
            interval=CheckpointInterval.parse(str(checkpoint_every)),
            resume=resume,
            warm_start=lambda: _warm_start(init, init_keep),
        )
        watchers: list[Callback] = [] if report is None else [ProgressReport(report)]
        self._fit(session, checkpoint, _checked_callbacks(callbacks), watchers)
        return self

    def _fit(
        self,
        session: TrainingSession,
        checkpoint: str | os.PathLike[str] | None,
        callbacks: Sequence[Any],
        watchers: list[Callback],
    ) -> None:
        before, self.stop_training = self._run, False
        with ExitStack() as stack:
            signals = None
            if checkpoint is not None:
                stack.enter_context(folder_lock(output_folder(checkpoint)))
                signals = stack.enter_context(StopSignals(session.console.say))
            prepared = session.prepare()
            if callbacks:
                watchers.append(_Hooks(self, callbacks, prepared.trainer))
            try:
                state = session.train(prepared, signals, watchers)
                self._set_run(session.finish(prepared, state))
            except BaseException:
                self._set_run(before)
                raise
            if session.folder is not None:
                session.folder.keep_last()

    def _set_run(self, run: Run | None, unfinished: Callable[[], Run] | None = None) -> None:
        self._run, self._unfinished = run, unfinished
        self.__dict__.pop("wv", None)

    @property
    def run(self) -> Run:
        """The run: tables, histories and the record that run.json holds. In a callback it is the
        run as it is then.
        """
        if self._run is None and self._unfinished is not None:
            self._run = self._unfinished()
        if self._run is None:
            raise TrainingError("this model is not trained yet: call fit(sentences)")
        return self._run

    @cached_property
    def wv(self) -> KeyedVectors:
        """The words and their input vectors: one object, until the model is trained again."""
        return self.run.keyed_vectors()

    def __repr__(self) -> str:
        changed = [
            f"{name}={value!r}"
            for name, value in vars(self.settings).items()
            if value != getattr(Settings, name)  # the default
        ]
        state = "not trained" if self._run is None else f"{len(self.wv):,} words"
        return f"Word2Vec({', '.join(changed)}): {state}"

    def __getattr__(self, name: str) -> NoReturn:
        hint = f"; ask model.wv.{name}" if hasattr(KeyedVectors, name) else ""
        if name in ("build_vocab", "train"):
            hint = "; fit(sentences) builds the vocabulary and trains"
        raise AttributeError(
            f"'Word2Vec' object has no attribute {name!r}{hint}", name=name, obj=self
        )

    @property
    def context_vectors(self) -> np.ndarray:
        """The output vectors, (V, D) float32."""
        return self.run.parameters.context

    @property
    def loss_history(self) -> list[float]:
        """Mean loss per positive pair of each reporting interval."""
        return [loss for _, loss in self.run.loss_history]

    @property
    def validation_history(self) -> list[float]:
        """Mean loss per positive pair of the validation text after each epoch."""
        return self.run.validation_history

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Word2Vec:
        """The model that `save` or `xw2v train` wrote into a folder.

        Its settings are those of the run, but for device, backend and workers, which are the
        defaults. `fit(text, init=model)` goes on from its vectors.

        Raises:
            InputError: these are not the files of a finished run.
        """
        run = read_run(Path(folder))
        stored = run.record["settings"]
        kept = {name: stored[name] for name in stored if name in SETTINGS and name not in MACHINE}
        try:
            model = cls(**kept)
        except UsageError as error:
            raise InputError(f"its settings cannot be used: {error}", path=folder) from None
        model._set_run(run)
        return model

    def save(self, folder: str | Path) -> None:
        """Write the run's files, as trained, into a folder, which `KeyedVectors.load` and the
        commands read.

        What was changed in `wv` is saved by the methods of `wv`. If the picture of the loss cannot
        be drawn, there is a warning.

        Raises:
            OutputError: the folder cannot be written.
            InputError: another process is writing there.
        """
        with folder_lock(output_folder(folder)):
            write_run(folder, self.run)
            notice = draw_picture(folder, self.run, plot_loss)
        if notice is not None:
            warnings.warn(notice, stacklevel=2)


class _Hooks(ModelHooks):
    """Shows a model the state of its run."""

    def __init__(self, model: Word2Vec, callbacks: Sequence[Any], trainer: Trainer) -> None:
        super().__init__(model, callbacks)
        self._trainer = trainer
        self._is_over = False

    def show(self, state: State) -> None:
        shown = state if self._is_over else dataclasses.replace(state, best=None)
        self._model._set_run(None, lambda: finish(self._trainer, shown))

    def on_train_end(self, state: State) -> None:
        self._is_over = True
        super().on_train_end(state)

    def wants_to_stop(self, state: State) -> bool:
        return bool(self._model.stop_training)


def _checked_callbacks(callbacks: Any) -> list[Any]:
    """The callbacks as a list; UsageError for one that would never be called."""
    is_list = isinstance(callbacks, Iterable) and getattr(callbacks, "ndim", 1) > 0
    given = list(callbacks) if is_list else [callbacks]
    for callback in given:
        if not any(hasattr(callback, hook) for hook in HOOKS):
            raise UsageError(
                f"{represented(callback, 40)} has none of the methods {', '.join(HOOKS)}",
                setting="callbacks",
            )
    return given


def _warm_start(init: Any, keep: bool) -> WarmStart | None:
    """What a run starts from, of the argument `init` of `fit`."""
    if init is None:
        return None
    if isinstance(init, Word2Vec):
        return WarmStart.of_run(init.run, keep)
    if isinstance(init, KeyedVectors):
        init.fill_norms()
        return WarmStart("these vectors", init, None, keep)
    if not is_path(init):
        raise InputError("give a file of vectors, KeyedVectors or a model", setting="init")
    return WarmStart.load(os.fspath(init), keep)
