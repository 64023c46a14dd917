"""Sentences within lines of running text, by their final punctuation.

The rule of `tokenised`, for text that is not tokenised: a sentence ends at `.`, `!`, `?` or `…`,
with what closes quotes and brackets, before whitespace. A full stop ends nothing before a word in
lower case, after a single letter, or between digits, so that `J. Smith`, `U.S. dollars` and
`am 3. 5.` are not cut. `。`, `！` and `？` need no whitespace after them.
"""

from __future__ import annotations

import re

_CLOSING = r"""["'”’»›)\]}]*"""
_END = re.compile(
    rf"""(?P<mark>[.!?…]+){_CLOSING}(?P<space>[^\S\r\n]+)(?=[^\w\s]*(?P<next>\w))"""
    r"""|[。！？]++["”’」』）)\]]*+(?=[^\s。！？])"""
)


def split_sentences(text: str) -> str:
    """Lines of text with a line end after each sentence.

    >>> split_sentences('He left. "Go!" J. Smith said. At 3. 5 came, i.e. all.').split("\\n")
    ['He left.', '"Go!"', 'J. Smith said.', 'At 3. 5 came, i.e. all.']
    """
    return _END.sub(_ended, text)


def _ended(match: re.Match[str]) -> str:
    if match["mark"] is None:
        return match[0] + "\n"
    if match["mark"] == "." and _is_held_back(match):
        return match[0]
    return match[0][: match.start("space") - match.start()] + "\n"


def _is_held_back(match: re.Match[str]) -> bool:
    """Whether a full stop ends no sentence."""
    text, stop, following = match.string, match.start(), match["next"]
    if following.islower():
        return True
    before = text[stop - 1 : stop]
    if before.isdigit() and following.isdigit():
        return True
    return before.isalpha() and not text[max(0, stop - 2) : stop - 1].isalpha()
