"""Phrases: gensim's score and joins, in one pass and several."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xw2v.text.spool
from xw2v.errors import FileFormatError, UsageError
from xw2v.text.encode import Encoder
from xw2v.text.paircounts import PairCounts
from xw2v.text.phrase_model import PhraseModel
from xw2v.text.phrases import ENGLISH_CONNECTOR_WORDS, PhraseText

SENTENCES = st.lists(st.lists(st.sampled_from("abcd"), max_size=9), min_size=1, max_size=20)


def phrase_text(sentences: list[list[str]], connector_words: Iterable[str] = ()) -> PhraseText:
    encoder = Encoder()
    encoder.add_sentences(sentences)
    return PhraseText(encoder, connector_words=connector_words)


def lines(text: PhraseText) -> list[list[str]]:
    return [line.split(" ") for line in b"".join(text.lines()).decode().splitlines()]


def plain_join(sentences: list[list[str]], min_count: int, threshold: float) -> list[list[str]]:
    """The score and the joining from left to right, a word at a time."""
    singles: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for sentence in sentences:
        for word in sentence:
            singles[word] = singles.get(word, 0) + 1
        for pair in pairwise(sentence):
            pairs[pair] = pairs.get(pair, 0) + 1
    distinct = len(singles) + len(pairs)
    result = []
    for sentence in sentences:
        joined, i = [], 0
        while i < len(sentence):
            pair = tuple(sentence[i : i + 2])
            n = pairs.get(pair, 0) if len(pair) == 2 else 0  # type: ignore[arg-type]
            if n and (n - min_count) / (singles[pair[0]] * singles[pair[1]]) * distinct > threshold:
                joined.append("_".join(pair))
                i += 2
            else:
                joined.append(sentence[i])
                i += 1
        result.append(joined)
    return [sentence for sentence in result if sentence]


@settings(max_examples=150, deadline=None)
@given(
    sentences=SENTENCES,
    min_count=st.integers(1, 2),
    threshold=st.sampled_from([0.0, 0.3, 1.0, 2.0]),
    block=st.sampled_from([1, 5, 1000]),
)
def test_equals_the_plain_loop(
    sentences: list[list[str]], min_count: int, threshold: float, block: int
) -> None:
    before = xw2v.text.spool.CHUNK_TOKENS
    try:
        xw2v.text.spool.CHUNK_TOKENS = block
        text = phrase_text(sentences)
        for _ in range(2):
            sentences = plain_join(sentences, min_count, threshold)
            text.join(min_count, threshold)
            assert lines(text) == sentences
    finally:
        xw2v.text.spool.CHUNK_TOKENS = before


@pytest.mark.parametrize("connectors", [(), ("w1", "w2", "w3", "w9")])
@pytest.mark.parametrize(
    ("scoring", "min_count", "threshold"),
    [("default", 5, 10.0), ("default", 1, 1.0), ("npmi", 5, 0.05), ("npmi", 2, 0.1)],
)
def test_equals_gensim(
    scoring: str, min_count: int, threshold: float, connectors: tuple[str, ...]
) -> None:
    """Two passes, with connector words and without."""
    phrases = pytest.importorskip("gensim.models.phrases")
    rng = np.random.default_rng(3)
    words = np.array([f"w{n}" for n in range(200)])
    sentences = []
    for _ in range(2000):
        numbers = np.minimum(rng.zipf(1.4, 12), 199)
        numbers[1:][rng.random(11) < 0.3] = (
            7  # so that some pairs are far more frequent than their words make them
        )
        numbers = np.where(numbers == 7, np.roll(numbers, 1) + 1, numbers) % 200
        sentences.append(words[numbers].tolist())
    text, joined = phrase_text(sentences, connectors), set()
    for _ in range(2):
        model = phrases.Phrases(
            sentences,
            min_count=min_count,
            threshold=threshold,
            scoring=scoring,
            connector_words=frozenset(connectors),
        )
        found = text.join(min_count, threshold, scoring)
        used = model.find_phrases(sentences)
        sentences = [model[sentence] for sentence in sentences]
        assert lines(text) == sentences
        names = {"_".join(phrase): score for phrase, score in found.items()}
        assert {name: names[name] for name in used} == pytest.approx(used)
        assert used or joined
        joined |= set(used)


SAVED = PhraseModel("_", ("of",), [{("new", "york"): 9.5, ("a", "of", "b"): 2.0}])


def test_phrases_are_applied_to_other_text(tmp_path: Path) -> None:
    sentences = [[*"xyxyzofxofz"] for _ in range(9)]
    learned, other = phrase_text(sentences, ["o"]), [[*"xyzofxofzxyxy"], ["x", "y"]]
    model = PhraseModel("_", ("o",))
    model.learn(learned, passes=2, min_count=1, threshold=0.1, scoring="default")
    assert any("o" in phrase for phrase in model.passes[0])
    model.save(tmp_path / "phrases.json")
    loaded = PhraseModel.load(tmp_path / "phrases.json")
    assert loaded == model
    again = phrase_text(sentences, loaded.connector_words)
    loaded.apply(again)
    assert lines(again) == lines(learned)
    applied = phrase_text(other, loaded.connector_words)
    loaded.apply(applied)
    joined = lines(applied)
    assert ["".join(line).replace("_", "") for line in joined] == ["".join(line) for line in other]
    assert any("_" in word for word in joined[0])


def test_phrases_of_several_words_and_unknown_words() -> None:
    text = phrase_text([["a", "of", "b", "new", "york", "of"], ["new", "of", "york"]], ["of"])
    SAVED.apply(text)
    assert lines(text) == [["a_of_b", "new_york", "of"], ["new", "of", "york"]]


@pytest.mark.parametrize(
    "content",
    [
        *("nonsense", "[]", "{}", '{"format": "xw2v phrases 2"}'),
        *(
            json.dumps({"format": "xw2v phrases 1", "settings": {}, **fields})
            for fields in (
                {"delimiter": "", "connector_words": [], "passes": []},
                {"delimiter": " ", "connector_words": [], "passes": []},
                {"delimiter": "_", "connector_words": [3], "passes": []},
                {"delimiter": "_", "connector_words": [], "passes": [[["a", 1.0]]]},
                {"delimiter": "_", "connector_words": [], "passes": [[["a", "b", "c"]]]},
            )
        ),
    ],
)
def test_damaged_files_of_phrases(content: str, tmp_path: Path) -> None:
    (tmp_path / "phrases.json").write_text(content)
    with pytest.raises(FileFormatError, match=r"phrases.json: (not a file of phrases|its delim)"):
        PhraseModel.load(tmp_path / "phrases.json")


def test_connector_words_are_those_of_gensim() -> None:
    phrases = pytest.importorskip("gensim.models.phrases")
    assert set(ENGLISH_CONNECTOR_WORDS) == phrases.ENGLISH_CONNECTOR_WORDS


def test_equals_gensim_on_real_text(shared_data: Path) -> None:
    gzip = pytest.importorskip("gzip")
    phrases = pytest.importorskip("gensim.models.phrases")
    from xw2v.text.tokens import AsciiRule

    with gzip.open(shared_data / "text" / "english-mixed.txt.gz", "rt", encoding="utf-8") as file:
        sentences = [AsciiRule().line(file.readline()) for _ in range(2000)]
    model = phrases.Phrases(sentences)
    text = phrase_text(sentences)
    text.join(5, 10.0)
    assert lines(text) == [model[sentence] for sentence in sentences if sentence]


def test_pairs_are_counted_in_bounded_memory() -> None:
    rng = np.random.default_rng(1)
    keys = rng.zipf(1.2, 100_000).astype(np.int64)
    all_of_them, limited = PairCounts(), PairCounts(limit=1000)
    for part in np.array_split(keys, 50):
        all_of_them.add(part)
        all_of_them._merge()
        limited.add(part)
        limited._merge()
    expected = np.unique(keys, return_counts=True)
    assert all(np.array_equal(a, b) for a, b in zip(all_of_them.totals(), expected, strict=True))
    kept, counts = limited.totals()
    assert kept.size <= 1000
    assert limited.dropped_up_to > 0
    assert kept[counts.argmax()] == expected[0][expected[1].argmax()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((0, 1.0), "min_count=0"),
        ((1, float("nan")), "threshold=nan"),
        ((1, -1.0), "threshold=-1.0"),
        ((1, 1.5, "npmi"), "threshold=1.5: npmi is from -1 to 1"),
        ((1, float("nan"), "npmi"), "threshold=nan"),
        ((1, 1.0, "pmi"), "scoring='pmi': choose default or npmi"),
    ],
)
def test_options_out_of_range(options: tuple[Any, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        phrase_text([["a", "b"]]).join(*options)
