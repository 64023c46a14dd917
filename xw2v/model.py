"""Word2Vec: the trainer as a Python object.

from xw2v import Word2Vec

model = Word2Vec(vector_size=100, window=5).fit(sentences)
model.wv.most_similar("king")
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Unpack

import numpy as np

from xw2v.errors import InputError, TrainingError, shown
from xw2v.pictures.loss_curve import plot_loss
from xw2v.settings import Settings, SettingsDict
from xw2v.storage.files import output_folder
from xw2v.storage.lock import folder_lock
from xw2v.text.corpus import Corpus
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus, read_corpus_with
from xw2v.text.textfiles import STANDARD_INPUT
from xw2v.text.vocabulary import Vocabulary, VocabularyLimits
from xw2v.training.callbacks import Progress, ProgressReport
from xw2v.training.output import draw_picture, write_run
from xw2v.training.run import Run, run_training
from xw2v.vectors.arguments import checks_arguments
from xw2v.vectors.keyedvectors import KeyedVectors

Sentences = str | os.PathLike[str] | Corpus | Iterable[Sequence[str] | str | os.PathLike[str]]


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
        self._run: Run | None = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Every setting by name, as scikit-learn's tools ask for them."""
        return dict(vars(self.settings))

    def set_params(self, **settings: Unpack[SettingsDict]) -> Word2Vec:
        """Change settings for the next `fit`; returns this model."""
        self.settings = Settings.from_mapping(self.get_params() | settings)
        return self

    def fit(
        self,
        sentences: Sentences,
        validation: Sentences | None = None,
        report: Callable[[Progress], None] | None = None,
    ) -> Word2Vec:
        """Build the vocabulary and train.

        Args:
            sentences: an iterable of token lists (read once, so a generator will do), a text file
                or folder, a list of them, or a Corpus. Of token lists every token counts as it is;
                of files the setting `tokens` says what a token is.
            validation: likewise; its loss is computed after each epoch.
            report: called at the end of each reporting interval, some 200 times a run or every 100
                steps.

        Returns:
            This model, trained.

        Raises:
            InputError: nothing to train on.
            TrainingError: the loss is no longer finite.
        """
        corpus = self._corpus("sentences", sentences)
        held_out = None
        if validation is not None:
            held_out = self._corpus("validation", validation, corpus.vocabulary)
        callbacks = [] if report is None else [ProgressReport(report)]
        self._run = run_training(corpus, self.settings, held_out, callbacks)
        self.__dict__.pop("wv", None)
        return self

    def _corpus(
        self, name: str, sentences: Sentences, vocabulary: Vocabulary | None = None
    ) -> Corpus:
        """The argument `name` as a corpus, in the rows of `vocabulary` if that is given."""
        settings = self.settings
        limits = VocabularyLimits(min_count=settings.min_count, max_vocab=settings.max_vocab)
        if isinstance(sentences, Corpus):
            return sentences
        paths = _paths_of(name, sentences)
        if paths is None:
            return Corpus.from_sentences(
                sentences,  # type: ignore[arg-type]
                settings.min_count,
                settings.max_vocab,
                vocabulary,
            )
        options = TextOptions.from_settings(settings)
        if vocabulary is not None:
            return read_corpus_with(vocabulary, paths, options)
        return open_corpus(paths, None, options, limits)

    @property
    def run(self) -> Run:
        """The finished run: tables, histories and the record that run.json holds."""
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


def _paths_of(name: str, sentences: object) -> list[str] | None:
    """The files that an argument of `fit` names; None where it holds token lists.

    Raises:
        InputError: it is empty or cannot be iterated over, or a file is not there.
    """
    if isinstance(sentences, (str, os.PathLike)):
        sentences = [sentences]
    if not isinstance(sentences, Iterable) or getattr(sentences, "shape", None) == ():
        raise InputError("give lists of tokens, files or a Corpus", setting=name, value=sentences)
    if not isinstance(sentences, Sequence):
        return None
    if len(sentences) == 0:
        raise InputError("is empty; give lists of tokens or files", setting=name)
    if not all(isinstance(one, (str, os.PathLike)) for one in sentences):
        return None
    paths = [os.fspath(one) for one in sentences]
    for path in paths:
        if path != STANDARD_INPUT and not os.path.exists(path):
            raise InputError(
                f"{shown(path)}: no such file or folder, which is what a string names; to train on "
                "texts, give lists of their tokens, as in [text.split() for text in texts]"
            )
    return paths
