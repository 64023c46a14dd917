"""Phrases: gensim's score and joins, in one pass and several."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xw2v.text.spool
from xw2v.errors import UsageError
from xw2v.text.encode import Encoder
from xw2v.text.phrases import PairCounts, PhraseText

SENTENCES = st.lists(st.lists(st.sampled_from("abcd"), max_size=9), min_size=1, max_size=20)


def phrase_text(sentences: list[list[str]]) -> PhraseText:
    encoder = Encoder()
    encoder.add_sentences(sentences)
    return PhraseText(encoder)


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


@pytest.mark.parametrize(("min_count", "threshold"), [(5, 10.0), (1, 1.0)])
def test_equals_gensim(min_count: int, threshold: float) -> None:
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
    model = phrases.Phrases(sentences, min_count=min_count, threshold=threshold)
    text = phrase_text(sentences)
    found = text.join(min_count, threshold)
    assert lines(text) == [model[sentence] for sentence in sentences]
    used = model.find_phrases(sentences)
    assert used
    assert {name: found[name] for name in used} == used


def test_equals_gensim_on_real_text(shared_data: Path) -> None:
    gzip = pytest.importorskip("gzip")
    phrases = pytest.importorskip("gensim.models.phrases")
    from xw2v.text.tokens import Tokenizer

    with gzip.open(shared_data / "text" / "english-mixed.txt.gz", "rt", encoding="utf-8") as file:
        sentences = [Tokenizer().line(file.readline()) for _ in range(2000)]
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


def test_options_out_of_range() -> None:
    text = phrase_text([["a", "b"]])
    with pytest.raises(UsageError, match="--min-count 0"):
        text.join(0, 1.0)
    with pytest.raises(UsageError, match="--threshold nan"):
        text.join(1, float("nan"))
