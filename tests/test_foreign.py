"""Files that are no text are refused by what they are, before a word of them is counted."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from xw2v.errors import FileFormatError, InputError
from xw2v.text.inputs import files_of
from xw2v.text.reading import open_corpus
from xw2v.vectors.keyedvectors import KeyedVectors

TEXT = "the cat sat on the mat and the dog sat on the cat\n" * 30


def archive() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        member = tarfile.TarInfo("en.txt")
        member.size = len(TEXT)
        tar.addfile(member, io.BytesIO(TEXT.encode()))
    return data.getvalue()


def array() -> bytes:
    data = io.BytesIO()
    np.save(data, np.zeros((3, 4), np.float32))
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.tar", archive(), "is a tar archive; unpack it"),
        ("t.tgz", gzip.compress(archive()), "is a tar archive; unpack it"),
        ("t.txt", bz2.compress(archive()), "is a tar archive; unpack it"),
        ("le.txt", TEXT.encode("utf-16-le"), "iconv -f UTF-16LE -t UTF-8"),
        ("be.txt", TEXT.encode("utf-16-be"), "iconv -f UTF-16BE -t UTF-8"),
        ("be.gz", gzip.compress(TEXT.encode("utf-16-be")), "iconv -f UTF-16BE -t UTF-8"),
        ("mark.txt", TEXT.encode("utf-16"), "iconv -f UTF-16 -t UTF-8"),
        ("mark32.txt", TEXT.encode("utf-32"), "iconv -f UTF-32 -t UTF-8"),
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF; extract its text"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a picture"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\4", "is an archive; unpack it"),
        ("noend", b"PAR1\x15\x04\x15", "a name that ends in .parquet"),
        ("f.feather", b"ARROW1\0\0\xff\xff", "a name that ends in .arrow"),
        ("center.npy", array(), "is a NumPy array"),
        ("m.pkl", b"\x80\x04\x95\x10", "is a Python pickle"),
        ("bin.txt", b"some words\0and more words of a text\n", "holds NUL bytes"),
    ],
)
def test_what_is_no_text_is_refused_by_what_it_is(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as error:
        open_corpus([tmp_path / name])
    assert str(tmp_path / name) in str(error.value)
    assert "ISO-8859-1" not in str(error.value)


def test_linked_folders_are_read_once_each(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "y.txt").write_text(TEXT)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x.txt").write_text(TEXT)
    (folder / "link").symlink_to(tmp_path / "there")
    (folder / "again").symlink_to(tmp_path / "there")
    (folder / "circle").symlink_to(folder)
    assert sorted(Path(path).name for path in files_of(str(folder))) == ["x.txt", "y.txt"]


@pytest.mark.parametrize("words", [{"a", "b"}, frozenset("ab"), {"a": 1, "b": 2}])
def test_words_without_an_order_are_refused(words: object) -> None:
    with pytest.raises(InputError, match="give a list, in the order of the vectors"):
        KeyedVectors(words, np.eye(2, dtype=np.float32))  # type: ignore[arg-type]
