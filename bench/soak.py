"""Train for a long time on a repeated text and check that memory and speed stay constant.

    python -m bench.soak --minutes 30 --corpus docs

Runs what `xw2v train` runs, checkpoints included, and prints what it saw: the slope of the
process's own memory (the median of the slopes between all pairs of samples, with its 95 % interval:
Theil and Sen's, which a single step of the allocator does not bend), words a second in the first
and the last third, and the share of time that checkpoints took.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import theilslopes

from xw2v.config import TrainOptions
from xw2v.errors import RunInterruptedError
from xw2v.pictures.loss_curve import plot_loss
from xw2v.training.callbacks import Progress
from xw2v.training.checkpointer import Checkpointer
from xw2v.training.command import TrainCommand
from xw2v.training.console import Console
from xw2v.training.signals import StopSignals
from xw2v.training.state import State

SAMPLE_SECONDS = 5.0  # between samples
NAMES = ("median", "low", "high")
SETTLE_SHARE = 0.1  # of the run, left out at its beginning


class Soak(Console):
    """Samples a run from within its progress reports."""

    def __init__(self, minutes: float, signals: StopSignals) -> None:
        self.minutes, self.signals, self.words = minutes, signals, 0
        self.samples: list[tuple[float, int, float, float]] = []  # wall s, bytes, words, CPU s
        self.saving: list[float] = []

    @contextmanager
    def training(self, words: int) -> Iterator[Any]:
        self.words, self.began = words, time.monotonic()
        yield self.report

    def say(self, line: str) -> None:
        print(line, file=sys.stderr)

    def report(self, progress: Progress) -> None:
        now = time.monotonic() - self.began
        if not self.samples or now - self.samples[-1][0] >= SAMPLE_SECONDS:
            resident, mapped = map(int, Path("/proc/self/statm").read_text().split()[1:3])
            memory = (resident - mapped) * os.sysconf(
                "SC_PAGE_SIZE"
            )  # pages of files are the system's to take back
            self.samples.append((now, memory, progress.done * self.words, time.process_time()))
        if now > 60 * self.minutes:
            self.signals.received = True

    def save(self, checkpointer: Checkpointer, state: State) -> bool:
        began = time.perf_counter()
        written = SAVE(checkpointer, state)
        self.saving.append(time.perf_counter() - began)
        return written

    def figures(self) -> dict[str, Any]:
        wall, memory, words, cpu = np.array(self.samples).T
        settled = wall > SETTLE_SHARE * wall[-1]
        wall, memory, words, cpu = wall[settled], memory[settled], words[settled], cpu[settled]
        slope, _, low, high = theilslopes(memory, wall, 0.95)
        speed, per_cpu = np.diff(words) / np.diff(wall), np.diff(words) / np.diff(cpu)
        third = len(speed) // 3
        return {
            "minutes": round(self.samples[-1][0] / 60, 1),
            "samples": len(self.samples),
            "resident_mib": {
                "first": memory[0] / 2**20,
                "last": memory[-1] / 2**20,
                "most": memory.max() / 2**20,
            },
            "slope_mib_per_hour": {
                each: 3600 / 2**20 * value
                for each, value in zip(NAMES, (slope, low, high), strict=True)
            },
            "words_per_second": {
                "first_third": speed[:third].mean(),
                "last_third": speed[-third:].mean(),
            },
            "words_per_cpu_second": {
                "first_third": float(np.median(per_cpu[:third])),
                "last_third": float(np.median(per_cpu[-third:])),
            },
            "checkpoints": len(self.saving),
            "seconds_a_checkpoint": float(np.median(self.saving)),
            "share_of_time_saving": sum(self.saving) / self.samples[-1][0],
        }


SAVE = Checkpointer.save


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="*")
    parser.add_argument("--corpus")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--checkpoint-every", default="10m")
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument(
        "--json", type=Path, help="file for the samples: (wall s, bytes, words, CPU s) each"
    )
    given = parser.parse_args()
    options = {
        "input": tuple(given.inputs),
        "corpus": given.corpus,
        "checkpoint_every": given.checkpoint_every,
    }
    options = {name: value for name, value in options.items() if value}
    with tempfile.TemporaryDirectory(prefix="xw2v-soak-") as output, StopSignals() as signals:
        soak = Soak(given.minutes, signals)
        Checkpointer.save = lambda checkpointer, state: soak.save(checkpointer, state)  # type: ignore[assignment,method-assign]
        settings = {"epochs": 100_000, "vector_size": given.vector_size}
        training = TrainCommand(TrainOptions(output=output, **options), settings, soak, plot_loss)
        try:
            training.run(signals)
        except RunInterruptedError as end:
            print(end, file=sys.stderr)
        print(json.dumps(soak.figures(), indent=1))
        if given.json:
            given.json.write_text(json.dumps(soak.samples) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
