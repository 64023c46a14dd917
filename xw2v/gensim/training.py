"""A model's part in a run: its callbacks, its loss, its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from xw2v.training.callbacks import ModelHooks, Progress
from xw2v.training.state import State
from xw2v.training.trainer import Trainer

logger = logging.getLogger(__name__)


class ModelCallback(ModelHooks):
    """Shows a model its vectors between epochs, calls its callbacks, sums its loss and logs.

    Args:
        model: a `Word2Vec` of gensim's.
        callbacks: each with the hooks of `CallbackAny2Vec` that it needs.
        trainer: whose states come.
        words: (effective, raw) words of an epoch.
        report_delay: seconds between lines of progress in the log.
    """

    def __init__(
        self,
        model: Any,
        callbacks: Iterable[Any],
        trainer: Trainer,
        words: tuple[int, int],
        report_delay: float,
    ) -> None:
        super().__init__(model, callbacks)
        self._trainer = trainer
        self._words = words
        self._report_delay = report_delay
        self._reported = time.monotonic()
        self._epoch_began = self._reported

    def on_epoch_begin(self, state: State) -> None:
        self._epoch_began = time.monotonic()
        super().on_epoch_begin(state)

    def on_interval(self, state: State, progress: Progress) -> None:
        if self._model.compute_loss:
            self._model.running_training_loss += progress.loss * progress.pairs
        now = time.monotonic()
        if now - self._reported >= self._report_delay:
            self._reported = now
            share = progress.done * self._model.epochs_asked - state.epoch
            logger.info(
                "EPOCH %i - PROGRESS: at %.2f%% examples, %.0f words/s, loss %.4f",
                state.epoch,
                100 * min(max(share, 0.0), 1.0),
                progress.words_per_second,
                progress.loss,
            )

    def on_epoch_end(self, state: State) -> None:
        seconds = max(time.monotonic() - self._epoch_began, 1e-9)
        effective, raw = self._words
        logger.info(
            "EPOCH %i: training on %i raw words (%i in the vocabulary) took %.1fs, %.0f words/s",
            state.epoch - 1,
            raw,
            effective,
            seconds,
            raw / seconds,
        )
        super().on_epoch_end(state)

    def on_train_end(self, state: State) -> None:
        self.show(state)
        super().on_train_end(state)

    def show(self, state: State) -> None:
        """Give the model the tables of a state; on the CPU these are the state's own."""
        center, context = map(self._trainer.backend.to_numpy, state.tables)
        self._model.take_tables(self._trainer, center, np.asarray(context))
