"""Counts of words and pairs by the strings they are, once pairs are joined.

Where words contain the delimiter, strings meet: "new_york" may be a word, and the pair of "new" and
"york". Their counts are summed. That is rare, so that strings are made of few pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence

import numpy as np

from xw2v.text.collocations import CollocationCounts


class JoinedCounts:
    """Counts by string.

    Args:
        counted: words and pairs.
        delimiter: what joins the words of a pair.

    Attributes:
        n_distinct: distinct strings.
    """

    def __init__(self, counted: CollocationCounts, delimiter: str) -> None:
        self._counted = counted
        self._delimiter = delimiter
        self._of_words = counted.word_counts()
        self._pairs, self._of_pairs = counted.pair_counts()
        self._met = Counter[str]()  # strings that may meet others
        self._contains = _which_contain(delimiter, counted.words)
        n_met = self._add_words() + self._add_pairs()
        self.n_distinct = len(self._of_words) + len(self._pairs) - n_met + len(self._met)

    def _add_words(self) -> int:
        """Take the words that contain the delimiter; returns how many."""
        words = self._counted.words
        for i in np.flatnonzero(self._contains).tolist():
            if words[i] in self._of_words:  # which connectors are not
                self._met[words[i]] = self._of_words[words[i]]
        return len(self._met)

    def _add_pairs(self) -> int:
        """Take the pairs that look like other words or pairs, or may; returns how many."""
        is_met = np.zeros(len(self._pairs), bool)  # the pairs taken
        contains = self._contains
        if contains.any():
            first, last, is_linked = self._counted.ends_of(self._pairs)
            is_met = contains[first] | contains[last]
            if not can_split(self._delimiter, self._counted.connectors):
                is_met |= is_linked
            met = zip(
                self._counted.words_of(self._pairs[is_met]),
                self._of_pairs[is_met].tolist(),
                strict=True,
            )
            for parts, times in met:
                self._met[self._delimiter.join(parts)] += times
            for string in self._met:
                for place in self._places(string):
                    if not is_met[place]:
                        is_met[place] = True
                        self._met[string] += int(self._of_pairs[place])
        self._is_plain = ~is_met
        return int(np.count_nonzero(is_met))

    def _places(self, string: str) -> Iterator[int]:
        """Where the pairs are that are joined to `string`."""
        for words in ways_to_split(string, self._delimiter, self._counted.connectors):
            pair = self._counted.pair_of(words)
            if pair is not None:
                place = int(np.searchsorted(self._pairs, pair))
                if place < len(self._pairs) and self._pairs[place] == pair:
                    yield place

    def count(self, string: str) -> int:
        """How often a word or a pair was met."""
        if string in self._met:
            return self._met[string]
        if string in self._of_words:
            return self._of_words[string]
        return sum(int(self._of_pairs[place]) for place in self._places(string))

    def joined(self, fewest: float = 1) -> Iterator[tuple[str, int]]:
        """The strings that contain the delimiter and were met `fewest` times or more, and how
        often.
        """
        yield from ((string, times) for string, times in self._met.items() if times >= fewest)
        often = self._is_plain & (self._of_pairs >= fewest)
        join = self._delimiter.join
        parts, times = self._counted.words_of(self._pairs[often]), self._of_pairs[often].tolist()
        yield from zip(map(join, parts), times, strict=True)

    def all(self) -> dict[str, int]:
        """All strings, and how often each was met."""
        return self._of_words | dict(self.joined())


def _which_contain(delimiter: str, words: Sequence[str]) -> np.ndarray:
    """Whether each word contains the delimiter, (V,)."""
    if delimiter not in "\0".join(words):  # one look is faster than one at each
        return np.zeros(len(words), bool)
    return np.fromiter((delimiter in word for word in words), bool, len(words))


def ways_to_split(
    phrase: str, delimiter: str, connectors: Container[str]
) -> Iterable[tuple[str, ...]]:
    """The words that a phrase may have been joined of: two, connectors between them.

    There is more than one way where words contain the delimiter.
    """
    if len(delimiter) == 1 and phrase.count(delimiter) == 1:  # most
        first, _, second = phrase.partition(delimiter)
        return ((first, second),)
    return _ways_to_split(phrase, delimiter, connectors)


def _ways_to_split(
    phrase: str, delimiter: str, connectors: Container[str]
) -> Iterator[tuple[str, ...]]:
    at = phrase.find(delimiter)
    while at >= 0:
        words: tuple[str, ...] = (phrase[:at],)
        rest = phrase[at + len(delimiter) :]
        yield *words, rest
        connector, found, rest = rest.partition(delimiter)
        while found and connector in connectors:
            words = (*words, connector)
            yield *words, rest
            connector, found, rest = rest.partition(delimiter)
        at = phrase.find(delimiter, at + 1)


def can_split(delimiter: str, connectors: Iterable[str]) -> bool:
    """Whether `ways_to_split` finds all ways."""
    return bool(delimiter) and not any(delimiter in connector for connector in connectors)
