"""Word2Vec: the trainer as a Python object.

from xw2v import Word2Vec

model = Word2Vec(vector_size=100, window=5).fit(sentences)
model.wv.most_similar("king")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Unpack

import numpy as np

from xw2v.errors import TrainingError
from xw2v.pictures.loss_curve import plot_loss
from xw2v.settings import Settings, SettingsDict
from xw2v.storage.files import output_folder
from xw2v.storage.lock import folder_lock
from xw2v.text.corpus import Corpus
from xw2v.text.reading import open_corpus, read_corpus_with
from xw2v.training.callbacks import Progress, ProgressReport
from xw2v.training.output import write_run
from xw2v.training.run import Run, run_training
from xw2v.vectors.keyedvectors import KeyedVectors

Sentences = str | os.PathLike[str] | Corpus | Iterable[Sequence[str] | str | os.PathLike[str]]


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
                of files the setting `token_pattern` finds the tokens.
            validation: likewise; its loss is computed after each epoch.
            report: called at the end of each reporting interval, some 200 times a run or every 100
                steps.

        Returns:
            This model, trained.

        Raises:
            InputError: nothing to train on.
            TrainingError: the loss is no longer finite.
        """
        corpus = self._corpus(sentences)
        held_out = None if validation is None else self._corpus(validation, corpus)
        callbacks = [] if report is None else [ProgressReport(report)]
        self._run = run_training(corpus, self.settings, held_out, callbacks)
        self.__dict__.pop("wv", None)
        return self

    def _corpus(self, sentences: Sentences, training: Corpus | None = None) -> Corpus:
        """`sentences` as a corpus, in the vocabulary of the training text if that is given."""
        from xw2v.text.options import TextOptions
        from xw2v.text.vocabulary import VocabularyLimits

        settings = self.settings
        if isinstance(sentences, Corpus):
            return sentences
        if isinstance(sentences, (str, os.PathLike)):
            sentences = [sentences]
        if isinstance(sentences, Sequence) and all(
            isinstance(one, (str, os.PathLike)) for one in sentences
        ):
            paths = [os.fspath(one) for one in sentences]
            options = TextOptions(
                token_pattern=settings.token_pattern, lowercase=settings.lowercase
            )
            if training is not None:
                return read_corpus_with(training.vocabulary, paths, options)
            limits = VocabularyLimits(min_count=settings.min_count, max_vocab=settings.max_vocab)
            return open_corpus(paths, None, options, limits)
        return Corpus.from_sentences(
            sentences,  # type: ignore[arg-type]
            min_count=settings.min_count,
            max_vocab=settings.max_vocab,
            vocabulary=None if training is None else training.vocabulary,
        )

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

    @property
    def context_vectors(self) -> np.ndarray:
        """The output vectors, (V, D) float32."""
        context: np.ndarray = self.run.parameters.context
        return context

    @property
    def loss_history(self) -> list[float]:
        """Mean loss per positive pair of each reporting interval."""
        return [loss for _, loss in self.run.loss_history]

    def save(self, folder: str | Path) -> None:
        """Write the run's files, as trained, into a folder, which `KeyedVectors.load` and the
        commands read.

        What was changed in `wv` is saved by the methods of `wv`.

        Raises:
            OutputError: the folder cannot be written.
            InputError: another process is writing there.
        """
        with folder_lock(output_folder(folder)):
            write_run(folder, self.run, plot_loss)
