"""The rule of tokens, and the compiled path held to it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xw2v.errors import InputError, UsageError
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Encoder
from xw2v.text.tokens import LOWER_TO_ASCII, AsciiRule, PatternRule
from xw2v.text.vocabulary import VocabularyLimits

# what tells the paths apart: case, apostrophes, line ends of all kinds, characters that lower-case
# to ASCII or whose UTF-8 holds the same bytes, blanks beyond ASCII, NUL, and words around the 8 and
# 16 letters of a key
ODD = [
    "a",
    "B",
    "zz",
    "'",
    "-",
    "!",
    "~",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\0",
    "\x0b",
    "\x85",
    "\u2028",
    "\u212a",
    "\u0130",
    "ı",
    "ſ",
    "ª",
    "º",
    "é",
    "Σ",
    "中",
    "😀",
    "3",
    "_",
    "seven77",
    "eightltr",
    "nineletrs",
    "sixteen_letters_",
    "seventeenletterss",
    "seventeenlettersx",
]
PATTERNS = ["[a-z']+", "[a-z]+", "[A-Za-z0-9_]+", "[!-~]+", "[^\\W\\d_]+", "\\w+|[.,]", "\\S+"]
TEXT = st.lists(st.sampled_from(ODD) | st.characters(codec="utf-8"), max_size=60).map("".join)


def by_line(text: str, tokenizer: PatternRule) -> list[list[str]]:
    """The rule as README says it: a line is a sentence, and the pattern's matches are its
    tokens.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [tokens for tokens in map(tokenizer.line, lines) if tokens]


def sentences(corpus: Corpus) -> list[list[str]]:
    return [corpus.sentence(s) for s in range(len(corpus))]


def encoded(text: str, tokenizer: PatternRule) -> list[list[str]]:
    encoder = Encoder(tokenizer)
    encoder.add(text.encode())
    return (
        sentences(Corpus.from_encoder(encoder, VocabularyLimits(min_count=1)))
        if encoder.raw_words
        else []
    )


@settings(max_examples=300, deadline=None)
@given(text=TEXT, pattern=st.sampled_from(PATTERNS), lowercase=st.booleans())
@example("Kelvin \u212a, \u0130stanbul\r\n\0nul\u2028x ª", "[a-z']+", True)
def test_every_path_follows_the_rule(text: str, pattern: str, lowercase: bool) -> None:
    tokenizer = PatternRule(pattern, lowercase)
    assert encoded(text, tokenizer) == by_line(text, tokenizer)


@settings(max_examples=200, deadline=None)
@given(text=TEXT, lowercase=st.booleans())
def test_the_fast_path_is_the_slow_one(text: str, lowercase: bool) -> None:
    fast, slow = PatternRule("[a-z']+", lowercase), PatternRule("(?:[a-z']+)", lowercase)
    assert fast.ascii_table is not None
    assert slow.ascii_table is None
    assert encoded(text, fast) == encoded(text, slow)


def test_no_other_character_becomes_ascii_when_lower_cased() -> None:
    for code in range(128, sys.maxunicode + 1):
        lower = chr(code).lower()
        if any(ord(letter) < 128 for letter in lower):
            assert LOWER_TO_ASCII[chr(code)] == lower


def test_only_one_set_of_ascii_characters_is_fast() -> None:
    for pattern in ("[a-z']+", "[a-zA-Z]+", "[a-z0-9_-]+"):
        assert PatternRule(pattern).ascii_table is not None, pattern
    for pattern in (
        "[^a-z]+",
        "[a-zé]+",
        "[a-z ]+",
        "[a-z]+|x",
        r"[\w]+",
        "[a-z]",
        "[a-z]+?",
        "(?i)[a-z]+",
    ):
        assert PatternRule(pattern).ascii_table is None, pattern


def test_groups_do_not_change_what_a_token_is() -> None:
    assert PatternRule("([a-z])([a-z]+)").line("Two words") == ["two", "words"]


def test_words_of_a_tokenised_source_match_whole() -> None:
    tokenizer = AsciiRule()
    assert [tokenizer.word(token) for token in [" War ", "war,", "1919", "it's", ""]] == [
        "war",
        None,
        None,
        "it's",
        None,
    ]


@pytest.mark.parametrize("pattern", ["[a-z", "", "[a-z]*", "(", "a{99999999999}"])
def test_bad_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="token_pattern="):
        PatternRule(pattern)


def test_a_word_of_ten_megabytes() -> None:
    word = "ab" * 5_000_000
    assert encoded(f"one {word} two {word}", AsciiRule()) == [["one", word, "two", word]]


def tokenised(*documents: list[str]) -> list[str]:
    encoder = Encoder()
    for document in documents:
        encoder.add(document)
    return [
        " ".join(sentence)
        for sentence in sentences(Corpus.from_encoder(encoder, VocabularyLimits(min_count=1)))
    ]


def test_sentences_of_a_tokenised_source_end_at_their_final_punctuation() -> None:
    text = (
        'He said , " Go !" Then he went . The U . S . dollar fell 3 . 5 points in May . 12 : 9 '
        "And J . Smith left"
    )
    assert tokenised(text.split(), ["What", "?", "Yes", '."', "no", "..."]) == [
        "he said go",
        "then he went",
        "the u s dollar fell points in may",
        "and j smith left",
        "what",
        "yes",
        "no",
    ]


@pytest.mark.parametrize("tokens", [[], ["."], ["A"], ["a", "."], [".", "a"]])
def test_short_documents(tokens: list[str]) -> None:
    encoder = Encoder()
    encoder.add(tokens)
    assert encoder.raw_words == sum(token.isalpha() for token in tokens)


@settings(max_examples=50, deadline=None)
@given(text=TEXT.filter(lambda text: any("a" <= c <= "z" for c in text)), data=st.data())
def test_the_corpus_does_not_depend_on_the_pieces(text: str, data: st.DataObject) -> None:
    whole, parts = Encoder(), Encoder()
    lines = text.encode().splitlines(keepends=True)
    whole.add(b"".join(lines))
    cut = data.draw(st.integers(0, len(lines)))
    parts.add(b"".join(lines[:cut]))
    parts.add(b"".join(lines[cut:]))
    a, b = (
        Corpus.from_encoder(whole, VocabularyLimits(min_count=1)),
        Corpus.from_encoder(parts, VocabularyLimits(min_count=1)),
    )
    assert a.fingerprint == b.fingerprint
    assert np.array_equal(a.ids, b.ids)


def test_nothing_is_read_from_what_is_no_token_list() -> None:
    for bad in (["some text"], [b"bytes"], [3], [["a", 3]]):
        with pytest.raises(InputError, match=r"not a list of tokens|not a string"):
            Corpus.from_sentences(bad, min_count=1)  # type: ignore[arg-type]
