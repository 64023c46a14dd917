"""Phrases by their first words, to be found in sentences without scoring each pair there."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import compress, islice, repeat
from operator import contains

Scored = tuple[str, float]  # a phrase and its score
Occurrence = tuple[int, int, str, float]  # where it starts and stops, the phrase, its score
NONE: dict[str, Scored | dict[tuple[str, ...], Scored]] = {}


class PhraseTable:
    """Finds phrases in sentences, from left to right.

    Args:
        connectors: stay between the words of a phrase, and never begin or end one.
    """

    def __init__(self, connectors: Container[str]) -> None:
        self._connectors = connectors
        # By first word and then by the next: phrase and score; or, by connectors, what may follow
        # them, with phrase and score.
        self._phrases: dict[str, dict[str, Scored | dict[tuple[str, ...], Scored]]] = {}

    def add(self, words: Sequence[str], phrase: str, score: float) -> None:
        """Add a phrase of two words, connectors between them."""
        first, following, *rest = words
        if first in self._connectors or words[-1] in self._connectors:
            return
        of_first = self._phrases.setdefault(first, {})
        if not rest:
            of_first[following] = phrase, score
            return
        linked = of_first.setdefault(following, {})
        if isinstance(linked, dict):
            linked[tuple(rest)] = phrase, score

    def occurrences(self, words: Sequence[str]) -> Iterator[Occurrence]:
        """The phrases in a sentence."""
        phrases, connectors = self._phrases, self._connectors
        last, free = len(words) - 1, 0
        of_words = map(phrases.get, words, repeat(NONE))
        begins = map(contains, of_words, islice(words, 1, None))
        for start in compress(range(last), begins):
            if start < free:
                continue
            stop = start + 1
            found = phrases[words[start]][words[stop]]
            if isinstance(found, dict):
                while stop < last and words[stop] in connectors:
                    stop += 1
                if (rest := tuple(words[start + 2 : stop + 1])) not in found:
                    continue
                found = found[rest]
            free = stop + 1
            yield start, free, *found
