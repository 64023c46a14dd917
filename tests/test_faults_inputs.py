"""Files that change under a run (docs/reliability.md)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from runs import POSIX, last_line, long_run
from texts import open_text

from xw2v.errors import InputError
from xw2v.storage.files import unchanged
from xw2v.text.corpus import Corpus
from xw2v.training.checkpoint import CheckpointFolder


@POSIX
@pytest.mark.parametrize("change", ["cut", "touch"])
def test_a_corpus_folder_that_changes_under_a_run_stops_it(
    change: str, words_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "corpus"
    Corpus.from_sentences([line.split() for line in words_file.read_text().splitlines()]).save(
        folder
    )
    process = long_run(folder, tmp_path / "output")
    if change == "cut":
        os.truncate(folder / "corpus.bin", 400)
    else:
        os.utime(folder / "offsets.npy")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "changed while it was in use" in last_line(error)
    assert CheckpointFolder(tmp_path / "output").latest() is not None


def test_a_corpus_folder_that_is_replaced_does_no_harm(words_file: Path, tmp_path: Path) -> None:
    lines = [line.split() for line in words_file.read_text().splitlines()]
    Corpus.from_sentences(lines).save(tmp_path / "corpus")
    corpus = Corpus.open(tmp_path / "corpus")
    ids = corpus.ids[:]
    Corpus.from_sentences(lines[:10], min_count=1).save(
        tmp_path / "corpus"
    )  # written beside and renamed
    corpus.check()
    assert (corpus.ids[:] == ids).all()


@pytest.mark.parametrize("change", ["cut", "append"])
def test_a_text_that_changes_while_it_is_read_is_an_error(change: str, tmp_path: Path) -> None:
    from xw2v.text.textfiles import TextFile

    path = tmp_path / "words.txt"
    path.write_text("some words in a line\n" * 50_000)
    chunks = TextFile(str(path)).chunks(True)
    next(chunks)
    if change == "cut":
        os.truncate(path, 300_000)
    else:
        with path.open("a") as file:
            file.write("more\n")
    with pytest.raises(InputError, match=r"words.txt: changed while it was read; wait"):
        list(chunks)


@pytest.mark.parametrize("pattern", ["[a-z']+", r"\w+"])
def test_a_packed_file_of_one_endless_word_takes_no_memory(
    pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """70 MB packed into 70 kB; with a pattern that needs complete lines the limit is higher."""
    import gzip

    from xw2v.text import textchunks

    (tmp_path / "bomb.txt").write_bytes(gzip.compress(bytes([97]) * 70_000_000))
    monkeypatch.setattr(textchunks, "MAX_LINE_BYTES", 1 << 26)
    with pytest.raises(InputError, match=r"bomb.txt:1: 64 MiB without a"):
        open_text([tmp_path / "bomb.txt"], token_pattern=pattern)


def test_pipes_and_devices_may_change(tmp_path: Path) -> None:
    with open(os.devnull, "rb") as file, unchanged(file, os.devnull) as check:
        check()
