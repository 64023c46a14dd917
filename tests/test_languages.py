"""Real texts of many languages: the translations of the programs that this machine has."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from bench import languages
from xw2v.text.characters import COUNTED_CLASSES, CharacterClass, classes_of
from xw2v.text.encode import Encoder
from xw2v.text.tokens import WordsRule

MINIMUM = 5000  # words
OF_WORDS = (*COUNTED_CLASSES, *range(CharacterClass.CONNECTOR, CharacterClass.LINE_END))
FILES = languages.languages(languages.LOCALES) if languages.LOCALES.is_dir() else {}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", languages.EXPECTED)
def test_the_words_of_a_language(language: str) -> None:
    """No letter is lost, the words expected are there, and words are made of what words have."""
    text = languages.text_of(FILES.get(language, []))
    encoder, with_digits = Encoder(WordsRule()), Encoder(WordsRule(keep_digits=True))
    for each in (encoder, with_digits):
        each.add(f"{text}\n".encode())
    if encoder.raw_words < MINIMUM:
        pytest.skip(f"this machine has less text of {language}")
    assert not with_digits.coverage.losses
    left_out = with_digits.word_counts().keys() - encoder.word_counts().keys()
    assert not any(map(str.isalpha, "".join(left_out)))
    counts = encoder.word_counts()
    assert languages.missing(language, counts) == []
    for word in counts:
        assert unicodedata.is_normalized("NFC", word)
        assert word.lower() == word
        assert np.isin(classes_of(word), OF_WORDS).all()


@pytest.mark.parametrize("language", ["de", "ru", "tr", "hi", "ar", "fa", "he", "ko", "th", "ja"])
def test_the_scanner_follows_the_rule_in_real_text(language: str) -> None:
    text = languages.text_of(FILES.get(language, []))[:200_000]
    for rule in (WordsRule(), WordsRule(keep_digits=True)):
        encoder = Encoder(rule)
        encoder.add(f"{text}\n".encode())
        expected = [word for line in text.split("\n") for word in rule.line(line)]
        assert encoder.raw_words == len(expected)
        assert list(encoder.word_counts()) == list(dict.fromkeys(expected))
        assert encoder.coverage.losses == rule.losses(text)


def test_translations_are_read() -> None:
    """Where there are any: ten languages in five scripts and more."""
    if len(FILES) < 40:
        pytest.skip("this machine has few translations")
    enough = [
        language
        for language in languages.EXPECTED
        if len(languages.text_of(FILES.get(language, [])).split()) > 4 * MINIMUM
    ]
    assert len(enough) >= 10
