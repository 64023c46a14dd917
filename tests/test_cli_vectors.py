"""The commands that ask vectors: what they print, as text and as JSON, and how they refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import xw2v

from xw2v.cli.word_sums import parse_sum
from xw2v.vectors.keyedvectors import KeyedVectors


def test_the_command_line_for_real(model: Path) -> None:
    """In a process of its own, warnings as errors, words that are not ASCII, on a pipe that closes
    early.
    """
    vectors = KeyedVectors(["été", "naïve", "日本"], np.eye(3, dtype=np.float32))
    vectors.save(model.parent / "accents.bin", "word2vec-bin")
    command = [sys.executable, "-W", "error", "-m", "xw2v", "similar", "--model", "accents.bin"]
    done = subprocess.run(
        command,
        input="日本\nnaive\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=model.parent,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout == "日本\n  0.0000  été\n  0.0000  naïve\n"
    assert (
        done.stderr
        == "'naive' is not in the vocabulary of 3 words; the nearest spellings are 'naïve'\n"
    )


def test_similar_prints_neighbours_of_each_word(model: Path, vectors: KeyedVectors) -> None:
    lines = xw2v(
        "similar", "kakakaka", "kakakalo", "--model", model, "--top-k", 3
    ).stdout.splitlines()
    assert lines[0] == "kakakaka"
    assert lines[4] == "kakakalo"
    assert [line.split() for line in lines[1:4]] == [
        [f"{score:.4f}", word] for word, score in vectors.most_similar("kakakaka", topn=3)
    ]


def test_a_word_that_is_not_there_costs_no_other_its_answer(model: Path) -> None:
    words = "kakakaka", "qqqq", "kakakalo"
    done = xw2v("similar", *words, "--model", model, "--top-k", 3, code=1)
    headings = [line for line in done.stdout.splitlines() if line in words]
    assert headings == ["kakakaka", "kakakalo"]
    assert "'qqqq' is not in the vocabulary" in done.stderr
    done = xw2v("similar", "kakakaka", "qqqq", "--model", model, "--json", code=1)
    records = json.loads(done.stdout)["queries"]
    assert ("neighbours" in records[0], "error" in records[1]) == (True, True)


def test_similar_finds_the_folder_output(model: Path) -> None:
    assert xw2v("similar", "kakakaka", folder=model.parent).stdout.count("\n") == 10


def test_every_command_names_a_model_alike(model: Path, tmp_path: Path) -> None:
    """With --model, as an argument where arguments are not words, and the folder output by
    default.
    """
    (tmp_path / "pairs.tsv").write_text("kakakaka\tkakakalo\t1\nkakakaka\tkakakami\t2\n")
    words = ("kakakaka", "kakakalo", "kakakami")
    evaluate = ("evaluate", "--pairs", tmp_path / "pairs.tsv", "--json")
    convert = ("convert", tmp_path / "out", "--to", "glove", "--json", "--force")
    for arguments in (
        ("similar", "kakakaka", "--json"),
        ("similarity", *words[:2], "--json"),
        ("analogy", *words, "--json"),
        ("info", "--json"),
        evaluate,
        convert,
    ):
        default = json.loads(xw2v(*arguments, folder=model.parent).stdout)
        named = json.loads(xw2v(*arguments, "--model", model).stdout)
        assert named == default | {"model": str(model)} or named == default | {"path": str(model)}
    for arguments in (("info",), ("evaluate", *evaluate[1:3])):
        argument = xw2v(arguments[0], model, *arguments[1:]).stdout
        assert argument == xw2v(*arguments, "--model", model).stdout
        refused = xw2v(arguments[0], model, *arguments[1:], "--model", model, code=2)
        assert "the model is named twice" in refused.stderr
    xw2v("convert", model, tmp_path / "two", "--to", "glove")
    assert (tmp_path / "two").read_bytes() == (tmp_path / "out").read_bytes()


def test_similar_as_json(model: Path, vectors: KeyedVectors) -> None:
    done = xw2v(
        "similar",
        "kakakaka",
        "kakakalo",
        "--together",
        "--model",
        model,
        "--json",
        "--restrict-vocab",
        50,
    )
    record = json.loads(done.stdout)
    (query,) = record["queries"]
    assert query["query"] == "kakakaka kakakalo"
    expected = vectors.most_similar(["kakakaka", "kakakalo"], restrict_vocab=50)
    assert [(n["word"], n["cosine"]) for n in query["neighbours"]] == expected
    assert done.stderr == ""


def test_similar_without_a_word_reads_lines(model: Path, vectors: KeyedVectors) -> None:
    lines = (
        "kakakaka\n\nkakakaka - kakakalo + kakakami\nkakakaka -kakakalo kakakami\n"
        "kakakalu\nEXIT\nkakakaka\n"
    )
    done = xw2v("similar", "--model", model, "--top-k", 2, stdin=lines)
    analogy = vectors.most_similar(["kakakaka", "kakakami"], ["kakakalo"], topn=2)
    expected = []
    for query, found in (
        ("kakakaka", vectors.most_similar("kakakaka", topn=2)),
        ("kakakaka - kakakalo + kakakami", analogy),
        ("kakakaka -kakakalo kakakami", analogy),
    ):
        expected += [query, *(f"{score:8.4f}  {word}" for word, score in found)]
    assert done.stdout.splitlines() == expected
    assert "'kakakalu' is not in the vocabulary" in done.stderr  # and the session went on
    record = json.loads(xw2v("similar", "--model", model, "--json", stdin="kakakaka\nnope").stdout)
    assert [list(query) for query in record["queries"]] == [
        ["query", "neighbours"],
        ["query", "error"],
    ]


@pytest.mark.parametrize("odd", ["-", "+ +", "nope", '"', "- nope", "kakakaka - kakakaka", "\x00"])
def test_an_odd_line_does_not_end_the_session(model: Path, odd: str) -> None:
    lines = f"kakakaka\n{odd}\nkakakalo\n"
    done = xw2v("similar", "--model", model, stdin=lines)
    assert done.stdout.startswith("kakakaka\n")
    assert "\nkakakalo\n" in done.stdout
    record = json.loads(xw2v("similar", "--model", model, "--json", stdin=lines).stdout)
    assert [query["query"] for query in record["queries"]] == ["kakakaka", odd, "kakakalo"]


def test_words_with_spaces_are_quoted(tmp_path: Path) -> None:
    words = ["new york", "city", "-city", "big apple", '"city"']
    KeyedVectors(words, np.eye(5, dtype=np.float32) + 0.1).save(tmp_path / "output")
    lines = '"new york"\ncity + "big apple" -"new york"\n'
    record = json.loads(xw2v("similar", "--json", stdin=lines, folder=tmp_path).stdout)
    first, second = record["queries"]
    assert {item["word"] for item in first["neighbours"]} == {*words} - {"new york"}
    assert {item["word"] for item in second["neighbours"]} == {"-city", '"city"'}
    assert "\n" in xw2v("similar", "new york", folder=tmp_path).stdout
    text = '"new york" -city \'x -"big apple" "city"'
    assert parse_sum(text, words) == (["new york", "-city", "'x", '"city"'], ["big apple"])


def test_similar_takes_a_sum_as_an_argument(model: Path, vectors: KeyedVectors) -> None:
    done = xw2v("similar", "kakakaka - kakakalo + kakakami", "kakakara", "--model", model)
    heading, first = done.stdout.splitlines()[:2]
    assert heading == "kakakaka - kakakalo + kakakami"
    ((word, score),) = vectors.most_similar(["kakakaka", "kakakami"], ["kakakalo"], topn=1)
    assert first.split() == [f"{score:.4f}", word]
    together = ("similar", "kakakaka - kakakalo", "kakakami", "--together", "--model", model)
    assert xw2v(*together).stdout.splitlines()[0] == first


def test_analogy_takes_a_sum(model: Path) -> None:
    plain = xw2v("analogy", "kakakaka", "kakakami", "kakakalo", "--model", model).stdout
    for words in (
        ("kakakaka - kakakalo + kakakami",),
        ("kakakaka", "-", "kakakalo", "+", "kakakami"),
    ):
        assert xw2v("analogy", *words, "--model", model).stdout == plain
    for words in (("kakakaka",), ("kakakaka", "kakakalo"), ("a", "b", "c", "d")):
        done = xw2v("analogy", *words, "--model", model, code=2)
        assert "give three words A B C" in done.stderr


def test_vector_prints_a_word_and_its_numbers(
    model: Path, vectors: KeyedVectors, tmp_path: Path
) -> None:
    vectors.save(tmp_path / "vectors.txt", "word2vec")
    lines = (tmp_path / "vectors.txt").read_text().splitlines()
    assert xw2v("vector", "kakakaka", "--model", model).stdout.splitlines() == lines[1:2]
    done = xw2v("vector", "-", "--model", model, stdin="\ufeffkakakaka\r\n\nnope\nkakakalo", code=1)
    assert done.stdout.splitlines() == lines[1:3]
    assert done.stderr.startswith("xw2v: 'nope' is not in the vocabulary")
    done = xw2v("vector", "-", "--model", model, stdin="kakakaka kakakalo\n", code=1)
    assert done.stderr.rstrip().endswith("a line is one word: tr -s ' ' '\\n' makes lines of words")
    done = xw2v("vector", "kakakaka", "--unit", "--json", "--model", model)
    record = json.loads(done.stdout)
    assert record["vector_size"] == 12
    numbers = np.array(record["vectors"][0]["vector"], dtype=np.float32)
    np.testing.assert_array_equal(numbers, vectors.get_vector("kakakaka", norm=True))


def test_a_missing_model_names_those_like_it(model: Path) -> None:
    done = xw2v("similar", "x", "--model", "ouput", folder=model.parent, code=1)
    assert "ouput: no such file or folder; did you mean output?" in done.stderr


def test_a_misspelt_command_names_the_nearest() -> None:
    assert "No such command 'simlar' (did you mean similar?)" in xw2v("simlar", code=2).stderr
    assert "did you mean" not in xw2v("xyz", code=2).stderr


def test_analogy_is_a_plus_b_minus_c(model: Path, vectors: KeyedVectors) -> None:
    words = ("kakakaka", "kakakalo", "kakakami")
    for method, ask in (("add", vectors.most_similar), ("mul", vectors.most_similar_cosmul)):
        done = xw2v("analogy", *words, "--model", model, "--top-k", 4, "--method", method)
        expected = ask([words[0], words[1]], [words[2]], topn=4)
        assert [line.split() for line in done.stdout.splitlines()] == [
            [f"{s:.4f}", w] for w, s in expected
        ]
    record = json.loads(xw2v("analogy", *words, "--model", model, "--json").stdout)
    assert record["negative"] == ["kakakami"]
    assert len(record["neighbours"]) == 10


def test_similarity(model: Path, vectors: KeyedVectors) -> None:
    record = json.loads(
        xw2v("similarity", "kakakaka", "kakakalo", "--model", model, "--json").stdout
    )
    assert record["cosine"] == vectors.similarity("kakakaka", "kakakalo")
    assert record["euclidean"] == vectors.euclidean_distance("kakakaka", "kakakalo")
    assert record["rank"] == vectors.rank("kakakaka", "kakakalo")
    text = xw2v("similarity", "kakakaka", "kakakalo", "--model", model).stdout
    assert f"cosine similarity   {record['cosine']:.4f}" in text


def test_another_backend_answers_the_same(model: Path) -> None:
    plain = xw2v("similar", "kakakaka", "--model", model).stdout
    assert xw2v("similar", "kakakaka", "--model", model, "--backend", "strict").stdout == plain


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("similar", "kakakalu"),
            1,
            "'kakakalu' is not in the vocabulary of 400 words; the nearest spellings are",
        ),
        (("analogy", "kakakaka", "x", "y"), 1, "'x' is not in the vocabulary"),
        (("similarity", "kakakaka", "x"), 1, "'x' is not in the vocabulary"),
        (
            ("similar", "x", "--model", "missing"),
            1,
            "missing: no such file or folder; train a model",
        ),
        (("similar", "x", "--top-k", "0"), 2, "--top-k"),
        (("similar", "x", "--backend", "abacus"), 2, "abacus"),
        (("evaluate",), 2, "name at least one test set"),
        (("evaluate", "--pairs", "missing.tsv"), 1, "missing.tsv: no such file"),
        (("evaluate", "--analogies", "missing.txt"), 1, "missing.txt: no such file"),
        (("info", "missing"), 1, "missing: no such file or folder"),
        (("convert", "missing", "out", "--to", "glove"), 1, "missing: no such file"),
        (("convert", "output", "out", "--to", "excel"), 2, "excel"),
        (
            ("convert", "output", "no/such/folder/out", "--to", "glove"),
            1,
            "no folder no/such/folder",
        ),
    ],
)
def test_mistakes_get_one_line(
    model: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = xw2v(*arguments, code=code, folder=model.parent)
    assert message in done.stderr
    assert done.stdout == ""
    if code == 1:
        assert done.stderr.count("\n") == 1
