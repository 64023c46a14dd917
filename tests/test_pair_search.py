"""Pairs of words found by the compiled loops: those that a look at each pair finds."""

from __future__ import annotations

from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.gensim import FrozenPhrases, Phrases
from xw2v.text import pair_search
from xw2v.text.scan import library

LENGTHS = [letter * length for letter in "xy" for length in (6, 7, 8, 9, 15, 16, 17, 28)]
WORDS = st.sampled_from(
    [*LENGTHS, "a", "b", "", "ä", "東京", "\udcff", "\x7f", " ", "a b", "\u2028", "a\x80", "a\xa0"]
)
PAIRS = st.lists(st.tuples(WORDS, WORDS), unique=True, max_size=30)


@pytest.mark.skipif(library() is None, reason="no compiled loops")
@settings(deadline=None)
@given(st.lists(st.lists(WORDS, max_size=12), max_size=8), PAIRS)
def test_pairs_are_found(sentences: list[list[str]], pairs: list[tuple[str, str]]) -> None:
    found = pair_search.PairSearch(pairs).find(sentences)
    assert found is not None
    expected = []
    for sentence, words in enumerate(sentences):
        for place, pair in enumerate(zip_longest(words, words[1:])):
            if pair[0] == "":
                expected.append((sentence, place, pair_search.NO_PAIR))
            if pair in pairs:
                expected.append((sentence, place, pairs.index(pair)))
        if not words:
            expected.append((sentence, 0, pair_search.NO_PAIR))
    assert list(found) == expected


@pytest.mark.parametrize("odd", ["a\x1fb", "\x1e", "a\tb", "\0", 7, None])
def test_tokens_with_control_characters_or_that_are_no_text_are_not_searched(odd: object) -> None:
    search = pair_search.PairSearch([("a", "b")])
    assert search.find([["a", odd, "b"]]) is None  # type: ignore[list-item]


def test_pairs_with_control_characters_are_not_searched_for() -> None:
    search = pair_search.PairSearch([("a\x1fb", "c"), ("a", "b")])
    assert search.find([["a", "b"]]) is None


@pytest.mark.parametrize("compiled", [True, False])
@settings(deadline=None)
@given(sentences=st.lists(st.lists(WORDS, max_size=9), max_size=9))
def test_chunks_are_joined_as_sentences_are(compiled: bool, sentences: list[list[str]]) -> None:
    frozen = FrozenPhrases(Phrases(sentences, min_count=1, threshold=1e-6, connector_words=["a"]))
    expected = [[token for token, _ in frozen.analyze_sentence(words)] for words in sentences]
    with pytest.MonkeyPatch.context() as patch:
        if not compiled:
            patch.setattr(pair_search, "library", lambda: None)
        assert [frozen.joined(words) for words in sentences] == expected
        assert list(frozen._joined(sentences)) == expected


def test_a_reader_that_fills_one_list_again_and_again_is_joined_sentence_by_sentence() -> None:
    sentences = [["new", "york", "is", "big"], ["so", "is", "new", "york"], ["yes"]] * 100
    frozen = Phrases(sentences, min_count=1, threshold=1e-6).freeze()

    def reader() -> object:
        words: list[str] = []
        for sentence in sentences:
            words[:] = sentence
            yield words

    assert list(frozen[reader()]) == [frozen[sentence] for sentence in sentences]
