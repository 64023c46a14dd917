"""Character n-grams by fastText's rules, held against a plain loop over characters and bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.text import ngrams
from xw2v.text.ngrams import NgramRule, bucket_of, subword_index


def slow_hash(text: str) -> int:
    """FNV-1a of 32 bits, each byte extended by its sign."""
    value = 2166136261
    for byte in text.encode("utf-8", "surrogatepass"):
        value ^= (byte - 256 if byte > 127 else byte) % 2**32
        value = value * 16777619 % 2**32
    return value


def slow_ngrams(word: str, min_n: int, max_n: int) -> list[str]:
    if word == "</s>":
        return []
    marked = f"<{word}>"
    return [
        marked[start : start + n]
        for start in range(len(marked))
        for n in range(min_n, max_n + 1)
        if start + n <= len(marked)
        and not (n == 1 and start in (0, len(marked) - 1))  # a marker alone
    ]


def buckets_by_word(rule: NgramRule, words: list[str]) -> list[list[int]]:
    offsets, buckets = rule.buckets_of(words)
    return [buckets[offsets[i] : offsets[i + 1]].tolist() for i in range(len(words))]


@pytest.mark.parametrize(
    ("word", "value"), [("asteroid", 1988297200), ("команда", 1725507386), ("北海道", 4096045468)]
)
def test_the_hash_is_fasttexts(word: str, value: int) -> None:
    """Answers of fastText's program: an n-gram of a whole word stands in a larger one."""
    size = len(word)
    buckets = buckets_by_word(NgramRule(size, size, 2**32), [word])[0]
    assert slow_hash(word) == value
    assert buckets[1] == value  # after <…, before …>


@settings(deadline=None)
@given(
    words=st.lists(
        st.text(st.characters(), max_size=12)
        | st.sampled_from(["</s>", "<UNK>", "x😀é", "\ud800"]),
        max_size=8,
    ),
    sizes=st.tuples(st.integers(1, 7), st.integers(1, 7)).map(sorted),
    buckets=st.sampled_from([1, 7, 1000, 2**31]),
)
def test_n_grams_are_those_of_a_loop(words: list[str], sizes: list[int], buckets: int) -> None:
    min_n, max_n = sizes
    expected = [
        [slow_hash(ngram) % buckets for ngram in slow_ngrams(word, min_n, max_n)] for word in words
    ]
    rule = NgramRule(min_n, max_n, buckets)
    assert buckets_by_word(rule, words) == expected
    for word in words:
        assert rule.ngrams_of(word) == slow_ngrams(word, min_n, max_n)
        for ngram in rule.ngrams_of(word):
            assert bucket_of(ngram, buckets) == slow_hash(ngram) % buckets


def test_chunks_of_words_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rule, words = NgramRule(2, 4, 100), [str(number) for number in range(50)]
    expected = buckets_by_word(rule, words)
    monkeypatch.setattr(ngrams, "CHUNK_WORDS", 7)
    assert buckets_by_word(rule, words) == expected


@settings(deadline=None)
@given(
    words=st.lists(st.text("ab", max_size=9), min_size=1, max_size=9, unique=True),
    buckets=st.integers(1, 50),
)
def test_only_buckets_that_are_hit_have_rows(words: list[str], buckets: int) -> None:
    rule = NgramRule(2, 4, buckets)
    index, expected = subword_index(words, rule), buckets_by_word(rule, words)
    assert index.vocab_size == len(words)
    assert index.buckets.tolist() == list(dict.fromkeys(b for part in expected for b in part))
    assert index.input_rows == len(words) + len(index.buckets)
    bucket_of_row = np.append(-np.arange(len(words)) - 1, index.buckets)  # a word's own: negative
    for word, buckets_there in enumerate(expected):
        rows = index.rows[index.offsets[word] : index.offsets[word + 1]]
        assert bucket_of_row[rows].tolist() == [-word - 1, *buckets_there]
