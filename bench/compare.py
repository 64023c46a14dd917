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
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.results import SHARED, labelled, load_results, table, verdict

if TYPE_CHECKING:
    from xw2v.text.corpus import Corpus
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
SLICE = 20_000  # tokens of the per-pair loop, which nobody could wait for over a whole corpus
Trained = tuple["KeyedVectors | None", float, float]  # vectors, words, seconds


def train_xw2v(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    from xw2v.settings import Settings
    from xw2v.training.run import run_training
    from xw2v.vectors.keyedvectors import KeyedVectors

    common = {name: getattr(options, name) for name in SHARED}
    extra = json.loads(options.settings)
    run = run_training(corpus, Settings(seed=options.seed, workers=workers, **common, **extra))
    vectors = KeyedVectors(run.vocabulary.words, run.vectors)
    return vectors, corpus.raw_words * options.epochs, run.record["train_seconds"]


def train_gensim(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    from gensim.models import Word2Vec

    from xw2v.vectors.keyedvectors import KeyedVectors

    with lines_of(corpus) as path:
        model = Word2Vec(
            sg=1,
            hs=0,
            min_count=1,
            workers=workers,
            alpha=options.alpha,
            min_alpha=1e-4,
            seed=options.seed,
            vector_size=options.vector_size,
            window=options.window,
            negative=options.negative,
            sample=options.sample,
            epochs=options.epochs,
        )
        model.build_vocab(corpus_file=path)
        began = time.perf_counter()
        model.train(
            corpus_file=path,
            total_examples=model.corpus_count,
            total_words=model.corpus_total_words,
            epochs=options.epochs,
        )
        seconds = time.perf_counter() - began
    return KeyedVectors.from_gensim(model.wv), corpus.raw_words * options.epochs, seconds


def train_fasttext(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    import fasttext
    import numpy as np

    from xw2v.vectors.keyedvectors import KeyedVectors

    with lines_of(corpus) as path:
        began = time.perf_counter()
        model = fasttext.train_unsupervised(
            path,
            model="skipgram",
            maxn=0,
            minCount=1,
            dim=options.vector_size,
            ws=options.window,
            neg=options.negative,
            t=options.sample,
            lr=options.alpha,
            epoch=options.epochs,
            thread=workers,
            verbose=0,
        )
        seconds = (
            time.perf_counter() - began
        )  # its own count of the words, which it cannot leave out, included
    words = model.get_words()
    vectors = np.stack([model.get_word_vector(word) for word in words]).astype(np.float32)
    return KeyedVectors(words, vectors), corpus.raw_words * options.epochs, seconds


def train_pair_loop(corpus: Corpus, options: argparse.Namespace, workers: int) -> Trained:
    """The loop that tutorials show: one pair at a time, NumPy on single vectors. Speed only, over a
    slice.
    """
    import numpy as np

    rng = np.random.default_rng(options.seed)
    V, D = len(corpus.vocabulary.words), options.vector_size
    center = ((rng.random((V, D)) - 0.5) / D).astype(np.float32)
    context = np.zeros((V, D), np.float32)
    share = corpus.vocabulary.counts**0.75
    share = share / share.sum()
    frequency = corpus.vocabulary.counts / corpus.vocabulary.counts.sum()
    keep = np.minimum(1, np.sqrt(options.sample / frequency) + options.sample / frequency)
    ids = np.asarray(corpus.ids[:SLICE])
    raw = len(ids) * corpus.raw_words / len(corpus.ids)
    began = time.perf_counter()
    kept = ids[rng.random(len(ids)) < keep[ids]]
    negatives = rng.choice(V, p=share, size=(len(kept) * 2 * options.window, options.negative))
    pair = 0
    for i, word in enumerate(kept):
        size = rng.integers(1, options.window + 1)
        for j in range(max(i - size, 0), min(i + size + 1, len(kept))):
            if j == i:
                continue
            rows = np.append(negatives[pair], kept[j])
            pair += 1
            label = np.zeros(len(rows), np.float32)
            label[-1] = 1
            error = (1 / (1 + np.exp(-context[rows] @ center[word])) - label)[:, None] * np.float32(
                options.alpha
            )
            change = (error * context[rows]).sum(0)
            np.subtract.at(context, rows, error * center[word])
            center[word] -= change
    return None, raw, time.perf_counter() - began


CONTENDERS: dict[str, tuple[Callable[[Any, argparse.Namespace, int], Trained], int]] = {
    "xw2v": (train_xw2v, 1),
    "gensim": (train_gensim, 1),
    "gensim, 2 workers": (train_gensim, 2),
    "fastText": (train_fasttext, 1),
    "per-pair loop": (train_pair_loop, 1),
}


class lines_of:
    """A temporary file with the corpus's words, a sentence a line (cut at gensim's 10,000
    words).
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    def __enter__(self) -> str:
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "text"
        with path.open("w", encoding="utf-8") as file:
            for s in range(len(self.corpus)):
                words = self.corpus.sentence(s)
                for start in range(0, len(words), 10_000):
                    print(*words[start : start + 10_000], file=file)
        return str(path)

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


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

    train, workers = CONTENDERS[options.child]
    corpus = open_corpus(options.text, min_count=5)
    before = memory_mb()
    vectors, words, seconds = train(corpus, options, workers)
    peak = memory_mb()
    settings = {name: getattr(options, name) for name in SHARED}
    if train is train_xw2v:
        settings |= json.loads(options.settings)
    result: dict[str, Any] = {"settings": settings, "text": vars(CorpusRecord.of(corpus))}
    result |= {
        "words_per_second": words / seconds,
        "seconds": seconds,
        "peak_mb": peak,
        "corpus_mb": before,
    }
    if vectors is not None:
        result["quality"] = quality(vectors, options.eval)
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
    for option in (*SHARED, "settings"):
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
    """Tell before the work, not after it, that a file has no folder to be written to."""
    for file in files:
        if file is not None and not file.resolve().parent.is_dir():
            parser.error(f"{file}: its folder is not there")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="*", help="text files; none: what `xw2v train` takes then")
    parser.add_argument("--eval", type=Path, help="folder of test sets")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=["xw2v", "gensim"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-3)
    parser.add_argument("--alpha", type=float, default=0.05)
    parser.add_argument("--epochs", type=int, default=5)
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
