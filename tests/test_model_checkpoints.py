"""`Word2Vec.fit` saves a run on its way and goes on from there, as the command line does."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fits import HELD_OUT, TEXT, TINY, At, Fail, assert_equal, fail, text

from xw2v import (
    InputError,
    KeyedVectors,
    RunInterruptedError,
    UsageError,
    Word2Vec,
)
from xw2v.training.checkpoint import CheckpointFolder


def interrupt(model: Word2Vec) -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """SIGINT as Python handles it, also where it is ignored, as in a job in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("step", [1, 20, 33])
def test_a_run_that_failed_goes_on_to_the_same_bits(tmp_path: Path, step: int) -> None:
    whole = Word2Vec(**TINY).fit(TEXT, HELD_OUT)
    model = Word2Vec(**TINY)
    saved: dict[str, Any] = {"checkpoint": tmp_path, "checkpoint_every": 5}
    with pytest.raises(Fail):
        model.fit(TEXT, HELD_OUT, callbacks=[At(step, fail)], **saved)
    assert_equal(model.fit(TEXT, HELD_OUT, resume=True, **saved), whole)
    assert len(CheckpointFolder(tmp_path).names()) == 1


def test_a_signal_ends_a_run_saved(tmp_path: Path) -> None:
    model = Word2Vec(**TINY)
    with pytest.raises(RunInterruptedError, match=r"saved: run it again with `resume`"):
        model.fit(TEXT, checkpoint=tmp_path, callbacks=[At(17, interrupt)])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    latest = CheckpointFolder(tmp_path).latest()
    assert latest is not None
    assert latest.record.state.steps in (17, 18)
    resumed = model.fit(TEXT, checkpoint=tmp_path, resume=True)
    assert_equal(resumed, Word2Vec(**TINY).fit(TEXT))


def test_without_a_folder_a_signal_is_what_it_always_is() -> None:
    with pytest.raises(KeyboardInterrupt):
        Word2Vec(**TINY).fit(TEXT, callbacks=[At(2, interrupt)])


def test_epochs_are_added_to_a_finished_run(tmp_path: Path) -> None:
    first = Word2Vec(**TINY).fit(TEXT, checkpoint=tmp_path)
    more = Word2Vec(**TINY | {"epochs": 5}).fit(TEXT, checkpoint=tmp_path, resume=True)
    assert first.run.record["epochs_asked"] == [3]
    assert more.run.record["epochs_asked"] == [3, 5]
    assert more.run.record["epochs_trained"] == 5
    assert more.run.loss_history[: len(first.loss_history) - 1] == first.run.loss_history[:-1]


def test_settings_that_are_not_given_are_the_checkpoints(tmp_path: Path) -> None:
    first = Word2Vec(**TINY).fit(TEXT, checkpoint=tmp_path)
    assert_equal(Word2Vec().fit(TEXT, checkpoint=tmp_path, resume=True), first)
    with pytest.raises(InputError, match="window"):
        Word2Vec(window=3).fit(TEXT, checkpoint=tmp_path, resume=True)
    with pytest.raises(InputError, match="belongs to another text"):
        Word2Vec(**TINY).fit(text(seed=3), checkpoint=tmp_path, resume=True)


def test_a_new_run_puts_earlier_checkpoints_aside(tmp_path: Path) -> None:
    model = Word2Vec(**TINY).fit(TEXT, checkpoint=tmp_path)
    model.fit(text(seed=3), checkpoint=tmp_path)
    assert CheckpointFolder(tmp_path / "previous").latest() is not None


def test_a_run_of_the_command_line_goes_on_in_python_and_back(tmp_path: Path) -> None:
    from xw2v.config import TrainOptions
    from xw2v.pictures.loss_curve import plot_loss
    from xw2v.training.command import TrainCommand
    from xw2v.training.console import Console
    from xw2v.training.signals import StopSignals

    lines = tmp_path / "text.txt"
    lines.write_text("".join(" ".join(line) + "\n" for line in TEXT))
    output = tmp_path / "output"
    settings = TINY | {"tokens": "raw"}
    model = Word2Vec(**settings)
    with pytest.raises(Fail):
        model.fit(lines, checkpoint=output, checkpoint_every=7, callbacks=[At(16, fail)])
    options = TrainOptions(input=(str(lines),), output=str(output), resume=True)
    with StopSignals() as signals:
        TrainCommand(options, {}, Console(), plot_loss).run(signals)
    assert_equal(model.fit(lines, checkpoint=output, resume=True), Word2Vec(**settings).fit(lines))
    np.testing.assert_array_equal(KeyedVectors.load(output).vectors, model.wv.vectors)


def test_arguments_that_need_others_say_so() -> None:
    model = Word2Vec(**TINY)
    for given, message in (
        ({"resume": True}, "`checkpoint`"),
        ({"init_keep": True}, "`init`"),
        ({"checkpoint_every": "often"}, "200, or a time"),
        ({"callbacks": [print]}, "has none of the methods on_train_begin"),
    ):
        with pytest.raises(UsageError, match=re.escape(message)):
            model.fit(TEXT, **given)  # type: ignore[arg-type]
