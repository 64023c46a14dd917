"""Where text comes from: files of every kind, folders, archives; and what is wrong with them."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import PACKERS, open_text, sentences

import xw2v.text.docs_source
import xw2v.text.textchunks
from xw2v.errors import InputError, UsageError
from xw2v.text.inputs import files_of
from xw2v.text.reading import read_corpus_with, validation_of
from xw2v.text.sentence_ends import split_sentences
from xw2v.text.textchunks import text_chunks

TEXT = "The War, the peace.\nCafé au lait — isn't it?\r\n\r\nthe war\n"
SENTENCES = [["the", "war", "the", "peace"], ["caf", "au", "lait", "isn't", "it"], ["the", "war"]]


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
    rows = zipped(tmp_path / "rows.jsonl.zip", rows=b'{"text": "The War"}')
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
