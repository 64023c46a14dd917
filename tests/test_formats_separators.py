"""Rows of vectors whose fields are separated otherwise than by single spaces, and wrong headers."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from xw2v.errors import InputError
from xw2v.vectors.formats import WordVectors, read_vectors, write_vectors

ROWS = (("king", "0.1", "0.2", "0.3"), ("queen", "0.2", "0.2", "0.3"), ("man", "0.5", "1", "-2"))
SEPARATORS = ("  ", "\t", ",", ", ", ";", " \t", "   ", " ,")


def text_of(separator: str, header: str = "", columns: int = 4) -> str:
    return header + "".join(separator.join(row[:columns]) + "\n" for row in ROWS)


def read_or_refused(path: Path, limit: int | None = None) -> tuple[WordVectors | None, str]:
    """What a file holds, or the line that refuses it."""
    try:
        return read_vectors(path, limit=limit), ""
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("header", ["", "3 3\n", "3  3\n", "3\t3\n", "3,3\n"])
@pytest.mark.parametrize("columns", [2, 4])
def test_other_separators_are_read_right_or_refused_with_the_way_to_read_them(
    separator: str, header: str, columns: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_text(text_of(separator, header, columns))
    right = [row[0] for row in ROWS], (3, columns - 1)
    if separator == ", " and columns == 2:
        return  # rows of words that end in a comma, and why not
    loaded, refusal = read_or_refused(path)
    if loaded is None:
        assert "convert --lenient" in refusal
    else:
        assert (loaded.words, loaded.vectors.shape) == right
    if header == "" or columns == 4:  # a header of a table of one dimension looks like its rows
        loaded = read_vectors(path, lenient=True)
        assert (loaded.words, loaded.vectors.shape) == right


@pytest.mark.parametrize("format", ["glove", "word2vec"])
def test_words_with_separators_are_read_back_or_refused(format: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    for words in (["a ", "b "], ["1,", "2,"], [",", ";"], ["x 1,", "x 2,"], ["a", "b "], ["\t"]):
        table = np.arange(2.0 * len(words), dtype=np.float32).reshape(-1, 2)
        path.unlink(missing_ok=True)
        with suppress(InputError):
            write_vectors(path, WordVectors(words, table), format)
        assert path.exists() or format == "glove"
        assert not path.exists() or read_vectors(path).words == words


@pytest.mark.parametrize("limit", [None, 2])
@pytest.mark.parametrize(
    "header",
    [
        "5 3",
        "1 3",
        "3 9",
        "3 2",
        "999999999999 300",
        "3",
        "3 3 1",
        "",
        "# a comment",
        "word d1 d2 d3",
    ],
)
def test_lenient_reading_takes_any_header(header: str, limit: int | None, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text_of(" ", header + "\n"))
    loaded = read_vectors(path, limit=limit, lenient=True)
    assert loaded.words == [row[0] for row in ROWS][:limit]
    assert loaded.vectors.shape[1] == 3
    strict, refusal = read_or_refused(path, limit)
    if strict is None:
        assert "--lenient reads what can be read" in refusal
    else:
        assert len(strict.words) == (limit or 3)


def test_lenient_reading_names_a_wrong_header(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "file"
    for header, warned in (("3 3", False), ("5 3", True), ("3 9", True)):
        path.write_text(text_of(" ", header + "\n"))
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            read_vectors(path, lenient=True)
        assert ("the header says" in caplog.text) == warned


def test_an_empty_word_is_skipped_leniently(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("3 3\nking 0.1 0.2 0.3\n 0.2 0.2 0.3\nman 1 2 3\n")
    with pytest.raises(InputError, match=":3: an empty word; xw2v convert --lenient"):
        read_vectors(path)
    loaded = read_vectors(path, lenient=True)
    assert (loaded.words, loaded.skipped) == (["king", "man"], 1)
