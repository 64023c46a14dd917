"""Kill trainings at random moments, resume each to its end, and compare with one that was never
killed.

    python -m bench.kill --kills 100

Each trial is the real command in a process of its own. It gets SIGKILL at a random moment, again
and again (with --resume) until it has had its share of kills, and is then let run to its end. Each
start has another number of workers. Its output must equal the uninterrupted run's, byte for byte:
vectors, tables, vocabulary, loss history and the record but for times. Between kills, whatever is
in the output folder must be intact: readable, with run.json only where all files are. Half of the
moments are times, drawn over the whole command; the other half are operations on files in the
output folder, drawn over all that a run does (see tests/killed_at.py), so that the writing of
checkpoints and of the output, which takes little time, is hit as well.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from runs import EXACT, command, killed_at, result, run, start, text

from xw2v.training.checkpoint import CheckpointFolder
from xw2v.vectors.keyedvectors import KeyedVectors

TOKENS = 60_000
SETTINGS = {"checkpoint_every": "20", "epochs": "3"}
KILLS_A_TRIAL = 4
WORKERS = (1, 2, 3, 5, 16)  # of each start, drawn anew: a run goes on with other threads


class Trials:
    """Trainings of one text, killed and compared.

    Args:
        folder: where they may write.
        kills: how many SIGKILLs in all.
        seed: of the moments.
    """

    def __init__(self, folder: Path, kills: int, seed: int) -> None:
        self.folder, self.left, self.random = folder, kills, random.Random(seed)
        self.text = folder / "text.txt"
        self.text.write_text(text(TOKENS))
        self.found: Counter[str] = Counter()

    def line(self, output: Path, *more: str) -> list[str]:
        workers = str(self.random.choice(WORKERS))
        return list(
            command(self.text, "--quiet", *more, output=str(output), workers=workers, **SETTINGS)
        )

    def uninterrupted(self) -> tuple[dict[str, bytes], float]:
        """What a run that is left alone gives, and the seconds it takes (the second of two, with
        warm caches).
        """
        for name in ("warm", "uninterrupted"):
            began = time.monotonic()
            code, _, error = run(self.line(self.folder / name))
            if code:
                raise SystemExit(error)
        seconds = time.monotonic() - began
        code, _, error = run(killed_at(0, self.folder / "count", self.line(self.folder / "count")))
        if code:
            raise SystemExit(error)
        self.operations = int((self.folder / "count.operations").read_text())
        return result(self.folder / "uninterrupted"), seconds

    def run(self) -> int:
        """All trials; how many SIGKILLs were sent to a run that was still going."""
        expected, seconds = self.uninterrupted()
        kills = trials = 0
        while kills < self.left:
            trials += 1
            output = self.folder / f"trial-{trials}"
            earlier = trials % 3 == 0  # every third has the files of an earlier run to replace
            if earlier:
                shutil.copytree(self.folder / "warm", output)
                shutil.rmtree(output / "checkpoint")
            more: list[str] = []
            for _ in range(KILLS_A_TRIAL):
                if self.killed(self.line(output, *more), output, seconds):
                    kills += 1
                self.check_intact(output)
                more = ["--resume"]
            code, _, error = run(self.line(output, *more))
            if code or error:
                raise SystemExit(f"trial {trials} ended with {code}: {error}")
            if result(output) != expected:
                different = [
                    name for name, data in result(output).items() if data != expected[name]
                ]
                raise SystemExit(
                    f"trial {trials}: {', '.join(different)} differ from the uninterrupted run's"
                )
            left = [
                path.name
                for path in output.iterdir()
                if path.name in (".new", ".complete", ".placing")
            ]
            if left or (earlier and result(output / "previous") != result(self.folder / "warm")):
                raise SystemExit(f"trial {trials}: {left or 'previous'} is not as it should be")
            shutil.rmtree(output)
            print(f"{kills} kills, {trials} runs resumed to the end, all equal", file=sys.stderr)
        return kills

    def killed(self, line: list[str], output: Path, seconds: float) -> bool:
        """Start a command and kill it at a random moment; False if it had ended."""
        if self.random.random() < 0.5:
            last = self.operations // (
                2 if "--resume" in line else 1
            )  # a resumed run has less to do
            line = killed_at(self.random.randint(1, last), output, line)
            process, wait = start(line), 60.0
        else:
            process, wait = start(line), self.random.random() * seconds
        try:
            out, error = process.communicate(timeout=wait)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, error = process.communicate()
        if process.returncode == -signal.SIGKILL:
            self.found[stage(output)] += 1
            return True
        if process.returncode:
            raise SystemExit(f"ended with {process.returncode}: {error or out}")
        self.found["ended before its kill"] += 1
        return False

    def check_intact(self, output: Path) -> None:
        """What a killed run left behind is usable: files that are there can be read, and all or no
        run.json.
        """
        if (output / "run.json").exists() and any(not (output / name).exists() for name in EXACT):
            raise SystemExit(f"{output}: run.json is there, and other files are not")
        for name in ("vectors.txt", "center.npy"):
            if (output / name).exists() and (
                name != "center.npy" or (output / "vocab.json").exists()
            ):
                KeyedVectors.load(output / name)
        checkpoints = CheckpointFolder(output)
        if checkpoints.names() and (checkpoints.latest() is None or checkpoints.notices):
            raise SystemExit(f"{output}: {checkpoints.notices}")


def stage(output: Path) -> str:
    """Where in its work a killed run was, from what it left behind."""
    if not output.exists():
        return "reading the text, before anything was written"
    names = {path.name for path in output.iterdir()}
    if names & {".placing", ".complete"}:
        return "the output's files took their places"
    if ".new" in names:
        return "writing the output"
    if any((output / "checkpoint").glob(".*.partial")):
        return "writing a checkpoint"
    if not any((output / "checkpoint").glob("epoch-*")):
        return "before the first checkpoint"
    if (output / "run.json").exists():
        return "all was written"
    return "training"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xw2v-kill-") as folder:
        trials = Trials(Path(folder), given.kills, given.seed)
        kills = trials.run()
    print(
        f"{kills} SIGKILLs; every run, resumed to its end, equals the uninterrupted one "
        "byte for byte; killed while"
    )
    for what, count in trials.found.most_common():
        print(f"  {count:4}  {what}")


if __name__ == "__main__":
    main()
