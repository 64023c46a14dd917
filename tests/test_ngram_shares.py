"""What n-grams contribute to words, and how maps and reports show it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from browser import opened
from click.testing import CliRunner
from maps import HOSTILE, Page

from xw2v import KeyedVectors, Word2Vec
from xw2v.cli import plot, report
from xw2v.errors import UnknownWordError
from xw2v.pictures.wordmap import word_map
from xw2v.pictures.wordmap_page import map_page
from xw2v.vectors.ngram_shares import ngram_shares, words_of_ngram

STEMS, ENDINGS = ("walk", "talk", "jump", "play", "look"), ("", "s", "ed", "ing", "er")
UNSEEN = "walkingly"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run over words of five stems and endings, and markup."""
    rng = np.random.default_rng(0)
    words = [stem + ending for stem in STEMS for ending in ENDINGS] + list(HOSTILE[:4])
    sentences = [[words[i] for i in rng.integers(0, len(words), 20)] for _ in range(200)]
    place = tmp_path_factory.mktemp("run") / "output"
    model = Word2Vec(vector_size=8, min_count=1, epochs=2, window=2, subword="3-4", buckets=10**6)
    model.fit(sentences).save(place)
    return place


@pytest.fixture(scope="module")
def vectors(folder: Path) -> KeyedVectors:
    return KeyedVectors.load(folder)


def test_shares_of_all_n_grams_and_the_own_row_sum_to_1(vectors: KeyedVectors) -> None:
    assert vectors.subwords is not None
    for word in ("walking", "talk", UNSEEN, "anananan"):
        if word not in vectors:
            continue
        found = ngram_shares(vectors, word)
        assert [each.share for each in found] == sorted((s for _, s in found), reverse=True)
        ngrams = vectors.subwords.rule.ngrams_of(word)
        assert {each.ngram for each in found} == set(ngrams)
        x = vectors[word].astype(np.float64)
        total = sum(each.share for each in found)
        if word in vectors.key_to_index:
            own = vectors.subwords.own_rows([word], x[None, :])[0]
            total += own @ x / ((len(ngrams) + 1) * (x @ x))
        assert total == pytest.approx(1, abs=1e-5)


def test_an_n_gram_that_a_word_has_twice_counts_once_with_both_shares() -> None:
    vectors = Word2Vec(vector_size=4, min_count=1, epochs=1, subword="3-3", buckets=50).fit(
        [["abcabc", "abd"]] * 20
    )
    found = dict(ngram_shares(vectors.wv, "abcabc"))
    assert sorted(found) == ["<ab", "abc", "bc>", "bca", "cab"]
    row = vectors.wv.subwords.vector_of_ngram("abc")  # type: ignore[union-attr]
    x = vectors.wv["abcabc"].astype(np.float64)
    assert found["abc"] == pytest.approx(2 * (row @ x) / (7 * (x @ x)), rel=1e-5)


def test_words_near_an_n_gram_are_those_near_its_vector(vectors: KeyedVectors) -> None:
    row = vectors.subwords.vector_of_ngram("ing>")  # type: ignore[union-attr]
    assert row is not None
    nearest = [word for word, _ in vectors.similar_by_vector(row, topn=6)]
    assert (
        words_of_ngram(vectors, "ing>", 5, "walking")
        == [word for word in nearest if word != "walking"][:5]
    )
    assert len(words_of_ngram(vectors, "ing>", 1000)) == len(vectors)
    assert words_of_ngram(vectors, "qqq", 5) == []  # which training did not meet


def test_without_n_grams_there_is_nothing_to_show(vectors: KeyedVectors) -> None:
    alone = KeyedVectors(vectors.index_to_key, vectors.vectors)
    assert ngram_shares(alone, "walk") == []
    assert words_of_ngram(alone, "walk", 3) == []
    assert word_map(alone, 5, "pca").ngrams is None
    with pytest.raises(UnknownWordError):
        ngram_shares(alone, UNSEEN)


def test_the_report_shows_n_grams_and_marks_unseen_words(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    arguments = [str(folder), "-o", str(target), "--method", "pca"]
    words = ["--word", UNSEEN, "walks", HOSTILE[0]]
    done = CliRunner().invoke(report.command, [*arguments, *words])
    assert done.exit_code == 0, done.output
    page = target.read_text("utf-8")
    found = re.search(r'<h2 id="n-grams">(.*?)<h2 id', page, re.DOTALL)
    assert found is not None
    assert page.count(f"<h3>{UNSEEN} (not in the text)</h3>") == 2
    assert found[1].count("<section>") == 3
    vectors = KeyedVectors.load(folder)
    first = ngram_shares(vectors, UNSEEN)[0]
    assert f"<span>{first.share:.0%}</span>" in found[1]
    assert ", ".join(words_of_ngram(vectors, first.ngram, 4, UNSEEN)) in found[1]
    assert HOSTILE[0] not in page


def test_a_map_shows_unseen_words_that_are_asked_for(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(f"talked\n{UNSEEN}\nxxx\n")
    targets = ["-o", str(tmp_path / "a.html"), "-o", str(tmp_path / "a.png")]
    listed = ["--words-file", str(tmp_path / "words.txt"), "--method", "pca"]
    done = CliRunner().invoke(
        plot.command, [str(folder), "--word", "walk", "jumpings", *targets, *listed]
    )
    assert done.exit_code == 0, done.output
    assert "1 of its words are not in the vocabulary: xxx" in done.stderr
    data = json.loads(Page((tmp_path / "a.html").read_bytes()).text_of("script", id="map-data"))
    assert data["words"] == ["walk", "jumpings", "talked", UNSEEN]
    assert data["composed"] == [1, 3]
    assert data["counts"][1] == data["counts"][3] == 0
    assert len(data["ngrams"]) == 4
    assert re.fullmatch(r".{3,4} \d+ %(, .{3,4} \d+ %){0,3}", data["ngrams"][3])
    unknown = CliRunner().invoke(plot.command, [str(folder), "--word", "walk", "xxx"])
    assert isinstance(unknown.exception, UnknownWordError)


@pytest.mark.slow
def test_the_map_in_chromium(vectors: KeyedVectors, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.write_bytes(map_page(word_map(vectors, ["walk", "talks", UNSEEN], "pca"), "text"))
    with opened(path) as (page, _):
        page.fill(".search", UNSEEN)
        page.press(".search", "Enter")
        assert "not in the text, composed of n-grams" in page.text_content(".near .note")
        assert page.text_content(".near .ngrams").startswith("n-grams: ")
        page.keyboard.press("Escape")
        assert page.text_content(".near .ngrams") == ""
