"""Which words of a vocabulary a misspelt word may have been meant for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from heapq import nlargest

from xw2v.errors import UnknownWordError, shown

MAX_LETTERS = 60  # of a word whose spelling is looked at
MAX_LENGTH_DIFFERENCE = 3  # letters
MIN_DICE = 0.4  # share of letter pairs in common


class MisspeltWordError(UnknownWordError):
    """A word that is not in the vocabulary, and the words that it may have been meant for.

    These are looked up only when somebody reads the text: that takes a pass over the vocabulary,
    and programs that catch the error never need it.
    """

    def __init__(self, word: str, words: Sequence[str]) -> None:
        super().__init__(f"{shown(word)} is not in the vocabulary of {len(words)} words")
        self._word = word
        self._words = words

    @cached_property
    def _hint(self) -> str:
        near = nearest_spellings(self._word, self._words)
        return f"; the nearest spellings are {', '.join(map(shown, near))}" if near else ""

    def __str__(self) -> str:
        return super().__str__() + self._hint

    def __reduce__(self) -> tuple[type[UnknownWordError], tuple[str]]:
        return UnknownWordError, (str(self),)


def nearest_spellings(word: str, words: Iterable[str], n: int = 3) -> list[str]:
    """Up to `n` of `words` that `word` may have been meant for, the likeliest first.

    Those that differ in case alone come first, then those one edit away, each in the order of
    `words`, then those that share most letter pairs (Dice's coefficient of 0.4 or more).

    >>> nearest_spellings("acident", ["accident", "access", "incident", "the"], n=2)
    ['accident', 'incident']
    """
    if not word.strip() or len(word) > MAX_LETTERS:
        return []
    words = [other for other in words if other != word]
    folded, edits = word.casefold(), _one_edit(word)
    same_letters = [other for other in words if other.casefold() == folded]
    one_edit_away = [other for other in words if other in edits and other not in same_letters]
    found = (same_letters + one_edit_away)[:n]
    pairs, taken = _letter_pairs(folded), set(found)

    def dice(other: str) -> float:
        other_pairs = _letter_pairs(other)
        return 2 * len(pairs & other_pairs) / (len(pairs) + len(other_pairs))

    similar_length = (
        other
        for other in words
        if other not in taken and abs(len(other) - len(word)) <= MAX_LENGTH_DIFFERENCE
    )
    scored = ((dice(other), -row, other) for row, other in enumerate(similar_length))
    best = nlargest(n - len(found), scored)
    return found + [other for score, _, other in best if score >= MIN_DICE]


def _letter_pairs(word: str) -> set[str]:
    framed = f"^{word}$"
    return {framed[i : i + 2] for i in range(len(framed) - 1)}


def _one_edit(word: str) -> set[str]:
    """Every string one deletion, transposition, replacement or insertion away (Norvig 2007)."""
    letters = set("abcdefghijklmnopqrstuvwxyz'-_") | set(word)
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    edits = {left + right[1:] for left, right in splits if right}
    edits |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    edits |= {left + letter + right[1:] for left, right in splits if right for letter in letters}
    return edits | {left + letter + right for left, right in splits for letter in letters}
