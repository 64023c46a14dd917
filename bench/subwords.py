"""Quality and CPU time of words composed of n-grams, beside gensim's FastText and fastText's own
program: `python -m bench.subwords TEXT --eval FOLDER --json RESULTS.json`.

All train skip-gram on the same words of TEXT with n-grams of 3 to 6 characters in 2 million
buckets, each in a process of its own with one worker and one BLAS thread: xw2v at its defaults,
gensim at its own α of 0.025 and at 0.05, and fastText (where it is installed) at its own, 0.05, and
with the others' subsampling. Results are written to RESULTS.json after each run, and runs that it
holds already are not made again, so an interrupted comparison goes on where it was. `--variant
JSON` adds runs of xw2v with further settings.

Speed is words times epochs over the CPU time of the training, all threads together, so that other
processes on the machine change it little; fastText's includes its reading and counting. Scores are
those of bench.compare, by the same reading of each test set; "RW all" is all pairs of Rare Words,
unseen words composed of their n-grams.

Prints a table, and where xw2v's mean stands below gensim's by more than gensim's spread over the
seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.cbow import fingerprint
from bench.compare import check_outputs, memory_mb, quality, result_of
from bench.contenders import lines_of
from bench.results import Result, labelled, load_results, scores_below, table, text_of

if TYPE_CHECKING:
    from xw2v.text.corpus import Corpus
    from xw2v.vectors.keyedvectors import KeyedVectors

SHARED: dict[str, Any] = {
    "vector_size": 100,
    "window": 5,
    "negative": 5,
    "sample": 1e-3,
    "epochs": 5,
    "model": "skipgram",
}
MIN_N, MAX_N, BUCKETS = 3, 6, 2_000_000
FASTTEXT_ALPHA = 0.05  # fastText's default
RARE_WORDS = "rw.tsv"
Run = tuple[str, dict[str, Any]]  # contender and its settings beside SHARED


class Trained(NamedTuple):
    """What a contender made of a corpus.

    Attributes:
        vectors: of the words that it saw.
        vector_of: the vector (D,) of any word; None where there is none.
        cpu_seconds: of the training, all threads together.
    """

    vectors: KeyedVectors
    vector_of: Callable[[str], np.ndarray | None]
    cpu_seconds: float


def train_xw2v(corpus: Corpus, settings: dict[str, Any], seed: int) -> Trained:
    from xw2v.settings import Settings
    from xw2v.training.run import finish, prepare

    trainer = prepare(corpus, Settings(subword=(MIN_N, MAX_N), seed=seed, workers=1, **settings))
    start = trainer.start()
    began = time.process_time()
    state = trainer.train(start)
    cpu_seconds = time.process_time() - began
    vectors = finish(trainer, state).keyed_vectors()

    def vector_of(word: str) -> np.ndarray | None:
        return np.asarray(vectors[word]) if word in vectors else None

    return Trained(vectors, vector_of, cpu_seconds)


def train_gensim(corpus: Corpus, settings: dict[str, Any], seed: int) -> Trained:
    from gensim.models import FastText

    from xw2v.vectors.keyedvectors import KeyedVectors

    given = {name: value for name, value in settings.items() if name != "model"}
    rule = {"min_n": MIN_N, "max_n": MAX_N, "bucket": BUCKETS}
    with lines_of(corpus) as path:
        model = FastText(sg=1, min_count=1, workers=1, min_alpha=1e-4, seed=seed, **rule, **given)
        model.build_vocab(corpus_file=path)
        began = time.process_time()
        model.train(
            corpus_file=path,
            total_examples=model.corpus_count,
            total_words=model.corpus_total_words,
            epochs=model.epochs,
        )
        cpu_seconds = time.process_time() - began
    words = model.wv.index_to_key
    return Trained(KeyedVectors(words, model.wv.vectors), model.wv.get_vector, cpu_seconds)


def train_fasttext(corpus: Corpus, settings: dict[str, Any], seed: int) -> Trained:
    from fasttext.FastText import _build_args, _FastText, unsupervised_default
    from fasttext_pybind import train

    from xw2v.vectors.keyedvectors import KeyedVectors

    names = {"vector_size": "dim", "window": "ws", "negative": "neg", "sample": "t"}
    names |= {"epochs": "epoch", "alpha": "lr", "model": "model"}
    given = {names[name]: value for name, value in settings.items()}
    rule = {"minn": MIN_N, "maxn": MAX_N, "bucket": BUCKETS, "minCount": 1}
    with lines_of(corpus) as path:  # by the parts of train_unsupervised, which takes no seed
        other = {"input": path, "seed": seed, "thread": 1, "verbose": 0}
        arguments = _build_args({**unsupervised_default, **rule, **given, **other}, {})
        model = _FastText(args=arguments)
        began = time.process_time()
        train(model.f, arguments)
        cpu_seconds = time.process_time() - began
    words = [word for word in model.get_words() if word != "</s>"]
    vectors = np.stack([model.get_word_vector(word) for word in words]).astype(np.float32)
    return Trained(KeyedVectors(words, vectors), model.get_word_vector, cpu_seconds)


CONTENDERS = {"xw2v": train_xw2v, "gensim": train_gensim, "fastText": train_fasttext}


def scores(trained: Trained, folder: Path) -> dict[str, float]:
    """The scores of bench.compare, and "RW all"."""
    from xw2v.vectors.evaluation import word_pairs
    from xw2v.vectors.keyedvectors import KeyedVectors
    from xw2v.vectors.testsets import read_pairs

    seen = trained.vectors
    seen_alone = KeyedVectors(seen.index_to_key, seen.vectors)  # so that nothing is composed
    found = quality(seen_alone, folder)
    if not (folder / RARE_WORDS).exists():
        return found
    pairs = read_pairs(folder / RARE_WORDS)
    asked = dict.fromkeys(word.lower() for *words, _ in pairs.pairs for word in words)
    composed = {word: trained.vector_of(word) for word in asked if word not in seen.key_to_index}
    unseen = {word: vector for word, vector in composed.items() if vector is not None}
    everything = KeyedVectors(
        [*seen.index_to_key, *unseen],
        np.concatenate([seen.vectors, np.reshape(list(unseen.values()), (-1, seen.vector_size))]),
    )
    found["RW all"] = word_pairs(everything, pairs, restrict_vocab=None).spearman[0]
    return found


def one_run(options: argparse.Namespace) -> None:
    """What the child process does: train one contender once and print a line of JSON."""
    from xw2v.text.reading import open_corpus
    from xw2v.training.record import CorpusRecord

    corpus = open_corpus(options.text)
    settings = json.loads(options.settings)
    trained = CONTENDERS[options.child](corpus, settings, options.seed)
    words = corpus.raw_words * settings["epochs"]
    result = {
        "settings": settings,
        "text": vars(CorpusRecord.of(corpus)),
        "words_per_second": words / trained.cpu_seconds,
        "seconds": trained.cpu_seconds,
        "peak_mb": memory_mb(),
        "quality": scores(trained, options.eval),
    }
    print(json.dumps(result))


def runs(options: argparse.Namespace) -> list[Run]:
    """What is compared."""
    from xw2v.settings import Settings

    alpha = Settings(subword=(MIN_N, MAX_N), buckets=BUCKETS).learning_rate
    own = [("xw2v", {"alpha": alpha, **json.loads(given)}) for given in ("{}", *options.variant)]
    gensim = [("gensim", {"alpha": alpha}) for alpha in options.gensim_alphas]
    return [*own, *gensim, ("fastText", {"alpha": FASTTEXT_ALPHA})]


def made(results: Iterable[Result], run: Run, seed: int, text_id: str) -> list[Result]:
    """The results of a run on that text with that seed."""
    expected = run[0], seed, SHARED | run[1], text_id
    return [
        r for r in results if (r["contender"], r["seed"], r["settings"], text_of(r)) == expected
    ]


def verdict(results: list[Result]) -> str:
    """Where each setting of xw2v stands below each of gensim's, a line each."""
    groups, lines = labelled(results), []
    for label, own in groups.items():
        for other_label, others in groups.items():
            if own[0]["contender"] == "xw2v" and others[0]["contender"] == "gensim":
                below = scores_below(own, others)
                lines.append(f"{label}: below {other_label} by more than its spread: {below}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="+", help="text files")
    parser.add_argument("--eval", type=Path, required=True, help="folder of test sets")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument(
        "--variant", action="append", default=[], help="JSON of more settings of xw2v"
    )
    parser.add_argument("--gensim-alphas", nargs="+", type=float, default=[0.025, 0.05])
    parser.add_argument("--json", type=Path, help="file of the results")
    parser.add_argument("--child", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--settings", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        one_run(options)
        return
    check_outputs(parser, options.json)
    results = load_results([options.json]) if options.json and options.json.exists() else []
    chosen = [run for run in runs(options) if run[0] in options.contenders]
    text_id = fingerprint(options.text)
    for seed in options.seeds:
        for contender, settings in chosen:
            if made(results, (contender, settings), seed, text_id):
                continue
            command = [sys.executable, "-m", "bench.subwords", *options.text]
            command += ["--child", contender, "--seed", str(seed), "--eval", str(options.eval)]
            command += ["--settings", json.dumps(SHARED | settings)]
            result = result_of(command, f"{contender}, seed {seed}")
            results.append({"contender": contender, "seed": seed, **result})
            if options.json:
                options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            speed = results[-1]["words_per_second"]
            print(f"{contender}, seed {seed}: {speed:,.0f} words/s", file=sys.stderr, flush=True)
    shown = [
        r for seed in options.seeds for run in chosen for r in made(results, run, seed, text_id)
    ]
    print(table(shown))
    print(verdict(shown))


if __name__ == "__main__":
    main()
