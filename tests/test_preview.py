"""xw2v info TEXT: what a training would see, before it is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from xw2v.cli import cli
from xw2v.errors import InputError, UsageError
from xw2v.model import Word2Vec

TEXT = "the war in Köln, the peace\n" * 20 + "once\n"


def info(*arguments: object, data: str | None = None) -> Result:
    return CliRunner().invoke(
        cli,
        ["info", *map(str, arguments)],
        input=data,
        catch_exceptions=False,
        standalone_mode=False,
    )


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_figures_are_those_of_the_training(text: Path) -> None:
    record = json.loads(info(text, "--tokens", "words", "--json").stdout)
    run = Word2Vec(tokens="words", epochs=1).fit(text).run.record["corpus"]
    assert (record["kind"], record["path"]) == ("text", str(text))
    assert record["raw_words"] == run["raw_words"] == 121
    assert record["tokens"] == run["tokens"] == 120
    assert record["coverage"] == run["coverage"]
    assert record["sentences"] == 21
    assert record["vocabulary"] == {"1": 6, "2": 5, "5": 5, "10": 5, "50": 0}
    assert record["words"] == 5
    assert record["frequent"][0] == {"word": "the", "count": 40}
    assert 0 < record["share_left_by_subsampling"] < 1
    assert record["estimate"]["seconds"] > 0
    assert record["estimate"]["memory_bytes"] > 0


def test_lines_that_end_in_numbers_are_text(tmp_path: Path) -> None:
    """As long as these are whole ones, or something is asked that texts alone have."""
    path = tmp_path / "years.txt"
    path.write_text("It was in 1914\nWe were there 1918\n" * 9)
    assert json.loads(info(path, "--json").stdout)["kind"] == "text"
    path.write_text("cat 0.5 0.25\ndog 0.5 0.125\n" * 9)
    assert json.loads(info(path, "--json", "--tokens", "raw").stdout)["kind"] == "text"
    path.write_text("cat 0.5 0.25\ndog 0.5 0.125\n")
    assert json.loads(info(path, "--json").stdout)["kind"] == "vectors"


def test_what_would_be_lost_is_reported(text: Path) -> None:
    result = info(text)
    assert "'Köln' becomes 'k ln'; --tokens words keeps it" in result.stderr
    assert "share_left_by_subsampling" in result.stdout
    assert "the (40)" in result.stdout


def test_several_texts_and_folders(text: Path, tmp_path: Path) -> None:
    once = json.loads(info(text, "--json").stdout)["raw_words"]
    assert json.loads(info(text, text, "--json").stdout)["raw_words"] == 2 * once
    assert json.loads(info(tmp_path, "--json").stdout)["raw_words"] == once


def test_a_text_without_pairs_has_no_estimate_of_time(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("one\n" * 10)
    record = json.loads(info(tmp_path / "words", "--json").stdout)
    assert record["estimate"]["seconds"] is None


def test_bad_input(text: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        info(tmp_path / "missing")
    with pytest.raises(UsageError, match="named twice"):
        info(text, "--model", tmp_path)
    with pytest.raises(InputError, match="no words left"):
        info(text, "--min-count", 99)
    with pytest.raises(UsageError, match="min_count"):
        info(text, "--min-count", -1)
