"""Small texts and runs that the tests of checkpoints and faults share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xw2v.training.checkpoint import CheckpointFolder

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
    for _ in range(3000):
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
    out, error = process.communicate(timeout=120)
    return process.returncode, out, error


def result(folder: Path) -> dict[str, bytes]:
    """What a run's folder holds, as far as two equal runs agree on it."""
    files = {name: (folder / name).read_bytes() for name in EXACT}
    record = json.loads((folder / "run.json").read_text())
    return files | {
        "run.json": json.dumps({k: v for k, v in record.items() if k not in TIMES}).encode()
    }
