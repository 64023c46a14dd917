"""CBOW's quality, by its own default and by gensim's convention, beside gensim: `python -m
bench.cbow TEXT --eval FOLDER --json RESULTS.json`.

Every run is one of `bench.compare`, in a process of its own with one worker and one BLAS thread:
gensim's CBOW at α 0.025 and 0.05, xw2v with gensim's gradient (`cbow_gradient="full"`) at the same
two, and xw2v's default. Results are written to RESULTS.json after each run, and runs that it holds
already are not made again, so an interrupted comparison goes on where it was; several texts and
sizes may share the file.

Prints `bench.compare`'s table of the text and size, where xw2v at gensim's α stands below gensim's
mean by more than gensim's spread over the seeds, and where the default stands below the better of
gensim's two means.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from bench.compare import check_outputs, run_child
from bench.results import (
    SHARED_SETTINGS,
    Result,
    load_results,
    scores_of,
    settings_of,
    table,
    text_of,
    verdict,
)

GENSIM_ALPHAS = (0.025, 0.05)  # gensim's default, and word2vec.c's for CBOW
Run = tuple[str, float, dict[str, Any]]  # contender, α and further settings of xw2v


def runs() -> list[Run]:
    """What is compared."""
    from xw2v.settings import Settings

    default = Settings(model="cbow").learning_rate
    gensim: list[Run] = [("gensim", alpha, {}) for alpha in GENSIM_ALPHAS]
    same: list[Run] = [("xw2v", alpha, {"cbow_gradient": "full"}) for alpha in GENSIM_ALPHAS]
    return [*gensim, *same, ("xw2v", default, {})]


def is_run(result: Result, run: Run, seed: int, options: argparse.Namespace) -> bool:
    """Whether a result is the run's, with that seed, of the options' text and settings."""
    contender, alpha, settings = run
    shared = {name: getattr(options, name) for name in SHARED_SETTINGS}
    return (
        (result["contender"], result["seed"], text_of(result)) == (contender, seed, options.text_id)
        and settings_of(result) == shared | {"alpha": alpha} | settings
    )  # fmt: skip


def below_the_better(own: list[Result], gensim: list[list[Result]]) -> list[str]:
    """The test sets in which the mean of `own` is below the better of the means of `gensim`."""
    below = []
    for test_set in own[0].get("quality", {}):
        mean, *others = (statistics.mean(scores_of(group, test_set)) for group in (own, *gensim))
        if mean < max(others):
            below.append(f"{test_set} ({mean:.3f} against {max(others):.3f})")
    return below


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="*", help="text files; none: what `xw2v train` takes then")
    parser.add_argument("--eval", type=Path, required=True, help="folder of test sets")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--json", type=Path, required=True, help="file of the results")
    options = parser.parse_args()
    check_outputs(parser, options.json)
    vars(options).update(model="cbow", window=5, negative=5, sample=1e-3)
    options.alpha = None  # each run's own
    options.text_id = fingerprint(options.text)
    results = load_results([options.json]) if options.json.exists() else []
    for seed in options.seeds:
        for run in runs():
            if any(is_run(result, run, seed, options) for result in results):
                continue
            contender, options.alpha, settings = run
            options.settings = json.dumps(settings)
            results.append(run_child(contender, seed, options))
            options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            speed = results[-1]["words_per_second"]
            print(f"{contender}, seed {seed}: {speed:,.0f} words/s", file=sys.stderr, flush=True)
    groups = [
        [r for seed in options.seeds for r in results if is_run(r, run, seed, options)]
        for run in runs()
    ]
    *others, own = groups
    print(table(list(itertools.chain(*groups))))
    print(verdict(list(itertools.chain(*others))))
    below = ", ".join(below_the_better(own, others[: len(GENSIM_ALPHAS)])) or "nothing"
    print(f"xw2v's default: below the better of gensim's means: {below}")


def fingerprint(text: list[str]) -> str:
    """The text's, as the results have it."""
    from xw2v.text.reading import open_corpus
    from xw2v.training.record import CorpusRecord

    return str(vars(CorpusRecord.of(open_corpus(text)))["fingerprint"])


if __name__ == "__main__":
    main()
