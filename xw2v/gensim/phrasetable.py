"""Phrases by their first words, to be found in sentences without scoring each pair there."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import compress, count, islice, repeat

from xw2v.text.pair_search import PairSearch

MIN_SEARCHED_TOKENS = 1 << 9  # in fewer, each pair is looked up by itself

Scored = tuple[str, float]  # a phrase and its score
Occurrence = tuple[int, int, int, str, float]  # sentence, start and stop in it, phrase, score


class PhraseTable:
    """Finds phrases in sentences, from left to right.

    Args:
        connectors: stay between the words of a phrase, and never begin or end one.
    """

    def __init__(self, connectors: Container[str]) -> None:
        self._connectors = connectors
        # By the first word and the next: phrase and score; or, by connectors, what may follow
        # them, with phrase and score.
        self._phrases: dict[tuple[str, str], Scored | dict[tuple[str, ...], Scored]] = {}
        self._search: PairSearch | None = None

    def add(self, words: Sequence[str], phrase: str, score: float) -> None:
        """Add a phrase of two words, connectors between them."""
        first, following, *rest = words
        if first in self._connectors or words[-1] in self._connectors:
            return
        if not rest:
            self._phrases[first, following] = phrase, score
            return
        linked = self._phrases.setdefault((first, following), {})
        if isinstance(linked, dict):
            linked[tuple(rest)] = phrase, score

    def occurrences(self, sentences: Sequence[Sequence[str]]) -> Iterator[Occurrence]:
        """The phrases in sentences, whose words may be replaced by the phrase before the next."""
        phrases, connectors = self._phrases, self._connectors
        last_sentence = -1
        for sentence, place in self._candidates(sentences):
            if sentence != last_sentence:
                last_sentence, words = sentence, sentences[sentence]
                length = len(words)
                free = 0  # where the next phrase may start
            if place < free:
                continue
            start = place - (length - len(words))
            stop = start + 1
            found = phrases.get((words[start], words[stop]))
            if isinstance(found, dict):
                last = len(words) - 1
                while stop < last and words[stop] in connectors:
                    stop += 1
                found = found.get(tuple(words[start + 2 : stop + 1]))
            if found is not None:
                stop += 1
                free = place + stop - start
                yield sentence, start, stop, *found

    def _candidates(self, sentences: Sequence[Sequence[str]]) -> Iterable[tuple[int, int]]:
        """Where phrases may be: the sentence, and the first word in it."""
        if sum(map(len, sentences)) >= MIN_SEARCHED_TOKENS:
            if self._search is None:
                self._search = PairSearch(list(self._phrases))
            if (found := self._search.find(sentences)) is not None:
                return found
        return self._looked_up(sentences)

    def _looked_up(self, sentences: Iterable[Sequence[str]]) -> Iterator[tuple[int, int]]:
        is_known = self._phrases.__contains__
        for sentence, words in enumerate(sentences):
            is_phrase = list(map(is_known, zip(words, islice(words, 1, None), strict=False)))
            yield from zip(repeat(sentence), compress(count(), is_phrase), strict=False)

    def join(self, sentences: Sequence[list[str]]) -> None:
        """Replace the words of phrases, in place."""
        for sentence, start, stop, phrase, _ in self.occurrences(sentences):
            sentences[sentence][start:stop] = (phrase,)
