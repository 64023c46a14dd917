"""Does any setting diverge? `python -m bench.stability TEXT --eval FOLDER`, some ten minutes on one
core.

Trains one epoch on the first 2 million tokens of TEXT over the grid below (all its corners, and
enough other points that every two values of different settings meet), and prints for each run the
largest norm and score, the mean loss per positive pair over the last tenth of the epoch, and WS-353
and MEN. Exits with 1 if a number is not finite, a norm or score explodes, or a run ends no better
than untrained vectors.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

GRID: dict[str, tuple[Any, ...]] = {
    "window": (2, 5, 20),
    "negative": (2, 5, 25),
    "alpha": (0.01, 0.025, 0.05, 0.1),
    "vector_size": (50, 300),
    "batch_tokens": (512, 4096, 32768),
    "sample": (0.0, 1e-3),
}
TOKENS = 2_000_000
MAX_NORM, MAX_SCORE = 50.0, 100.0  # far above what any sound run shows (some 5 and 20)
UNTRAINED_LOSS = math.log(2)  # loss of a score of 0, for the positive and for each negative
Setting = tuple[Any, ...]


def corners() -> list[Setting]:
    """The least and the greatest of every setting: 2⁶ runs."""
    return list(itertools.product(*((values[0], values[-1]) for values in GRID.values())))


def covering(chosen: list[Setting]) -> list[Setting]:
    """Few further settings, greedily, until every two values of different settings occur
    together.
    """

    def meetings(setting: Setting) -> set[tuple[int, Any, int, Any]]:
        places = range(len(setting))
        return {(i, setting[i], j, setting[j]) for i, j in itertools.combinations(places, 2)}

    everything = list(itertools.product(*GRID.values()))
    missing = set().union(*map(meetings, everything)) - set().union(*map(meetings, chosen))
    more: list[Setting] = []
    while missing:
        more.append(max(everything, key=lambda setting: len(meetings(setting) & missing)))
        missing -= meetings(more[-1])
    return more


def train(corpus: Any, setting: dict[str, Any], folder: Path) -> dict[str, Any]:
    from bench.compare import quality
    from xw2v.settings import Settings
    from xw2v.training.run import run_training
    from xw2v.vectors.keyedvectors import KeyedVectors

    run = run_training(corpus, Settings(epochs=1, **setting))
    (center, context), frequent = run.parameters, slice(0, 2000)
    scores = center[frequent] @ context[frequent].T
    losses = [loss for _, loss in run.loss_history]
    marks = quality(KeyedVectors(run.vocabulary.words, center), folder)
    return {
        **setting,
        "shared": run.record["settings"]["shared_negatives"],
        "center_norm": float(np.linalg.norm(center, axis=1).max()),
        "context_norm": float(np.linalg.norm(context, axis=1).max()),
        "score": float(np.abs(scores).max()),
        "loss": float(np.mean(losses[-max(len(losses) // 10, 1) :])),
        "WS-353": marks["WS-353"],
        "MEN": marks["MEN"],
        "words_per_second": run.record["words_per_second"],
    }


def shown(number: float) -> str:
    """A number of the table: whole ones and large ones without decimals."""
    return f"{number:,.0f}" if isinstance(number, int) or number >= 1000 else f"{number:.3g}"


def fault(result: dict[str, Any]) -> str:
    """What is wrong with a run, if anything."""
    numbers = [value for value in result.values() if isinstance(value, float)]
    if not all(map(math.isfinite, numbers)):
        return "not finite"
    if max(result["center_norm"], result["context_norm"]) > MAX_NORM or result["score"] > MAX_SCORE:
        return "explodes"
    if result["loss"] > UNTRAINED_LOSS * (1 + result["negative"]):
        return "no better than untrained"
    return ""


def head_of(corpus: Any, tokens: int) -> Any:
    """The first sentences of a corpus, of some `tokens` tokens."""
    from xw2v.text.corpus import Corpus

    last = int(np.searchsorted(corpus.offsets, tokens))
    return Corpus.from_sentences(
        (corpus.sentence(s) for s in range(min(last, len(corpus)))), min_count=5
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="+")
    parser.add_argument("--eval", type=Path, required=True, help="folder of test sets")
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--pairs-only", action="store_true", help="leave out the corners")
    parser.add_argument("--settings", default="{}", help="JSON of more settings for every run")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    from xw2v.text.reading import open_corpus

    corpus = head_of(open_corpus(options.text), options.tokens)
    chosen = [] if options.pairs_only else corners()
    chosen += covering(chosen)
    results, bad = [], 0
    columns = [
        *GRID,
        "shared",
        "center_norm",
        "context_norm",
        "score",
        "loss",
        "WS-353",
        "MEN",
        "words_per_second",
    ]
    print("| " + " | ".join(columns) + " | |")
    print("| --- " * (len(columns) + 1) + "|")
    for number, values in enumerate(sorted(chosen), 1):
        setting = json.loads(options.settings) | dict(zip(GRID, values, strict=True))
        result = train(corpus, setting, options.eval)
        results.append(result)
        bad += bool(fault(result))
        print(
            "| " + " | ".join(shown(result[name]) for name in columns) + f" | {fault(result)} |",
            flush=True,
        )
        print(f"{number} of {len(chosen)}", file=sys.stderr)
    print(f"\n{len(results)} runs on {len(corpus.ids):,} tokens, {bad} bad")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
