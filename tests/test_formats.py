"""Files of vectors: exact round trips in every format, for words of every kind."""

from __future__ import annotations

import bz2
import gzip
import logging
import lzma
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from wordvectors import some_vectors

from xw2v.errors import InputError, UsageError
from xw2v.vectors.formats import FORMATS, WordVectors, detect, read_vectors, write_vectors
from xw2v.vectors.formats.textrows import words_hold_fields
from xw2v.vectors.keyedvectors import KeyedVectors

ANY_WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
FORBIDDEN = {
    "word2vec": "\n",
    "glove": "\n",
    "word2vec-bin": " \n",
    "projector": "\t\n\r",
    "npy": "",
    "safetensors": "",
    "fasttext-bin": "\0",
}
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


def words_for(format: str) -> st.SearchStrategy[list[str]]:
    """Different words that the format can hold."""
    fits = ANY_WORD.filter(lambda word: not any(c in word for c in FORBIDDEN[format]))
    if format == "glove":  # its first words must not end in something like a number or a separator
        fits = fits.filter(lambda word: " " not in word and not words_hold_fields([word]))
    return st.lists(fits, min_size=1, max_size=6, unique=True)


def path_for(folder: Path, format: str) -> Path:
    return folder / f"vectors-{format}"


@pytest.mark.parametrize("words", [[" "], ["one", "  "], [" ", "one"]])
@pytest.mark.parametrize("format", ["word2vec", "npy", "projector"])
def test_words_of_spaces_alone_are_words(words: list[str], format: str, tmp_path: Path) -> None:
    write_vectors(
        path_for(tmp_path, format),
        WordVectors(words, np.zeros((len(words), 2), np.float32), None),
        format,
    )
    assert read_vectors(path_for(tmp_path, format), format).words == words


@pytest.mark.parametrize("format", FORMATS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_round_trips_are_exact(tmp_path: Path, format: str, data: st.DataObject) -> None:
    if format == "safetensors":
        pytest.importorskip("safetensors")
    words = data.draw(words_for(format))
    table = data.draw(
        arrays(np.float32, (len(words), data.draw(st.integers(1, 5))), elements=FINITE)
    )
    counts = data.draw(st.none() | arrays(np.int64, len(words), elements=st.integers(1, 2**62)))
    path = path_for(tmp_path, format)
    write_vectors(path, WordVectors(words, table, counts), format)
    back = read_vectors(path, format)
    assert back.words == words
    assert back.vectors.dtype == np.float32
    assert_array_equal(back.vectors.view(np.int32), table.view(np.int32))  # -0.0 and all
    keeps_counts = format in ("npy", "safetensors", "projector", "fasttext-bin")
    if format == "fasttext-bin" and counts is not None and (counts == 1).all():
        keeps_counts = False  # ones are what it has where no counts are known
    if keeps_counts and counts is not None:
        assert_array_equal(back.counts, counts)
    else:
        assert back.counts is None


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_found_from_content(tmp_path: Path, format: str) -> None:
    if format == "safetensors":
        pytest.importorskip("safetensors")
    vectors = some_vectors()
    path = tmp_path / "some.thing"
    vectors.save(path, format)
    assert detect(path)[0] == format
    loaded = KeyedVectors.load(path)
    assert loaded.index_to_key == vectors.index_to_key
    assert_array_equal(loaded.vectors, vectors.vectors)
    first = KeyedVectors.load(path, limit=7)
    assert first.index_to_key == vectors.index_to_key[:7]
    assert_array_equal(first.vectors, vectors.vectors[:7])
    if path.is_file():
        for compress in (gzip.compress, bz2.compress, lzma.compress):
            (tmp_path / "packed").write_bytes(compress(path.read_bytes()))
            if format == "safetensors":
                continue
            assert_array_equal(KeyedVectors.load(tmp_path / "packed").vectors, vectors.vectors)


def test_one_dimension_is_told_apart(tmp_path: Path) -> None:
    table = np.arange(1, 6, dtype=np.float32)[:, None] / 3
    for format in ("word2vec", "word2vec-bin", "glove"):
        write_vectors(tmp_path / format, WordVectors(list("abcde"), table), format)
        assert detect(tmp_path / format)[0] == format
        assert_array_equal(read_vectors(tmp_path / format).vectors, table)


def test_every_float_comes_back(tmp_path: Path) -> None:
    """A sample over the whole of float32, powers of two and their neighbours included."""
    bits = np.random.default_rng(0).integers(0, 2**32, 400000, dtype=np.uint64).astype(np.uint32)
    powers = (np.arange(1, 255, dtype=np.uint32) << 23)[:, None] + np.array(
        [0, 1, 2**23 - 1], dtype=np.uint32
    )
    table = np.concatenate([bits, powers.ravel(), np.arange(1000, dtype=np.uint32)]).view(
        np.float32
    )
    table = table[np.isfinite(table)]
    table = table[: len(table) // 100 * 100].reshape(-1, 100)
    words = [str(row) for row in range(len(table))]
    write_vectors(tmp_path / "text", WordVectors(words, table), "word2vec")
    assert_array_equal(read_vectors(tmp_path / "text").vectors.view(np.int32), table.view(np.int32))


# --- words of every kind ---


def test_words_with_spaces_are_read_from_the_right(tmp_path: Path) -> None:
    (tmp_path / "vec").write_text("3 2\n. . . 1 2\nat name@domain.com 3 4\nx 5 6\n")
    assert read_vectors(tmp_path / "vec").words == [". . .", "at name@domain.com", "x"]
    (tmp_path / "vec").write_text("2 2\nb  1 2\n a 3 4\n")
    assert read_vectors(tmp_path / "vec").words == ["b ", " a"]
    (tmp_path / "glove").write_text("the 1 2\n. . . 3 4\n2 3 5 6\n")
    assert read_vectors(tmp_path / "glove").words == ["the", ". . .", "2 3"]


def test_of_repeated_words_the_first_row_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "vec").write_text("4 1\na 1\nb 2\na 3\nb 4\n")
    with caplog.at_level(logging.WARNING):
        loaded = read_vectors(tmp_path / "vec")
    assert (loaded.words, loaded.vectors.tolist()) == (["a", "b"], [[1], [2]])
    assert "2 rows repeat a word, the first of them 'a'" in caplog.text


def test_words_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "vec").write_bytes(b"2 1\n\xe9t\xe9 1\nok 2\n")
    with pytest.raises(InputError, match=r"vec:2: the word b'\\xe9t\\xe9' is not utf-8"):
        read_vectors(tmp_path / "vec")
    assert read_vectors(tmp_path / "vec", encoding="latin-1").words == ["été", "ok"]
    assert read_vectors(tmp_path / "vec", unicode_errors="replace").words == ["�t�", "ok"]
    with pytest.raises(UsageError, match="encoding='klingon'"):
        read_vectors(tmp_path / "vec", encoding="klingon")


@pytest.mark.parametrize(
    ("format", "word", "message"),
    [
        ("word2vec", "a\nb", r"contains '\\n'"),
        ("glove", "a\nb", r"contains '\\n'"),
        ("word2vec-bin", "a b", "contains ' '"),
        ("projector", "a\tb", r"contains '\\t'"),
        ("word2vec", "", "is empty"),
        ("word2vec", "\ud800", "cannot be written as UTF-8"),
    ],
)
def test_words_that_a_format_cannot_hold_are_refused(
    tmp_path: Path, format: str, word: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        write_vectors(tmp_path / "out", WordVectors([word], np.ones((1, 2), np.float32)), format)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").is_file()


@pytest.mark.parametrize("format", FORMATS)
def test_vectors_that_are_not_finite_are_not_written(tmp_path: Path, format: str) -> None:
    if format == "safetensors":
        pytest.importorskip("safetensors")
    table = np.ones((2, 2), np.float32)
    table[1, 1] = np.nan
    with pytest.raises(InputError, match=r"row 2: value 2 of 'b' is nan"):
        write_vectors(tmp_path / "out", WordVectors(["a", "b"], table), format)
    assert not (tmp_path / "out").is_file()


# --- folders ---


def test_a_run_folder(tmp_path: Path) -> None:
    vectors = some_vectors()
    vectors.save(tmp_path / "run")
    np.save(tmp_path / "run" / "context.npy", vectors.vectors + 1)
    loaded = KeyedVectors.load(tmp_path / "run")
    assert isinstance(loaded.vectors.base, np.memmap)
    assert_array_equal(loaded.counts, vectors.counts)
    context = KeyedVectors.load(tmp_path / "run" / "context.npy")
    assert_array_equal(context.vectors, vectors.vectors + 1)
    np.save(tmp_path / "run" / "center.npy", vectors.vectors.astype(np.float64))
    assert KeyedVectors.load(tmp_path / "run").vectors.dtype == np.float32
    (tmp_path / "run" / "center.npy").unlink()
    vectors.save(tmp_path / "run" / "vectors.txt", "word2vec")
    assert_array_equal(KeyedVectors.load(tmp_path / "run").vectors, vectors.vectors)
