"""Small texts and runs that the tests of checkpoints and faults share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xw2v.sgns.backend import Backend
from xw2v.training.callbacks import Callback
from xw2v.training.checkpoint import Checkpoint, CheckpointFolder, encode
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval
from xw2v.training.state import State
from xw2v.training.trainer import Trainer

Xw2v = Callable[[list[str]], tuple[int, str, str]]  # see the fixture xw2v
TIME_FACTOR = float(os.environ.get("XW2V_TIME_FACTOR", "1"))  # of a slow machine
POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and limits")

WORDS = [
    f"{a}{b}"
    for a in "bcdfghjklmnprstvwz"
    for b in ("a", "e", "i", "o", "u", "ay", "ee", "oo", "an", "er")
]
EXACT = (
    "vectors.txt",
    "center.npy",
    "context.npy",
    "combined.npy",
    "vocab.json",
    "loss_history.txt",
)
SMALL_RUN: dict[str, Any] = {
    "vector_size": 8,
    "window": 3,
    "batch_tokens": 256,
    "epochs": 2,
    "min_count": 1,
}
TIMES = ("train_seconds", "words_per_second")


def text(tokens: int, seed: int = 0) -> str:
    """Lines of 20 words whose frequencies fall off as in language."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(WORDS) + 1)
    drawn = rng.choice(len(WORDS), (tokens // 20, 20), p=share / share.sum())
    return "".join(" ".join(WORDS[i] for i in line) + "\n" for line in drawn.tolist())


def command(*arguments: str | Path, **given: str) -> list[str]:
    """A command line of `xw2v train`, small and fast unless it says otherwise; options by name."""
    options = {"vector_size": "16", "window": "3", "batch_tokens": "256", "epochs": "3"} | given
    flags = [
        part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)
    ]
    return [sys.executable, "-m", "xw2v", "train", *map(str, arguments), *flags]


def start(line: list[str]) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def long_run(words_file: Path, output: Path, **given: str) -> subprocess.Popen[str]:
    """A run that would take minutes, a moment after its first checkpoint."""
    options = {"epochs": "2000", "checkpoint_every": "20"} | given
    process = start(command(words_file, output=str(output), **options))
    wait_for(lambda: bool(CheckpointFolder(output).names()), process)
    return process


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait, up to a minute, until `condition` holds while `process` runs."""
    end = time.monotonic() + 60 * TIME_FACTOR
    while time.monotonic() < end:
        if condition():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("waited for a minute")


def last_line(error: str) -> str:
    """The last line of standard error, which may hold no traceback."""
    assert "Traceback" not in error
    return error.strip().splitlines()[-1]


def killed_at(operation: int, folder: Path, line: list[str]) -> list[str]:
    """`line`, killed at an operation on files in `folder` (see killed_at.py)."""
    script = str(Path(__file__).with_name("killed_at.py"))
    return [line[0], script, str(operation), str(folder), *line[3:]]


def run(line: list[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    process = start(line)
    out, error = process.communicate(timeout=120 * TIME_FACTOR)
    return process.returncode, out, error


def done(outcome: tuple[int, str, str]) -> str:
    """Standard error of a command that went well."""
    assert outcome[0] == 0, outcome[2]
    return outcome[2]


def failed(outcome: tuple[int, str, str], code: int = 1) -> str:
    """The one line of a command that failed, all of standard error but for lines about the text."""
    assert (outcome[0], outcome[1]) == (code, "")
    return last_line(outcome[2])


def result(folder: Path) -> dict[str, bytes]:
    """What a run's folder holds, as far as two equal runs agree on it, whatever their threads."""
    files = {name: (folder / name).read_bytes() for name in EXACT}
    record = json.loads((folder / "run.json").read_text())
    record["settings"].pop("workers")
    for name in TIMES:
        record.pop(name)
    return files | {"run.json": json.dumps(record).encode()}


class Stop(Exception):
    pass


class StopAfter(Callback):
    """Ends a run after so many steps and ends of epochs."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def on_step(self, state: State) -> None:
        self._left -= 1
        if self._left == 0:
            raise Stop

    on_epoch_end = on_step


def checkpointer_of(trainer: Trainer, output: Path, every: str = "1") -> Checkpointer:
    interval = CheckpointInterval.parse(every)
    return Checkpointer(trainer, CheckpointFolder(output), interval, print)


def stopped_after(
    trainer: Trainer, output: Path, calls: int, state: State | None = None
) -> Checkpoint:
    """Train with a checkpoint after each step, and stop after so many of them."""
    with pytest.raises(Stop):
        trainer.train(
            state or trainer.start(), [checkpointer_of(trainer, output), StopAfter(calls)]
        )
    checkpoint = CheckpointFolder(output).latest()
    assert checkpoint is not None
    return checkpoint


def rewritten(path: Path, **changes: Any) -> None:
    """Change entries of a state.json and put its checksum right."""
    content = json.loads((path / "state.json").read_text())
    del content["sha256"]
    (path / "state.json").write_bytes(encode(content | changes))


def assert_same_state(backend: Backend, one: State, other: State) -> None:
    for table in ("center", "context"):
        first, second = (backend.to_numpy(getattr(state.tables, table)) for state in (one, other))
        assert first.tobytes() == second.tobytes()
    assert (one.epoch, one.step, one.steps, one.plans) == (
        other.epoch,
        other.step,
        other.steps,
        other.plans,
    )
    assert one.loss_history == other.loss_history
    assert one.validation_history == other.validation_history
