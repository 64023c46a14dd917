"""The rules words and raw: UAX #29's words by another implementation, and scan.c held to them."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

import xw2v.text.encode
from xw2v.text.characters import CharacterClass, characters_of, class_table
from xw2v.text.corpus import Corpus
from xw2v.text.encode import Encoder
from xw2v.text.scan import byte_classes
from xw2v.text.tokens import AsciiRule, RawRule, TokenRule, WordsRule
from xw2v.text.vocabulary import VocabularyLimits

RULES = {
    "ascii": AsciiRule(),
    "ascii, capitals": AsciiRule(lowercase=False),
    "words": WordsRule(),
    "words, capitals": WordsRule(lowercase=False),
    "words, digits": WordsRule(keep_digits=True),
    "raw": RawRule(),
    "raw, lower-case": RawRule(lowercase=True),
}
# characters of every class and length in UTF-8, spaces of all kinds, those whose lower-case form
# depends on the context or has another length, combining marks with and without composed forms
ODD = [
    *("a", "B", "z", "'", "’", "ʼ", "‘", "-", "!", "_", ".", ",", ":", "·", '"', "3", "٣", "７"),
    *(" ", "\n", "\r", "\r\n", "\t", "\0", "\x0b", "\x1c", "\x85", "\xa0", "\u2028", "\u202f"),
    *("\u3000", "\u200b", "\u200c", "\u200d", "\u00ad", "\u2060", "\ufeff"),
    *("\u212a", "İ", "ı", "ſ", "ß", "ẞ", "Σ", "ς", "ΟΔΟΣ", "é", "e\u0301", "J\u030c", "Ⱥ", "ŉ"),
    *("ǅ", "ﬁ", "Ⓐ", "º", "½", "²", "፲", "፻", "×", "÷", "‿", "new_york", "१", "co\u00adop"),
    *("Привет", "Ё", "и\u0306", "हिन्दी", "क\u093c", "தமிழ்", "مدرسة", "لا", "می\u200cخواهم"),
    *("ש", "ת", "צה", "׳", "״", "한", "ᄒ", "ᅡ", "ᆫ", "中", "文", "ひ", "カ", "ー", "ไทย", "ក", "မ"),
    *("😀", "👩\u200d🚀", "🇫🇷", "𝒜", "𐐀", "\U00020000", "\U000e0100"),
    *("seven77", "eightltr", "sixteen_letters_", "seventeenletterss", "я" * 28, "я" * 29),
]
TEXT = st.lists(st.sampled_from(ODD) | st.characters(codec="utf-8"), max_size=60).map("".join)


def sentences(encoder: Encoder) -> list[list[str]]:
    if not encoder.raw_words:
        return []
    corpus = Corpus.from_encoder(encoder, VocabularyLimits(min_count=1))
    return [corpus.sentence(s) for s in range(len(corpus))]


def plainly(text: str, rule: TokenRule) -> list[list[str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [words for words in map(rule.line, lines) if words]


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=300, deadline=None)
@given(text=TEXT, repeats=st.integers(1, 3))
@example("a\0 a a\0\0 \0a", 2)
@example("ΟΔΟΣ ΟΔΟΣ.Α Σ ΑΣ’Α", 2)
@example('צה"ל צ"\u05b0 צ\' ג\'ירף a"b', 1)
@example("中文a中 ไทยa 中_文 a_中 a.b..c 3.5, 3,5.a 1_a", 1)
def test_the_scanner_follows_the_rule(name: str, text: str, repeats: int) -> None:
    """Several times, so that the cache answers, too; with the same letters outside tokens."""
    rule = RULES[name]
    encoder = Encoder(rule)
    lines = f"{text}\n" * repeats
    encoder.add(lines.encode())
    assert sentences(encoder) == plainly(lines, rule)
    if not rule.keeps_all_letters:
        assert encoder.coverage.losses == rule.losses(lines)


@pytest.mark.parametrize("name", ["words", "raw"])
@settings(max_examples=100, deadline=None)
@given(text=TEXT, data=st.data())
def test_text_may_be_cut_at_spaces(name: str, text: str, data: st.DataObject) -> None:
    complete, parts = Encoder(RULES[name]), Encoder(RULES[name])
    complete.add(f"{text}\n".encode())
    spaces = [i for i, character in enumerate(text) if character in " \t\n"]
    cut = 1 + data.draw(st.sampled_from(spaces)) if spaces else 0
    parts.add(text[:cut].encode())
    parts.add(f"{text[cut:]}\n".encode())
    assert sentences(parts) == sentences(complete)
    assert parts.coverage.losses == complete.coverage.losses


def test_without_a_compiler_the_words_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "L’été à Orléans, 1914: ΟΔΟΣ İstanbul हिन्दी\n".encode() * 3
    for rule in RULES.values():
        compiled = Encoder(rule)
        compiled.add(text)
        with monkeypatch.context() as without:
            without.setattr(xw2v.text.encode, "library", lambda: None)
            plain = Encoder(rule)
        plain.add(text)
        assert sentences(plain) == sentences(compiled)
        assert plain.coverage == compiled.coverage


# UAX #29 by the package regex, for characters that `characters` takes as it does

TAILORED = ":\ufe55\uff1a\u202f\u02bc\u200b"
SCRIPTS = "LATIN|GREEK|CYRILLIC|ARABIC|DEVANAGARI|TAMIL|BENGALI|ARMENIAN|GEORGIAN|ETHIOPIC|HANGUL"
UNTAILORED = st.sampled_from(
    [
        chr(code)
        for code in range(0x1FFF)
        if chr(code) not in TAILORED
        and class_table()[code]
        not in (CharacterClass.HEBREW, CharacterClass.SOUTH_EAST_ASIAN, CharacterClass.NUMBER)
        and unicodedata.category(chr(code)) not in ("Cn", "So")
    ]
)
USUAL = st.sampled_from(
    [*"abé34.,'’_ -\"", "e\u0301", "\u0301", "\u00ad", "\u200d", "я", "हि", "한"]
)


@settings(max_examples=500, deadline=None)
@given(text=st.lists(USUAL | UNTAILORED, max_size=20).map("".join))
def test_words_are_those_of_uax_29(text: str) -> None:
    extend = f"[{characters_of(CharacterClass.EXTEND)}]*"
    connectors = f"(?:[{characters_of(CharacterClass.CONNECTOR)}]{extend})+"
    segments = regex.split(r"\b", text, flags=regex.WORD | regex.V1)
    words = [regex.sub(f"^{connectors}|{connectors}$", "", segment) for segment in segments]
    assert WordsRule(keep_digits=True).find(text) == [
        word for word in words if regex.search(r"^[\p{WB=ALetter}\p{WB=Numeric}]", word)
    ]


@settings(max_examples=200, deadline=None)
@given(text=st.text("אבגa1'\". _", max_size=12))
def test_hebrew_words_are_those_of_uax_29(text: str) -> None:
    segments = regex.split(r"\b", text, flags=regex.WORD | regex.V1)
    words = [segment.strip("_") for segment in segments]
    found = WordsRule(keep_digits=True).find(text)
    assert found == [word for word in words if regex.search(r"^\w", word)]


def test_classes_are_those_of_unicode() -> None:
    """Of characters that this Python's Unicode has, but for the tailoring and rare symbols."""
    names = {
        CharacterClass.LETTER: ["ALetter"],
        CharacterClass.HEBREW: ["Hebrew_Letter"],
        CharacterClass.DIGIT: ["Numeric"],
        CharacterClass.CONNECTOR: ["ExtendNumLet"],
        CharacterClass.EXTEND: ["Extend", "Format", "ZWJ"],
        CharacterClass.MID_LETTER: ["MidLetter"],
        CharacterClass.MID_NUMBER: ["MidNum"],
        CharacterClass.MID_BOTH: ["MidNumLet"],
        CharacterClass.APOSTROPHE: ["Single_Quote"],
        CharacterClass.QUOTATION_MARK: ["Double_Quote"],
    }
    assigned = [
        chr(code)
        for code in range(0x20000)
        if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")
    ]
    wrong = []
    for kind, values in names.items():
        members = regex.compile("[" + "".join(rf"\p{{WB={value}}}" for value in values) + "]")
        for character in assigned:
            is_member = members.match(character) is not None
            if is_member != (class_table()[ord(character)] == kind):
                wrong.append(character)
    unlike = set(wrong) - set(TAILORED) - set("\u2019\uff07")
    assert len(unlike) < 20, sorted(map(hex, map(ord, unlike)))


# what becomes of a word


@settings(max_examples=300, deadline=None)
@given(text=TEXT, name=st.sampled_from(["words", "words, digits", "raw"]))
def test_words_written_out_are_read_as_the_same_words(text: str, name: str) -> None:
    words = RULES[name].line(text)
    assert RULES[name].line(" ".join(words)) == words
    for word in words:
        assert word.split() == [word]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’École d'été — aujourd’hui", ["l'école", "d'été", "aujourd'hui"]),
        ("Die Straße, STRASSE, Größe", ["die", "straße", "strasse", "größe"]),
        ("Ο ΟΔΥΣΣΕΥΣ. ΟΔΥΣΣΕΑΣ", ["ο", "οδυσσευς", "οδυσσεας"]),
        ("हिन्दी में क्या है?", ["हिन्दी", "में", "क्या", "है"]),
        ("می‌خواهم کتابی بخوانم.", ["می‌خواهم", "کتابی", "بخوانم"]),
        ("İstanbul'da ılık", ["i̇stanbul'da", "ılık"]),
        ("п’ять п'ять пʼять", ["п'ять"] * 3),
        ("cafe\u0301 café co\u00adop", ["café", "café", "coop"]),
        ("В 1914-м году, e-mail", ["в", "м", "году", "e", "mail"]),
        ("한국어 문장입니다", ["한국어", "문장입니다"]),
        ("我们 喜欢 北京，上海", ["我们", "喜欢", "北京", "上海"]),
        ("covid19 3rd 1914 3.5 h2o", ["covid19", "3rd", "h2o"]),
        ("m² ½ 2½ x² ①", ["m", "x"]),
        ("new_york __init__ _so_ U.S.A. e.g.", ["new_york", "init", "so", "u.s.a", "e.g"]),
    ],
)
def test_words_of_many_languages(text: str, words: list[str]) -> None:
    assert WordsRule().line(text) == words


def test_numbers_are_words_where_digits_are_kept() -> None:
    found = WordsRule(keep_digits=True).line("m² 2½ ½ ፲፱፻፹ 3.5 ①② ٣")
    assert found == ["m", "²", "2", "½", "½", "፲፱፻፹", "3.5", "①②", "٣"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Todos los seres humanos nacen libres", "todos los seres humanos nacen libres"),
        ("Les êtres humains naissent égaux", "les êtres humains naissent égaux"),
        ("Všichni lidé rodí se svobodní", "všichni lidé rodí se svobodní"),
        ("Tất cả mọi người sinh ra", "tất cả mọi người sinh ra"),
        ("Όλοι οι άνθρωποι ΓΕΝΝΙΟΥΝΤΑΙ", "όλοι οι άνθρωποι γεννιουνται"),
        ("Все люди рождаются свободными", "все люди рождаются свободными"),
        ("Բոլոր մարդիկ ծնվում են ազատ", "բոլոր մարդիկ ծնվում են ազատ"),
        ("ყველა ადამიანი იბადება თავისუფალი", "ყველა ადამიანი იბადება თავისუფალი"),
        ("كلّ الناس يولدون أحراراً", "كلّ الناس يولدون أحراراً"),
        ("כל בני האדם נולדו", "כל בני האדם נולדו"),
        ("सभी मनुष्यों को गौरव", "सभी मनुष्यों को गौरव"),
        ("সমস্ত মানুষ স্বাধীনভাবে", "সমস্ত মানুষ স্বাধীনভাবে"),
        ("மனிதப் பிறிவியினர் சகலரும்", "மனிதப் பிறிவியினர் சகலரும்"),
        ("የሰው ልጅ ሁሉ ሲወለድ", "የሰው ልጅ ሁሉ ሲወለድ"),
        ("모든 인간은 태어날", "모든 인간은 태어날"),
        ("人人 生而 自由", "人人 生而 自由"),
        ("すべて の 人間 は", "すべて の 人間 は"),
        ("มนุษย์ ทั้งหลาย เกิดมา", "มนุษย์ ทั้งหลาย เกิดมา"),
        ("មនុស្ស\u200bទាំងអស់ កើត", "មនុស្ស ទាំងអស់ កើត"),
    ],
)
def test_no_letter_of_any_script_is_lost(text: str, words: str) -> None:
    """Words of nineteen languages in fifteen scripts, in both normalisation forms."""
    for form in ("NFC", "NFD"):
        given_text = unicodedata.normalize(form, text)
        assert WordsRule().line(given_text) == unicodedata.normalize("NFC", words).split()
        encoder = Encoder(WordsRule())
        encoder.add(f"{given_text}\n".encode())
        assert encoder.coverage.losses.letters > 0
        assert not encoder.coverage.losses


def test_apostrophes_are_one_character() -> None:
    assert AsciiRule().line("Isn’t isn't isnʼt ‘quoted’") == ["isn't"] * 3 + ["quoted'"]
    assert AsciiRule(lowercase=False).line("Isn’t IT") == ["Isn't", "IT"]


def test_tokens_of_a_tokenised_source_are_words_as_a_whole() -> None:
    rule = WordsRule()
    assert [rule.word(token) for token in ("Été", "l’eau", "a,b", "1914", ",", "a b", "")] == [
        *("été", "l'eau"),
        *[None] * 5,
    ]
    assert RawRule().word("a,b") == "a,b"
    assert RawRule().word("a b") == "a b"
    assert RawRule().word(" ") is None


def test_bytes_that_tell_a_class() -> None:
    words, raw = byte_classes(WordsRule().classes), byte_classes(RawRule().classes)
    assert words[ord("a")] == words["а".encode()[0]] == words["뷁".encode()[0]]
    assert words["é".encode()[0]] not in set(CharacterClass)
    assert [raw[byte] == CharacterClass.LETTER for byte in (0xC2, 0xC3, 0xE0, 0xE2, 0xE4)] == [
        *(False, True, True, False, True),
    ]
    assert np.array_equal(words[:0x80], class_table()[:0x80])
