"""Callbacks of a training run, with the model as their argument."""

from __future__ import annotations

from typing import Any


class CallbackAny2Vec:
    """Base class of callbacks; a subclass defines what it needs.

    Each is called with the model, whose `wv` holds the vectors as trained so far. Once a call of
    `train`: `on_train_begin` and `on_train_end`; once an epoch: `on_epoch_begin`, `on_epoch_end`.
    """

    def on_epoch_begin(self, model: Any) -> None:
        """Before every epoch."""

    def on_epoch_end(self, model: Any) -> None:
        """After every epoch."""

    def on_train_begin(self, model: Any) -> None:
        """Before the first epoch."""

    def on_train_end(self, model: Any) -> None:
        """After the last epoch."""
