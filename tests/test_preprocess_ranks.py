"""Text that several ranks preprocess gives the corpus of one process, byte by byte."""

from __future__ import annotations

import bz2
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from runs import text

from xw2v.cluster.preprocessing import preprocess_by_ranks
from xw2v.cluster.ranks import Ranks
from xw2v.cluster.threads import on_ranks
from xw2v.errors import InputError
from xw2v.text import encode, spool, textchunks
from xw2v.text.options import TextOptions
from xw2v.text.reading import preprocess
from xw2v.text.sources import Source
from xw2v.text.text_parts import TextPart, chunks_between
from xw2v.text.textfiles import TextBytes, TextFile
from xw2v.text.vocabulary import VocabularyLimits

FILES = "corpus.bin", "offsets.npy", "vocab.json", "corpus.json"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks so small that every part of a text has some."""
    monkeypatch.setattr(textchunks, "CHUNK_BYTES", 256)
    monkeypatch.setattr(spool, "CHUNK_TOKENS", 100)


def inputs_of(kind: str, folder: Path) -> list[str]:
    """Files of a kind, with words in every one that are in no other."""
    texts = [f"{text(1500, seed=seed)}only{'abc'[seed]} Zoë didn't\n" for seed in range(3)]
    folder.mkdir()
    if kind == "one line":
        texts = [" ".join(texts).replace("\n", " ")]
    if kind == "documents":
        rng = random.Random(0)
        texts = [
            "".join(
                json.dumps({"text": [*line.split(), rng.choice(".,")]}) + "\n" for line in lines
            )
            for lines in (one.splitlines() for one in texts)
        ]
    suffix = {"documents": ".jsonl", "compressed": ".gz"}.get(kind, ".txt")
    for number, one in enumerate(texts):
        data = one.encode()
        if kind == "compressed":
            data = gzip.compress(data) if number else bz2.compress(data)
        (folder / f"{number}{suffix}").write_bytes(data)
    (folder / "3.txt").write_bytes(b"" if kind != "documents" else b"\n")
    return [str(folder / f"{number}{suffix}") for number in range(len(texts))]


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def by_ranks(size: int, inputs: list[str], folder: Path, **given: Any) -> list[Any]:
    return on_ranks(size, lambda ranks: preprocess_by_ranks(ranks, inputs, None, folder, **given))


@pytest.mark.parametrize("size", [2, 3, 7])
@pytest.mark.parametrize("kind", ["lines", "one line", "documents", "compressed"])
def test_ranks_write_the_bytes_of_one_process(kind: str, size: int, tmp_path: Path) -> None:
    inputs = inputs_of(kind, tmp_path / "texts")
    options = TextOptions(workers=1 + size % 2)
    limits = VocabularyLimits(min_count=2, max_vocab=50)
    made, _ = preprocess(inputs, None, tmp_path / "alone", options, limits, val_input=inputs[:1])
    (first, *others) = by_ranks(
        size, inputs, tmp_path / "ranks", options=options, limits=limits, val_input=inputs[:1]
    )
    assert others == [None] * (size - 1)
    assert files_in(tmp_path / "ranks") == files_in(tmp_path / "alone")
    assert first[0].fingerprint == made.fingerprint
    assert first[0].notices == made.notices
    assert set(FILES) <= set(files_in(tmp_path / "ranks"))


def test_words_may_have_to_be_dropped_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "CHECK_TOKENS", 1000)
    words = tmp_path / "words.txt"
    rng = random.Random(1)
    lines = (" ".join(str(rng.randrange(4000)) for _ in range(20)) for _ in range(300))
    words.write_text("\n".join(lines) + "\n")
    given = {
        "options": TextOptions(tokens="raw"),
        "limits": VocabularyLimits(min_count=1, distinct_limit=1000),
    }
    made, _ = preprocess([words], None, tmp_path / "alone", *given.values())
    assert any("were dropped" in notice for notice in made.notices)
    by_ranks(3, [str(words)], tmp_path / "ranks", **given)
    assert files_in(tmp_path / "ranks") == files_in(tmp_path / "alone")


def test_other_files_at_a_rank_are_refused(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("one.txt", "two.txt")]
    for number, name in enumerate(names):
        Path(name).write_text("a b c\n" * (5 + number))

    def work(ranks: Ranks) -> Any:
        return preprocess_by_ranks(ranks, names[ranks.rank == 1 :][:1], None, tmp_path / "out")

    for error in on_ranks(3, work):
        assert isinstance(error, InputError)
        assert "rank 1 sees other files than rank 0" in str(error)


def test_a_text_without_words_is_refused_as_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "digits.txt").write_text("1 2 3\n" * 1000)
    errors = by_ranks(2, [str(tmp_path / "digits.txt")], tmp_path / "out")
    assert "no words in it" in str(errors[0])


@pytest.mark.parametrize("count", [1, 2, 3, 50])
@pytest.mark.parametrize("splits_at_spaces", [False, True])
def test_parts_are_the_text(count: int, splits_at_spaces: bool, tmp_path: Path) -> None:
    compressed = tmp_path / "one.txt.gz"
    compressed.write_bytes(gzip.compress(text(1000).encode()))
    (tmp_path / "empty.txt").write_bytes(b"")

    def sources() -> list[Source]:
        unknown = TextBytes(text(500, seed=2).encode(), "of unknown size")
        unknown.total = 0
        paths = [compressed, tmp_path / "empty.txt"]
        return [
            TextBytes(text(700).encode(), "memory"),
            *(TextFile(str(path)) for path in paths),
            unknown,
            TextBytes(text(900, seed=1).encode(), "memory"),
        ]

    def chunks_of(part: TextPart) -> list[Any]:
        there = sources()
        return [
            chunk
            for source, bounds in zip(there, part.bounds(there), strict=True)
            for chunk in chunks_between(source, bounds, splits_at_spaces)
        ]

    parts = [chunks_of(TextPart(number, count)) for number in range(count)]
    assert [chunk for part in parts for chunk in part] == chunks_of(TextPart(0, 1))
    assert sum(map(bool, parts)) > min(count, 4) // 2
