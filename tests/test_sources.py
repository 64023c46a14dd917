"""Where text comes from: files of every kind, folders, NLTK, the documentation; and what is wrong
with them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import open_text

import xw2v.text.docs_source
import xw2v.text.textchunks
from xw2v.errors import InputError, UsageError
from xw2v.text import nltk_source
from xw2v.text.corpus import Corpus
from xw2v.text.inputs import files_of, find_sources
from xw2v.text.reading import read_corpus_with, validation_of
from xw2v.text.sentence_ends import split_sentences
from xw2v.text.sources import described
from xw2v.text.textchunks import text_chunks

TEXT = "The War, the peace.\nCafé au lait — isn't it?\r\n\r\nthe war\n"
SENTENCES = [["the", "war", "the", "peace"], ["caf", "au", "lait", "isn't", "it"], ["the", "war"]]


def sentences(corpus: Corpus) -> list[list[str]]:
    return [corpus.sentence(s) for s in range(len(corpus))]


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").compress(data))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("suffix", [".txt", ".gz", ""])
def test_files_are_unpacked_by_their_content(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_bytes(PACKERS[kind](b"\xef\xbb\xbf" + TEXT.encode()))
    corpus = open_text([path], min_count=1)
    assert sentences(corpus) == SENTENCES
    assert corpus.description == path.name


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_a_truncated_file_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "text"
    packed = PACKERS[kind](os.urandom(3000).hex().encode() + b"\n")
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match=r"text: the compressed file (ends too early|is damaged)"):
        open_text([path], min_count=1)


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT.encode() * 100))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "text.gz").write_bytes(packed)
    with pytest.raises(InputError, match="damaged"):
        open_text([tmp_path / "text.gz"], min_count=1)


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(["ab", "é", " ", "\t", "\n", "\r", "\u2028", "中"])
        | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
    ).map("".join),
    size=st.integers(1, 9),
    splits_at_spaces=st.booleans(),
)
def test_blocks_are_cut_between_words(text: str, size: int, splits_at_spaces: bool) -> None:
    data, before = text.encode(), xw2v.text.textchunks.CHUNK_BYTES
    try:
        xw2v.text.textchunks.CHUNK_BYTES = size
        blocks = list(text_chunks(io.BytesIO(data), "text", splits_at_spaces))
    finally:
        xw2v.text.textchunks.CHUNK_BYTES = before
    assert b"".join(blocks) == data.removeprefix(b"\xef\xbb\xbf") + b"\n"
    ends = b"\n\r \t" if splits_at_spaces else b"\n\r"
    assert all(block[-1] in ends for block in blocks if block)


@pytest.mark.parametrize("kind", ["plain", "gz"])
def test_what_is_not_utf8_is_named_by_line_and_byte(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(PACKERS[kind](b"good\n" * 40_000 + "caf\xe9 noir\n".encode("latin-1")))
    with pytest.raises(
        InputError, match=r"latin\.txt:40001: not UTF-8 at byte 200,003 \(0xe9\); convert it"
    ):
        open_text([path], min_count=1)


def test_a_long_line_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("some words " * 100_000)
    for pattern in ("[a-z']+", r"\w+"):
        corpus = open_text([tmp_path / "line.txt"], token_pattern=pattern)
        assert corpus.offsets.tolist() == [0, 200_000]


def test_other_languages(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("Ёлка, ΌΣΟΣ und Straße 12!\n", encoding="utf-8")
    corpus = open_text([tmp_path / "text"], token_pattern=r"[^\W\d_]+", min_count=1)
    assert sentences(corpus) == [["ёлка", "όσος", "und", "straße"]]
    corpus = open_text(
        [tmp_path / "text"], token_pattern=r"[^\W\d_]+", lowercase=False, min_count=1
    )
    assert sentences(corpus) == [["Ёлка", "ΌΣΟΣ", "und", "Straße"]]


def test_a_folder_is_read_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b/c.txt", ".hidden", ".git/x", "a.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name.replace("/", " ").replace(".", " ") + "\n")
    names = [os.path.relpath(path, tmp_path) for path in files_of(str(tmp_path))]
    assert names == ["a/b/c.txt", "a/z.txt", "a.txt", "b.txt"]
    corpus = open_text([tmp_path, tmp_path / "b.txt"], min_count=1)
    assert sentences(corpus)[-2:] == [["b", "txt"]] * 2


def test_a_folder_without_text(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(InputError, match="no text in this folder"):
        open_text([tmp_path])


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: no such file or folder"):
        open_text([tmp_path / "none.txt"])


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_what_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.mkdir(mode=0)
    with pytest.raises(InputError, match="cannot be read"):
        open_text([path])


@pytest.mark.parametrize("text", ["", "\n\n", "1914 — 1918\n"])
def test_a_corpus_of_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"empty\.txt: no words in it"):
        open_text([tmp_path / "empty.txt"])


def test_an_unknown_corpus() -> None:
    with pytest.raises(UsageError, match="corpus='wiki': choose"):
        open_text([], "wiki")
    with pytest.raises(UsageError, match="not the name of an NLTK corpus"):
        open_text([], "nltk:../brown")


def test_standard_input() -> None:
    code = (
        "from xw2v.text.inputs import find_sources; from xw2v.text.encode import Encoder; "
        "from xw2v.text.reading import encode; "
        "encode(find_sources(['-'], None, 'text'), e := Encoder()); print(e.raw_words)"
    )
    for data in (TEXT.encode(), gzip.compress(TEXT.encode())):
        done = subprocess.run(
            [sys.executable, "-c", code], input=data, capture_output=True, check=True
        )
        assert done.stdout.split() == [b"11"]
    with pytest.raises(UsageError, match="once"):
        open_text(["-", "-"])


def test_a_preprocessed_folder_is_opened_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(TEXT, encoding="utf-8")
    made = open_text([tmp_path / "text"], min_count=2, folder=tmp_path / "corpus")
    opened = open_text([tmp_path / "corpus"])
    assert opened.fingerprint == made.fingerprint
    assert opened.raw_words == 11
    assert open_text([tmp_path / "corpus"], min_count=2).fingerprint == made.fingerprint
    with pytest.raises(UsageError, match=r"min_count=3: .* was made with 2; leave this out"):
        open_text([tmp_path / "corpus"], min_count=3)
    with pytest.raises(UsageError, match="give it alone"):
        open_text([tmp_path / "corpus", tmp_path / "text"])


def test_held_out_text_in_the_rows_of_a_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(TEXT, encoding="utf-8")
    (tmp_path / "held").write_text("The cat; the WAR\n")
    corpus = open_text([tmp_path / "text"], min_count=1, folder=tmp_path / "corpus")
    held = read_corpus_with(
        corpus.vocabulary, [tmp_path / "held"], folder=tmp_path / "corpus" / "validation"
    )
    assert sentences(held) == [["the", "the", "war"]]
    assert held.raw_words == 4
    found = validation_of([tmp_path / "corpus"])
    assert found is not None
    assert found.fingerprint == held.fingerprint
    assert validation_of([tmp_path / "text"]) is None
    open_text([tmp_path / "held"], min_count=1, folder=tmp_path / "corpus")
    with pytest.raises(InputError, match="another vocabulary"):
        validation_of([tmp_path / "corpus"])


# Arrow and Parquet


@pytest.fixture
def table() -> Any:
    pa = pytest.importorskip("pyarrow")
    return pa.table(
        {"id": [1, 2, 3, 4], "text": ["The War, the peace.\nthe", None, "war", ""], "n": [1.0] * 4}
    )


def write_stream(path: Path, table: Any, kind: str = "stream") -> None:
    pa = pytest.importorskip("pyarrow")
    make = pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file
    with make(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


@pytest.mark.parametrize("kind", ["stream", "file", "parquet"])
def test_arrow_and_parquet(kind: str, table: Any, tmp_path: Path) -> None:
    path = tmp_path / ("rows.parquet" if kind == "parquet" else "rows.arrow")
    if kind == "parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, path, row_group_size=2)
    else:
        write_stream(path, table, kind)
    expected = [["the", "war", "the", "peace"], ["the"], ["war"]]
    assert sentences(open_text([path], min_count=1)) == expected
    (tmp_path / "state.json").write_text(
        '{"beside": "the table"}'
    )  # as Hugging Face's datasets have it
    assert sentences(open_text([tmp_path], min_count=1)) == expected
    with pytest.raises(
        InputError, match=r"no column 'body'; choose with `text_column` among id, text, n"
    ):
        open_text([path], text_column="body")
    with pytest.raises(InputError, match="column 'n' holds double, not text"):
        open_text([path], text_column="n")


@pytest.mark.parametrize("name", ["rows.arrow", "rows.parquet"])
def test_what_is_no_table(name: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for content in (b"", b"PAR1 nonsense", b"ARROW1 nonsense", b"\xff\xff\xff\xff nonsense"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="damaged, or not an Arrow or Parquet file"):
            open_text([tmp_path / name])


@pytest.mark.parametrize("kind", ["stream", "file", "parquet"])
def test_columns_of_tokens(kind: str, tmp_path: Path) -> None:
    """A row is a document: its tokens are words or not, and its sentences end as in NLTK's."""
    pa = pytest.importorskip("pyarrow")
    tokens = [["The", "War", "."], None, ["It", "is", "over", "!", "a,b"], []]
    table = pa.table({"tokens": tokens, "parted": [[["a", "b"], ["c"]], None, [], [["d"]]]})
    path = tmp_path / ("rows.parquet" if kind == "parquet" else "rows.arrow")
    if kind == "parquet":
        pytest.importorskip("pyarrow.parquet").write_table(table, path)
    else:
        write_stream(path, table, kind)
    found = sentences(open_text([path], text_column="tokens", min_count=1))
    assert found == [["the", "war"], ["it", "is", "over"]]
    found = sentences(open_text([path], text_column="tokens", tokens="raw", min_count=1))
    assert found == [["The", "War", "."], ["It", "is", "over", "!"], ["a,b"]]
    found = sentences(open_text([path], text_column="parted", min_count=1))
    assert found == [["a", "b"], ["c"], ["d"]]


def test_folders_of_hugging_face(table: Any, tmp_path: Path) -> None:
    """What a dataset saved there holds counts, and nothing that lies beside or was cached."""
    train = tmp_path / "saved" / "train"
    train.mkdir(parents=True)
    for name in ("data-00000-of-00001.arrow", "stale.arrow", "cache-0123.arrow"):
        write_stream(train / name, table)
    listed = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    (train / "state.json").write_text(json.dumps(listed))
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["train"]}')
    names = [os.path.relpath(path, tmp_path) for path in files_of(str(tmp_path / "saved"))]
    assert names == ["saved/train/data-00000-of-00001.arrow"]

    hub = tmp_path / "hub"  # as huggingface_hub caches: links to blobs without a suffix
    (hub / "blobs").mkdir(parents=True)
    (hub / "snapshots" / "0a1b" / "data").mkdir(parents=True)
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text("0a1b")
    pytest.importorskip("pyarrow.parquet").write_table(table, hub / "blobs" / "f00d")
    link = hub / "snapshots" / "0a1b" / "data" / "train-00000-of-00001.parquet"
    os.symlink(hub / "blobs" / "f00d", link)
    (hub / "snapshots" / "0a1b" / "README.md").write_text("a card")
    assert files_of(str(hub)) == [str(link)]
    assert sentences(open_text([hub], min_count=1))[1:] == [["the"], ["war"]]


# JSON Lines

ROWS = [
    '{"id": 1, "text": "The War,\\nthe peace", "tokens": ["The", "war", "."]}',
    "",
    '{"text": null, "tokens": [["a", "b"], ["c"]]}',
    '{"text": "caf\\u00e9", "tokens": []}',
]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("suffix", [".jsonl", "", ".ndjson.gz"])
def test_json_lines(kind: str, suffix: str, tmp_path: Path) -> None:
    """By the name of the file or, where it is not compressed, by its first line."""
    if kind != "plain" and not suffix:
        return
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(PACKERS[kind]("\r\n".join(ROWS).encode()))
    assert sentences(open_text([path], min_count=1)) == [["the", "war"], ["the", "peace"], ["caf"]]
    found = sentences(open_text([path], text_column="tokens", min_count=1))
    assert found == [["the", "war"], ["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"body": "x", "n": 1}', r"rows.jsonl:3: no 'text' there; choose .* among body, n"),
        ("[1, 2]", r"rows.jsonl:3: no 'text' there"),
        ("{", r"rows.jsonl:3: not JSON"),
        ('{"text": 3}', r"rows.jsonl:3: 'text' holds neither a text nor a list of tokens"),
        ('{"text": ["a", 3]}', r"rows.jsonl:3: 'text' holds neither"),
    ],
)
def test_damaged_json_lines(row: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(f"{ROWS[0]}\n\n{row}\n{ROWS[0]}\n")
    with pytest.raises(InputError, match=message):
        open_text([tmp_path / "rows.jsonl"])


def test_text_that_looks_like_json_is_text(tmp_path: Path) -> None:
    (tmp_path / "text").write_text('{"body": "x"}\n{curly}\n')
    assert sentences(open_text([tmp_path / "text"], min_count=1)) == [["body", "x"], ["curly"]]


# zip files, WikiExtractor, sentences


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder")
        for name, content in members.items():
            archive.writestr(f"folder/{name}", content)
    return path


def test_a_zip_file_of_one_text(tmp_path: Path) -> None:
    path = zipped(tmp_path / "text8.zip", text8=TEXT.encode())
    assert sentences(open_text([path], min_count=1)) == SENTENCES
    rows = zipped(tmp_path / "rows.jsonl.zip", rows="\n".join(ROWS).encode())
    assert sentences(open_text([rows], min_count=1))[0] == ["the", "war"]


def test_other_zip_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"two.zip: a zip file of 2 files, .*; unpack it"):
        open_text([zipped(tmp_path / "two.zip", a=b"x", b=b"y")])
    damaged = zipped(tmp_path / "damaged.zip", a=os.urandom(3000).hex().encode())
    content = bytearray(damaged.read_bytes())
    content[1000] ^= 0xFF
    damaged.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged.zip: the compressed file is damaged"):
        open_text([damaged])
    damaged.write_bytes(content[:1000])
    with pytest.raises(InputError, match=r"damaged.zip: the compressed file is damaged"):
        open_text([damaged])


def test_documents_of_wikiextractor(tmp_path: Path) -> None:
    head = '<doc id="12" url="https://x?curid=12" title="War">'
    (tmp_path / "wiki_00").write_text(f"{head}\nWar\n\nThe war.\n</doc>\n\n" * 2)
    found = sentences(open_text([tmp_path / "wiki_00"], min_count=1))
    assert found == [["war"], ["the", "war"]] * 2


def test_sentences_of_paragraphs(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(
        "The U.S. dollar fell. It rose! \u201cWhy?\u201d she asked.\nNo\n"
    )
    found = sentences(open_text([tmp_path / "text"], split_sentences=True, min_count=1))
    expected = [*("the u s dollar fell", "it rose", "why", "she asked", "no")]
    assert [" ".join(sentence) for sentence in found] == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two? Three! Four\u2026 Five", ["One.", "Two?", "Three!", "Four\u2026", "Five"]),
        ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
        (
            "J. R. Smith, e.g. in May. 12 of 3. 5 ran.",
            ["J. R. Smith, e.g. in May.", "12 of 3. 5 ran."],
        ),
        ("我来了。他走了！“好？”是", ["我来了。", "他走了！", "“好？”", "是"]),
        ("Es war 3.5. Und? ", ["Es war 3.5.", "Und? "]),
        ("wait... what", ["wait...", "what"]),
    ],
)
def test_where_sentences_end(text: str, parts: list[str]) -> None:
    assert split_sentences(text).split("\n") == parts


@settings(max_examples=100, deadline=None)
@given(text=st.text(list('aB.!?\u2026\u3002 \n"1'), max_size=40))
def test_parting_sentences_changes_spaces_alone(text: str) -> None:
    parted = split_sentences(text)
    assert "".join(parted.split()) == "".join(text.split())
    assert split_sentences(parted) == parted


# NLTK


def test_the_three_corpora_of_nltk_are_the_default(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLTK_DATA", str(shared_data / "nltk_data"))
    found = find_sources([], None, "text")
    assert found.description == "Brown, Reuters and Gutenberg (NLTK)"
    assert not found.notices


def test_without_nltk_data_the_documentation_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nltk_source, "places", lambda: [tmp_path])
    found = find_sources([], None, "text")
    assert found.description == xw2v.text.docs_source.DocsSource.description
    assert len(found.notices) == 1
    assert "NLTK has no Brown, Reuters and Gutenberg here" in found.notices[0]
    assert "xw2v download nltk" in found.notices[0]
    (tmp_path / "corpora" / "brown").mkdir(parents=True)
    found = find_sources([], None, "text")
    assert found.description == "Brown (NLTK)"
    assert "no Reuters and Gutenberg here" in found.notices[0]


def test_places_are_those_of_nltk() -> None:
    import nltk.data

    assert set(nltk.data.path) <= {str(place) for place in nltk_source.places()}


def test_words_are_those_of_the_readers(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(shared_data / "nltk_data")])
    from nltk.corpus import brown, gutenberg, reuters

    for reader, files in ((brown, 4), (reuters, 40), (gutenberg, 2)):
        for file in sorted(reader.fileids())[:files]:
            assert nltk_source.words(reader, file) == list(reader.words(file)), file


def test_an_nltk_corpus_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    with pytest.raises(
        InputError,
        match="nltk:shakespeare: not on this machine; get it with xw2v download nltk:shakes",
    ):
        open_text([], "nltk:shakespeare")
    with pytest.raises(InputError, match="NLTK knows no corpus of this name"):
        open_text([], "nltk:nonesuch")


@pytest.mark.slow
def test_the_nltk_corpora(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(shared_data / "nltk_data")])
    corpus = open_text([], "nltk")
    assert corpus.raw_words > 4_400_000
    assert 15 < len(corpus.ids) / len(corpus) < 30


# the documentation


@pytest.fixture
def few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, and three source files to read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr(xw2v.text.docs_source, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "a.py").write_text(
        '"""Module text here."""\nraise SystemExit\ndef f():\n    "Inner function text."\n'
    )
    (tmp_path / "b.py").write_text(
        'def f():\n    "Inner function text."\nadd_newdoc("numpy", "x", "A newer text.")\n'
    )
    (tmp_path / "topics.py").write_text('topics = {"if": "The if statement.", "n": 3}\n')
    (tmp_path / "broken.py").write_text("def (")
    files = [tmp_path / name for name in ("a.py", "b.py", "topics.py", "broken.py", "gone.py")]
    monkeypatch.setattr(xw2v.text.docs_source, "source_files", lambda: iter(files))
    return tmp_path


DOCS = [
    ["module", "text", "here"],
    ["inner", "function", "text"],
    ["a", "newer", "text"],
    ["the", "if", "statement"],
]


def test_docs_come_from_parsed_files_and_then_from_the_cache(few_files: Path) -> None:
    first = open_text([], "docs", min_count=1)
    assert sentences(first) == DOCS
    for path in few_files.glob("*.py"):
        path.unlink()
    assert open_text([], "docs", min_count=1).fingerprint == first.fingerprint
    assert len(list((few_files / "cache").iterdir())) == 1


def test_docs_without_a_cache(few_files: Path) -> None:
    (few_files / "cache").write_text("a file where the folder should be")
    assert sentences(open_text([], "docs", min_count=1)) == DOCS


def test_docs_of_nothing(few_files: Path) -> None:
    for path in few_files.glob("*.py"):
        path.unlink()
    with pytest.raises(InputError, match="no source files"):
        open_text([], "docs")


def test_docs_has_the_packages_without_their_tests() -> None:
    names = {
        name
        for path in xw2v.text.docs_source.source_files()
        for name in (path.name, path.parent.name)
    }
    assert {"numpy", "scipy", "nltk", "json", "topics.py", "_add_newdocs.py"} <= names
    assert not {"test", "tests"} & names


def test_names_as_english() -> None:
    assert [described(["a"] * n) for n in (1, 2, 3, 5)] == [
        "a",
        "a and a",
        "a, a and a",
        "a, a, a and 2 more",
    ]
