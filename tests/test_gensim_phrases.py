"""Phrases: the same phrases and scores as gensim's, joined, found, exported and saved."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.errors import FileFormatError, InputError, UsageError
from xw2v.gensim import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phraser, Phrases
from xw2v.gensim.scorers import npmi_scorer, original_scorer
from xw2v.text import collocations, wordpairs

SENTENCES = [
    line.split()
    for line in (
        "graph minors survey",
        "graph minors trees",
        "response time of the user",
        "human interface with a response time",
        "graph of trees and graph minors",
        "lights of the city",
        "lights of the city and graph minors",
        "lights of the city",
    )
]


def long_text() -> list[list[str]]:
    rng = np.random.default_rng(5)
    words = [f"w{i}" for i in range(60)] + ["of", "the", "a", "w1_w2"]
    weights = 1 / np.arange(1, len(words) + 1)
    weights /= weights.sum()
    return [rng.choice(words, rng.integers(0, 20), p=weights).tolist() for _ in range(2000)]


def product(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: int,
    corpus_word_count: int,
) -> float:
    """An own scorer."""
    return bigram_count / min(worda_count, wordb_count)


OPTIONS: dict[str, dict[str, Any]] = {
    "default": {"min_count": 2, "threshold": 1},
    "npmi": {"min_count": 2, "threshold": 0.1, "scoring": "npmi"},
    "connectors": {"min_count": 1, "threshold": 1, "connector_words": ENGLISH_CONNECTOR_WORDS},
    "own scorer": {"min_count": 1, "threshold": 0.3, "scoring": product},
    "delimiter": {"min_count": 2, "threshold": 1, "delimiter": "+"},
    "pruned": {"min_count": 2, "threshold": 1, "max_vocab_size": 500},
    "high": {"min_count": 5, "threshold": 1e6},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_phrases_and_scores_are_gensims(options: dict[str, Any]) -> None:
    other = pytest.importorskip("gensim.models.phrases")
    assert ENGLISH_CONNECTOR_WORDS == other.ENGLISH_CONNECTOR_WORDS
    for text in (SENTENCES, long_text()):
        expected, found = other.Phrases(text, **options), Phrases(text, **options)
        assert_equal(found, expected, text)
        for one in (expected, found):
            one.add_vocab(SENTENCES)
        assert_equal(found, expected, text)
        assert found.vocab == expected.vocab
        assert_equal(found, expected, text)  # by strings from here on
        for one in (expected, found):
            one.add_vocab(SENTENCES)
        assert_equal(found, expected, text)
        assert found.vocab == expected.vocab


def assert_equal(found: Any, expected: Any, text: list[list[str]]) -> None:
    """What both say of a text, before anybody asks for `vocab`."""
    assert str(found) == str(expected)
    assert found.corpus_word_count == expected.corpus_word_count
    assert found.export_phrases() == expected.export_phrases()
    assert found.find_phrases(text) == expected.find_phrases(text)
    assert list(found[text]) == list(expected[text])
    frozen, frozen_expected = found.freeze(), expected.freeze()
    assert frozen.phrasegrams == frozen_expected.phrasegrams
    assert list(frozen[text]) == list(frozen_expected[text])
    twice, twice_expected = list(frozen[frozen[text]]), list(frozen_expected[frozen_expected[text]])
    assert twice == twice_expected
    for words in (("graph", "minors", []), ("w1", "w2", ["of"]), ("a", "b", []), ("no", "b", [])):
        assert found.score_candidate(*words) == expected.score_candidate(*words)


# with the delimiter or spaces in them, connectors within others, more than ASCII, an empty one
TOKENS = ["a", "b", "c", "a_b", "b_c", "of", "a_of", "of_b", "_", "__", "x y", " a", "é", "\n", ""]


@given(
    text=st.lists(st.lists(st.sampled_from(TOKENS), max_size=8), max_size=12),
    more=st.lists(st.lists(st.sampled_from(TOKENS[:8]), max_size=8), max_size=6),
    connectors=st.sampled_from([(), ("of",), ("of", "a_of", "c"), ("", "of")]),
    delimiter=st.sampled_from(["_", "__", " "]),
    scoring=st.sampled_from([{"threshold": 0.1}, {"threshold": -0.2, "scoring": "npmi"}]),
)
@settings(max_examples=25, deadline=None)
def test_phrases_of_odd_tokens_are_gensims(
    text: list[list[str]],
    more: list[list[str]],
    connectors: tuple[str, ...],
    delimiter: str,
    scoring: dict[str, Any],
) -> None:
    other = pytest.importorskip("gensim.models.phrases")
    options = {"delimiter": delimiter, "min_count": 1, "connector_words": frozenset(connectors)}
    found, expected = (cls(text, **options, **scoring) for cls in (Phrases, other.Phrases))
    assert_equal(found, expected, [*text, *more])
    for one in (found, expected):
        one.add_vocab(more)
    assert_equal(found, expected, [*text, *more])
    assert found.vocab == expected.vocab


@pytest.mark.parametrize("token", ["w1", "x y", "", " w", "é"])
def test_the_scanner_counts_what_a_look_at_each_token_counts(token: str) -> None:
    text = [*long_text(), [token, "w2"], [], ["w3"]]
    counted = Phrases(text, connector_words=["of"]).vocab
    with mock.patch.object(collocations, "MIN_SCANNED_TOKENS", 1):
        scanned = Phrases(connector_words=["of"])
        for sentences in (text[:500], text[500:]):
            scanned.add_vocab(sentences)
        assert scanned.vocab == counted


@pytest.mark.parametrize("limits", [{"DIRECT_ROWS": 1}, {"WORD_BITS": 1}, {"MAX_CODES": 1}])
def test_linked_words_are_counted_beyond_what_is_numbered_directly(limits: dict[str, int]) -> None:
    given = {"connector_words": ["of", "the", "in"], "min_count": 1, "threshold": 0.1}
    text = [["a", "of", "b", "of", "the", "c"], ["b", "in", "the", "c", "the", "a", "of", "b"]]

    def learned() -> list[Any]:
        phrases = Phrases(**given)
        for sentence in text:
            phrases.add_vocab([sentence])
        return [phrases.export_phrases(), list(phrases[text]), phrases.vocab]

    expected = learned()
    with mock.patch.multiple(wordpairs, **limits):
        assert learned() == expected


def test_phrases_are_copied_and_pickled() -> None:
    phrases = Phrases(SENTENCES, min_count=1, threshold=1)
    frozen = phrases.freeze()
    joined = list(frozen[SENTENCES])
    for other in (copy.deepcopy(frozen), pickle.loads(pickle.dumps(frozen))):
        assert list(other[SENTENCES]) == joined
    for one in (copy.deepcopy(phrases), pickle.loads(pickle.dumps(phrases))):
        assert one.export_phrases() == phrases.export_phrases()
        assert list(one[SENTENCES]) == list(phrases[SENTENCES])
    frozen = pickle.loads(pickle.dumps(phrases.freeze()))
    assert list(frozen[SENTENCES]) == list(phrases[SENTENCES])


def test_numbers_are_no_tokens() -> None:
    with pytest.raises(InputError, match="of type int"):
        Phrases([[1, 2, 3]])  # type: ignore[list-item]


def test_phrases_are_joined_left_to_right() -> None:
    phrases = Phrases(SENTENCES, min_count=1, threshold=1)
    assert phrases[["graph", "minors", "trees"]] == ["graph_minors", "trees"]
    assert Phraser(phrases)[["the", "graph", "minors"]] == ["the", "graph_minors"]
    assert phrases[["unknown", "words"]] == ["unknown", "words"]
    assert phrases[[]] == []
    trigrams = Phrases(phrases[SENTENCES], min_count=1, threshold=1)
    assert "lights_of_the_city" in trigrams[phrases[["lights", "of", "the", "city"]]][0]


def test_connector_words_stand_within_a_phrase_alone() -> None:
    phrases = Phrases(SENTENCES, min_count=1, threshold=1, connector_words=ENGLISH_CONNECTOR_WORDS)
    sentence = ["the", "lights", "of", "the", "city", "and"]
    assert phrases[sentence] == ["the", "lights_of_the_city", "and"]
    assert set(phrases.find_phrases(SENTENCES)) == {
        "graph_minors",
        "lights_of_the_city",
        "response_time",
    }
    old = Phrases(SENTENCES, min_count=1, threshold=1, common_terms=ENGLISH_CONNECTOR_WORDS)
    assert old.vocab == phrases.vocab


@pytest.mark.parametrize("frozen", [False, True])
def test_a_corpus_is_joined_each_time_it_is_read(frozen: bool) -> None:
    phrases = Phrases(SENTENCES, min_count=1, threshold=1)
    joiner = phrases.freeze() if frozen else phrases
    joined = joiner[SENTENCES]
    assert list(joined) == list(joined) == [joiner[sentence] for sentence in SENTENCES]

    def generated() -> Iterator[list[str]]:
        yield from SENTENCES

    assert list(joiner[generated()]) == list(joined)
    assert joiner[iter(["graph", "minors"])] == ["graph_minors"]


def test_scores() -> None:
    assert original_scorer(2, 3, 3, 10, 1, 99) == pytest.approx((3 - 1) / 6 * 10)
    assert original_scorer(0, 3, 3, 10, 1, 99) == -np.inf
    p = 3 / 100
    expected = np.log(p / (0.04 * 0.05)) / -np.log(p)
    assert npmi_scorer(4, 5, 3, 10, 1, 100) == pytest.approx(expected)
    assert npmi_scorer(4, 5, 1, 10, 2, 100) == -np.inf


@pytest.mark.parametrize(
    "options",
    [
        {"min_count": 0},
        {"threshold": -1},
        {"threshold": 2, "scoring": "npmi"},
        {"scoring": "other"},
        {"scoring": len},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Phrases(SENTENCES, **options)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_phrases_in_a_file(options: dict[str, Any], tmp_path: Path) -> None:
    phrases = Phrases(SENTENCES, **options)
    for one, cls in ((phrases, Phrases), (phrases.freeze(), FrozenPhrases)):
        one.save(tmp_path / "phrases.pkl")
        loaded = cls.load(tmp_path / "phrases.pkl")
        assert list(loaded[SENTENCES]) == list(one[SENTENCES])
        assert loaded.scoring is one.scoring
        assert loaded.connector_words == one.connector_words
    with pytest.raises(FileFormatError, match="Phrases"):
        Phrases.load(tmp_path / "phrases.pkl")  # frozen ones


def test_other_files_and_scorers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "phrases"
    path.write_bytes(pickle.dumps({}))
    with pytest.raises(FileFormatError, match="pickles"):
        Phrases.load(path)
    phrases = Phrases(SENTENCES, scoring=product)
    phrases.save(path)
    for name in ("os:system", "no_such_module:f", "subprocess:run"):
        path.write_text(path.read_text().replace(f"{product.__module__}:product", name))
        with pytest.raises(UsageError, match="scoring"):
            Phrases.load(path)
        assert Phrases.load(path, scoring=product).scoring is product
        phrases.save(path)
