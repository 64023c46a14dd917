"""Phrases of gensim and of xw2v.gensim on the same token lists: `python -m bench.gensim_phrases
TEXT`.

Each task is done by one and by the other in turn, several times, in this process; seconds are
those of its CPU, so that other work on the machine counts little. That both find the same phrases,
scores and joined sentences is checked; it exits with 1 where they do not.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

TASKS = (
    "learn",
    "freeze",
    "join all",
    "all three",
    "join one sentence a call",
    "join an eighth unfrozen",
)
Answer = TypeVar("Answer")


class Stopwatch:
    """CPU seconds by (task, library), one for each run."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], list[float]] = {}

    def time(self, task: str, library: str, work: Callable[[], Answer]) -> Answer:
        gc.collect()
        began = time.process_time()
        answer = work()
        self.note(task, library, time.process_time() - began)
        return answer

    def note(self, task: str, library: str, seconds: float) -> None:
        self.seconds.setdefault((task, library), []).append(seconds)

    def median(self, task: str, library: str) -> float:
        return statistics.median(self.seconds[task, library])


def one_run(
    library: str,
    phrases_class: Any,
    sentences: list[list[str]],
    options: dict[str, Any],
    watch: Stopwatch,
) -> list[Any]:
    """Do the tasks once; returns what was found."""
    learned = watch.time("learn", library, lambda: phrases_class(sentences, **options))
    frozen = watch.time("freeze", library, learned.freeze)
    joined = watch.time("join all", library, lambda: list(frozen[sentences]))
    steps = ("learn", "freeze", "join all")
    watch.note("all three", library, sum(watch.seconds[step, library][-1] for step in steps))
    one_by_one = watch.time(
        "join one sentence a call", library, lambda: [frozen[sentence] for sentence in sentences]
    )
    few = sentences[: len(sentences) // 8]
    unfrozen = watch.time("join an eighth unfrozen", library, lambda: list(learned[few]))
    texts = joined, one_by_one, unfrozen
    return [*texts, frozen.phrasegrams, learned.export_phrases(), str(learned)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", type=Path, help="a file with a sentence or paragraph a line")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS
    from gensim.models.phrases import Phrases as GensimPhrases

    from xw2v.gensim import Phrases

    with given.text.open(encoding="utf-8") as file:
        sentences = [line.lower().split() for line in file]
    print(f"{sum(map(len, sentences)):,} tokens, {len(sentences):,} sentences, {given.runs} runs")
    print("| | | gensim, CPU s | xw2v, CPU s | times |\n| --- | --- | --- | --- | --- |")
    for name, options in {
        "default": {},
        "connector words": {"connector_words": ENGLISH_CONNECTOR_WORDS},
        "npmi": {"scoring": "npmi", "threshold": 0.5},
    }.items():
        watch = Stopwatch()
        for _ in range(given.runs):
            theirs = one_run("gensim", GensimPhrases, sentences, options, watch)
            ours = one_run("xw2v", Phrases, sentences, options, watch)
            if ours != theirs:
                raise SystemExit(f"{name}: the phrases differ")
        for task in TASKS:
            slow, fast = watch.median(task, "gensim"), watch.median(task, "xw2v")
            print(f"| {name} | {task} | {slow:.2f} | {fast:.2f} | {slow / fast:.1f} |", flush=True)


if __name__ == "__main__":
    main()
