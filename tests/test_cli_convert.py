"""`xw2v convert` and `xw2v info`: there and back in every format, nothing replaced unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import xw2v

from xw2v.vectors.formats import FORMATS
from xw2v.vectors.keyedvectors import KeyedVectors


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
