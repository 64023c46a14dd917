"""How long questions take on a large table, and files of vectors to read and write.

    OPENBLAS_NUM_THREADS=1 python -m bench.query [--words 1000000] [--size 300] [--folder DIR]
    OPENBLAS_NUM_THREADS=1 python -m bench.query --files [--words 40000] [--size 100]
    OPENBLAS_NUM_THREADS=1 python -m bench.query --analogies questions-words.txt [--words 30000]

The table is random and kept in DIR (1.2 GB at the default size); times do not depend on its
values. With --ann the approximate index is built and compared as well, over clustered vectors,
which is what word vectors are like.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.text.vocabulary import Vocabulary
from xw2v.vectors.formats import FORMATS
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.testsets import read_analogies


def timed(name: str, do: Callable[[], Any], repeat: int = 1) -> Any:
    """Run and print the median of the time and of the processor time, and the worst time."""
    times, busy = [], []
    for _ in range(repeat):
        began, began_busy = time.perf_counter(), time.process_time()
        result = do()
        times.append(time.perf_counter() - began)
        busy.append(time.process_time() - began_busy)
    worst = f"  worst {max(times) * 1000:9.1f} ms" if repeat > 1 else ""
    wall, cpu = np.median(times) * 1000, np.median(busy) * 1000
    print(f"{name:44} {wall:9.1f} ms  processor {cpu:9.1f} ms{worst}", flush=True)
    return result


def big_model(folder: Path, words: int, size: int) -> Path:
    """A model folder of random vectors around 1,000 centres, made once."""
    model = folder / f"model-{words}x{size}"
    if not (model / "vocab.json").exists():
        model.mkdir(parents=True, exist_ok=True)
        table = np.lib.format.open_memmap(model / "center.npy", "w+", np.float32, (words, size))
        rng = np.random.default_rng(0)
        centres = rng.standard_normal((1000, size), dtype=np.float32)
        for start in range(0, words, 10000):
            rows = table[start : start + 10000]
            rows[:] = centres[rng.integers(0, 1000, len(rows))] + rng.standard_normal(
                rows.shape, dtype=np.float32
            )
        table.flush()
        Vocabulary([f"w{row}" for row in range(words)], np.arange(words, 0, -1)).save(
            model / "vocab.json"
        )
    return model


def questions(model: Path, words: int, with_index: bool) -> None:
    """Loading, first question, further questions."""
    vectors: KeyedVectors = timed("load (memory-mapped)", lambda: KeyedVectors.load(model))
    timed("first question (computes the norms)", lambda: vectors.most_similar("w0"))
    rng = np.random.default_rng(1)

    def word() -> str:
        return f"w{rng.integers(0, words)}"

    timed("most_similar, one word", lambda: vectors.most_similar(word()), 30)
    timed("most_similar, a + b - c", lambda: vectors.most_similar([word(), word()], [word()]), 30)
    timed(
        "most_similar, restrict_vocab=30000",
        lambda: vectors.most_similar(word(), restrict_vocab=30000),
        30,
    )
    timed(
        "most_similar_cosmul, a + b - c",
        lambda: vectors.most_similar_cosmul([word(), word()], [word()]),
        10,
    )
    timed("rank", lambda: vectors.rank(word(), word()), 10)
    if with_index:
        from xw2v.vectors.ann import AnnIndex

        index = timed("approximate index: build", lambda: AnnIndex(vectors))
        timed(
            "approximate index: most_similar",
            lambda: vectors.most_similar(word(), indexer=index),
            300,
        )
        asked = [word() for _ in range(100)]
        found = [{near for near, _ in vectors.most_similar(one, indexer=index)} for one in asked]
        right = [{near for near, _ in vectors.most_similar(one)} for one in asked]
        recall = sum(len(f & r) for f, r in zip(found, right, strict=True)) / 1000
        print(f"approximate index: {recall:.1%} of the 10 nearest found")


def files(folder: Path, words: int, size: int) -> None:
    """Writing and reading each format."""
    table = np.random.default_rng(0).standard_normal((words, size)).astype(np.float32)
    vectors = KeyedVectors([f"w{row}" for row in range(words)], table)
    for format in FORMATS:
        path = folder / f"file-{format}"
        timed(f"write {format}", lambda path=path, format=format: vectors.save(path, format))  # type: ignore[misc]
        timed(f"read {format}", lambda path=path: KeyedVectors.load(path))  # type: ignore[misc]


def analogies(path: Path, words: int, size: int) -> None:
    """An analogy set over random vectors whose first words are the set's."""
    given = read_analogies(path)
    of_the_set = {
        word.lower(): None
        for section in given.sections
        for question in section.questions
        for word in (question.a, *question.b, question.c, *question.answers)
    }
    names = [*of_the_set, *(f"w{row}" for row in range(words - len(of_the_set)))][:words]
    table = np.random.default_rng(0).standard_normal((len(names), size)).astype(np.float32)
    vectors = KeyedVectors(names, table)
    count = sum(len(section.questions) for section in given.sections)
    timed(
        f"{count} questions, {len(names)} words of {size}",
        lambda: vectors.evaluate_word_analogies(path),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int)
    parser.add_argument("--size", type=int)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "xw2v-query")
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--ann", action="store_true")
    parser.add_argument("--analogies", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.files:
        files(options.folder, options.words or 40_000, options.size or 100)
    elif options.analogies:
        analogies(options.analogies, options.words or 30_000, options.size or 100)
    else:
        words = options.words or 1_000_000
        questions(big_model(options.folder, words, options.size or 300), words, options.ann)


if __name__ == "__main__":
    main()
