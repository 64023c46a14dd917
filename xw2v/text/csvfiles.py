"""Tables as CSV or TSV: a first row of names, and a text in one of the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from xw2v.errors import FileFormatError
from xw2v.text.jsonlines import COMPRESSIONS
from xw2v.text.sources import TextChunk, rows_as_chunks
from xw2v.text.textchunks import Readable, text_chunks

DELIMITERS = {".csv": ",", ".tsv": "\t"}
MAX_FIELD_BYTES = 1 << 27
CHUNK_ROWS = 1024


def delimiter_of(name: str) -> str | None:
    """What separates the columns of a file, by its name; None where that names no such table."""
    for suffix, delimiter in DELIMITERS.items():
        if name.lower().endswith(tuple(suffix + ending for ending in COMPRESSIONS)):
            return delimiter
    return None


def csv_chunks(stream: Readable, name: str, column: str, delimiter: str) -> Iterator[TextChunk]:
    """The texts in a column.

    Raises:
        FileFormatError: it is not there, or a row is damaged; with the number of the line.
    """
    csv.field_size_limit(max(MAX_FIELD_BYTES, csv.field_size_limit()))
    rows = csv.reader(_lines(stream, name), delimiter=delimiter, strict=True)
    texts: list[str] = []
    place: int | None = None  # of the column
    try:
        for row in rows:
            if not row:
                continue
            if place is None:
                place = _place(row, column, name)
            elif place >= len(row):
                raise FileFormatError(
                    f"has {len(row)} columns, too few for {column!r}", path=name, line=rows.line_num
                )
            else:
                texts.append(row[place])
            if len(texts) == CHUNK_ROWS:
                yield from rows_as_chunks(texts)
                texts = []
    except csv.Error as error:
        raise FileFormatError(f"not CSV: {error}", path=name, line=rows.line_num) from None
    yield from rows_as_chunks(texts)


def _lines(stream: Readable, name: str) -> Iterator[str]:
    """Lines with their ends."""
    for chunk in text_chunks(stream, name, splits_at_spaces=False):
        yield from (line + "\n" for line in chunk.decode().removesuffix("\n").split("\n"))


def _place(header: list[str], column: str, name: str) -> int:
    if header.count(column) != 1:
        raise FileFormatError(
            f"no column {column!r} in its first row; choose with `text_column` among "
            f"{', '.join(header)[:200]}",
            path=name,
        )
    return header.index(column)
