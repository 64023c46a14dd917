"""Phrases by their first words, to be found in sentences without scoring each pair there."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from xw2v.text.pair_search import NO_PAIR, Found, PairSearch

Scored = tuple[str, float]  # a phrase and its score
# of two words; or, by connectors, of what may follow the first two
Entry = Scored | dict[tuple[str, ...], Scored]
Occurrence = tuple[int, int, int, Scored | None]  # sentence, start and stop in it, phrase if any


class PhraseTable:
    """Finds phrases in sentences, from left to right, and the tokens that are left out.

    An empty token may end a phrase, begins none, and is left out elsewhere, as in gensim.

    Args:
        connectors: stay between the words of a phrase, and never begin or end one.
    """

    def __init__(self, connectors: Container[str]) -> None:
        self._connectors = connectors
        self._numbers: dict[tuple[str, str], int] = {}  # of a first word and the next
        self._entries: list[Entry] = []  # by number
        self._search: PairSearch | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_search": None}

    def add(self, words: Sequence[str], phrase: str, score: float) -> None:
        """Add a phrase of two words, connectors between them."""
        first, following, *rest = words
        if not first or first in self._connectors or words[-1] in self._connectors:
            return
        number = self._numbers.setdefault((first, following), len(self._entries))
        if number == len(self._entries):
            self._entries.append({} if rest else (phrase, score))
        entry = self._entries[number]
        if isinstance(entry, dict):
            entry[tuple(rest)] = phrase, score

    def occurrences(self, sentences: Sequence[list[str]]) -> Iterator[Occurrence]:
        """The phrases in sentences, and the empty tokens that are left out."""
        connectors, entries = self._connectors, self._entries
        last_sentence = -1
        for sentence, start, number in self._candidates(sentences):
            if sentence != last_sentence:
                last_sentence, words = sentence, sentences[sentence]
                free = 0  # where the next phrase may start
            if start < free:
                continue
            stop = start + 1
            if number == NO_PAIR:
                if words and "" not in connectors:
                    yield sentence, start, stop, None
                continue
            found = entries[number]
            if isinstance(found, dict):
                last = len(words) - 1
                while stop < last and words[stop] in connectors:
                    stop += 1
                rest = tuple(words[start + 2 : stop + 1])
                if rest not in found:
                    continue
                found = found[rest]
            free = stop + 1
            yield sentence, start, free, found

    def _candidates(self, sentences: Sequence[list[str]]) -> Iterable[Found]:
        """Where phrases may be, and empty tokens are."""
        if self._search is None:
            self._search = PairSearch(list(self._numbers))
        found = self._search.find(sentences)
        return self._looked_up(sentences) if found is None else found

    def _looked_up(self, sentences: Iterable[list[str]]) -> Iterator[Found]:
        numbers: Mapping[Any, int] = self._numbers
        for sentence, words in enumerate(sentences):
            for start, pair in enumerate(zip_longest(words, words[1:])):
                number = numbers.get(pair, NO_PAIR)
                if number != NO_PAIR or pair[0] == "":
                    yield sentence, start, number

    def join(self, sentences: Sequence[list[str]]) -> None:
        """Replace the words of phrases, in place."""
        for sentence, start, stop, found in reversed(list(self.occurrences(sentences))):
            words = sentences[sentence]
            if found is None:
                del words[start]
            else:
                words[start] = found[0]
                del words[start + 1 : stop]
