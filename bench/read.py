"""How fast text becomes a corpus: beside gensim's vocabulary scan, by rule, and by several workers.

    python -m bench.read TEXT [--repeat 5] [--copies 1]
    python -m bench.read TEXT... --rules
    python -m bench.read TEXT --workers 2

TEXT is a plain or compressed text file, a sentence a line. Every way reads the same plain file in
turn, round by round; reported are the median, least and greatest number of million tokens per
second, and what each way counts as tokens. Without `--workers` that is of CPU time of one thread.
gensim's scan splits at spaces and counts; ours finds the tokens in running text, lower-cases,
counts, numbers and renumbers them.

With `--rules`, each text is read by ascii, words and raw; `found` is finding, counting and
numbering the tokens of text in memory, `complete` reading the file and renumbering, too. With
`--workers`, by one and by so many, of the time that passes: to be measured on cores that have
nothing else to do.
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
from xw2v.text.encode import Encoder
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus
from xw2v.text.textfiles import TextFile

RULES = ("ascii", "words", "raw")
Way = Callable[[str], int]  # reads a file and returns how many tokens it met


def gensim_scan(path: str) -> int:
    """The raw words that gensim's vocabulary scan counts."""
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    words, _ = Word2Vec(min_count=Settings.min_count).scan_vocab(corpus_iterable=LineSentence(path))
    return int(words)


def complete(workers: int = 1, in_folder: bool = False, **options: Any) -> Way:
    """Reading a file into a corpus."""

    def read(path: str) -> int:
        text_options = TextOptions(workers=workers, **options)
        if not in_folder:
            return open_corpus([path], options=text_options).raw_words
        with tempfile.TemporaryDirectory() as folder:
            return open_corpus([path], options=text_options, folder=folder).raw_words

    return read


def found(tokens: str) -> Way:
    """Finding the tokens of a file, whose reading is not counted (see `measured`)."""

    def read(path: str) -> int:
        encoder = Encoder(TextOptions(tokens=tokens).rule())
        for chunk in chunks_of(path):
            encoder.add(chunk)
        return encoder.raw_words

    return read


_chunks: dict[str, list[Any]] = {}


def chunks_of(path: str) -> list[Any]:
    """The chunks of a file, in memory since the first time."""
    if path not in _chunks:
        _chunks[path] = list(TextFile(path).chunks(True))
    return _chunks[path]


def ways(options: argparse.Namespace) -> dict[str, Way]:
    """What is measured, by name."""
    if options.workers:
        return {
            f"{tokens}, {workers} worker{'s' if workers > 1 else ''}": complete(
                workers, tokens=tokens
            )
            for tokens in RULES
            for workers in (1, options.workers)
        }
    if options.rules:
        return {
            f"{tokens}, {name}": way
            for tokens in RULES
            for name, way in (("found", found(tokens)), ("complete", complete(tokens=tokens)))
        }
    beside: dict[str, Way] = {
        "xw2v, into memory": complete(),
        "xw2v, into a corpus folder": complete(in_folder=True),
        "xw2v, words of any language": complete(tokens="words"),
        "xw2v, raw": complete(tokens="raw"),
        "xw2v, any regular expression": complete(token_pattern="(?:[a-z']+)"),
    }
    try:
        import gensim  # noqa: F401
    except ImportError:
        return beside
    return {**beside, "gensim, scan_vocab(LineSentence) alone": gensim_scan}


def measured(text: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each way of reading a text."""
    with open_binary(text) as raw:
        content = decompressed(raw, str(text)).read()
    clock = time.perf_counter if options.workers else time.process_time
    chosen = ways(options)
    speeds: dict[str, list[float]] = {name: [] for name in chosen}
    tokens = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / text.name
        with path.open("wb") as file:
            for _ in range(options.copies):
                file.write(content.rstrip(b"\n") + b"\n")
        if options.rules:
            chunks_of(str(path))
        for _ in range(options.repeat):
            for name, read in chosen.items():
                start = clock()
                tokens[name] = read(str(path))
                speeds[name].append(tokens[name] / (clock() - start) / 1e6)
        _chunks.clear()
    return [
        {
            "text": text.name,
            "way": name,
            "tokens": tokens[name],
            "median": statistics.median(runs),
            "min": min(runs),
            "max": max(runs),
        }
        for name, runs in speeds.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=5, help="rounds (5)")
    parser.add_argument(
        "--copies", type=int, default=1, help="read the text so many times over (1)"
    )
    parser.add_argument("--rules", action="store_true", help="ascii, words and raw")
    parser.add_argument("--workers", type=int, help="by one and by so many threads")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    rows = [row for text in options.text for row in measured(text, options)]
    if options.json:
        names = list(map(str, options.text))
        print(
            json.dumps(
                {"texts": names, "copies": options.copies, "runs": options.repeat, "rows": rows}
            )
        )
        return
    clock = "" if options.workers else " of CPU time"
    print(f"| million tokens/s{clock}, {options.repeat} runs | | median | min | max | tokens |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            "| {text} | {way} | {median:.1f} | {min:.1f} | {max:.1f} | {tokens:,} |".format(**row)
        )


if __name__ == "__main__":
    main()
