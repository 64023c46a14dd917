"""Text read by several threads: the same ids, vocabulary, fingerprint and notices for any number of
them, whatever the chunks, the sources, and the words that are dropped on the way.
"""

from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_preprocess import fails, run
from test_words import ODD
from texts import open_text

import xw2v.text.encode
import xw2v.text.options
import xw2v.text.scan as scan
import xw2v.text.scan_team
import xw2v.text.textchunks
from xw2v.errors import InputError
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Encoder
from xw2v.text.options import MAX_THREADS, TextOptions
from xw2v.text.parallel import ordered_map
from xw2v.text.read_ahead import read_ahead
from xw2v.text.reading import open_corpus
from xw2v.text.renumber import renumber, renumber_by_numpy
from xw2v.text.vocabulary import VocabularyLimits

OWN = ("xw2v-scan", "xw2v-source", "xw2v-read", "xw2v-digest")  # names of threads
WORKERS = (1, 2, 3, 5)
compiled = pytest.mark.skipif(
    scan.library() is None, reason="this installation has no compiled loops"
)


@pytest.fixture(autouse=True)
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xw2v.text.options, "available_cores", lambda: 8)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(OWN)]


def content(corpus: Corpus) -> tuple[Any, ...]:
    """All that must not depend on the threads."""
    return (
        corpus.fingerprint,
        corpus.vocabulary.words,
        corpus.vocabulary.counts.tolist(),
        corpus.ids[:].tolist(),
        corpus.offsets[:].tolist(),
        corpus.raw_words,
        corpus.coverage,
        corpus.notices,
    )


def alike(paths: list[Path], limits: VocabularyLimits, **options: Any) -> Corpus:
    """The corpus that all numbers of workers make."""
    made = [
        open_corpus(paths, None, TextOptions(workers=workers, **options), limits)
        for workers in WORKERS
    ]
    for other in made[1:]:
        assert content(other) == content(made[0])
    return made[0]


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(
        st.lists(st.sampled_from([*ODD, " ", "\n", " one two\n", "three "]), max_size=80).map(
            "".join
        ),
        min_size=1,
        max_size=4,
    ),
    tokens=st.sampled_from(["ascii", "words", "raw"]),
    chunk_bytes=st.integers(1, 200),
    check_tokens=st.integers(1, 50),
    scan_tokens=st.sampled_from([2, scan.MAX_SCAN_TOKENS]),
)
def test_what_is_read_does_not_depend_on_the_threads(
    texts: list[str],
    tokens: str,
    chunk_bytes: int,
    check_tokens: int,
    scan_tokens: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("texts")
    paths = [folder / f"{number}.gz" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        text = text.replace("\0", "")  # which no text has
        path.write_bytes(gzip.compress(f"{text}\nword\n".encode()))
    limits = VocabularyLimits(min_count=1)
    with (
        mock.patch.object(xw2v.text.textchunks, "CHUNK_BYTES", chunk_bytes),
        mock.patch.object(xw2v.text.encode, "CHECK_TOKENS", check_tokens),
        mock.patch.object(xw2v.text.scan_team, "MAX_SCAN_TOKENS", scan_tokens),
    ):
        alike(paths, limits, tokens=tokens)


@pytest.mark.parametrize("tokens", ["ascii", "words"])
@pytest.mark.parametrize("limit", [1000, 3000, 20_000])
def test_words_that_are_dropped_on_the_way(
    tokens: str, limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xw2v.text.encode, "CHECK_TOKENS", 1 << 12)
    monkeypatch.setattr(xw2v.text.textchunks, "CHUNK_BYTES", 1 << 12)
    rng = np.random.default_rng(0)
    letters = np.array([f"{chr(97 + i)}{chr(98 + i)}" for i in range(20)])
    words = ["".join(letters[list(map(int, str(n)))]) for n in rng.zipf(1.2, 60_000) % 9973]
    text = tmp_path / "text"
    text.write_text("\n".join(" ".join(words[i : i + 9]) for i in range(0, len(words), 9)))
    corpus = alike([text], VocabularyLimits(min_count=1, distinct_limit=limit), tokens=tokens)
    assert bool(corpus.notices) == (limit < 20_000)


def test_documents_and_text_keep_their_order(tmp_path: Path) -> None:
    rows = [
        {"text": f"row {chr(97 + i)} one"} if i % 3 else {"text": ["Row", chr(97 + i), "."]}
        for i in range(26)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "b.txt").write_text("and so on. And on\n")
    corpus = alike([tmp_path], VocabularyLimits(min_count=1), split_sentences=True)
    found = [corpus.sentence(s) for s in range(len(corpus))]
    assert [sentence[1] for sentence in found[:26]] == [chr(97 + i) for i in range(26)]
    assert found[26:] == [["and", "so", "on"], ["and", "on"]]


@pytest.mark.parametrize("workers", WORKERS)
def test_a_fault_in_a_source_ends_the_threads(workers: int, tmp_path: Path) -> None:
    names = []
    for number in range(4):
        names.append(tmp_path / f"{number}")
        names[-1].write_bytes(b"one two three\n" * 500_000)
    names[2].write_bytes(b"one two\n" * 20_000 + b"\xff\n")
    with pytest.raises(InputError, match="2:20001: not UTF-8"):
        open_text(names, workers=workers)
    os.remove(names[3])
    os.mkfifo(names[3])
    names[2].write_bytes(b"\xff\n")
    with pytest.raises(InputError, match="2:1: not UTF-8"):
        open_text(names, workers=workers)


@compiled
def test_threads_are_ended_where_the_reader_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Encoder, "_add_scanned", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_text([__file__] * 40, workers=2)


@compiled
def test_more_workers_than_cores_start_no_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xw2v.text.options, "available_cores", lambda: 2)
    assert [TextOptions(workers=workers).threads for workers in (None, 1, 2, 16)] == [2, 1, 2, 2]
    monkeypatch.setattr(xw2v.text.options, "available_cores", lambda: 64)
    assert TextOptions().threads == TextOptions(workers=64).threads == MAX_THREADS


@settings(max_examples=100, deadline=None)
@given(
    ids=st.lists(st.integers(0, 9), max_size=30),
    rows=st.lists(st.integers(-1, 5), min_size=10, max_size=10),
    data=st.data(),
)
def test_renumbering_is_that_of_numpy(ids: list[int], rows: list[int], data: st.DataObject) -> None:
    ends = sorted(data.draw(st.lists(st.integers(0, len(ids)), max_size=9)))
    given_arrays = np.array(rows, np.int32), np.array(ids, np.int32), np.array(ends, np.int64)
    for found, expected in zip(
        renumber(*given_arrays), renumber_by_numpy(*given_arrays), strict=True
    ):
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_an_ordered_map(threads: int) -> None:
    assert list(ordered_map(str, range(100), threads)) == list(map(str, range(100)))
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(lambda i: 1 // i, [3, 2, 1, 0, 1], threads))
    mapped = ordered_map(str, iter(int, 1), threads)  # without an end
    assert next(mapped) == "0"
    mapped.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("parts", [1, 50])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_sources_read_ahead_stay_in_order_and_bounded(threads: int, parts: int) -> None:
    made: list[int] = []

    def source(number: int) -> Iterator[bytes]:
        for part in range(parts):
            made.append(number)
            yield b"%d %d" % (number, part) + b" " * (1 << 20)

    sources = [lambda number=number: source(number) for number in range(600 // parts)]
    found = []
    for chunk in read_ahead(sources, threads):
        found.append(chunk.split())
        assert len(made) <= len(found) + 6 * threads
    assert found == [
        [b"%d" % n, b"%d" % part] for n in range(600 // parts) for part in range(parts)
    ]


@pytest.mark.parametrize("command", ["preprocess", "phrases", "info"])
def test_commands_that_read_take_workers(command: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("the new york war and the new york peace\n" * 3000)
    options = {
        "preprocess": ["--data-dir", tmp_path / "corpus"],
        "phrases": ["-o", tmp_path / "joined", "--force"],
        "info": ["--min-count", 1],
    }[command]
    made = []
    for workers in (1, 4):
        record = json.loads(
            run(command, tmp_path / "text", *options, "--json", "--workers", workers).stdout
        )
        made.append({k: v for k, v in record.items() if k not in ("seconds", "training")})
    if command != "info":
        assert made[0] == made[1]
    assert made[0].get("raw_words") == made[1].get("raw_words")
    assert "workers=0" in fails(command, tmp_path / "text", *options, "--workers", 0)
