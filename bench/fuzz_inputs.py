"""Throw damaged input at every reader but those of vectors (see bench.fuzz_vectors).

    python -m bench.fuzz_inputs [--inputs 1000000] [--seed 1] [--only config]

    config       TOML files, and the settings they hold
    state        state.json of checkpoints, most with a valid checksum, so that the content is read
    tables       .npy files of checkpoints
    checkpoints  complete checkpoint folders, and resuming from those that can be read
    corpus       corpus folders
    text         running text, plain and compressed by gzip, bzip2, xz and zstd
    arrow        Arrow files and streams, and Parquet files
    jsonlines    JSON Lines, plain and packed by gzip and zip
    foreign      archives, UTF-16, pictures and the like, given as text
    tokens       token lists from Python, with odd tokens and odd sentences

Each input must be read, or be refused by an error of xw2v in one line: any other exception, a
warning, more than 5 seconds of its own for one input, or memory that grows by more than 64 MiB for
one ends the run and prints the input. Inputs are valid ones with bytes, numbers, names and lengths
changed at random.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.fuzz_texts import arrow_files, jsonlines_files, packed_texts
from bench.mutations import TOML_VALUES, mutated_bytes, mutated_value
from bench.odd_inputs import foreign_files, odd_sentences
from xw2v.config import read_config
from xw2v.errors import Xw2vError, represented
from xw2v.model import Word2Vec
from xw2v.settings import Settings
from xw2v.text.arrowfiles import ArrowFile
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Encoder
from xw2v.text.inputs import sources_of
from xw2v.text.sources import Source
from xw2v.text.textfiles import TextFile
from xw2v.text.tokens import AsciiRule, PatternRule, RawRule, WordsRule
from xw2v.text.vocabulary import VocabularyLimits
from xw2v.training.checkpoint import (
    CheckpointDamagedError,
    CheckpointFolder,
    decode,
    encode,
    read_table,
    write_table,
)
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval
from xw2v.training.resume import check_texts, continued_settings, restored
from xw2v.training.run import finish, prepare
from xw2v.tuning import step_config

SHARES = {
    "config": 0.2,
    "state": 0.25,
    "tables": 0.1,
    "checkpoints": 0.03,
    "corpus": 0.07,
    "text": 0.14,
    "arrow": 0.03,
    "jsonlines": 0.04,
    "foreign": 0.08,
    "tokens": 0.06,
}
MAX_SECONDS = 5  # of CPU time for one input
MAX_BYTES = 64 << 20  # that the process may grow by for one input


class Fuzz:
    """Makes inputs, feeds them, and counts what came of them.

    Args:
        folder: in memory, if possible; inputs are files there.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        self.file = folder / "input"
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.slowest, self.input = 0.0, b""
        names = list(Settings.__dataclass_fields__)
        self.keys = [
            *names,
            *(name.replace("_", "-") for name in names),
            "input",
            "output",
            "val",
            "lr",
            "windw",
        ]
        self.state = self._state()
        self.corpus_files = self._corpus()
        self.texts = packed_texts()
        self.tables = self._tables()
        self.arrows = arrow_files()
        self.foreign_files = foreign_files()
        self.model = Word2Vec(min_count=1)
        self.jsonlines_files = jsonlines_files()

    # Valid inputs.

    def _state(self) -> dict[str, Any]:
        """What a run of one epoch had saved after two steps."""
        corpus = Corpus.from_sentences([["a", "b", "c"]] * 90, min_count=1)
        self.trainer = prepare(
            corpus, Settings(vector_size=4, batch_tokens=64, epochs=1, min_count=1)
        )
        folder = CheckpointFolder(self.folder / "o")
        checkpointer = Checkpointer(self.trainer, folder, CheckpointInterval(steps=2), print)
        self.trainer.train(self.trainer.start(), [checkpointer])
        saved = (folder.path / folder.names()[0] / "state.json").read_bytes()
        content: dict[str, Any] = json.loads(saved)
        del content["sha256"]
        return content

    def _corpus(self) -> dict[str, bytes]:
        Corpus.from_sentences([["a", "b", "c"], ["b", "a"]] * 5, min_count=1).save(
            self.folder / "c"
        )
        return {path.name: path.read_bytes() for path in (self.folder / "c").iterdir()}

    def _tables(self) -> bytes:
        write_table(self.file, np.ones((3, 4), np.float32))
        return self.file.read_bytes()

    # Readers: each makes an input, remembers it and reads it.

    def config(self) -> None:
        pick = self.random
        lines = [
            f"{pick.choice(self.keys)} = {pick.choice(TOML_VALUES)}"
            for _ in range(pick.randrange(5))
        ]
        data = "\n".join(lines).encode()
        self.put(mutated_bytes(data, self.random) if pick.random() < 0.5 else data)
        settings, options = read_config(str(self.file))
        CheckpointInterval.parse(options.get("checkpoint_every", "1"))
        step_config(Settings.from_mapping(settings))

    def state_json(self) -> None:
        content = self.state
        for _ in range(self.random.choice((1, 1, 2, 3))):
            content = (
                mutated_value(content, self.random) if isinstance(content, dict) else self.state
            )
        if self.random.random() < 0.8 and isinstance(content, dict):
            data = encode(content)
        else:
            data = mutated_bytes(encode(self.state), self.random)
        self.input = data
        decode(data)

    def tables_npy(self) -> None:
        self.put(mutated_bytes(self.tables, self.random))
        read_table(self.file)

    def checkpoints(self) -> None:
        folder = self.folder / "o" / "checkpoint" / "epoch-000001-step-000000002"
        shutil.rmtree(self.folder / "o", ignore_errors=True)
        folder.mkdir(parents=True)
        table, names = (
            np.ones((len(self.trainer.corpus.vocabulary), 4), np.float32),
            ("center.npy", "context.npy"),
        )
        content = self.state | {
            "files": {name: write_table(folder / name, table) for name in names}
        }
        if self.random.random() < 0.5:
            content = mutated_value(content, self.random)
        (folder / "state.json").write_bytes(encode(content) if isinstance(content, dict) else b"[]")
        spoiled = self.random.choice(("state.json", "center.npy", "context.npy"))
        self.input = (folder / "state.json").read_bytes()
        if self.random.random() < 0.5:
            self.input = mutated_bytes((folder / spoiled).read_bytes(), self.random)
            (folder / spoiled).write_bytes(self.input)
        checkpoint = CheckpointFolder(self.folder / "o").latest()
        if checkpoint is not None:
            given = {"epochs": 3} if self.random.random() < 0.2 else {}
            settings = continued_settings(checkpoint, given)
            check_texts(checkpoint, self.trainer.corpus, None)
            if settings.epochs <= 3:
                trainer = prepare(self.trainer.corpus, settings)
                state = restored(checkpoint, trainer)
                finish(trainer, trainer.train(state))

    def corpus(self) -> None:
        name = self.random.choice(list(self.corpus_files))
        data = self.corpus_files[name]
        if name.endswith(".json") and self.random.random() < 0.6:
            data = json.dumps(mutated_value(json.loads(data), self.random)).encode()
        else:
            data = mutated_bytes(data, self.random)
        (self.folder / "c" / name).write_bytes(data)
        self.input = data
        try:
            corpus = Corpus.open(self.folder / "c")
            assert all(corpus.sentence(s) for s in range(len(corpus)))
        finally:
            (self.folder / "c" / name).write_bytes(self.corpus_files[name])

    def text(self) -> None:
        self.put(mutated_bytes(self.random.choice(self.texts), self.random))
        self.encode(TextFile(str(self.file)))

    def foreign(self) -> None:
        self.put(mutated_bytes(self.random.choice(self.foreign_files), self.random))
        for source in sources_of([str(self.file)], "text"):
            self.encode(source)

    def encode(self, source: Source) -> None:
        """Read running text by one of the rules."""
        lowercase = self.random.random() < 0.8
        rules = (
            *(AsciiRule(lowercase), WordsRule(lowercase), RawRule(lowercase)),
            PatternRule(r"\w+", lowercase),
        )
        encoder = Encoder(self.random.choice(rules))
        for piece in source.chunks(encoder.rule.splits_at_spaces):
            encoder.add(piece)
        encoder.finish(VocabularyLimits(min_count=1))

    def jsonlines(self) -> None:
        self.put(mutated_bytes(self.random.choice(self.jsonlines_files), self.random))
        encoder = Encoder(WordsRule())
        for piece in TextFile(str(self.file)).chunks(True):
            encoder.add(piece)
        encoder.finish(VocabularyLimits(min_count=1))

    def arrow(self) -> None:
        self.put(mutated_bytes(self.random.choice(self.arrows), self.random))
        for piece in ArrowFile(str(self.file), "text").chunks(True):
            assert isinstance(piece, bytes)

    def tokens(self) -> None:
        sentences = odd_sentences(self.random)
        self.input = represented(sentences, 2000).encode()
        self.model._corpus("sentences", sentences)

    def put(self, data: bytes) -> None:
        self.input = data
        self.file.write_bytes(data)

    def run(self, name: str, read: Callable[[], None], count: int) -> None:
        """Feed so many inputs to a reader."""
        for _ in range(count):
            before, began = _memory(), time.perf_counter()
            signal.setitimer(
                signal.ITIMER_PROF, MAX_SECONDS
            )  # of this process: others may keep it waiting
            try:
                read()
                outcome = "read"
            except (Xw2vError, CheckpointDamagedError) as error:
                outcome = "refused"
                if "\n" in str(error) or not str(error):
                    raise AssertionError(f"not one line: {error!r}") from error
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            self.slowest = max(self.slowest, time.perf_counter() - began)
            if _memory() - before > MAX_BYTES:
                raise AssertionError(f"memory grew by {_memory() - before >> 20} MiB")
            self.outcomes[name, outcome] += 1


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _too_slow(number: int, frame: Any) -> None:
    raise AssertionError(f"more than {MAX_SECONDS} seconds")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SHARES)
    given = parser.parse_args()
    warnings.simplefilter("error")
    signal.signal(signal.SIGPROF, _too_slow)
    memory = Path("/dev/shm")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        fuzz = Fuzz(Path(folder), given.seed)
        readers = {
            "config": fuzz.config,
            "state": fuzz.state_json,
            "tables": fuzz.tables_npy,
            "checkpoints": fuzz.checkpoints,
            "corpus": fuzz.corpus,
            "text": fuzz.text,
            "arrow": fuzz.arrow,
            "jsonlines": fuzz.jsonlines,
            "foreign": fuzz.foreign,
            "tokens": fuzz.tokens,
        }
        for name, share in SHARES.items():
            if given.only not in (None, name) or (name == "arrow" and not fuzz.arrows):
                continue
            count = given.inputs if given.only else round(share * given.inputs)
            try:
                fuzz.run(name, readers[name], count)
            except BaseException:
                traceback.print_exc()
                sys.exit(
                    f"{name}: seed {given.seed}, input {base64.b64encode(fuzz.input).decode()}"
                )
            print(f"{name}: {count:,} inputs", file=sys.stderr)
        total = sum(fuzz.outcomes.values())
    seconds = time.monotonic() - began
    print(f"{total:,} inputs in {seconds:.0f} s, slowest {fuzz.slowest:.2f} s; no failure")
    for (name, outcome), count in sorted(fuzz.outcomes.items()):
        print(f"  {name:12} {outcome:8} {count:9,}")


if __name__ == "__main__":
    main()
