"""Sources that come as tokens: which tokens count, and where their sentences end.

Such a source gives a document as one list of tokens, punctuation among them, and says nothing of
sentences. A sentence ends at its final punctuation: a token of `.`, `!`, `?` or `…`, with what
closes quotes and brackets. A full stop ends nothing before a word in lower case, after a single
letter, or between digits, so that `U . S . dollars`, `J . Smith` and `3 . 5` stay whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xw2v.text.characters import count_letters
from xw2v.text.tokens import Losses, TokenRule

_FINAL = re.compile(r"[^\w\s]*[.!?…。！？][^\w\s,;:]*")
_SURE = re.compile(r"[!?…。！？]|\.\W*[\"'”’`)\]]")  # more than a full stop alone

WORD, FINAL, SURE, LETTER, LOWER, DIGIT = (1 << bit for bit in range(6))


class DocumentWords(NamedTuple):
    """The words of a document.

    Attributes:
        words: in order.
        ends: (S,) int64, how many words come before each sentence end.
        losses: letters and digits of all tokens and of those that are no words.
    """

    words: list[str]
    ends: np.ndarray
    losses: Losses


class Documents:
    """Splits documents that come as tokens into sentences of the words that a rule takes."""

    def __init__(self, rule: TokenRule) -> None:
        self.rule = rule
        self._index: dict[str, int] = {}  # of the tokens met so far
        self._words: list[str] = []  # by the token's index; "" where it is not a word
        self._kinds: list[int] = []  # likewise
        self._letters: list[int] = []  # likewise

    def words(self, tokens: Sequence[str]) -> DocumentWords:
        """Splits a document that comes as tokens."""
        index = self._index
        for token in [token for token in set(tokens) if token not in index]:
            word = self.rule.word(token)
            index[token] = len(self._words)
            self._words.append(word or "")
            self._kinds.append(self._kind(token) | (WORD if word else 0))
            self._letters.append(count_letters(token))
        codes = [index[token] for token in tokens]
        kinds = np.fromiter(map(self._kinds.__getitem__, codes), np.uint8, len(tokens))
        is_word = (kinds & WORD) != 0
        held_back = np.zeros(len(tokens), bool)
        held_back[1:] = (kinds[:-1] & LETTER) != 0
        held_back[:-1] |= (kinds[1:] & LOWER) != 0
        held_back[1:-1] |= (kinds[:-2] & kinds[2:] & DIGIT) != 0
        final = ((kinds & FINAL) != 0) & (((kinds & SURE) != 0) | ~held_back)
        words = list(filter(None, map(self._words.__getitem__, codes)))
        ends = np.cumsum(is_word)[final]
        letters = np.fromiter(map(self._letters.__getitem__, codes), np.int64, len(tokens))
        losses = Losses(int(letters.sum()), int(letters[~is_word].sum()), 0)
        return DocumentWords(words, np.append(ends, len(words)), losses)

    @staticmethod
    def _kind(token: str) -> int:
        """What a token is for the rule of sentence ends, as bits."""
        kind = FINAL if _FINAL.fullmatch(token) else 0
        kind |= SURE if kind and _SURE.search(token) else 0
        kind |= LETTER if len(token) == 1 and token.isalpha() else 0
        return kind | (LOWER if token[:1].islower() else 0) | (DIGIT if token.isdigit() else 0)
