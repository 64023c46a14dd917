"""What a source of text is; `textfiles`, `arrowfiles`, `nltk_source` and `docs_source` are those
there are.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

Piece = bytes | list[str]  # a block of running text, or the tokens of a document


class Source(ABC):
    """Text that can be read.

    description: what to call it in a log line. total, done: how much there is and how much was
    read, in bytes of the file where that is known (total 0 where it is not).
    """

    description: str
    total: int = 0
    done: int = 0

    @abstractmethod
    def pieces(self, splits_at_spaces: bool) -> Iterator[Piece]:
        """The text, from its beginning: UTF-8 blocks or documents that come as tokens.

        A block ends at a line end or, with `splits_at_spaces`, at a blank where a line is long; the
        last one ends with a line end. Raises InputError where the source cannot be read.
        """


def described(names: Sequence[str]) -> str:
    """Names as English: "a", "a and b", "a, b and c", "a, b, c and 5 more"."""
    names = list(names)
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
