"""One script as users of gensim write it, run unchanged but for the import, with gensim and with
xw2v.gensim: `python -m bench.gensim_script TEXT --eval FOLDER`.

The script reads a file of sentences by LineSentence and trains at gensim's defaults, CBOW and
skip-gram, on the same number of cores. Both run one after the other within each seed, so that a
noisy machine is noisy for both, each in a process of its own. Speed is words times epochs over the
seconds that the script waits for its model: reading, counting and training. Quality is that of
bench.compare.

Prints a table and a verdict for each of the two, and writes JSON where --json says; `--from FILE`
prints those of an earlier run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.compare import check_outputs, quality, result_of
from bench.contenders import lines_of
from bench.results import load_results, table, verdict

SCRIPT = """
import json, resource, sys, time
from {package}.word2vec import LineSentence, Word2Vec

text, vectors, sg, seed, workers = sys.argv[1:]
began = time.perf_counter()
sentences = LineSentence(text)
model = Word2Vec(sentences, sg=int(sg), seed=int(seed), workers=int(workers))
seconds = time.perf_counter() - began
model.wv.save_word2vec_format(vectors, binary=True)
print(json.dumps({{
    "seconds": seconds,
    "train_seconds": model.total_train_time,
    "words_per_second": model.corpus_total_words * model.epochs / seconds,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}}))
"""
PACKAGES = {"xw2v": "xw2v.gensim", "gensim": "gensim.models"}
MODELS = {"cbow": 0, "skipgram": 1}  # by their `sg`
SETTINGS = {
    "vector_size": 100,
    "window": 5,
    "negative": 5,
    "sample": 1e-3,
    "epochs": 5,
    "alpha": 0.025,
}


def run_script(
    name: str, model: str, seed: int, lines: str, options: argparse.Namespace
) -> dict[str, Any]:
    """Run the script once and evaluate its vectors."""
    from xw2v.vectors.keyedvectors import KeyedVectors

    with tempfile.TemporaryDirectory() as folder:
        script, vectors = Path(folder, "script.py"), Path(folder, "vectors.bin")
        script.write_text(SCRIPT.format(package=PACKAGES[name]), encoding="utf-8")
        arguments = [lines, str(vectors), str(MODELS[model]), str(seed), str(options.workers)]
        command = [sys.executable, str(script), *arguments]
        result = result_of(command, f"{name}, {model}, seed {seed}", folder=Path.cwd())
        scores = quality(KeyedVectors.load(vectors), options.eval)
    about = {"contender": name, "model": model, "seed": seed, "workers": options.workers}
    return {**about, **result, "settings": {**SETTINGS, "model": model}, "quality": scores}


def show(results: list[dict[str, Any]]) -> None:
    """Print a table and a verdict for each model."""
    for model in MODELS:
        of_model = [result for result in results if result["model"] == model]
        if of_model:
            print(f"{model}, {of_model[0]['workers']} workers")
            print(table(of_model))
            print(verdict(of_model))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="*", help="text files; none: what `xw2v train` takes then")
    parser.add_argument("--eval", type=Path, help="folder of test sets")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, help="file for the single results")
    parser.add_argument(
        "--from", dest="earlier", nargs="+", type=Path, metavar="FILE", help="results; do not train"
    )
    options = parser.parse_args()
    if options.earlier:
        show(load_results(options.earlier))
        return
    if options.eval is None:
        parser.error("give --eval, the folder of test sets, or --from, results of an earlier run")
    check_outputs(parser, options.json)
    results = []
    from xw2v.text.reading import open_corpus
    from xw2v.text.vocabulary import VocabularyLimits

    corpus = open_corpus(options.text, limits=VocabularyLimits(min_count=1))
    with lines_of(corpus) as lines:
        for seed in options.seeds:
            for model in options.models:
                for name in PACKAGES:
                    results.append(run_script(name, model, seed, lines, options))
                    speed = results[-1]["words_per_second"]
                    print(f"{name}, {model}, seed {seed}: {speed:,.0f} words/s", file=sys.stderr)
    show(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
