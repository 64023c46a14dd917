"""Joining and finding given phrases in sentences, by the compiled loops (`phrase_search.h`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from xw2v.storage.native import NativeLibrary
from xw2v.storage.python_api import bound_function, use_python
from xw2v.text.scan import library

FILTER_BITS_PER_RECORD = 16  # or up to twice as many; 2 to 4 % of others pass

Scored = tuple[str, float]  # a phrase and its score
Sentence = Iterable[str]


class PhraseSearch:
    """Joins and finds phrases.

    Args:
        phrases: by a first word, connectors, and a last word.
        connectors: the words that stay between others and begin and end no phrase.

    Attributes:
        join: makes a new list of the tokens of a sentence, phrases joined.
        find: makes a list of the phrases in a sentence.
    """

    def __init__(
        self,
        compiled: NativeLibrary,
        phrases: dict[tuple[str, ...], Scored],
        connectors: frozenset[str],
    ) -> None:
        records = [*phrases, *((word,) for word in connectors)]
        filter_bytes = 1 << (FILTER_BITS_PER_RECORD * len(records) // 8).bit_length()
        table = (phrases, connectors, bytearray(filter_bytes))
        bound_function(compiled, "xw2v_fill_filter", table)(records)
        self.join: Callable[[Sentence], list[str]]
        self.join = bound_function(compiled, "xw2v_join_phrases", table)
        self.find: Callable[[Sentence], list[Scored]]
        self.find = bound_function(compiled, "xw2v_find_phrases", table)


def compiled_search(
    phrases: dict[tuple[str, ...], Scored], connectors: frozenset[str]
) -> PhraseSearch | None:
    """A PhraseSearch; None where there is no compiled loop for this Python."""
    compiled = library()
    if compiled is None or not use_python(compiled):
        return None
    return PhraseSearch(compiled, phrases, connectors)
