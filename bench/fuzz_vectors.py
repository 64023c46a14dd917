"""Throw damaged files at every reader of vectors and test sets.

    python -m bench.fuzz_vectors [--inputs 1000000] [--engine mutate | hypothesis | atheris]

Each input must be read, or be refused by an InputError of one line: any other exception, more than
2 seconds for one input, or memory that grows by more than 32 MiB for one ends the run and prints
the input. Warnings count as exceptions; log lines (repeated words) are not shown. Engines:

    mutate      valid files of each format with bytes, numbers, lines and headers changed at random
    hypothesis  files built from lines and fields that look nearly right
    atheris     coverage-guided (pip install atheris), from the same valid files

A file is a byte for the reader, two for the length of a second file (vocab.json, metadata.tsv), and
content.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import json
import logging
import resource
import signal
import struct
import tempfile
import time
import warnings
from codecs import BOM_UTF8
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from bench.fuzz_engines import run_atheris, run_hypothesis, run_mutations
from xw2v.errors import InputError
from xw2v.vectors.formats import WordVectors, read_vectors
from xw2v.vectors.formats.countsfile import read_counts
from xw2v.vectors.formats.rows import Decoding
from xw2v.vectors.formats.word2vec_binary import write as write_binary
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.testsets import read_analogies, read_pairs

READERS = (
    "found",
    "word2vec",
    "word2vec-bin",
    "fasttext-bin",
    "glove",
    "npy",
    "safetensors",
    "projector",
    "lenient",
    "pairs",
    "analogies",
    "counts",
)
BESIDE = {"npy": "vocab.json", "safetensors": "vocab.json", "projector": "metadata.tsv"}
MAX_BYTES = 32 << 20  # that the process may grow by for one input, of at most 64 KiB
MAX_SECONDS = 2  # for one input


class Arena:
    """A folder in memory where inputs are put and read, and the count of what came of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "file"
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        self.most_memory = 0
        signal.signal(signal.SIGPROF, _too_slow)

    def feed(self, data: bytes) -> None:
        """Read one input; raise what a reader should not have raised."""
        if len(data) < 3:
            return
        reader = READERS[data[0] % len(READERS)]
        cut = 3 + int.from_bytes(data[1:3], "little")
        second, content = (
            (data[3:cut], data[cut:]) if reader in BESIDE or reader == "found" else (b"", data[3:])
        )
        self.file.write_bytes(content)
        for name in set(BESIDE.values()):
            (self.folder / name).unlink(missing_ok=True)
        if second:
            (self.folder / BESIDE.get(reader, "vocab.json")).write_bytes(second)
        before, began = _memory(), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
        try:
            outcome = self._read(reader)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        self.slowest = max(self.slowest, time.process_time() - began)
        self.outcomes[f"{reader}: {outcome}"] += 1
        grown = _memory() - before
        self.most_memory = max(self.most_memory, grown)
        if grown > MAX_BYTES:
            raise MemoryError(f"grew by {grown >> 20} MiB on {len(data)} bytes")

    def _read(self, reader: str) -> str:
        try:
            if reader == "pairs":
                assert all(a and b and s == s for a, b, s in read_pairs(self.file).pairs)
            elif reader == "analogies":
                assert read_analogies(self.file).sections
            elif reader == "counts":
                assert all(read_counts(self.file, Decoding()))
            elif reader == "lenient":
                loaded = read_vectors(self.file, lenient=True)
                KeyedVectors(loaded.words, loaded.vectors).fill_norms()
            else:
                loaded = read_vectors(self.file, None if reader == "found" else reader)
                KeyedVectors(loaded.words, loaded.vectors, loaded.counts).fill_norms()
        except InputError as error:
            if "\n" in str(error) or len(str(error)) > 600:
                raise AssertionError(f"no message for a user: {str(error)[:1000]!r}") from None
            return "refused"
        return "read"


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class TooSlow(BaseException):
    """Not an OSError, as TimeoutError is, which readers turn into one about the file."""


def _too_slow(signum: int, frame: Any) -> None:
    raise TooSlow(f"an input took more than {MAX_SECONDS} s")


def seeds(folder: Path) -> list[bytes]:
    """Valid inputs for each reader."""
    words = ["the", "of", "naïve", "日本", "new_york", "a b", "x"]
    table = np.linspace(-2, 2, 21, dtype=np.float32).reshape(7, 3) ** 3
    vectors = KeyedVectors(words, table, np.arange(9, 2, -1))
    plain = KeyedVectors([word.replace(" ", "_") for word in words], table)
    inputs = []

    def add(reader: str, content: bytes, second: bytes = b"") -> None:
        rows = reader in ("word2vec", "glove")
        alone = reader in ("projector", "lenient", "pairs", "analogies", "counts")
        for which in (reader, *(() if alone else ("found",)), *(("lenient",) if rows else ())):
            inputs.append(
                bytes([READERS.index(which)]) + struct.pack("<H", len(second)) + second + content
            )

    for name, model in (
        ("word2vec", vectors),
        ("glove", vectors),
        ("word2vec-bin", plain),
        ("fasttext-bin", vectors),
        ("safetensors", vectors),
    ):
        model.save(folder / "seed", name)
        content = (folder / "seed").read_bytes()
        add(name, content)
        if name != "safetensors":
            add(name, gzip.compress(content))
            add(name, bz2.compress(content))
    write_binary(folder / "seed", WordVectors(plain.index_to_key, table), newline=False)
    add("word2vec-bin", (folder / "seed").read_bytes())
    for name, content_name in (("npy", "center.npy"), ("projector", "vectors.tsv")):
        vectors.save(folder / name, name)
        add(
            name,
            (folder / name / content_name).read_bytes(),
            (folder / name / BESIDE[name]).read_bytes(),
        )
    stream = io.BytesIO()
    np.save(stream, np.asfortranarray(table.astype(np.float64)))
    add(
        "npy",
        stream.getvalue(),
        json.dumps({"format": "xw2v vocabulary 1", "words": words, "counts": [1] * 7}).encode(),
    )
    add("lenient", b"2\t3\nking\t1\t2\t3\nqueen, 4; 5  6\n\n, 1 2 3\nman 1\n")
    add("pairs", b"# a\tb\tscore\nking\tqueen\t8.5\nman\twoman\t8.3\n")
    add("pairs", b"sun sunlight 50.0\nautomobile car 50.0\n")
    add("pairs", b'Word 1,Word 2,Human (mean)\nlove,sex,6.77\n"a, b",cat,7.35\n')
    add("pairs", b"word1\tword2\tPOS\tSimLex999\tQ\nold\tnew\tA\t1.58\t2.72\n")
    add("analogies", b": family\nking queen man woman\n: gram1-x\ngood better bad worse\n")
    add("pairs", gzip.compress(b"king\tqueen\t8.5\nman\twoman\t8.3\n"))
    add("counts", b"the 7\nof 5\nnew york 2\n")
    for first in list(inputs):  # a byte order mark before the content
        second = int.from_bytes(first[1:3], "little")
        inputs.append(first[: 3 + second] + BOM_UTF8 + first[3 + second :])
    return [data for data in inputs if not _is_marked_binary(data)]


def _is_marked_binary(data: bytes) -> bool:
    """Whether a byte order mark is before what only its first bytes tell."""
    content = data[3 + int.from_bytes(data[1:3], "little") :]
    return content.startswith(tuple(BOM_UTF8 + magic for magic in (b"\x1f\x8b", b"BZh"))) or (
        content.startswith(BOM_UTF8)
        and READERS[data[0]] in ("npy", "safetensors", "found")
        and not content[3:4].isalnum()
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=("mutate", "hypothesis", "atheris"), default="mutate")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("error")
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        start = seeds(Path(folder))
        arena = Arena(Path(folder))
        for data in start:
            arena.feed(data)
        assert all(outcome.endswith(": read") for outcome in arena.outcomes), arena.outcomes
        began = time.perf_counter()

        def report() -> None:
            total = sum(arena.outcomes.values())
            for outcome, number in sorted(arena.outcomes.items()):
                print(f"{outcome:24} {number:9,}")
            seconds = time.perf_counter() - began
            print(
                f"{total:,} inputs ({options.engine}, seed {options.seed}) in {seconds:.0f} s; "
                f"slowest {arena.slowest * 1000:.0f} ms; "
                f"most memory {arena.most_memory / 2**20:.1f} MiB",
                flush=True,
            )

        run = {"mutate": run_mutations, "hypothesis": run_hypothesis, "atheris": run_atheris}[
            options.engine
        ]
        run(arena.feed, options.inputs, options.seed, start, report)


if __name__ == "__main__":
    main()
