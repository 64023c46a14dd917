"""The commands that read text: preprocess, phrases and download."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from texts import open_text

from xw2v.cli import cli
from xw2v.errors import InputError, UsageError, Xw2vError
from xw2v.text.corpus import Corpus
from xw2v.text.inputs import files_of

TEXT = "New York is big. New York it is!\nThe war, the War\n" * 20


def run(*arguments: object, data: bytes | None = None) -> Result:
    """Run a command in this process; what it raises is raised."""
    return CliRunner().invoke(
        cli, list(map(str, arguments)), input=data, catch_exceptions=False, standalone_mode=False
    )


def fails(*arguments: object) -> str:
    with pytest.raises(Xw2vError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_preprocess_writes_what_open_corpus_reads(text: Path, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    result = run("preprocess", text, "--data-dir", folder, "--json")
    made = json.loads(result.stdout)
    direct = open_text([text])
    assert made["fingerprint"] == direct.fingerprint == Corpus.open(folder).fingerprint
    assert made["raw_words"] == made["tokens"] == 240
    assert sorted(os.listdir(folder)) == ["corpus.bin", "corpus.json", "offsets.npy", "vocab.json"]
    assert np.array_equal(np.fromfile(folder / "corpus.bin", "<i4"), direct.ids)
    assert np.array_equal(np.load(folder / "offsets.npy"), direct.offsets)
    assert json.loads((folder / "vocab.json").read_text())["words"] == direct.vocabulary.words
    assert "240 words in 40 sentences" in result.stderr


def test_preprocess_of_a_stream_is_that_of_the_file(text: Path, tmp_path: Path) -> None:
    for i, data in enumerate((TEXT.encode(), gzip.compress(TEXT.encode()))):
        command = [
            sys.executable,
            "-m",
            "xw2v",
            "preprocess",
            "-",
            "--data-dir",
            str(tmp_path / str(i)),
            "--quiet",
        ]
        done = subprocess.run(command, input=data, capture_output=True, check=True)
        assert (done.stdout, done.stderr) == (b"", b"")
        assert Corpus.open(tmp_path / str(i)).fingerprint == open_text([text]).fingerprint


def test_held_out_text_goes_beside_and_goes_away(text: Path, tmp_path: Path) -> None:
    held, folder = tmp_path / "held", tmp_path / "corpus"
    held.write_text("the new boston\n")
    run("preprocess", text, "--data-dir", folder, "--val-input", held)
    assert Corpus.open(folder / "validation").sentence(0) == ["the", "new"]
    run("preprocess", text, "--data-dir", folder)
    assert not (folder / "validation").exists()


def test_options_of_preprocess(text: Path, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    run(
        "preprocess",
        text,
        "--data-dir",
        folder,
        "--no-lowercase",
        "--token-pattern",
        "[A-Za-z]+",
        "--max-vocab",
        3,
    )
    corpus = Corpus.open(folder)
    assert corpus.vocabulary.words == ["New", "York", "<UNK>"]
    assert corpus.settings == {
        "tokens": None,
        "token_pattern": "[A-Za-z]+",
        "lowercase": False,
        "keep_digits": False,
        "split_sentences": False,
        "min_count": 5,
        "max_vocab": 3,
    }
    assert "of at least 0" in fails("preprocess", text, "--data-dir", folder, "--min-count", -1)
    assert "of at least 2" in fails("preprocess", text, "--data-dir", folder, "--max-vocab", 1)
    assert "1000 or more" in fails("preprocess", text, "--data-dir", folder, "--distinct-limit", 5)
    assert "most frequent occurs 40 times" in fails(
        "preprocess", text, "--data-dir", folder, "--min-count", 99
    )


def test_a_failure_leaves_the_earlier_corpus(text: Path, tmp_path: Path) -> None:
    folder, bad = tmp_path / "corpus", tmp_path / "bad.txt"
    run("preprocess", text, "--data-dir", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    bad.write_bytes(b"caf\xe9\n")
    assert "bad.txt:1: not UTF-8" in fails("preprocess", text, bad, "--data-dir", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_written(text: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        run("preprocess", text, "--data-dir", text / "corpus")


def test_errors_are_one_line_and_exit_codes(tmp_path: Path) -> None:
    for arguments, code in (
        (["preprocess", "none.txt", "--data-dir", "d"], 1),
        (["preprocess", "--data-dir", "d", "--corpus", "wiki"], 2),
        (["preprocess"], 2),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "xw2v", *arguments], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == code
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


def test_phrases_into_a_file_and_onto_standard_output(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "joined.txt"
    result = run("phrases", text, "-o", out, "--threshold", 0.1, "--json")
    assert out.read_text().splitlines()[:2] == ["new_york is_big new_york it_is", "the_war the_war"]
    assert set(json.loads(result.stdout)["phrases"]) >= {"new_york", "the_war"}
    assert run("phrases", text, "-o", "-", "--threshold", 0.1).stdout == out.read_text()
    again = run("phrases", text, "-o", "-", "--threshold", 0.1, "--passes", 2).stdout
    assert "new_york_is_big" in again


def test_joined_words_survive_the_training_that_follows(text: Path, tmp_path: Path) -> None:
    """By themselves, as long as the file is the one that was written and no rule is given."""
    joined = tmp_path / "joined.txt"
    run("phrases", text, "-o", joined, "--threshold", 0.1)
    corpus = open_text([joined])
    assert "new_york" in corpus.vocabulary.index
    assert "words are as they stand" in corpus.notices[0]
    assert files_of(str(tmp_path)) == [str(joined), str(text)]
    assert "new_york" not in open_text([joined], tokens="ascii").vocabulary.index
    mixed = open_text([joined, text])
    assert "new_york" not in mixed.vocabulary.index
    assert "`tokens` raw keeps its phrases" in mixed.notices[0]
    joined.write_text("other text " * 9)
    assert not open_text([joined]).notices


@pytest.mark.parametrize("tokens", ["ascii", "words", "raw"])
def test_phrases_of_every_rule_survive(tokens: str, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("L’Été à Paris, New York\n" * 20, encoding="utf-8")
    joined = tmp_path / "joined"
    options = ("--tokens", tokens, "--threshold", 0.1)
    made = json.loads(run("phrases", tmp_path / "text", "-o", joined, *options, "--json").stdout)
    assert set(made["phrases"]) & set(open_text([joined]).vocabulary.words)


def test_phrases_saved_and_loaded(text: Path, tmp_path: Path) -> None:
    model, joined, again = tmp_path / "phrases.json", tmp_path / "joined", tmp_path / "again"
    connectors = tmp_path / "connectors"
    connectors.write_text("is\nit\n")
    options = ("--scoring", "npmi", "--min-count", 1, "--threshold", 0.2, "--passes", 2)
    run("phrases", text, "-o", joined, "--connector-words", connectors, "--save", model, *options)
    assert "new_york" in joined.read_text()
    assert "york_it_is" not in joined.read_text()
    run("phrases", text, "-o", again, "--load", model)
    assert again.read_text() == joined.read_text()
    english = run("phrases", text, "-o", "-", "--connector-words", "english").stdout
    assert english.startswith("new")
    assert "--load" in fails("phrases", text, "-o", again, "--load", model, "--passes", 2)


def test_phrases_are_looked_for_in_joined_text(tmp_path: Path) -> None:
    """What `phrases` wrote is read as words that stand between spaces, as `train` does."""
    source, joined, again = (tmp_path / name for name in ("text", "joined", "again"))
    source.write_text("L’Été à Paris, New York city 17 went\n" * 20, encoding="utf-8")
    run("phrases", source, "-o", joined, "--tokens", "words", "--threshold", 0.1)
    assert joined.read_text("utf-8").startswith("l'été_à paris_new york_city went\n")
    done = run("phrases", joined, "-o", again, "--threshold", 0.1)
    assert "words are as they stand (raw)" in done.stderr
    assert again.read_text("utf-8").startswith("l'été_à_paris_new york_city_went\n")
    done = run("phrases", joined, source, "-o", "-", "--threshold", 0.1)
    assert "--tokens raw keeps its phrases" in done.stderr


def test_loaded_phrases_are_joined_in_text_read_as_theirs(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other"
    text.write_text("Der Größte Saal, 1914\n" * 20, encoding="utf-8")
    other.write_text("der größte Saal. Der größte\n", encoding="utf-8")
    model = tmp_path / "phrases.json"
    options = ("--tokens", "words", "--keep-digits", "--split-sentences", "--threshold", 0.1)
    run("phrases", text, "-o", tmp_path / "joined", "--save", model, *options)
    joined = run("phrases", other, "-o", "-", "--load", model).stdout
    assert joined == "der_größte saal\nder_größte\n"
    joined = run("phrases", other, "-o", "-", "--load", model, "--tokens", "raw").stdout
    assert joined == "der_größte Saal. Der größte\n"
    content = json.loads(model.read_text("utf-8"))
    for damage in ({"tokens": "word"}, {"keep_digits": 3}, {"token_pattern": "["}):
        model.write_text(json.dumps(content | {"settings": content["settings"] | damage}))
        fails("phrases", other, "-o", "-", "--load", model)


def test_bad_options_of_phrases(text: Path, tmp_path: Path) -> None:
    for options in (
        ["--passes", 0],
        ["--delimiter", " "],
        ["--delimiter", ""],
        ["--threshold", -1],
        ["--min-count", 0],
        ["--scoring", "npmi", "--threshold", 2],
    ):
        with pytest.raises(UsageError):
            run("phrases", text, "-o", tmp_path / "out", *options)
        assert not (tmp_path / "out").exists()
    assert "standard output" in fails("phrases", text, "-o", "-", "--json")
    assert "cannot be written" in fails("phrases", text, "-o", tmp_path / "no" / "folder")


class Message:
    """What NLTK's downloader says, with the fields that are read."""

    def __init__(self, message: str = "", progress: int = 0) -> None:
        self.message, self.progress = message, progress


ErrorMessage = type("ErrorMessage", (Message,), {})
ProgressMessage = type("ProgressMessage", (Message,), {})


def test_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import nltk.downloader

    asked = []

    def fetch(self: object, name: str, download_dir: str) -> list[Message]:
        asked.append((name, download_dir))
        return [ProgressMessage(progress=50), ProgressMessage(progress=100)]

    monkeypatch.setattr(nltk.downloader.Downloader, "incr_download", fetch)
    result = run("download", "nltk:brown,inaugural", "--dir", tmp_path, "--json")
    assert asked == [("brown", str(tmp_path)), ("inaugural", str(tmp_path))]
    assert json.loads(result.stdout) == {"corpora": ["brown", "inaugural"], "folder": str(tmp_path)}
    assert "can't" not in fails("download", "wikipedia")


def test_a_download_without_a_network_fails_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import nltk.downloader

    def no_network(self: object, name: str, download_dir: str) -> list[Message]:
        return [ErrorMessage("Error loading brown:\n <urlopen error no route to host>")]

    monkeypatch.setattr(nltk.downloader.Downloader, "incr_download", no_network)
    message = fails("download", "nltk", "--dir", tmp_path)
    assert message.startswith(
        "brown: cannot be fetched: Error loading brown: <urlopen error no route to host>"
    )
