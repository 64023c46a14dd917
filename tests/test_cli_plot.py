"""xw2v plot: which words it shows, which files it writes, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from maps import Page
from wordvectors import some_vectors

from xw2v.cli.plot import command
from xw2v.errors import InputError, UnknownWordError, UsageError
from xw2v.pictures.projection import best_method
from xw2v.pictures.wordmap import word_map
from xw2v.vectors.keyedvectors import KeyedVectors

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command beside a model folder "output"."""
    monkeypatch.chdir(tmp_path)
    some_vectors(60).save("output")

    def call(*args: str) -> Result:
        return CliRunner().invoke(command, args)

    return call


def test_the_command_s_own_names(run: Run, tmp_path: Path) -> None:
    for _ in range(2):  # its own files it replaces
        result = run("--method", "pca", "--json")
        assert json.loads(result.stdout)["words"] == 60
        assert [each["path"] for each in json.loads(result.stdout)["files"]] == [
            "output/map.png",
            "output/map.html",
        ]
    some_vectors(60).save("vectors.txt", "word2vec")
    run("vectors.txt", "--method", "pca")
    assert {path.name for path in tmp_path.iterdir()} == {
        "output",
        "vectors.txt",
        "vectors.txt.map.png",
        "vectors.txt.map.html",
    }


def test_a_user_s_file_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("mine")
    result = run("-o", "mine.html", "--method", "pca")
    assert isinstance(result.exception, InputError)
    assert "exists already; give another name, or --force" in str(result.exception)
    assert (tmp_path / "mine.html").read_text() == "mine"
    assert run("-o", "mine.html", "--method", "pca", "--force").exit_code == 0
    assert (tmp_path / "mine.html").read_bytes().startswith(b"<!doctype html>")


def test_words_to_show(run: Run, tmp_path: Path) -> None:
    words = some_vectors(60).index_to_key
    (tmp_path / "words.txt").write_text("\n".join([words[3], "nothing", "", words[4]]))
    result = run(
        "--word", words[1], words[2], "--words-file", "words.txt", "-o", "a.html", "--method", "pca"
    )
    assert result.exit_code == 0
    assert "1 of its words are not in the vocabulary: nothing" in result.stderr
    data = json.loads(Page((tmp_path / "a.html").read_bytes()).text_of("script", id="map-data"))
    assert data["words"] == words[1:5]


def test_the_model_is_an_argument_or_an_option(run: Run, tmp_path: Path) -> None:
    some_vectors(60, seed=1).save("other")
    words = some_vectors(60).index_to_key
    for args in (["other", "--word", *words[:3]], ["--word", *words[:3], "--model", "other"]):
        assert run(*args, "--method", "pca").exit_code == 0
        assert (tmp_path / "other" / "map.png").exists()
        (tmp_path / "other" / "map.png").unlink()
    result = run("--word", "other")
    assert isinstance(result.exception, UsageError)
    assert "--word other: is a model folder; name it before --word, or with --model" in str(
        result.exception
    )


def test_pictures_of_earlier_vectors_are_named(run: Run) -> None:
    assert "earlier" not in run("--method", "pca").stderr
    some_vectors(60, seed=1).save("output")
    result = run("-o", "new.png", "--method", "pca")
    assert (
        "output/map.png and output/map.html show earlier vectors; make new: xw2v plot output"
        in result.stderr
    )
    assert "earlier" not in run("--method", "pca").stderr


def test_words_without_a_font_have_a_line(run: Run) -> None:
    vectors = some_vectors(60)
    words = ["日本", *vectors.index_to_key[1:]]
    KeyedVectors(words, vectors.vectors, vectors.counts).save("output")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xw2v.pictures.wordmap_png.FONTS", ("DejaVu Sans",))
        result = run("--method", "pca")
    assert "output/map.png: no font for 1 of its words (日本), which show boxes" in result.stderr


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (["--word", "nothing"], UnknownWordError, "'nothing' is not in the vocabulary"),
        (
            ["--word", "kakakaka", "--words", "9"],
            UsageError,
            "either it or --word and --words-file",
        ),
        (["-o", "map.pdf"], UsageError, "map.pdf: give a name that ends in .png or .html"),
        (["-o", "no/map.png"], InputError, "no/map.png: there is no folder no"),
        (["--words-file", "no.txt"], InputError, "no.txt: no such file"),
        (["nowhere"], InputError, "nowhere: there is no folder|nowhere: no such file or folder"),
    ],
)
def test_wrong_usage(run: Run, args: list[str], error: type[Exception], message: str) -> None:
    result = run(*args, "--method", "pca")
    assert isinstance(result.exception, error)
    assert re.search(message, str(result.exception))


def test_lists_of_words_that_are_none(run: Run, tmp_path: Path) -> None:
    for content, message in (
        (b"", "no words in it"),
        (b"\xffabc", "byte 0 is not UTF-8"),
        (b"\xff\xfe", "is UTF-16; convert it"),
        (b"x\ny", "none of its 2"),
    ):
        (tmp_path / "words.txt").write_bytes(content)
        assert message in str(run("--words-file", "words.txt", "--method", "pca").exception)


@pytest.mark.skipif(find_spec("sklearn") is None, reason="needs scikit-learn")
def test_the_default_method_is_t_sne_where_it_is_installed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(run("--json").stdout)["method"] == "tsne"
    monkeypatch.setattr("xw2v.pictures.projection.find_spec", lambda name: None)
    result = run("--json")
    assert json.loads(result.stdout)["method"] == "pca"
    assert 'pip install "xw2v[tsne]"' in result.stderr
    monkeypatch.undo()
    assert best_method(4) == "pca"  # too few for t-SNE
    assert word_map(some_vectors(60), 4).method == "pca"
    assert word_map(some_vectors(60), 5).method == "tsne"
