"""The commands that ask vectors: what they print, as text and as JSON, and how they refuse."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wordvectors import some_vectors

from xw2v.cli import main
from xw2v.cli.word_sums import parse_sum
from xw2v.vectors.formats import FORMATS
from xw2v.vectors.keyedvectors import KeyedVectors


@dataclass
class Finished:
    """What a command left."""

    stdout: str
    stderr: str


def xw2v(
    *arguments: object, stdin: str = "", code: int = 0, folder: Path | None = None
) -> Finished:
    """Run the command line in this process, as the script `xw2v` does, and check its exit code."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["xw2v", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        if folder:
            patch.chdir(folder)
        status: object = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code
    assert status == code, err.getvalue()
    return Finished(out.getvalue(), err.getvalue())


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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "output"
    some_vectors().save(folder)
    return folder


@pytest.fixture(scope="module")
def vectors() -> KeyedVectors:
    return some_vectors()


def test_similar_prints_neighbours_of_each_word(model: Path, vectors: KeyedVectors) -> None:
    lines = xw2v(
        "similar", "kakakaka", "kakakalo", "--model", model, "--top-k", 3
    ).stdout.splitlines()
    assert lines[0] == "kakakaka"
    assert lines[4] == "kakakalo"
    assert [line.split() for line in lines[1:4]] == [
        [f"{score:.4f}", word] for word, score in vectors.most_similar("kakakaka", topn=3)
    ]


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
    done = xw2v("vector", "kakakaka", "--unit", "--json", "--model", model)
    record = json.loads(done.stdout)
    assert record["vector_size"] == 12
    numbers = np.array(record["vectors"][0]["vector"], dtype=np.float32)
    np.testing.assert_array_equal(numbers, vectors.get_vector("kakakaka", norm=True))


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


@pytest.mark.parametrize("format", FORMATS)
def test_convert_there_and_back(
    model: Path, tmp_path: Path, format: str, vectors: KeyedVectors
) -> None:
    if format == "safetensors":
        pytest.importorskip("safetensors")
    done = xw2v("convert", model, tmp_path / "there", "--to", format)
    assert done.stdout == ""
    assert "400 words, 12 dimensions" in done.stderr
    record = json.loads(
        xw2v("convert", tmp_path / "there", tmp_path / "back", "--to", "npy", "--json").stdout
    )
    assert (record["words"], record["vector_size"]) == (400, 12)
    assert (tmp_path / "back" / "center.npy").read_bytes() == (model / "center.npy").read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_convert_replaces_nothing_without_force(
    model: Path, tmp_path: Path, format: str, vectors: KeyedVectors
) -> None:
    if format == "safetensors":
        pytest.importorskip("safetensors")
    out = tmp_path / "out"
    vectors.vectors_for_all(vectors.index_to_key[:5]).save(out, format)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = xw2v("convert", model, out, "--to", format, code=1)
    assert "exists already; give another name, or --force to replace it" in done.stderr
    for force in ((), ("--force",)):
        done = xw2v("convert", out, out, "--to", format, *force, code=1)
        assert "is what this command reads; give another name" in done.stderr
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    xw2v("convert", model, out, "--to", format, "--force")
    assert len(KeyedVectors.load(out)) == 400


def test_an_input_is_an_input_by_any_name(model: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(model)
    done = xw2v("convert", model, tmp_path / "link", "--to", "npy", "--force", code=1)
    assert "is what this command reads" in done.stderr


def test_convert_reads_leniently(tmp_path: Path) -> None:
    (tmp_path / "odd").write_text("the\t1\t2\nof\t3\n\nand\t5\t6\n")
    xw2v("convert", tmp_path / "odd", tmp_path / "out", "--to", "word2vec", code=1)
    arguments = ("convert", tmp_path / "odd", tmp_path / "out", "--to", "word2vec", "--lenient")
    record = json.loads(xw2v(*arguments, "--json").stdout)
    assert (record["words"], record["skipped_lines"]) == (2, 2)
    assert (tmp_path / "out").read_text() == "2 2\nthe 1.0 2.0\nand 5.0 6.0\n"


def test_convert_packs_by_the_ending(model: Path, tmp_path: Path) -> None:
    xw2v("convert", model, tmp_path / "v.txt.gz", "--to", "word2vec")
    assert (tmp_path / "v.txt.gz").read_bytes().startswith(b"\x1f\x8b")


def test_convert_a_part(model: Path, tmp_path: Path) -> None:
    xw2v("convert", model, tmp_path / "part.vec", "--to", "fasttext", "--limit", 5)
    assert (tmp_path / "part.vec").read_text().startswith("5 12\nkakakaka ")


def test_info_of_a_model_with_its_run(model: Path, vectors: KeyedVectors) -> None:
    record = json.loads(xw2v("info", model, "--json").stdout)
    assert (record["kind"], record["format"], record["words"], record["vector_size"]) == (
        "model",
        "npy",
        400,
        12,
    )
    assert vectors.counts is not None
    assert record["tokens"] == vectors.counts.sum()
    assert record["frequent"][0] == {"word": "kakakaka", "count": int(vectors.counts[0])}
    (model / "run.json").write_text(
        json.dumps({"settings": {"window": 5, "alpha": 0.05}, "final_loss": 1.5})
    )
    text = xw2v("info", model).stdout
    assert "window" in text
    assert "0.05" in text
    assert "kakakaka (" in text
    (model / "run.json").write_text("{")
    assert "run.json: cannot be read as JSON" in xw2v("info", model, code=1).stderr
    (model / "run.json").unlink()


def test_info_of_a_file(model: Path, tmp_path: Path) -> None:
    xw2v("convert", model, tmp_path / "v.bin", "--to", "word2vec-bin")
    record = json.loads(xw2v("info", tmp_path / "v.bin", "--json").stdout)
    assert (record["kind"], record["format"], record["tokens"]) == ("vectors", "word2vec-bin", None)
    assert "400" in xw2v("info", tmp_path / "v.bin").stdout


def test_info_of_a_corpus_folder(tmp_path: Path) -> None:
    from xw2v.text.corpus import Corpus

    Corpus.from_sentences([["a", "b", "a"], ["b", "a"]], min_count=1).save(tmp_path / "corpus")
    record = json.loads(xw2v("info", tmp_path / "corpus", "--json").stdout)
    assert (record["kind"], record["tokens"], record["sentences"], record["words"]) == (
        "corpus",
        5,
        2,
        2,
    )
    assert record["frequent"] == [{"word": "a", "count": 3}, {"word": "b", "count": 2}]
    assert "a (3), b (2)" in xw2v("info", tmp_path / "corpus").stdout
