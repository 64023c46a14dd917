"""Phrases found by the compiled loops: those that a look at each candidate finds."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.gensim import FrozenPhrases, Phrases
from xw2v.gensim.phrasetable import PhraseTable
from xw2v.text import phrase_search
from xw2v.text.scan import library

LENGTHS = [letter * length for letter in "xy" for length in (6, 7, 8, 9, 15, 16, 17, 28)]
WORDS = st.sampled_from(
    [*LENGTHS, "a", "b", "", "ä", "東京", "\udcff", "\x7f", " ", "a b", "\u2028", "a\x80", "a\xa0"]
)
CONNECTORS = ["a", "", "xxxxxxxxx"]
PHRASES = st.lists(
    st.tuples(WORDS, WORDS) | st.tuples(WORDS, st.sampled_from(CONNECTORS), WORDS),
    unique=True,
    max_size=30,
)


@pytest.mark.skipif(library() is None, reason="no compiled loops")
@settings(deadline=None)
@given(
    sentences=st.lists(st.lists(WORDS, max_size=12), max_size=8),
    phrases=PHRASES,
    connectors=st.lists(st.sampled_from(CONNECTORS), unique=True),
)
def test_phrases_are_found(
    sentences: list[list[str]], phrases: list[tuple[str, ...]], connectors: list[str]
) -> None:
    table = PhraseTable(frozenset(connectors))
    for number, words in enumerate(phrases):
        table.add(words, f"phrase {number}", 0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phrase_search, "library", lambda: None)
        by_python = copy.deepcopy(sentences)
        expected = table.occurring(by_python)
        table.join(by_python)
    table = copy.deepcopy(table)  # which searches anew
    found = phrase_search.PhraseSearch(phrases, connectors).find(sentences)
    assert found is not None
    assert table.occurring(sentences) == expected
    table.join(sentences)
    assert sentences == by_python


ODD = ["a\x1fb", "\x1e", "a\tb", "\0", 7, None]


@pytest.mark.parametrize("odd", ODD)
def test_tokens_with_control_characters_or_that_are_no_text_are_not_searched(odd: Any) -> None:
    search = phrase_search.PhraseSearch([("a", "b")], ["of"])
    assert search.find([["a", odd, "b"]]) is None


@pytest.mark.parametrize("odd", ODD[:4])
def test_phrases_with_control_characters_are_not_searched_for(odd: str) -> None:
    for phrases, connectors in (([(odd, "c"), ("a", "b")], []), ([("a", "b")], [odd])):
        search = phrase_search.PhraseSearch(phrases, connectors)
        assert search.find([["a", "b"]]) is None


@pytest.mark.parametrize("compiled", [True, False])
@settings(deadline=None)
@given(sentences=st.lists(st.lists(WORDS, max_size=9), max_size=9))
def test_chunks_are_joined_as_sentences_are(compiled: bool, sentences: list[list[str]]) -> None:
    frozen = FrozenPhrases(Phrases(sentences, min_count=1, threshold=1e-6, connector_words=["a"]))
    expected = [[token for token, _ in frozen.analyze_sentence(words)] for words in sentences]
    with pytest.MonkeyPatch.context() as patch:
        if not compiled:
            patch.setattr(phrase_search, "library", lambda: None)
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
