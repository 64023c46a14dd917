"""What a source of text is; other modules have those of files, tables, NLTK and `docs`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

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
