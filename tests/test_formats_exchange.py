"""Files of vectors that others write or read: gensim, the C tool, fastText, the projector,
safetensors.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wordvectors import as_gensim, some_vectors

from xw2v.errors import InputError
from xw2v.vectors.formats import WordVectors, read_vectors
from xw2v.vectors.formats.word2vec_binary import write as write_binary
from xw2v.vectors.keyedvectors import KeyedVectors


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
