"""What a source of text is; other modules have those of files, tables, NLTK and `docs`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

TextChunk = bytes | list[str]  # UTF-8 running text, or the tokens of a document


class Source(ABC):
    """Text that can be read.

    Attributes:
        description: what to call it in a log line.
        total: bytes of its file; 0 where that is not known.
        done: how many of them have been read.
    """

    description: str
    total: int = 0
    done: int = 0

    @abstractmethod
    def chunks(self, splits_at_spaces: bool) -> Iterator[TextChunk]:
        """The text, from its beginning: UTF-8 running text, or documents that come as tokens.

        A chunk of running text ends at a line end or, with `splits_at_spaces`, at a space where a
        line is long; the last one ends with a line end.

        Raises:
            InputError: the source cannot be read.
        """


def described(names: Sequence[str]) -> str:
    """Names as English: "a", "a and b", "a, b and c", "a, b, c and 5 more"."""
    names = list(names)
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def rows_as_chunks(rows: Iterable[Any]) -> Iterator[TextChunk]:
    """Rows of a table or of JSON Lines as chunks.

    Args:
        rows: each a text, of which every line is a sentence; a list of tokens, which is a document;
            a list of such lists; or None.
    """
    texts: list[str] = []
    for row in rows:
        if isinstance(row, str):
            texts.append(row + "\n")
        elif row is not None:
            if texts:
                yield "".join(texts).encode("utf-8", "replace")
                texts = []
            yield from _documents(row)
    if texts:
        yield "".join(texts).encode("utf-8", "replace")


def _documents(tokens: list[Any]) -> Iterator[list[str]]:
    plain = [
        token if token.isascii() else token.encode("utf-8", "replace").decode()  # lone surrogates
        for token in tokens
        if isinstance(token, str)
    ]
    if plain:
        yield plain
    for token in tokens:
        if isinstance(token, list):
            yield from _documents(token)
