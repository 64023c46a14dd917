"""No command replaces a file unasked, and none its input, whatever it is called."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from commands import xw2v

from xw2v.cli.targets import check_target
from xw2v.errors import InputError

TEXT = "new york is a city and new york is large\n" * 20


@pytest.mark.parametrize("force", [False, True])
def test_an_input_is_never_a_target(tmp_path: Path, force: bool) -> None:
    file = tmp_path / "folder" / "file"
    file.parent.mkdir()
    file.write_text("content")
    for name in ("link", "hard"):
        (os.symlink if name == "link" else os.link)(file, tmp_path / name)
    for target in (file, tmp_path / "link", tmp_path / "hard", tmp_path / "folder" / "." / "file"):
        for given in (file, file.parent / ".." / "folder" / "file"):
            with pytest.raises(InputError, match="is what this command reads"):
                check_target(target, [Path("missing"), given], force)
    with pytest.raises(InputError, match="is what this command reads"):
        check_target(file, [file.parent], force)


def test_other_files_are_replaced_with_force_alone(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("content")
    with pytest.raises(InputError, match="exists already; give another name, or --force"):
        check_target(tmp_path / "there", [], False)
    check_target(tmp_path / "there", [], True)
    check_target(tmp_path / "new", [tmp_path], False)
    check_target(Path("/dev/null"), [], False)


def test_phrases_replaces_nothing_unasked(tmp_path: Path) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "out.txt"
    text.write_text(TEXT)
    for force in ((), ("--force",)):
        done = xw2v("phrases", text, "-o", text, *force, code=1)
        assert "is what this command reads" in done.stderr
    assert text.read_text() == TEXT
    xw2v("phrases", text, "-o", out)
    first = out.read_text()
    done = xw2v("phrases", text, "-o", out, code=1)
    assert "exists already" in done.stderr
    xw2v("phrases", text, "-o", out, "--force", "--passes", 2)
    xw2v("phrases", text, "-o", tmp_path / "out.txt.gz")
    assert gzip.decompress((tmp_path / "out.txt.gz").read_bytes()).decode() == first


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_map_replaces_no_list_of_words(model: Path, tmp_path: Path, force: tuple[str]) -> None:
    words = tmp_path / "words.html"
    words.write_text("kakakaka\nkakakalo\n")
    done = xw2v("plot", model, "--words-file", words, "-o", words, *force, code=1)
    assert "is what this command reads" in done.stderr
    (tmp_path / "folder.png").mkdir()
    done = xw2v("plot", model, "-o", tmp_path / "folder.png", *force, code=1)
    assert "folder.png: is a folder; give the name of a file" in done.stderr
    assert words.read_text() == "kakakaka\nkakakalo\n"
