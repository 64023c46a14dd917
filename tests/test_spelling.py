"""Spellings near an unknown word."""

from __future__ import annotations

from xw2v.vectors.spelling import nearest_spellings


def test_nearest_spellings() -> None:
    words = ["the", "he", "Paris", "accident", "incident", "accidental", "then"]
    assert nearest_spellings("teh", words)[0] in ("the", "he")
    assert nearest_spellings("paris", words)[0] == "Paris"
    assert nearest_spellings("acident", words)[0] == "accident"
    assert nearest_spellings("zzzzzz", words) == []
    assert nearest_spellings("the", words, n=10) == [
        word for word in nearest_spellings("the", words, n=10) if word != "the"
    ]
    assert len(nearest_spellings("x" * 10_000_000, words)) == 0
