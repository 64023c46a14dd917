"""What people give the commands that was meant otherwise: each is answered in one line, before
any work.
"""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from runs import Xw2v

from xw2v.errors import InputError, MissingDependencyError
from xw2v.pictures.agg import new_figure
from xw2v.settings import FOREIGN_OPTIONS
from xw2v.vectors.formats import FORMATS, write_vectors
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.testsets import read_analogies, read_pairs

WORDS = ["cat", "dog", "fish", "bird", "cow", "hen"]
PAIRS = "cat\tdog\t1\ndog\tfish\t2\nbird\tcow\t3\n"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(xw2v: Xw2v, tmp_path: Path) -> Run:
    """Run a command in a folder with vectors in "v" and a text in "text"."""
    table = np.random.default_rng(0).standard_normal((len(WORDS), 4)).astype(np.float32)
    KeyedVectors(WORDS, table).save("v")
    Path("text").write_text("a b c\n" * 40)
    return lambda *arguments: xw2v(["python", "-m", "xw2v", *map(str, arguments)])


def refusal(finished: tuple[int, str, str], code: int = 1) -> str:
    """The one line of a command that refused, and printed nothing else."""
    assert finished[0] == code, finished
    assert finished[1] == ""
    assert len(finished[2].splitlines()) == 1
    return finished[2]


# --- names of files ---------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "name", ["", "-", "x.zip", "x.tgz", "x.tar.gz", "x.Z", "x.lz4", "x.lzma", "x.7z"]
)
def test_names_that_nothing_is_written_under(name: str, format: str, run: Run) -> None:
    if format == "safetensors":
        pytest.importorskip("safetensors")
    before = sorted(Path().iterdir())
    message = refusal(run("convert", "v", name, "--to", format))
    assert "give the name" in message or "is not written" in message or "leave out" in message
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("v", "is a folder"),
        ("new/", "is a folder"),
        ("no/folder/x", "there is no folder no/folder"),
    ],
)
def test_folders_in_place_of_files(name: str, message: str, run: Run) -> None:
    assert message in refusal(run("convert", "v", name, "--to", "word2vec"))


def test_files_in_place_of_folders(run: Run) -> None:
    assert "makes a folder" in refusal(run("convert", "v", "text", "--to", "npy"))
    assert "leave out .gz" in refusal(run("convert", "v", "x.gz", "--to", "npy"))


def test_endings_are_checked_from_python_too(tmp_path: Path) -> None:
    content = KeyedVectors(WORDS, np.eye(6, 3, dtype=np.float32))._content()
    with pytest.raises(InputError, match=r"\.zip is not written"):
        write_vectors(tmp_path / "v.zip", content, "word2vec")


# --- test sets --------------------------------------------------------------------------------


def _tar(text: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("pairs.tsv")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return out.getvalue()


def _zip(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, PAIRS)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PAIRS.encode("utf-16"), "is UTF-16; convert it"),
        (PAIRS.encode("utf-16-le"), "looks like UTF-16"),
        (PAIRS.encode("utf-32"), "is UTF-32"),
        (_tar(PAIRS.encode()), "is a tar archive"),
        (_zip("a", "b"), "a zip file of 2 files"),
        (_zip("[Content_Types].xml", "word/document.xml"), "is a Word document"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), "is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office document"),
        (b"{\\rtf1 cat dog 1}", "Office document"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\x93NUMPY\x01\x00", "is a NumPy array"),
        (b"\x7fELF\2\1\1" + bytes(9), "holds NUL bytes"),
        (b"caf\xe9\tdog\t1\n", ":1: not UTF-8"),
    ],
)
@pytest.mark.parametrize("option", ["--pairs", "--analogies"])
def test_what_is_no_test_set_is_refused_by_what_it_is(
    data: bytes, message: str, option: str, run: Run
) -> None:
    Path("set").write_bytes(data)
    assert message in refusal(run("evaluate", "v", option, "set"))


def test_a_list_of_words_is_refused_likewise(run: Run) -> None:
    for data, message in ((PAIRS.encode("utf-16"), "is UTF-16"), (_tar(b"cat"), "is a tar")):
        Path("words").write_bytes(data)
        assert message in refusal(run("plot", "v", "--words-file", "words"))


def test_a_test_set_in_a_zip_file_or_another_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "set"
    path.write_bytes(_zip("pairs.tsv"))
    assert len(read_pairs(path).pairs) == 3
    for encoding in ("utf-16", "utf-16-le", "latin-1", "utf8", "UTF-8-sig"):
        path.write_bytes(PAIRS.replace("cat", "caf\u00e9").encode(encoding))
        assert read_pairs(path, encoding=encoding).pairs[0][0] == "caf\u00e9"
    path.write_bytes(_zip("questions.txt"))
    with pytest.raises(InputError, match="no analogy question"):
        read_analogies(path)


# --- options ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(FOREIGN_OPTIONS))
def test_options_of_other_programs_are_answered_with_the_ones_here(name: str, run: Run) -> None:
    for option in (f"--{name.replace('_', '-')}", f"-{name.replace('_', '-')}"):
        message = refusal(run("train", "text", option, "1"), code=2)
        assert f"there is no option {option}; " in message
        assert "`" not in message
    Path("c.toml").write_text(f"{name} = 1\n")
    message = refusal(run("train", "text", "--config", "c.toml"), code=2)
    assert f"unknown key '{name}'; " in message


def test_the_c_tools_single_dashes(run: Run) -> None:
    message = refusal(run("train", "-train", "text", "-output", "o", "-size", 100), code=2)
    assert "-train; name the text itself" in message
    assert "it is --window here" in refusal(run("train", "text", "-window", 5), code=2)


def test_a_bound_that_is_a_technical_one_is_not_shown(run: Run) -> None:
    message = refusal(run("train", "text", "--min-count", 10**20), code=2)
    assert message == f"xw2v: --min-count {10**20}: give a smaller number\n"


# --- questions --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("similar", "cat - cat"), ("analogy", "cat", "-", "cat")])
def test_a_sum_of_0_is_reported(words: tuple[str, ...], run: Run) -> None:
    assert "no word is nearer" in refusal(run(*words, "--model", "v"))


def test_a_sum_without_its_quotes_is_a_sum(run: Run) -> None:
    with_quotes = run("similar", "cat - dog + fish", "--model", "v")
    assert run("similar", "cat", "-", "dog", "+", "fish", "--model", "v") == with_quotes
    assert with_quotes[0] == 0


# --- pictures ---------------------------------------------------------------------------------


def test_a_map_and_a_report_of_one_word(run: Run) -> None:
    Path("one").write_text("a a a a\n" * 40)
    options = ("--min-count", 1, "--epochs", 1, "--vector-size", 4, "--output", "o", "--quiet")
    for command in (("train", "one", *options), ("plot", "o"), ("report", "o")):
        assert run(*command)[0] == 0
    assert Path("o/map.png").exists()
    assert "needs at least 5 words, not 1; --method pca" in refusal(
        run("plot", "o", "--method", "tsne"), code=2
    )


@pytest.mark.parametrize("error", [ImportError("DLL load failed"), AttributeError("numpy")])
def test_a_matplotlib_that_cannot_be_imported_is_one_line(
    error: Exception, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name.partition(".")[0] == "matplotlib":
                raise error

    loaded = {name: sys.modules[name] for name in sys.modules if name.startswith("matplotlib")}
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    message = refusal(run("plot", "v", "-o", "map.png", "--projection", "pca"))
    assert f"matplotlib, which cannot be imported ({error})" in message
    assert not Path("map.png").exists()
    code, _, lines = run("plot", "v", "--projection", "pca")
    assert code == 1  # the page is written all the same
    assert "v/map.html: 6 words" in lines.splitlines()[0]
    with pytest.raises(MissingDependencyError):
        new_figure(10, 10)
