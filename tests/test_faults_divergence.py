"""Non-finite values in a run (docs/reliability.md)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import command, last_line, text

from xw2v.errors import TrainingError
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Step
from xw2v.text.corpus import Corpus
from xw2v.training.callbacks import Callback
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval
from xw2v.training.run import prepare
from xw2v.training.state import State


class Spoiling(Callback):
    """Puts a NaN into a table, or an infinity into the sum of losses, after so many steps."""

    def __init__(self, what: str, steps: int) -> None:
        self._what = what
        self._steps = steps

    def on_step(self, state: State) -> None:
        if state.steps == self._steps:
            if self._what == "loss":
                state.loss_sum = np.inf
            else:
                getattr(state.tables, self._what)[0] = np.nan


@pytest.mark.parametrize("what", ["center", "context", "loss"])
def test_non_finite_values_stop_a_run_and_leave_the_last_good_checkpoint(
    what: str, tmp_path: Path
) -> None:
    corpus = Corpus.from_sentences([line.split() for line in text(6000).splitlines()])
    trainer = prepare(corpus, Settings(vector_size=8, window=3, batch_tokens=256, epochs=4))
    folder = CheckpointFolder(tmp_path)
    checkpointer = Checkpointer(trainer, folder, CheckpointInterval(steps=5), print)
    with pytest.raises(
        TrainingError,
        match=r"by step (18|19|20) .*training diverged.*give a smaller `alpha` than 0\.",
    ):
        trainer.train(trainer.start(), [Spoiling(what, 17), checkpointer])
    checkpoint = folder.latest()
    assert checkpoint is not None
    assert checkpoint.record.state.steps <= 16
    assert all(np.isfinite(table).all() for table in checkpoint.tables().values())


def test_a_diverging_command_names_the_step_and_the_checkpoint(
    words_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from xw2v.cli import main
    from xw2v.training import trainer

    steps = 0
    sound_step_for = trainer.step_for

    def step_for(backend: Backend, step_config: StepConfig) -> Step:
        sound = sound_step_for(backend, step_config)

        def diverging(*arguments: Any, measure: bool) -> Any:
            nonlocal steps
            steps += 1
            loss = sound(*arguments, measure=measure)
            return loss if loss is None or steps < 40 else loss * np.nan

        diverging.name = sound.name  # type: ignore[attr-defined]
        return diverging  # type: ignore[return-value]

    monkeypatch.setattr(trainer, "step_for", step_for)
    monkeypatch.setattr(
        sys,
        "argv",
        command(words_file, output=str(tmp_path), checkpoint_every="10", alpha="0.5")[2:],
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    error = last_line(capsys.readouterr().err)
    assert re.search(
        r"the loss became nan by step 4\d \(epoch [12] of 3\): training diverged", error
    )
    assert "give a smaller --alpha than 0.5 or a smaller --bound than" in error
    assert re.search(r"the last good checkpoint is .*epoch-00000[01]-step-0000000\d\d$", error)
