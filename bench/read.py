"""How fast text becomes a corpus, beside gensim's vocabulary scan.

    python -m bench.read TEXT [--repeat 5]

TEXT is a plain or compressed text file, a sentence a line. Every way reads the same
plain file in turn, round by round; reported are the median, least and greatest number of million
tokens per second of CPU time of the one process, and what each way counts as tokens. gensim's scan
splits at spaces and counts; ours finds the tokens in running text, lower-cases, counts, numbers and
renumbers them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xw2v.settings import Settings
from xw2v.storage.files import decompressed, open_binary
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus


def gensim_scan(path: str) -> int:
    """The raw words that gensim's vocabulary scan counts."""
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    words, _ = Word2Vec(min_count=Settings.min_count).scan_vocab(corpus_iterable=LineSentence(path))
    return int(words)


def ways() -> dict[str, Callable[[str], int]]:
    """Name to a function that reads a file and returns how many tokens it met."""

    def in_folder(path: str) -> int:
        with tempfile.TemporaryDirectory() as folder:
            return open_corpus([path], folder=folder).raw_words

    found: dict[str, Callable[[str], int]] = {
        "xw2v, into memory": lambda path: open_corpus([path]).raw_words,
        "xw2v, into a corpus folder": in_folder,
        "xw2v, words of any language": lambda path: (
            open_corpus([path], options=TextOptions(tokens="words")).raw_words
        ),
        "xw2v, raw": lambda path: open_corpus([path], options=TextOptions(tokens="raw")).raw_words,
        "xw2v, any regular expression": lambda path: (
            open_corpus([path], options=TextOptions(token_pattern="(?:[a-z']+)")).raw_words
        ),
    }
    try:
        import gensim  # noqa: F401
    except ImportError:
        return found
    return {**found, "gensim, scan_vocab(LineSentence) alone": gensim_scan}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text")
    parser.add_argument("--repeat", type=int, default=5, help="rounds (5)")
    parser.add_argument(
        "--copies", type=int, default=1, help="read the text so many times over (1)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    with open_binary(options.text) as raw:
        text = decompressed(raw, options.text).read()
    speeds: dict[str, list[float]] = {name: [] for name in ways()}
    tokens = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        with path.open("wb") as file:
            for _ in range(options.copies):
                file.write(text)
        for _ in range(options.repeat):
            for name, read in ways().items():
                start = time.process_time()
                tokens[name] = read(str(path))
                speeds[name].append(tokens[name] / (time.process_time() - start) / 1e6)
    rows: list[dict[str, Any]] = [
        {
            "way": name,
            "tokens": tokens[name],
            "median": statistics.median(runs),
            "min": min(runs),
            "max": max(runs),
        }
        for name, runs in speeds.items()
    ]
    if options.json:
        print(
            json.dumps(
                {
                    "text": options.text,
                    "copies": options.copies,
                    "runs": options.repeat,
                    "rows": rows,
                }
            )
        )
        return
    print(f"| million tokens/s, {options.repeat} runs | median | min | max | tokens |")
    print("|---|---|---|---|---|")
    for row in rows:
        print("| {way} | {median:.1f} | {min:.1f} | {max:.1f} | {tokens:,} |".format(**row))


if __name__ == "__main__":
    main()
