"""Phrases joined and found by the compiled loops: as a look at each candidate does."""

from __future__ import annotations

import copy
import ctypes
import pickle
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.gensim import FrozenPhrases, Phrases
from xw2v.gensim.phrasetable import PhraseTable
from xw2v.storage import python_api
from xw2v.text import phrase_search
from xw2v.text.phrase_search import compiled_search
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
needs_compiled = pytest.mark.skipif(
    compiled_search({}, frozenset()) is None, reason="no compiled loops for this Python"
)


def table_of(phrases: list[tuple[Any, ...]], connectors: list[str]) -> PhraseTable:
    table = PhraseTable(frozenset(connectors))
    for number, words in enumerate(phrases):
        table.add(words, f"phrase {number}", number / 2)
    return table


def by_python(table: PhraseTable) -> PhraseTable:
    """A copy that compiles nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phrase_search, "library", lambda: None)
        table = copy.copy(table)
        assert table.join.__func__ is PhraseTable._join  # type: ignore[attr-defined]
        assert table.find.__func__ is PhraseTable._find  # type: ignore[attr-defined]
    return table


def result_of(function: Any, sentence: Any) -> Any:
    """What a function returns, or the exception it raises."""
    try:
        return function(sentence)
    except (ArithmeticError, TypeError) as error:
        return type(error), str(error)


@needs_compiled
@pytest.mark.parametrize("filter_bits", [16, 0])
@settings(deadline=None)
@given(
    sentences=st.lists(st.lists(WORDS, max_size=12), max_size=8),
    phrases=PHRASES,
    connectors=st.lists(st.sampled_from(CONNECTORS), unique=True),
)
def test_phrases_are_joined_and_found(
    filter_bits: int,
    sentences: list[list[str]],
    phrases: list[tuple[str, ...]],
    connectors: list[str],
) -> None:
    table = table_of(phrases, connectors)
    oracle = by_python(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phrase_search, "FILTER_BITS_PER_RECORD", filter_bits)
        assert compiled_search(table._phrases, table._connectors) is not None
        before = copy.deepcopy(sentences)
        for sentence in sentences:
            assert table.join(sentence) == oracle.join(sentence)
            assert table.find(sentence) == oracle.find(sentence)
        assert sentences == before  # they are the caller's


class Odd:
    """A token that breaks what is asked of it."""

    def __init__(self, broken: str, text: str) -> None:
        self.broken, self.text = broken, text

    def __hash__(self) -> int:
        return 1 // 0 if self.broken == "hash" else hash(self.text)

    def __eq__(self, other: object) -> bool:
        return bool(1 // 0) if self.broken == "eq" else self.text == other

    def __bool__(self) -> bool:
        return bool(1 // 0) if self.broken == "bool" else True


ODD = ["a\x1fb", "\x1e", "a\tb", "\0", 7, -1, 0, None, (), ("a", "b"), ["a"], {}]
ODD += [Odd(broken, text) for broken in ("hash", "eq", "bool", "") for text in "abc"]


@needs_compiled
@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_tokens_are_as_in_python(odd: Any) -> None:
    known = [] if isinstance(odd, (list, dict, Odd)) else [("a", odd), (odd, "of", "b")]
    table = table_of([("a", "b"), ("b", "of", "c"), *known], ["of", "c"])
    oracle = by_python(table)
    for sentence in (["a", odd, "b"], [odd, "of", "b"], ["b", "of", odd], ["a", "b", odd], [odd]):
        assert result_of(table.join, sentence) == result_of(oracle.join, sentence)
        assert result_of(table.find, sentence) == result_of(oracle.find, sentence)


@needs_compiled
def test_sentences_are_any_iterables() -> None:
    table = table_of([("a", "b")], [])
    for sentence in (("a", "b"), "ab", iter(["a", "b"]), {"a": 1, "b": 2}):
        assert table.join(sentence) == ["phrase 0"]
    for function in (table.join, table.find):
        assert result_of(function, 7) == (TypeError, "'int' object is not iterable")
        assert result_of(function, (1 // n for n in (1, 0)))[0] is ZeroDivisionError


@needs_compiled
def test_references_are_given_back() -> None:
    words = [f"word {i}" for i in range(6)]
    table = table_of([tuple(words[:2]), tuple(words[2:5])], [words[3]])
    phrase = table._phrases[tuple(words[:2])]
    sentences = [words * 2, [words[0], *words[:2], words[2]], [words[2], words[3]], [words[0], []]]

    def counts() -> list[int]:
        return [sys.getrefcount(one) for one in (*words, phrase, phrase[0], *sentences)]

    def search() -> None:
        for sentence in sentences:
            result_of(table.join, sentence)
            result_of(table.find, sentence)

    search()
    with_table = counts()
    for _ in range(10):
        search()
    assert counts() == with_table
    table.__dict__.clear()
    assert all(counts()[i] < with_table[i] for i in range(5))


@pytest.mark.skipif(library() is None, reason="no compiled loops")
def test_without_pythons_functions_phrases_are_joined_in_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(ctypes, "pythonapi")
    monkeypatch.setattr(phrase_search, "use_python", python_api.use_python.__wrapped__)
    table = table_of([("a", "b")], [])
    assert compiled_search({}, frozenset()) is None
    assert table.join(["a", "b", "c"]) == ["phrase 0", "c"]
    assert table.find(["a", "b", "c"]) == [("phrase 0", 0)]


def test_a_table_that_joined_is_copied_and_pickled() -> None:
    table = table_of([("a", "b")], [])
    assert table.join("ab") == ["phrase 0"]
    for other in (copy.copy(table), copy.deepcopy(table), pickle.loads(pickle.dumps(table))):
        assert other.join("ab") == ["phrase 0"]


@pytest.mark.parametrize("compiled", [True, False])
@settings(deadline=None)
@given(sentences=st.lists(st.lists(WORDS, max_size=9), max_size=9))
def test_sentences_are_joined_as_one_by_one(compiled: bool, sentences: list[list[str]]) -> None:
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

    def reader() -> Iterator[list[str]]:
        words: list[str] = []
        for sentence in sentences:
            words[:] = sentence
            yield words

    assert list(frozen[reader()]) == [frozen[sentence] for sentence in sentences]


def test_a_sentence_is_read_when_it_is_asked_for() -> None:
    read = list[list[str]]()

    def reader() -> Iterator[list[str]]:
        for _ in range(8):
            read.append(["new", "york"])
            yield read[-1]

    frozen = Phrases([["new", "york"]], min_count=1, threshold=1e-6).freeze()
    for n_joined, _ in enumerate(frozen[reader()], 1):
        assert len(read) == n_joined
