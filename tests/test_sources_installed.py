"""Text that the machine has already: NLTK's corpora and the documentation of Python packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from texts import open_text, sentences

import xw2v.text.docs_source
import xw2v.text.textfiles
from xw2v.errors import InputError
from xw2v.text import nltk_source
from xw2v.text.inputs import find_sources
from xw2v.text.sources import described

# NLTK


def test_the_three_corpora_of_nltk_are_the_default(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLTK_DATA", str(shared_data / "nltk_data"))
    found = find_sources([], None, "text")
    assert found.description == "Brown, Reuters and Gutenberg (NLTK)"
    assert not found.notices


def test_without_nltk_data_the_documentation_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nltk_source, "places", lambda: [tmp_path])
    found = find_sources([], None, "text")
    assert found.description == xw2v.text.docs_source.DocsSource.description
    assert len(found.notices) == 1
    assert "NLTK has no Brown, Reuters and Gutenberg here" in found.notices[0]
    assert "xw2v download nltk" in found.notices[0]
    (tmp_path / "corpora" / "brown").mkdir(parents=True)
    found = find_sources([], None, "text")
    assert found.description == "Brown (NLTK)"
    assert "no Reuters and Gutenberg here" in found.notices[0]


def test_places_are_those_of_nltk() -> None:
    import nltk.data

    assert set(nltk.data.path) <= {str(place) for place in nltk_source.places()}


def test_words_are_those_of_the_readers(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(shared_data / "nltk_data")])
    from nltk.corpus import brown, gutenberg, reuters

    for reader, files in ((brown, 4), (reuters, 40), (gutenberg, 2)):
        for file in sorted(reader.fileids())[:files]:
            assert nltk_source.words(reader, file) == list(reader.words(file)), file


def test_an_nltk_corpus_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    with pytest.raises(
        InputError,
        match="nltk:shakespeare: not on this machine; get it with xw2v download nltk:shakes",
    ):
        open_text([], "nltk:shakespeare")
    with pytest.raises(InputError, match="NLTK knows no corpus of this name"):
        open_text([], "nltk:nonesuch")


@pytest.mark.slow
def test_the_nltk_corpora(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(shared_data / "nltk_data")])
    corpus = open_text([], "nltk")
    assert corpus.raw_words > 4_400_000
    assert 15 < len(corpus.ids) / len(corpus) < 30


# the documentation


@pytest.fixture
def few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, and three source files to read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr(xw2v.text.docs_source, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "a.py").write_text(
        '"""Module text here."""\nraise SystemExit\ndef f():\n    "Inner function text."\n'
    )
    (tmp_path / "b.py").write_text(
        'def f():\n    "Inner function text."\nadd_newdoc("numpy", "x", "A newer text.")\n'
    )
    (tmp_path / "topics.py").write_text('topics = {"if": "The if statement.", "n": 3}\n')
    (tmp_path / "broken.py").write_text("def (")
    files = [tmp_path / name for name in ("a.py", "b.py", "topics.py", "broken.py", "gone.py")]
    monkeypatch.setattr(xw2v.text.docs_source, "source_files", lambda: iter(files))
    return tmp_path


DOCS = [
    ["module", "text", "here"],
    ["inner", "function", "text"],
    ["a", "newer", "text"],
    ["the", "if", "statement"],
]


def test_docs_come_from_parsed_files_and_then_from_the_cache(few_files: Path) -> None:
    first = open_text([], "docs", min_count=1)
    assert sentences(first) == DOCS
    for path in few_files.glob("*.py"):
        path.unlink()
    assert open_text([], "docs", min_count=1).fingerprint == first.fingerprint
    assert len(list((few_files / "cache").iterdir())) == 1


def test_docs_without_a_cache(few_files: Path) -> None:
    (few_files / "cache").write_text("a file where the folder should be")
    assert sentences(open_text([], "docs", min_count=1)) == DOCS


def test_docs_of_nothing(few_files: Path) -> None:
    for path in few_files.glob("*.py"):
        path.unlink()
    with pytest.raises(InputError, match="no source files"):
        open_text([], "docs")


def test_docs_has_the_packages_without_their_tests() -> None:
    names = {
        name
        for path in xw2v.text.docs_source.source_files()
        for name in (path.name, path.parent.name)
    }
    assert {"numpy", "scipy", "nltk", "json", "topics.py", "_add_newdocs.py"} <= names
    assert not {"test", "tests"} & names


def test_names_as_english() -> None:
    assert [described(["a"] * n) for n in (1, 2, 3, 5)] == [
        "a",
        "a and a",
        "a, a and a",
        "a, a, a and 2 more",
    ]
