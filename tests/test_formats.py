"""Files of vectors: exact round trips, exchange with gensim, and one clear line for everything
broken.
"""

from __future__ import annotations

import bz2
import gzip
import json
import logging
import lzma
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from wordvectors import as_gensim, some_vectors

from xw2v.errors import InputError, UsageError
from xw2v.vectors.formats import FORMATS, WordVectors, detect, read_vectors, write_vectors
from xw2v.vectors.formats.word2vec_binary import write as write_binary
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
    if format == "glove":  # its first word must not end in something like a number
        fits = fits.filter(lambda word: " " not in word)
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


# --- gensim and the C tool ---


@pytest.mark.parametrize("binary", [False, True])
def test_exchange_with_gensim(tmp_path: Path, binary: bool) -> None:
    vectors = some_vectors()
    theirs = as_gensim(vectors)
    theirs.save_word2vec_format(str(tmp_path / "gensim"), binary=binary)
    vectors.save_word2vec_format(tmp_path / "ours", binary=binary)
    for loaded in (
        KeyedVectors.load(tmp_path / "gensim"),
        KeyedVectors.load_word2vec_format(tmp_path / "gensim", binary=binary),
    ):
        assert loaded.index_to_key == theirs.index_to_key
        assert_array_equal(loaded.vectors, theirs.vectors)
    read = type(theirs).load_word2vec_format(str(tmp_path / "ours"), binary=binary)
    assert read.index_to_key == vectors.index_to_key
    assert_array_equal(read.vectors, vectors.vectors)
    for word in vectors.index_to_key[:5]:
        assert [near for near, _ in read.most_similar(word)] == [
            near for near, _ in vectors.most_similar(word)
        ]
    if not binary:
        assert (tmp_path / "ours").read_bytes() == (tmp_path / "gensim").read_bytes()


def test_exchange_with_gensim_without_header(tmp_path: Path) -> None:
    vectors = some_vectors()
    theirs = as_gensim(vectors)
    theirs.save_word2vec_format(str(tmp_path / "gensim"), write_header=False)
    vectors.save_word2vec_format(tmp_path / "ours", write_header=False)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "gensim").read_bytes()
    read = KeyedVectors.load_word2vec_format(tmp_path / "gensim", no_header=True)
    assert_array_equal(read.vectors, theirs.vectors)


def test_counts_and_order_are_gensims(tmp_path: Path) -> None:
    """Rows go out by count, and the counts beside them, as gensim writes both."""
    vectors = some_vectors()
    for row in (100, 200, 300):
        vectors.set_vecattr(row, "count", 10**6)
    theirs = as_gensim(vectors)
    theirs.save_word2vec_format(str(tmp_path / "gensim"), str(tmp_path / "gensim.vocab"))
    vectors.save_word2vec_format(tmp_path / "ours", tmp_path / "ours.vocab")
    for name in ("{}", "{}.vocab"):
        ours, gensims = (tmp_path / name.format(whose) for whose in ("ours", "gensim"))
        assert ours.read_bytes() == gensims.read_bytes()
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "gensim", tmp_path / "gensim.vocab")
    back = type(theirs).load_word2vec_format(str(tmp_path / "ours"), str(tmp_path / "ours.vocab"))
    assert [loaded.get_vecattr(w, "count") for w in loaded] == [
        back.get_vecattr(w, "count") for w in loaded
    ]
    (tmp_path / "bad").write_text("the 5\nof many\n")
    with pytest.raises(
        InputError, match=r"bad:2: expected a word, a space and its count, found 'of many'"
    ):
        KeyedVectors.load_word2vec_format(tmp_path / "ours", tmp_path / "bad")
    with pytest.raises(InputError, match="without word counts"):
        KeyedVectors.load(tmp_path / "ours").save_word2vec_format(tmp_path / "x", tmp_path / "y")


@pytest.mark.parametrize("newline", [False, True])
def test_binary_with_and_without_newlines(tmp_path: Path, newline: bool) -> None:
    vectors = some_vectors()
    write_binary(tmp_path / "bin", WordVectors(vectors.index_to_key, vectors.vectors), newline)
    size = sum(len(word) + 1 + 4 * 12 + newline for word in vectors.index_to_key)
    assert (tmp_path / "bin").stat().st_size == len(b"400 12\n") + size
    assert_array_equal(KeyedVectors.load(tmp_path / "bin").vectors, vectors.vectors)
    models = pytest.importorskip("gensim.models")
    theirs = models.KeyedVectors.load_word2vec_format(str(tmp_path / "bin"), binary=True)
    assert theirs.index_to_key == vectors.index_to_key
    assert_array_equal(theirs.vectors, vectors.vectors)


def test_text_of_the_c_tool_and_fasttext(tmp_path: Path) -> None:
    """A space ends each line, and numbers have six decimals."""
    (tmp_path / "vec").write_bytes(
        b"3 2\n</s> 0.004003 0.004419 \nthe -0.1 1e-3 \n\xc3\xa9t\xc3\xa9 1 +2. \n"
    )
    loaded = read_vectors(tmp_path / "vec")
    assert loaded.words == ["</s>", "the", "été"]
    assert_array_equal(
        loaded.vectors, np.array([[0.004003, 0.004419], [-0.1, 1e-3], [1, 2]], dtype=np.float32)
    )
    (tmp_path / "crlf").write_bytes((tmp_path / "vec").read_bytes().replace(b" \n", b"\r\n"))
    assert_array_equal(read_vectors(tmp_path / "crlf").vectors, loaded.vectors)


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


# --- broken files ---

BINARY = b"2 3\n" + b"".join(
    word + b" " + struct.pack("<3f", 1, 2, 3) + b"\n" for word in (b"one", b"two")
)
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "prose": (
        b"Once upon a time\nthere was\n",
        r":1: not a file of vectors: it starts with 'Once upon a time'",
    ),
    "no words": (b"0 5\n", r":1: the header '0 5' promises no vectors"),
    "no numbers": (b"5 0\na\n", r":1: the header '5 0' promises no vectors"),
    "10 GB header": (
        b"10000000 300\nthe 1 2 3\n",
        r":1: the header promises 10000000 words of 300 dimensions, .* 10 follow",
    ),
    "astronomic header": (
        b"999999999999999999 999999999999999999\na 1\n",
        ":1: the header promises",
    ),
    "too few rows": (
        b"3 2\na 111 222\nb 333 444\n",
        r":4: the file ends after 2 words of the promised 3",
    ),
    "too many rows": (b"1 2\na 11 22\nb 33 44\n", r":3: more rows than the 1"),
    "short row": (
        b"2 3\na 1 2 3.5\nb 1 2\n",
        r":3: expected a word and 3 numbers, found 3 fields in 'b 1 2'",
    ),
    "bad number": (b"2 2\na 1 2\nb 1 two\n", r":3: 'two' is not a number"),
    "hexadecimal": (b"2 2\na 1 2\nb 1 0x1p3\n", r":3: '0x1p3' is not a number"),
    "underscores": (b"2 2\na 1 2\nb 1 1_0\n", r":3: '1_0' is not a number"),
    "nan": (b"2 2\na 1 2\nb 1 nan\n", r":3: value 2 of 'b' is nan; vectors must be finite"),
    "overflow": (b"2 2\na 1 2\nb 1 1e99\n", r":3: value 2 of 'b' is inf"),
    "empty word": (b"2 2\na 1 2\n 3 4\n", r":3: an empty word"),
    "empty line": (b"2 2\na 1 2\n\nb 3 4\n", r":3: an empty line"),
    "glove short row": (b"a 1 2 3\nb 1 2\n", r":2: expected a word and 3 numbers"),
    "binary cut in a number": (
        BINARY[:-4],
        r"promises 2 words, but number 2 at byte 20 is not complete \('\\ntwo",
    ),
    "binary cut in a word": (BINARY[:23], "promises 2 words"),
    "binary with more": (BINARY + b"three", "data after the 2 words"),
    "binary with a nan": (
        BINARY.replace(struct.pack("<f", 3), struct.pack("<f", np.nan)),
        r"word 1, at byte 4: value 3 of 'one' is nan",
    ),
    "binary with an empty word": (BINARY.replace(b"two", b""), r"byte 20: an empty word"),
    "pickle": (b"\x80\x04\x95rest", "is a Python pickle"),
    "zip": (b"PK\x03\x04rest", "is a zip archive"),
    "fasttext model": (
        struct.pack("<i", 793712314) + b"rest",
        "is a fastText model of version 1953719666",
    ),
    "npy": (b"\x93NUMPY\x01\x00v\x00{", "not a complete .npy file"),
    "gzip cut": (gzip.compress(BINARY * 100)[:-10], "ends too early"),
    "gzip damaged": (gzip.compress(BINARY * 100)[:12] + b"\xff" * 60, "compressed file is damaged"),
    "gzip bomb": (
        gzip.compress(b"1000 1000\n" + b"\0" * (300 << 20), 9),
        "expands to more than 100 times its size|promises",
    ),
    "safetensors cut": (
        struct.pack("<Q", 30) + b'{"vectors":{"dtype":"F32","shape":[2,2]',
        "not a complete safetensors file",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_get_one_line(tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    if name.startswith("safetensors"):
        pytest.importorskip("safetensors")
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        read_vectors(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) - len(str(path)) < 300


def test_a_binary_read_as_text_and_a_text_read_as_binary(tmp_path: Path) -> None:
    vectors = some_vectors()
    vectors.save(tmp_path / "bin", "word2vec-bin")
    vectors.save(tmp_path / "text", "word2vec")
    with pytest.raises(
        InputError, match=r"bin:2: expected a word and 12 numbers.*is this really text"
    ):
        read_vectors(tmp_path / "bin", "word2vec")
    with pytest.raises(
        InputError,
        match=r"not word2vec binary|is not utf-8|must be finite|data after|an empty word",
    ):
        read_vectors(tmp_path / "text", "word2vec-bin")


def test_a_header_never_makes_memory(tmp_path: Path) -> None:
    """What a small file promises is refused, compressed or not, before anything of that size is
    allocated.
    """
    import tracemalloc

    for format, content in (
        ("word2vec", b"100000 300\n" + b"a 1\n" * 50),
        ("word2vec-bin", b"100000 300\n" + b"a 1\n" * 50),
    ):
        for packed in (content, gzip.compress(content)):
            path = tmp_path / "file"
            path.write_bytes(packed)
            tracemalloc.start()
            with pytest.raises(InputError):
                read_vectors(path, format)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 8 << 20


def test_places_without_vectors(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "missing", "no such file"),
        (tmp_path, "no vectors here; expected center.npy"),
        (Path("/dev/null"), "not a regular file"),
    ):
        with pytest.raises(InputError, match=message):
            read_vectors(path)
    (tmp_path / "corpus.bin").write_bytes(b"")
    with pytest.raises(InputError, match="is a corpus, not vectors"):
        read_vectors(tmp_path)
    with pytest.raises(UsageError, match="choose one of"):
        read_vectors(tmp_path, "excel")
    with pytest.raises(UsageError, match="at least one word"):
        read_vectors(tmp_path, limit=0)


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


def _table(change: Callable[[np.ndarray], Any]) -> Callable[[Path], None]:
    return lambda run: np.save(run / "center.npy", change(some_vectors().vectors))


def _vocabulary(**change: Any) -> Callable[[Path], None]:
    def write(run: Path) -> None:
        content = json.loads((run / "vocab.json").read_text())
        (run / "vocab.json").write_text(json.dumps(content | change))

    return write


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_table(lambda t: t[:-1]), "399 rows, but vocab.json beside it has 400 words"),
        (_table(lambda t: t.astype(int)), "expected a .words, dimensions. table of floats"),
        (_table(lambda t: t[0]), "shape .12,."),
        (_table(lambda t: t.astype(object)), "not a complete .npy file"),
        (
            lambda run: (run / "center.npy").write_bytes((run / "center.npy").read_bytes()[:-50]),
            "not a complete .npy",
        ),
        (lambda run: (run / "vocab.json").unlink(), "no such file"),
        (lambda run: (run / "vocab.json").write_text("{"), "not a vocabulary"),
        (lambda run: (run / "vocab.json").write_text("[" * 100000), "not a vocabulary"),
        (_vocabulary(words=7), "not a vocabulary|damaged"),
        (_vocabulary(words=["a"] * 400), "damaged"),
        (_vocabulary(words="ab", counts=[1, 2]), "not a vocabulary|damaged"),
    ],
)
def test_damaged_run_folders(tmp_path: Path, damage: Callable[[Path], Any], message: str) -> None:
    some_vectors().save(tmp_path / "run")
    damage(tmp_path / "run")
    with pytest.raises(InputError, match=message) as raised:
        KeyedVectors.load(tmp_path / "run")
    assert "\n" not in str(raised.value)


def test_projector_files_as_others_write_them(tmp_path: Path) -> None:
    (tmp_path / "vectors.tsv").write_text("1\t2\n3\t4\n")
    (tmp_path / "metadata.tsv").write_text("one word\ntwo\n")
    for place in (tmp_path, tmp_path / "vectors.tsv"):
        assert read_vectors(place).words == ["one word", "two"]
    for vectors, metadata, message in (
        ("1\t2\n3\n", "a\nb\n", r"vectors.tsv:2: expected 2 numbers"),
        ("1\t2\n3\tx\n", "a\nb\n", r"vectors.tsv:2: expected 2 numbers"),
        ("1\t2\n", "a\nb\n", "1 rows for the 2 words"),
        ("1\t2\n3\t4\n", "a\n", "more rows than the 1 words"),
        ("1\t2\n3\tnan\n", "a\nb\n", "vectors.tsv:2: value 2 of 'b' is nan"),
        ("", "a\n", "the file is empty"),
        ("1\t2\n", "word\tcount\na\tmany\n", "metadata.tsv:2: expected a word, tab and count"),
    ):
        (tmp_path / "vectors.tsv").write_text(vectors)
        (tmp_path / "metadata.tsv").write_text(metadata)
        with pytest.raises(InputError, match=message):
            read_vectors(tmp_path)
    (tmp_path / "metadata.tsv").unlink()
    with pytest.raises(InputError, match=r"metadata.tsv: no such file"):
        read_vectors(tmp_path)


def test_safetensors_of_other_tools(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    table = np.arange(6, dtype=np.float16).reshape(3, 2)
    path = tmp_path / "model.safetensors"
    library.save_file({"embedding.weight": table, "bias": np.zeros(3, np.float32)}, path)
    with pytest.raises(InputError, match=r"no words in its metadata, and no vocab.json beside it"):
        read_vectors(path)
    vocabulary = {"format": "xw2v vocabulary 1", "words": ["a", "b", "c"], "counts": [3, 2, 1]}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary))
    assert_array_equal(read_vectors(path).vectors, table.astype(np.float32))
    library.save_file({"one": table, "two": table}, path)
    with pytest.raises(InputError, match="2 tables; expected one"):
        read_vectors(path)
    for metadata in (
        {"words": "["},
        {"words": '["a"]'},
        {"words": '["a", "a", "b"]'},
        {"words": '["a", "b", "c"]', "counts": "[1]"},
    ):
        library.save_file({"vectors": table}, path, metadata)
        with pytest.raises(InputError, match=r"bad words|3 rows for 1 words"):
            read_vectors(path)


def test_a_short_fuzzing_run() -> None:
    """bench/fuzz_vectors.py, of which docs/formats.md records the long runs."""
    script = Path(__file__).parents[1] / "bench" / "fuzz_vectors.py"
    done = subprocess.run(
        [sys.executable, script, "--inputs", "1500"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "inputs (mutate, seed 1)" in done.stdout
