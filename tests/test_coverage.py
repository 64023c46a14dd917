"""What a rule leaves out is counted, reported with an example, and kept by the rule named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_words import RULES, TEXT, sentences

from xw2v.errors import UsageError
from xw2v.text.coverage import Coverage, Example
from xw2v.text.encode import Encoder
from xw2v.text.options import TextOptions
from xw2v.text.tokens import AsciiRule, Losses, PatternRule, RawRule, TokenRule, WordsRule


def notices(text: str, rule: TokenRule) -> list[str]:
    encoder = Encoder(rule)
    encoder.add(f"{text}\n".encode())
    return encoder.notices


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        (
            "le café noir",
            AsciiRule(),
            "10.0% of the letters and digits are in no word: 'café' "
            "becomes 'caf'; `tokens` words keeps it",
        ),
        ("в 1914 году", WordsRule(), "'1914' is left out; `tokens` words `keep_digits` keeps it"),
        ("item17 item18", PatternRule("[a-z]+"), "'item17' becomes 'item'; `tokens` words keeps"),
        ("item 1718", AsciiRule(), "'1718' is left out; `tokens` words `keep_digits` keeps it"),
        ("½ cup, 2 m²", WordsRule(), "'m²' becomes 'm'; `tokens` words `keep_digits` keeps it"),
        ("ab " * 33 + "a", PatternRule("ab"), "1.5% of the letters and digits are in no word"),
        ("ab " * 49 + "d e", PatternRule("ab|d"), "1.0% of the letters and digits are in no word"),
        ("a_b " * 3, AsciiRule(), "50.0% of the words are cut or lose marks: 'a_b' becomes 'a b'"),
        ("nai\u0308ve", AsciiRule(), "becomes 'nai ve'; `tokens` words keeps it"),
        ("caf\u00e9 cafe\u0301 " + " it" * 90, PatternRule("[a-z\u00e9]+"), "becomes 'cafe'"),
        ("co\u00adop", AsciiRule(), "'co\\xadop' becomes 'co op'; `tokens` words keeps it"),
        ("हिन्दी में", PatternRule(r"\w+"), "'हिन्दी' becomes 'ह न द'; `tokens` words keeps it"),
        ("हिन्दी में", PatternRule(r"[^\W\d_]+"), "'हिन्दी' becomes 'ह न द'; `tokens` words keeps"),
        ("\u0130stanbul", AsciiRule(), "becomes 'i stanbul'; `tokens` words keeps it"),
        ("New York", PatternRule("new"), "'York' is left out; `tokens` ascii keeps it"),
        ("a-b c-d", PatternRule("(?<=a-b )c"), "'a-b' is left out; `tokens` ascii keeps it"),
    ],
)
def test_what_is_cut_is_reported(text: str, rule: TokenRule, expected: str) -> None:
    (notice,) = notices(text, rule)
    assert expected in notice


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("it isn’t so", AsciiRule()),
        ("le café noir", WordsRule()),
        ("в 1914 году", RawRule()),
        ("in 1914 we " + "went home " * 100, AsciiRule()),
        ("в 1914 году", WordsRule(keep_digits=True)),
        ("a_b __init__ हि 1\ufe0f\u20e3", WordsRule(keep_digits=True)),
        ("_so_ a-b 👍🏽 it\u2019s", AsciiRule()),
        ("new_york", PatternRule(r"\w+")),
    ],
)
def test_nothing_is_reported_where_little_is_lost(text: str, rule: TokenRule) -> None:
    assert notices(text, rule) == []


@pytest.mark.parametrize("rule", [WordsRule(), RawRule()])
def test_text_without_spaces_needs_a_segmenter(rule: TokenRule) -> None:
    (chinese,) = notices("我们今天去北京看朋友。他们很高兴见到我们", rule)
    assert "jieba" in chinese
    (thai,) = notices("สวัสดีครับผมชื่อสมชายครับ", rule)
    assert "PyThaiNLP" in thai
    assert notices("我们 今天 去 北京 看 朋友 。", rule) == []


def test_coverage_of_a_tokenised_source() -> None:
    encoder = Encoder(AsciiRule())
    encoder.add(["In", "1914", ",", "the", "café"])
    example = Example("café", "", "`tokens` words")
    assert encoder.coverage == Coverage(Losses(13, 8, 0), 5, outside=example)


def test_tokens_of_a_tokenised_source_are_kept_or_counted() -> None:
    tokens = ["in", "New York", "3,5", "1 000", "½"]
    raw = Encoder(RawRule())
    raw.add(tokens)
    assert sentences(raw) == [tokens]
    assert raw.notices == []
    words = Encoder(WordsRule(keep_digits=True))
    words.add(tokens)
    assert sentences(words) == [["in", "3,5", "½"]]
    (notice,) = words.notices
    assert "'New York' is left out; `tokens` raw keeps it" in notice


@settings(max_examples=200, deadline=None)
@given(text=TEXT, name=st.sampled_from([*RULES, r"\w+", "[^\\W\\d_]+", "[a-z0-9_]+", "ab|é"]))
def test_a_reported_share_has_an_example_and_a_rule_that_keeps_it(text: str, name: str) -> None:
    rule = RULES.get(name) or PatternRule(name)
    encoder = Encoder(rule)
    encoder.add(f"{text}\n".encode())
    for lost in (encoder.coverage.outside, encoder.coverage.cut):
        if lost is not None:
            assert lost.word
            assert rule.losses(lost.word)
            kept = {
                "`tokens` ascii": AsciiRule(),
                "`tokens` words": WordsRule(),
                "`tokens` words `keep_digits`": WordsRule(keep_digits=True),
                "`tokens` raw": RawRule(),
            }[lost.remedy]
            assert not kept.losses(lost.word)


@pytest.mark.parametrize(
    ("options", "setting"),
    [
        ({"keep_digits": True}, "keep_digits"),
        ({"keep_digits": True, "tokens": "ascii"}, "keep_digits"),
        ({"keep_digits": True, "tokens": "raw"}, "keep_digits"),
        ({"keep_digits": True, "token_pattern": "[a-z]+"}, "keep_digits"),
        ({"tokens": "words", "token_pattern": "[a-z]+"}, "token_pattern"),
        ({"tokens": "word"}, "tokens"),
    ],
)
def test_options_at_odds_are_refused(options: dict[str, Any], setting: str) -> None:
    with pytest.raises(UsageError, match=f"^{setting}=") as error:
        TextOptions(**options)
    assert len(str(error.value).splitlines()) == 1
