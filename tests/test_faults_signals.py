"""A run that is asked to stop (docs/reliability.md)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from runs import POSIX, command, last_line, long_run, wait_for

from xw2v.config import TrainOptions
from xw2v.errors import InputError, RunInterruptedError
from xw2v.pictures.loss_curve import plot_loss
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.command import TrainCommand
from xw2v.training.console import Console
from xw2v.training.record import describe_progress
from xw2v.training.signals import StopSignals


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_saved_with_130(
    number: signal.Signals, words_file: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    process = long_run(words_file, output)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "saved: run it again with --resume to go on from here" in last_line(error)
    checkpoint = CheckpointFolder(output).latest()
    assert checkpoint is not None
    assert describe_progress(checkpoint.record.state) in error


@POSIX
def test_a_signal_before_training_ends_with_130(tmp_path: Path) -> None:
    line = command("-", output=str(tmp_path / "output"))
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for((tmp_path / "output" / ".lock").exists, process)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.strip()) == (130, "xw2v: interrupted")


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_second_ends_at_once(number: signal.Signals) -> None:
    before, said = signal.getsignal(number), []
    with StopSignals(said.append) as signals:
        signals.defer = True
        os.kill(os.getpid(), number)
        assert signals.received
        assert "once more stops at once" in said[0]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


class Dropping:
    """Its finalizer gets a signal, and Python drops the KeyboardInterrupt that is raised there."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


def test_after_a_signal_that_python_dropped_an_error_is_an_interrupt() -> None:
    """As where it came while `-` was opened, whose text then ends, and has no words in it."""

    def reading_nothing() -> None:
        with StopSignals() as signals:
            Dropping()
            assert signals.received
            raise InputError("no words in it")

    with pytest.raises(KeyboardInterrupt):
        reading_nothing()


def test_other_exceptions_that_python_drops_are_still_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    reported: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: reported.append(str(what.exc_value)))
    with StopSignals():
        Broken()
    assert reported == ["broken"]


def test_a_signal_that_python_dropped_ends_the_run_at_its_first_step(
    words_file: Path, tmp_path: Path
) -> None:
    class Interrupting(Console):
        @contextmanager
        def reading(self) -> Iterator[None]:
            yield
            Dropping()

    options = TrainOptions(input=(str(words_file),), output=str(tmp_path))
    training = TrainCommand(options, {}, Interrupting(), plot_loss)
    with pytest.raises(RunInterruptedError, match="step 1; saved"), StopSignals() as signals:
        training.run(signals)
    assert CheckpointFolder(tmp_path).latest() is not None
