"""Phrases by their words, to be found in sentences without scoring each pair there."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from xw2v.text.phrase_search import PhraseSearch, Scored, compiled_search

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

    def __getstate__(self) -> dict[str, Any]:
        return {"_connectors": self._connectors, "_phrases": self._phrases}

    def add(self, words: Sequence[str], phrase: str, score: float) -> None:
        """Add a phrase of two words, connectors between them, before any is searched for."""
        self._phrases[tuple(words)] = phrase, score

    @cached_property
    def join(self) -> Callable[[Iterable[str]], list[str]]:
        """Makes a new list of the tokens of a sentence, phrases joined."""
        compiled = self._compiled
        return compiled.join if compiled is not None else self._join

    @cached_property
    def find(self) -> Callable[[Iterable[str]], list[Scored]]:
        """Makes a list of the phrases in a sentence, and their scores."""
        compiled = self._compiled
        return compiled.find if compiled is not None else self._find

    @cached_property
    def _compiled(self) -> PhraseSearch | None:
        return compiled_search(self._phrases, self._connectors)

    def _join(self, sentence: Iterable[str]) -> list[str]:
        return [token for token, _ in self._analyzed(sentence)]

    def _find(self, sentence: Iterable[str]) -> list[Scored]:
        return [(token, score) for token, score in self._analyzed(sentence) if score is not None]

    def _analyzed(self, sentence: Iterable[str]) -> Iterator[tuple[str, float | None]]:
        phrases, no_phrase = self._phrases, (None, None)
        return analyzed(
            sentence,
            self._connectors,
            lambda first, last, between: phrases.get((first, *between, last), no_phrase),
        )
