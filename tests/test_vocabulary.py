"""The vocabulary: its order, its limits, its file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xw2v.errors import InputError, UsageError
from xw2v.text.vocabulary import UNKNOWN, Vocabulary, VocabularyLimits

COUNTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 9), min_size=1)


@given(counts=COUNTS, min_count=st.integers(1, 9))
def test_order_is_by_count_and_then_by_first_appearance(
    counts: dict[str, int], min_count: int
) -> None:
    kept = [item for item in Counter(counts).most_common() if item[1] >= min_count]
    if kept:
        vocabulary = Vocabulary.from_counts(counts, VocabularyLimits(min_count=min_count))
        assert list(zip(vocabulary.words, vocabulary.counts, strict=True)) == kept
        assert vocabulary.index == {word: row for row, word in enumerate(vocabulary.words)}


@given(counts=COUNTS, min_count=st.integers(1, 3), max_vocab=st.integers(2, 12))
def test_max_vocab_maps_every_other_word_to_unknown(
    counts: dict[str, int], min_count: int, max_vocab: int
) -> None:
    if max(counts.values()) < min_count:
        return
    vocabulary = Vocabulary.from_counts(
        counts, VocabularyLimits(min_count=min_count, max_vocab=max_vocab)
    )
    assert len(vocabulary) <= max_vocab
    assert vocabulary.counts.sum() == sum(counts.values())
    words = vocabulary.words if vocabulary.unknown is None else vocabulary.words[:-1]
    assert (
        words
        == Vocabulary.from_counts(counts, VocabularyLimits(min_count=min_count)).words[
            : max_vocab - 1
        ]
    )
    assert (vocabulary.unknown is None) == (len(words) == len(counts))


def test_a_word_that_is_spelt_like_unknown_is_counted_with_it() -> None:
    vocabulary = Vocabulary.from_counts(
        {"a": 5, UNKNOWN: 4, "b": 3, "c": 2}, VocabularyLimits(min_count=1, max_vocab=3)
    )
    assert vocabulary.words == ["a", "b", UNKNOWN]
    assert vocabulary.counts.tolist() == [5, 3, 6]


@given(counts=st.dictionaries(st.text(min_size=1, max_size=4), st.integers(1, 2**40), min_size=1))
def test_round_trip(counts: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("v") / "vocab.json"
    for max_vocab in (None, 2):
        saved = Vocabulary.from_counts(counts, VocabularyLimits(min_count=1, max_vocab=max_vocab))
        saved.save(path)
        loaded = Vocabulary.load(path)
        assert (loaded.words, loaded.unknown) == (saved.words, saved.unknown)
        assert np.array_equal(loaded.counts, saved.counts)


def test_nothing_left_says_how_much_there_was() -> None:
    with pytest.raises(
        InputError, match=r"of 2 distinct words the most frequent occurs 4 times, .* `min_count` 5"
    ):
        Vocabulary.from_counts({"a": 4, "b": 1})
    with pytest.raises(InputError, match="no words"):
        Vocabulary.from_counts({})


@pytest.mark.parametrize(("min_count", "max_vocab"), [(-2, None), (-1, None), (1, 1), (1, 0)])
def test_limits_out_of_range(min_count: int, max_vocab: int | None) -> None:
    with pytest.raises(UsageError, match="of at least"):
        Vocabulary.from_counts({"a": 4}, VocabularyLimits(min_count=min_count, max_vocab=max_vocab))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nonsense", "not a vocabulary"),
        ("[]", "not a vocabulary"),
        ('{"words": ["a"], "counts": [1]}', "format None"),
        ('{"format": "xw2v vocabulary 1", "words": ["a"], "counts": [1, 2]}', "damaged"),
        ('{"format": "xw2v vocabulary 1", "words": ["a", "a"], "counts": [1, 2]}', "twice"),
        (
            '{"format": "xw2v vocabulary 1", "words": ["a", "b"], "counts": [1, 2], "unknown": 0}',
            "last row",
        ),
    ],
)
def test_damaged_files(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "vocab.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        Vocabulary.load(path)


def test_words_and_counts_are_those_of_gensim() -> None:
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(1)
    sentences = [[f"w{n}" for n in rng.zipf(1.5, 12)] for _ in range(300)]
    model = models.Word2Vec(min_count=2, vector_size=1)
    model.build_vocab(sentences)
    vocabulary = Vocabulary.from_counts(
        Counter(word for sentence in sentences for word in sentence), VocabularyLimits(min_count=2)
    )
    assert set(vocabulary.words) == set(
        model.wv.index_to_key
    )  # which leaves words of one count in no fixed order
    assert vocabulary.counts.tolist() == [
        model.wv.get_vecattr(word, "count") for word in vocabulary.words
    ]
