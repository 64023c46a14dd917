"""Text files: plain or compressed, from a path, standard input or memory.

Their names and first bytes say whether they are running text, JSON Lines or CSV.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

from xw2v.storage.files import damage_reported, decompressed, open_binary, unchanged
from xw2v.text.csvfiles import csv_chunks, delimiter_of
from xw2v.text.foreign import refuse_numbers
from xw2v.text.jsonlines import has_json_lines, json_chunks
from xw2v.text.sources import Source, TextChunk
from xw2v.text.textchunks import Begun, text_chunks

STANDARD_INPUT = "-"
_DOC_TAGS = re.compile(rb"^(<doc id=[^\n]*>|</doc>)[\r\n]", re.MULTILINE)  # of WikiExtractor


class TextFile(Source):
    """A file of running text, a sentence or paragraph a line, or of rows of text; `-` is standard
    input.

    Args:
        column: of rows, what holds the text or its tokens: a key of JSON Lines, a column of CSV.
    """

    def __init__(self, path: str, column: str = "text") -> None:
        self.path = path
        self.column = column
        self.description = "standard input" if path == STANDARD_INPUT else os.path.basename(path)
        self.is_stream = path == STANDARD_INPUT or not os.path.isfile(path)
        if not self.is_stream:
            self.total = os.path.getsize(path)

    def chunks(self, splits_at_spaces: bool) -> Iterator[TextChunk]:
        if self.path == STANDARD_INPUT:
            with closing(open(sys.stdin.fileno(), "rb", closefd=False)) as standard:
                yield from self._chunks(standard, "standard input", splits_at_spaces)
        else:
            with open_binary(self.path) as file, unchanged(file, self.path):
                yield from self._chunks(file, self.path, splits_at_spaces)

    def _chunks(self, raw: BinaryIO, name: str, splits_at_spaces: bool) -> Iterator[TextChunk]:
        with damage_reported(name):
            stream = Begun(decompressed(raw, name, unzips=True))
        for chunk in self._contents(stream, name, splits_at_spaces):
            if self.total:
                self.done = raw.tell()
            yield chunk

    def _contents(self, stream: Begun, name: str, splits_at_spaces: bool) -> Iterator[TextChunk]:
        """The chunks of what the name and the first bytes say that it is."""
        if (delimiter := delimiter_of(self.path)) is not None:
            yield from csv_chunks(stream, name, self.column, delimiter)
        elif has_json_lines(stream.head, name):
            yield from json_chunks(stream, name, self.column)
        else:
            refuse_numbers(stream.head, name)
            is_wiki = stream.head.startswith(b"<doc id=")
            for chunk in text_chunks(stream, name, splits_at_spaces):
                yield _DOC_TAGS.sub(b"\n", chunk) if is_wiki else chunk


class TextBytes(Source):
    """Running text that is in memory."""

    def __init__(self, text: bytes, description: str) -> None:
        self.text = text
        self.description = description
        self.total = len(text)

    def chunks(self, splits_at_spaces: bool) -> Iterator[TextChunk]:
        for chunk in text_chunks(io.BytesIO(self.text), self.description, splits_at_spaces):
            self.done += len(chunk)
            yield chunk
