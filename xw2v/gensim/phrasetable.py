"""Phrases by their words, to be found in sentences without scoring each pair there."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any

from xw2v.text.phrase_search import NO_RECORD, PhraseSearch

Scored = tuple[str, float]  # a phrase and its score
# of a first word, a last one, and connectors between them
Candidate = Callable[[str, str, Sequence[str]], "tuple[str | None, float | None]"]


def analyzed(
    sentence: Iterable[str], connectors: Container[str], candidate: Candidate
) -> Iterator[tuple[str, float | None]]:
    """The tokens of a sentence, phrases joined, each with its score: None for a plain word.

    An empty token may end a phrase, begins none, and is left out elsewhere, as in gensim.

    Args:
        connectors: stay between the words of a phrase, and never begin or end one.
        candidate: gives the phrase of some words and its score, or None and None.
    """
    start = ""
    between: list[str] = []
    for word in sentence:
        if word in connectors:
            if not start:
                yield word, None
            else:
                between.append(word)
            continue
        if start:
            phrase, score = candidate(start, word, between)
            if phrase is not None:
                yield phrase, score
                start, between = "", []
                continue
            yield start, None
            yield from ((connector, None) for connector in between)
        start, between = word, []
    if start:
        yield start, None
        yield from ((connector, None) for connector in between)


class PhraseTable:
    """Finds phrases in sentences, as `analyzed` does.

    Args:
        connectors: see there.
    """

    def __init__(self, connectors: frozenset[str]) -> None:
        self._connectors = connectors
        self._phrases: dict[tuple[str, ...], Scored] = {}
        self._scored: list[Scored] = []  # in the order of the search
        self._search: PhraseSearch | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_search": None}

    def add(self, words: Sequence[str], phrase: str, score: float) -> None:
        """Add a phrase of two words, connectors between them."""
        self._phrases[tuple(words)] = phrase, score

    def join(self, sentences: Sequence[list[str]]) -> None:
        """Replace the words of phrases, and remove empty tokens that end none, in place."""
        found = self._found(sentences)
        if found is None:
            for words in sentences:
                words[:] = [token for token, _ in self._analyzed(words)]
            return
        scored = self._scored
        values = reversed(found)
        for phrase, stop, start, sentence in zip(values, values, values, values, strict=True):
            words = sentences[sentence]
            if phrase == NO_RECORD:
                del words[start:stop]
            else:
                words[start] = scored[phrase][0]
                del words[start + 1 : stop]

    def occurring(self, sentences: Sequence[list[str]]) -> dict[str, float]:
        """The phrases in sentences, and their scores."""
        found = self._found(sentences)
        if found is None:
            tokens = (one for words in sentences for one in self._analyzed(words))
            return {phrase: score for phrase, score in tokens if score is not None}
        scored = self._scored
        return dict(scored[phrase] for phrase in dict.fromkeys(found[3::4]) if phrase != NO_RECORD)

    def _found(self, sentences: Sequence[list[str]]) -> list[int] | None:
        if self._search is None:
            self._search = PhraseSearch(list(self._phrases), self._connectors)
            self._scored = list(self._phrases.values())
        return self._search.find(sentences)

    def _analyzed(self, sentence: Iterable[str]) -> Iterator[tuple[str, float | None]]:
        phrases, no_phrase = self._phrases, (None, None)
        return analyzed(
            sentence,
            self._connectors,
            lambda first, last, between: phrases.get((first, *between, last), no_phrase),
        )
