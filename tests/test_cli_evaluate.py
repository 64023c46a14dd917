"""`xw2v evaluate`: scores with their coverage, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import xw2v

from xw2v.vectors.keyedvectors import KeyedVectors


def test_several_values_do_not_swallow_the_model(model: Path, sets: Path) -> None:
    files = (sets / "one.tsv", sets / "two.tsv")
    expected = xw2v("evaluate", model, "--pairs", *files).stdout
    assert xw2v("evaluate", "--pairs", *files, model).stdout == expected
    many = xw2v("evaluate", "--analogies", sets / "questions.txt", model, "--pairs", *files).stdout
    assert "questions" in many
    pairs = "kakakaka kakakalo 1\nkakakaka kakakami 2\n"  # which look like vectors without header
    for name in ("three", "four"):
        (sets / name).write_text(pairs)
    done = xw2v("evaluate", "--pairs", sets / "three", sets / "four", folder=model.parent)
    assert "\nfour " in done.stdout
    refused = xw2v("evaluate", "--pairs", *files, model, "--model", model, code=2)
    assert "is a model folder; name it before --pairs" in refused.stderr


@pytest.fixture
def sets(tmp_path: Path, vectors: KeyedVectors) -> Path:
    words = vectors.index_to_key
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        lines = [
            f"{words[a]}\t{words[b]}\t{rng.uniform():.3f}" for a, b in rng.integers(0, 400, (50, 2))
        ]
        (tmp_path / f"{name}.tsv").write_text(
            "\n".join([*lines, "unknown\tkakakaka\t1", "no pair"])
        )
    first, second, third = (" ".join(words[i : i + 4]) for i in (0, 4, 3))
    questions = [": family", first, second, "un known words here", ": gram1", third]
    (tmp_path / "questions.txt").write_text("\n".join(questions))
    return tmp_path


def test_evaluate_as_json(model: Path, sets: Path, vectors: KeyedVectors) -> None:
    files = [sets / "one.tsv", sets / "two.tsv"]
    done = xw2v(
        "evaluate",
        "--pairs",
        *files,
        "--analogies",
        sets / "questions.txt",
        "--model",
        model,
        "--json",
    )
    record = json.loads(done.stdout)
    assert (record["restrict_vocab"], record["words"]) == (30000, 400)
    assert [score["name"] for score in record["pairs"]] == ["one", "two"]
    pearson, spearman, unknown = vectors.evaluate_word_pairs(files[0])
    first: dict[str, Any] = record["pairs"][0]
    assert (first["pearson"], first["spearman"], first["unknown_percent"]) == (
        pearson[0],
        spearman[0],
        unknown,
    )
    assert (first["pairs"], first["known"], first["skipped_lines"]) == (51, 50, 1)
    (analogies,) = record["analogies"]
    assert analogies["total"]["questions"] == 4
    assert analogies["semantic"]["coverage"] == pytest.approx(2 / 3)
    assert analogies["syntactic"]["answered"] == 1


def test_evaluate_prints_coverage_beside_accuracy(model: Path, sets: Path) -> None:
    arguments = (
        "--pairs",
        sets / "one.tsv",
        "--pairs",
        sets / "two.tsv",
        "--analogies",
        sets / "questions.txt",
    )
    text = xw2v("evaluate", *arguments, "--model", model, "--restrict-vocab", 100).stdout
    assert "the 100 most frequent words of 400 (--restrict-vocab 100)" in text
    assert "2 of 3 (66.7%)" in text
    for row in ("one ", "two ", "family", "gram1", "semantic", "syntactic", "total"):
        assert f"\n{row}" in text


def test_evaluate_counts_skipped_lines(model: Path, sets: Path) -> None:
    pairs = ("kakakaka\tkakakalo\t1", "kakakaka\tkakakami\tnan", "kakakaka kakakara")
    (sets / "odd.tsv").write_text("\n".join([*pairs, "kakakalo \t kakakami\t2"]))
    text = xw2v("evaluate", "--pairs", sets / "odd.tsv", "--model", model).stdout
    assert "2 of 2 (100.0%)" in text
    assert "nan" not in text
    assert "odd: 2 lines are not a pair and its score, and skipped" in text
    (sets / "columns.csv").write_text("word1,word2,POS,score\nkakakaka,kakakalo,N,3\n")
    text = xw2v("evaluate", "--pairs", sets / "columns.csv", "--model", model).stdout
    assert "columns: the scores are those of column 4" in text
    (sets / "odd.txt").write_text("kakakaka|kakakalo|1\n")
    arguments = ("--pairs", sets / "odd.txt", "--delimiter", "|", "--model", model, "--json")
    assert json.loads(xw2v("evaluate", *arguments).stdout)["pairs"][0]["known"] == 1
    (sets / "three.txt").write_text("a b c\na b c d\n")
    text = xw2v("evaluate", "--analogies", sets / "three.txt", "--model", model).stdout
    assert "three: 1 line is not a question of four words, and skipped" in text


def test_evaluate_says_when_too_little_is_known(model: Path, tmp_path: Path) -> None:
    (tmp_path / "few.tsv").write_text("unknown\tkakakaka\t1\n")
    record = json.loads(
        xw2v("evaluate", "--pairs", tmp_path / "few.tsv", "--model", model, "--json").stdout
    )
    assert record["pairs"][0]["spearman"] is None
    assert record["pairs"][0]["known"] == 0
