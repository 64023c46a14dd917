"""Time and memory of training as the work grows: `python -m bench.scaling TEXT`, some ten minutes
on one core.

One variable at a time grows around a base (vector size 100, window 5, negative 5): tokens (TEXT
over and over, its ids repeated in a file), vocabulary (random ids of Zipf's distribution, since no
text at hand has a million words), vector size, window and negatives. Every measurement
is a process of its own with one BLAS thread. Each point is a slice of steps, in rounds over all
points; the tokens are also trained on as a whole, for one epoch. Reported are

- nanoseconds of CPU time per raw token, batches and steps, median (least - most) and runs; and of
  the steps alone;
- seconds of a whole epoch;
- the peak memory (VmHWM), what of the memory at the end is files mapped into it (the ids and
  libraries), and the size of the two tables;
- the exponents of time and memory against each variable;
- how much longer a token takes with the most words than with the fewest, and how much longer a step
  takes where these words are in the tables, but not in the text: more than noise would be work for
  each word in each batch.

Exits with 1 if an exponent is above 1, or a step slower for words that are not in the text.

Corpora are kept in a temporary folder of some 0.7 GB (TMPDIR says where). `--from FILE` lays out
the JSON of an earlier run again.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from bench.compare import check_outputs, result_of
from bench.scaling_corpora import BASE_TOKENS, PADDED, make_corpora
from bench.scaling_report import plot, report

ROOT = Path(__file__).resolve().parent.parent
VARIABLES: dict[str, tuple[int, ...]] = {
    "tokens": (1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000),
    "vocabulary": (10_000, 30_000, 100_000, 300_000, 1_000_000),
    "vector_size": (50, 100, 200, 500, 1000),
    "window": (2, 5, 10, 20),
    "negative": (2, 5, 10, 25),
}
QUICK: dict[str, tuple[int, ...]] = {
    "tokens": (300_000, 1_000_000, 3_000_000),
    "vocabulary": (10_000, 30_000, 100_000),
    "vector_size": (50, 100, 200),
    "window": (2, 5, 10),
    "negative": (2, 5, 10),
}
BASE = {"vector_size": 100, "window": 5, "negative": 5}
ROUNDS, SECONDS = 5, 1.5  # at most, and of CPU time a slice
QUICK_ROUNDS, QUICK_SECONDS = 3, 0.3
BUDGET = 660  # seconds after which nothing is begun that would not be done by then
GRACE_SECONDS = 30  # that a process may take beyond the budget
MARGIN = 1.2  # times its expected seconds that a process must be left


class Job(NamedTuple):
    """What is measured: a corpus folder's name and the settings."""

    corpus: str
    vector_size: int
    window: int
    negative: int


def job_of(variable: str, size: int) -> Job:
    """The point of a variable. The base belongs to several and is measured once."""
    if variable in ("tokens", "vocabulary"):
        return Job(f"{variable} {size}", **BASE)
    return Job(f"tokens {BASE_TOKENS}", **(BASE | {variable: size}))


class Budget:
    """Seconds that are left of those that the measurements may take."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()


def run_child(
    folder: Path, job: Job, seconds: float | None, budget: Budget
) -> dict[str, Any] | None:
    """The measurement by a process of its own; None, and a line that says so, where it takes too
    long.
    """
    asked = {
        "folder": str(folder / job.corpus),
        "settings": {name: getattr(job, name) for name in BASE},
    }
    command = [
        sys.executable,
        "-m",
        "bench.scaling_child",
        json.dumps(asked | {"seconds": seconds}),
    ]
    limit = max(budget.left(), 0) + GRACE_SECONDS
    try:
        return result_of(command, str(job), limit, ROOT)
    except subprocess.TimeoutExpired:
        say(f"{job}: not done in {limit:.0f} s, left out")
        return None


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def measure(
    folder: Path, variables: dict[str, tuple[int, ...]], seconds: float, rounds: int, budget: Budget
) -> dict[str, Any]:
    """The points, {"variable", "size", "slices": [...], "whole": {...} or None}, and that of the
    padded tables.

    One round of slices, the wholes, and as many more rounds as there is time for, every other one
    backwards.
    """
    padded = Job(PADDED, **BASE)
    jobs = list(
        dict.fromkeys(
            job_of(variable, size) for variable in variables for size in variables[variable]
        )
    )
    slices: dict[Job, list[dict[str, Any]]] = {job: [] for job in [*jobs, padded]}
    wholes: dict[int, dict[str, Any] | None] = {}
    longest = 0.0
    for turn in range(rounds):
        if turn and budget.left() < longest:
            say(f"no time for round {turn + 1}")
            break
        began = budget.left()
        for job in list(slices)[:: -1 if turn % 2 else 1]:
            result = run_child(folder, job, seconds, budget)
            slices[job] += [result] if result else []
        elapsed = began - budget.left()
        longest = max(longest, elapsed)
        say(f"round {turn + 1} of {rounds}: {elapsed:.0f} s, {budget.left():.0f} s left")
        for size in variables["tokens"] if turn == 0 else ():
            job = job_of("tokens", size)
            expected = size * slices[job][0]["wall_ns"] / 1e9 if slices[job] else math.inf
            if MARGIN * expected > budget.left():
                say(f"{size:,} tokens as a whole: some {expected:.0f} s, no time")
            else:
                wholes[size] = run_child(folder, job, None, budget)
                say(f"{size:,} tokens as a whole: {budget.left():.0f} s left")

    def point(variable: str, size: int, job: Job) -> dict[str, Any]:
        whole = wholes.get(size) if variable == "tokens" else None
        return {"variable": variable, "size": size, "slices": slices[job], "whole": whole}

    points = [
        point(variable, size, job_of(variable, size))
        for variable in variables
        for size in variables[variable]
    ]
    return {"points": points, "padded": point(PADDED, variables["vocabulary"][-1], padded)}


def load(path: Path) -> dict[str, Any]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        if not {"points", "padded", "text", "base", "date", "versions"} <= set(result):
            raise ValueError("its points, text or settings are missing")
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"{path}: no result of bench.scaling: {error}") from None
    return dict(result)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.scaling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("text", nargs="*", help="text files")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="file for the single measurements"
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="draw time and memory against each variable"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="smaller sizes, short slices, fewer rounds: a minute or two",
    )
    parser.add_argument(
        "--from",
        dest="earlier",
        type=Path,
        metavar="FILE",
        help="result of an earlier run; do not train",
    )
    options = parser.parse_args(arguments)
    check_outputs(parser, options.json, options.plot)
    if options.earlier:
        result = load(options.earlier)
    elif options.text:
        result = measured(options.text, options.quick)
    else:
        parser.error("give a text, or --from, the result of an earlier run")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    shown, fine = report(result)
    print(shown)
    if options.plot:
        plot(options.plot, result["points"])
    return 0 if fine else 1


def measured(text: list[str], quick: bool) -> dict[str, Any]:
    """Everything, from the text on."""
    from xw2v import tuning
    from xw2v.settings import Settings
    from xw2v.sgns.loading import load_backend
    from xw2v.sgns.step import step_for
    from xw2v.training.record import versions

    budget, variables = Budget(BUDGET), QUICK if quick else VARIABLES
    seconds, rounds = (QUICK_SECONDS, QUICK_ROUNDS) if quick else (SECONDS, ROUNDS)
    with tempfile.TemporaryDirectory() as temporary:
        about = make_corpora(text, variables, Path(temporary))
        say(f"corpora made: {budget.left():.0f} s left")
        found = measure(Path(temporary), variables, seconds, rounds, budget)
    backend = load_backend()
    step = step_for(backend, tuning.step_config(Settings()))
    named = ", ".join(f"{name} {number}" for name, number in versions(backend, step).items())
    return {
        "date": time.strftime("%Y-%m-%d"),
        "versions": named,
        "text": about,
        "base": BASE,
        **found,
    }


if __name__ == "__main__":
    sys.exit(main())
