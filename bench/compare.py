"""Speed beside quality, against other trainers on the same text: `python -m bench.compare TEXT
--eval FOLDER`.

Every contender trains on the same tokens with the same vector size, window, negatives,
subsampling, learning rate and epochs, one contender after the other within each seed (so that a
noisy machine is noisy for all), each in a process of its own with one BLAS thread. Speed is raw
corpus words times epochs over the seconds of training alone: reading and counting words are left
out for all. Quality is Spearman's rho on the similarity sets of FOLDER and the accuracy on its
Google analogies with the vocabulary cut to 30,000.

Prints a table (medians, with the least and the most; quality as mean ± half the spread over the
seeds) and how xw2v's quality stands beside gensim's, writes JSON where --json says and draws speed
against quality where --plot says. `--from FILE ...` does the same with the JSON of earlier runs,
without training; where these differ in their settings or texts, the table tells them apart ("xw2v,
d 300, alpha 0.025").
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.contenders import CONTENDERS, train_xw2v
from bench.results import SHARED_SETTINGS, labelled, load_results, table, verdict

if TYPE_CHECKING:
    from xw2v.vectors.keyedvectors import KeyedVectors

PAIR_SETS = {
    "WS-353": "wordsim353",
    "SimLex": "simlex999",
    "MEN": "men3k",
    "RW": "rw",
    "MTurk": "mturk771",
}
ANALOGIES = "questions-words.txt"
RESTRICT_VOCAB = 30000


def quality(vectors: KeyedVectors, folder: Path) -> dict[str, float]:
    """Scores by the test sets' short names; those that the folder lacks are left out."""
    from xw2v.vectors.evaluation import word_analogies, word_pairs
    from xw2v.vectors.testsets import read_analogies, read_pairs

    scores = {}
    for name, file in PAIR_SETS.items():
        path = folder / f"{file}.tsv"
        if path.exists():
            scores[name] = word_pairs(vectors, read_pairs(path), restrict_vocab=None).spearman[0]
    if (folder / ANALOGIES).exists():
        result = word_analogies(
            vectors, read_analogies(folder / ANALOGIES), restrict_vocab=RESTRICT_VOCAB
        )
        scores["analogies"] = result.total().accuracy
        scores["semantic"] = result.total("semantic").accuracy
        scores["syntactic"] = result.total("syntactic").accuracy
    return scores


def memory_mb(field: str = "VmHWM") -> float:
    """Memory of this process by its name in /proc, at first the peak (getrusage's begins with the
    parent's).
    """
    found = re.search(rf"{field}:\s*(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def one_run(options: argparse.Namespace) -> None:
    """What the child process does: train one contender once and print a line of JSON."""
    from xw2v.text.reading import open_corpus
    from xw2v.training.record import CorpusRecord

    contender = CONTENDERS[options.child]
    corpus = open_corpus(options.text)
    corpus_mb = memory_mb()
    try:
        trained = contender.train(corpus, options, contender.workers)
    except ImportError as error:
        raise SystemExit(f"{options.child}: {error.name} is not installed") from None
    peak_mb = memory_mb()
    settings = {name: getattr(options, name) for name in SHARED_SETTINGS}
    if contender.train is train_xw2v:
        settings |= json.loads(options.settings)
    result: dict[str, Any] = {"settings": settings, "text": vars(CorpusRecord.of(corpus))}
    result |= {
        "words_per_second": trained.words / trained.seconds,
        "seconds": trained.seconds,
        "peak_mb": peak_mb,
        "corpus_mb": corpus_mb,
    }
    if trained.vectors is not None:
        result["quality"] = quality(trained.vectors, options.eval)
    print(json.dumps(result))


def run_child(name: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "bench.compare",
        *map(str, options.text),
        "--child",
        name,
        "--seed",
        str(seed),
    ]
    command += ["--eval", str(options.eval)]
    for option in (*SHARED_SETTINGS, "settings"):
        command += [f"--{option.replace('_', '-')}", str(getattr(options, option))]
    return {"contender": name, "seed": seed, **result_of(command, f"{name}, seed {seed}")}


def result_of(
    command: list[str], name: str, timeout: float | None = None, folder: Path | None = None
) -> dict[str, Any]:
    """The JSON of a child's last line; SystemExit where it fails, subprocess.TimeoutExpired after
    so many seconds.
    """
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=folder,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name}: failed\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def check_outputs(parser: argparse.ArgumentParser, *files: Path | None) -> None:
    """Exit before the work, not after it, where a file has no folder to be written to."""
    for file in files:
        if file is not None and not file.resolve().parent.is_dir():
            parser.error(f"{file}: no such folder")


def add_shared_settings(parser: argparse.ArgumentParser) -> None:
    """An option for each of SHARED_SETTINGS."""
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-3)
    parser.add_argument("--alpha", type=float, default=0.05)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--model", choices=("skipgram", "cbow"), default="skipgram")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="*", help="text files; none: what `xw2v train` takes then")
    parser.add_argument("--eval", type=Path, help="folder of test sets")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=["xw2v", "gensim"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    add_shared_settings(parser)
    parser.add_argument("--settings", default="{}", help="JSON of more settings for xw2v")
    parser.add_argument("--json", type=Path, help="file for the single results")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw speed against quality")
    parser.add_argument(
        "--from", dest="earlier", nargs="+", type=Path, metavar="FILE", help="results; do not train"
    )
    parser.add_argument("--child", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        one_run(options)
        return
    if options.earlier is None and options.eval is None:
        parser.error("give --eval, the folder of test sets, or --from, results of earlier runs")
    check_outputs(parser, options.json, options.plot)
    results = load_results(options.earlier or [])
    for seed in options.seeds if options.earlier is None else []:
        for name in options.contenders:
            results.append(run_child(name, seed, options))
            speed = results[-1]["words_per_second"]
            print(f"{name}, seed {seed}: {speed:,.0f} words/s", file=sys.stderr, flush=True)
    print(table(results))
    print(verdict(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        from bench.plots import plot_comparison

        plot_comparison(options.plot, labelled(results))


if __name__ == "__main__":
    main()
