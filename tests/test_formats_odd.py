"""Files of vectors as people have them: byte order marks, odd first lines, packed by their ending,
and rows that only lenient reading takes.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import logging
import lzma
import tarfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wordvectors import some_vectors

from xw2v.errors import InputError
from xw2v.storage.files import MAGIC
from xw2v.vectors.formats import WordVectors, detect, read_vectors, write_vectors
from xw2v.vectors.formats.vectorfile import open_vectors
from xw2v.vectors.keyedvectors import KeyedVectors

BOM = codecs.BOM_UTF8


# --- byte order marks ---


@pytest.mark.parametrize("format", ["word2vec", "glove", "word2vec-bin"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_byte_order_mark_is_not_content(tmp_path: Path, format: str, compress: object) -> None:
    vectors = some_vectors()
    vectors.save(tmp_path / "file", format)
    content = BOM + (tmp_path / "file").read_bytes()
    (tmp_path / "marked").write_bytes(compress(content))  # type: ignore[operator]
    assert detect(tmp_path / "marked")[0] == format
    loaded = KeyedVectors.load(tmp_path / "marked")
    assert loaded.index_to_key == vectors.index_to_key
    assert_array_equal(loaded.vectors, vectors.vectors)


def test_a_byte_order_mark_in_files_of_words(tmp_path: Path) -> None:
    (tmp_path / "vectors.tsv").write_bytes(BOM + b"1\t2\n3\t4\n")
    for metadata in (b"one\ntwo\n", b"word\tcount\none\t2\ntwo\t1\n"):
        (tmp_path / "metadata.tsv").write_bytes(BOM + metadata)
        assert read_vectors(tmp_path).words == ["one", "two"]
    (tmp_path / "vec").write_text("2 1\none 1\ntwo 2\n")
    (tmp_path / "counts").write_bytes(BOM + b"one 7\ntwo 5\n")
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "vec", tmp_path / "counts")
    assert loaded.get_vecattr("one", "count") == 7


@given(
    st.lists(st.sampled_from([b"\xef", b"\xbb", b"x", b"\n"]), max_size=8).map(b"".join),
    st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=8),
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_reading_without_the_mark_is_reading_the_rest(
    tmp_path: Path, content: bytes, calls: list[tuple[bool, int]]
) -> None:
    for start in (b"", BOM, BOM[:2]):
        (tmp_path / "file").write_bytes(start + content)
        plain = io.BytesIO(content if start == BOM else start + content)
        with open_vectors(tmp_path / "file") as file:
            for lines, size in calls:
                expected = plain.readline(size) if lines else plain.read(size)
                assert (file.readline(size) if lines else file.read(size)) == expected
            assert file.position == plain.tell() + (3 if start == BOM else 0)


# --- what a file is ---


def test_the_format_is_found_from_several_lines(tmp_path: Path) -> None:
    """One short or odd line among the first does not make vectors of other dimensions."""
    path = tmp_path / "file"
    for first in (b"king 0.1\n", b"title of the file\n", b"2\n", b"route 66 0.1 0.2 0.3\n"):
        path.write_bytes(first + b"queen 0.2 0.2 0.3\nman 0.1 0.2 0.3\nof 1 2 3\n")
        assert detect(path)[0] == "glove"
        if first.startswith(b"route"):
            assert read_vectors(path).words == ["route 66", "queen", "man", "of"]
        else:
            with pytest.raises(InputError, match=":1: "):
                read_vectors(path)
        assert read_vectors(path, lenient=True).words[-3:] == ["queen", "man", "of"]
    path.write_bytes(b"king 0.1\nqueen 0.2 0.2 0.3\n")
    with pytest.raises(InputError, match=":1: expected a word and 3 numbers"):
        read_vectors(path)
    path.write_bytes(b"2\t3\nking\t1\t2\t3\nqueen\t4\t5\t6\n")
    with pytest.raises(InputError, match="`lenient` reads rows with other separators"):
        read_vectors(path)


def test_a_header_of_too_few_dimensions_is_noticed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows then look like words that end in a number, which they may well be."""
    path = tmp_path / "file"
    path.write_text("2 2\nking 0.1 0.2 0.3\nqueen 0.2 0.2 0.3\n")
    with caplog.at_level(logging.WARNING):
        assert read_vectors(path).words == ["king 0.1", "queen 0.2"]
    assert "file:1: the header says 2 dimensions, and words such as 'king 0.1'" in caplog.text
    assert read_vectors(path, lenient=True).vectors.shape == (2, 3)
    caplog.clear()
    content = WordVectors(["python", "python 3.12", "route 66"], np.ones((3, 2), np.float32))
    write_vectors(path, content, "word2vec")
    with caplog.at_level(logging.WARNING):
        assert read_vectors(path).words == content.words
    assert caplog.text == ""


def test_files_of_other_kinds_are_named(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("king 1 2\nqueen 2 3\n")
    with tarfile.open(tmp_path / "v.tgz", "w:gz") as archive:
        archive.add(tmp_path / "v.txt", "v.txt")
    (tmp_path / "wide").write_text("2 2\nking 1 2\nqueen 3 4\n", "utf-16")
    (tmp_path / "table").write_bytes(b"PAR1" + bytes(20))
    for name, message in (
        ("v.tgz", "is a tar archive"),
        ("wide", "is UTF-16; convert it"),
        ("table", "Parquet"),
    ):
        with pytest.raises(InputError, match=message):
            read_vectors(tmp_path / name)


# --- packed by the ending ---

KINDS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}


@pytest.mark.parametrize("ending", KINDS)
@pytest.mark.parametrize("format", ["word2vec", "word2vec-bin", "glove"])
def test_every_writer_packs_by_the_ending(tmp_path: Path, ending: str, format: str) -> None:
    if ending == ".zst":
        pytest.importorskip("zstandard")
    vectors = some_vectors(50)
    path = tmp_path / f"vectors.txt{ending}"
    vectors.save(path, format)
    head = path.read_bytes()[:8]
    assert [kind for magic, kind in MAGIC.items() if head.startswith(magic)] == [KINDS[ending]]
    assert detect(path)[0] == format
    assert_array_equal(KeyedVectors.load(path).vectors, vectors.vectors)
    vectors.save_word2vec_format(path, tmp_path / f"counts{ending}")
    assert (tmp_path / f"counts{ending}").read_bytes()[:3] == head[:3]
    loaded = KeyedVectors.load_word2vec_format(path, tmp_path / f"counts{ending}")
    assert_array_equal(loaded.counts, vectors.counts)


def test_safetensors_are_not_packed(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    with pytest.raises(InputError, match=r"not compressed; leave out \.gz"):
        some_vectors(50).save(tmp_path / "v.gz", "safetensors")
    assert not (tmp_path / "v.gz").exists()


# --- GloVe ---

PARTS = st.lists(st.sampled_from(["route", "66", "0.5", "bus", "-1"]), min_size=1, max_size=3)


@given(st.lists(PARTS.map(" ".join), min_size=1, max_size=14, unique=True), st.integers(1, 3))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_glove_is_read_back_or_refused(tmp_path: Path, words: list[str], size: int) -> None:
    content = WordVectors(words, np.ones((len(words), size), np.float32))
    path = tmp_path / "glove"
    path.unlink(missing_ok=True)
    with suppress(InputError):
        write_vectors(path, content, "glove")
    if not path.exists():
        assert any(" " in word for word in words)
        return
    back = read_vectors(tmp_path / "glove", "glove")
    assert back.words == words
    assert back.vectors.shape == (len(words), size)


# --- lenient reading ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2 3\nking 1 2 3\nqueen 4 5 6\n", ["king", "queen"]),
        ("900 3\nking 1 2 3\nqueen 4 5 6\n", ["king", "queen"]),  # a wrong header
        ("king 1 2 3\nqueen 4 5 6\n", ["king", "queen"]),
        ("2\t3\nking\t1\t2\t3\nqueen\t4\t5\t6\n", ["king", "queen"]),
        ("king,1,2,3\nqueen,4,5,6\n", ["king", "queen"]),
        ("king  1  2  3 \nqueen\t 4 5; 6\r\n", ["king", "queen"]),
        ("word,a,b,c\nking,1,2,3\nqueen,4,5,6\n", ["king", "queen"]),  # names of columns
        (", 1 2 3\n. . . 1 2 3\nnew york 4 5 6\na,b 7 8 9\n", [",", ". . .", "new york", "a,b"]),
    ],
)
def test_lenient_reading_takes_any_separators(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "file").write_text(text)
    loaded = read_vectors(tmp_path / "file", lenient=True)
    assert loaded.words == words
    assert loaded.vectors.shape == (len(words), 3)
    assert loaded.skipped == text.startswith("word,")


def test_lenient_reading_counts_what_it_skips(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = ["3 2", "a 1 2", " 3 4", "", "b 5", "c 1 nan", "d 7 8", "e 9 x", "\udcff 1 2", "f 1 2"]
    (tmp_path / "file").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError):
        read_vectors(tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        loaded = read_vectors(tmp_path / "file", lenient=True)
    assert loaded.words == ["a", "d", "f"]
    assert_array_equal(loaded.vectors, [[1, 2], [7, 8], [1, 2]])
    assert loaded.skipped == 6
    (record,) = caplog.records
    message = record.getMessage()
    assert "6 of 10 lines skipped, the first of them line 3" in message
    for reason in (
        "2 without a word and 2 numbers",
        "1 without a word,",
        "1 empty",
        "1 with a non-finite value",
        "1 with a word that is not utf-8",
    ):
        assert reason in message


def test_lenient_reading_of_good_files_is_reading(tmp_path: Path) -> None:
    vectors = some_vectors()
    for format in ("word2vec", "glove", "word2vec-bin"):
        vectors.save(tmp_path / format, format)
        loaded = KeyedVectors.load(tmp_path / format, lenient=True)
        assert loaded.index_to_key == vectors.index_to_key
        assert_array_equal(loaded.vectors, vectors.vectors)
    first = KeyedVectors.load(tmp_path / "glove", lenient=True, limit=7)
    assert first.index_to_key == vectors.index_to_key[:7]


def test_lenient_reading_refuses_what_has_no_rows(tmp_path: Path) -> None:
    for text in ("Once upon a time\nthere was a king\n", "\n \n"):
        (tmp_path / "file").write_text(text)
        with pytest.raises(InputError, match=r"no line of a word and|the file is empty"):
            read_vectors(tmp_path / "file", lenient=True)
