"""What a source of text is; other modules have those of files, tables, NLTK and `docs`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from xw2v.errors import represented
from xw2v.text.sentences import fault_of_token

TextChunk = bytes | list[str]  # UTF-8 running text, or the tokens of a document


class Source(ABC):
    """Text that can be read.

    Attributes:
        description: what to call it in a log line.
        total: bytes of its file; 0 where that is not known.
        done: how many of them have been read.
        is_stream: whether a thread that waits for it could not be ended: standard input.
    """

    description: str
    total: int = 0
    done: int = 0
    is_stream: bool = False

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


def fault_of_row(row: Any) -> str:
    """What keeps a row from being text for `rows_as_chunks`; empty where nothing does."""
    if row is None:
        return ""
    if isinstance(row, str):
        return "" if _is_utf8(row) else "has a lone surrogate, which is no text; replace it"
    if not isinstance(row, list):
        return "holds neither a text nor a list of tokens"
    if any(isinstance(item, list) for item in row):
        if not all(isinstance(item, list) for item in row):
            return "holds both tokens and lists of tokens; give one kind"
        if any(isinstance(token, list) for tokens in row for token in tokens):
            return "holds lists within lists of lists; give a list of tokens a sentence"
        return next(filter(None, map(_fault_of_tokens, row)), "")
    return _fault_of_tokens(row)


def _fault_of_tokens(tokens: list[Any]) -> str:
    if all(isinstance(token, str) and token for token in tokens):
        joined = "".join(tokens)
        if "\n" not in joined and _is_utf8(joined):
            return ""
    place, token = next((i, token) for i, token in enumerate(tokens) if fault_of_token(token))
    if not isinstance(token, str):
        return (
            f"holds neither a text nor a list of tokens: token {place} is {represented(token, 40)}"
        )
    return f"holds a list of which token {place} is no word: {fault_of_token(token)}"


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def rows_as_chunks(rows: Iterable[Any]) -> Iterator[TextChunk]:
    """Rows of a table or of JSON Lines as chunks.

    Args:
        rows: without a `fault_of_row`, each a text, of which every line is a sentence; a list of
            tokens, which is a document; a list of such lists; or None.
    """
    texts: list[str] = []
    for row in rows:
        if isinstance(row, str):
            texts.append(row + "\n")
        elif row:
            if texts:
                yield "".join(texts).encode()
                texts = []
            yield from filter(None, row if isinstance(row[0], list) else [row])
    if texts:
        yield "".join(texts).encode()
