"""JSON Lines: an object a line, with a text or tokens under one of its keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from xw2v.errors import FileFormatError
from xw2v.storage.files import damage_reported, decompressed, open_binary
from xw2v.text.sources import TextChunk, rows_as_chunks
from xw2v.text.textfiles import BYTE_ORDER_MARK, TextFile, text_chunks

SUFFIXES = (".jsonl", ".ndjson", ".jsonlines")
COMPRESSIONS = ("", ".gz", ".bz2", ".xz", ".zst", ".zip")
MAX_SNIFFED_BYTES = 1 << 24  # of a first line


class JsonLinesFile(TextFile):
    """A file of JSON Lines, compressed or not; `column` is the key of the text."""

    def __init__(self, path: str, column: str) -> None:
        super().__init__(path)
        self.column = column

    def _chunks(self, raw: BinaryIO, name: str, splits_at_spaces: bool) -> Iterator[TextChunk]:
        with damage_reported(name):
            stream = decompressed(raw, name, unzips=True)
        lines = 0  # before the chunk
        for chunk in text_chunks(stream, name, splits_at_spaces=False):
            rows = [
                self._value(row, name, line)
                for line, row in enumerate(chunk.split(b"\n"), start=lines + 1)
                if row.strip()
            ]
            lines += chunk.count(b"\n")
            if self.total:
                self.done = raw.tell()
            yield from rows_as_chunks(rows)

    def _value(self, row: bytes, name: str, line: int) -> Any:
        try:
            content = json.loads(row)
        except (ValueError, RecursionError) as error:
            raise FileFormatError(f"not JSON: {error}", path=name, line=line) from None
        if not isinstance(content, dict) or self.column not in content:
            keys = ", ".join(content)[:200] if isinstance(content, dict) else "no object"
            raise FileFormatError(
                f"no {self.column!r} there; choose with `text_column` among {keys}",
                path=name,
                line=line,
            )
        value = content[self.column]
        if not (value is None or isinstance(value, str) or is_token_list(value)):
            raise FileFormatError(
                f"{self.column!r} holds neither a text nor a list of tokens", path=name, line=line
            )
        return value


def is_token_list(value: object) -> bool:
    """Whether a JSON value is a list of strings, or of such lists."""
    return isinstance(value, list) and all(
        isinstance(item, str) or is_token_list(item) for item in value
    )


def is_json_lines(path: str, column: str) -> bool:
    """Whether a file is of JSON Lines: by its name, or by its first line."""
    if path.lower().endswith(tuple(a + b for a in SUFFIXES for b in COMPRESSIONS)):
        return True
    with open_binary(path) as file, damage_reported(path):
        if file.read(4).removeprefix(BYTE_ORDER_MARK)[:1] != b"{":
            return False
        file.seek(0)
        try:
            content = json.loads(file.readline(MAX_SNIFFED_BYTES).removeprefix(BYTE_ORDER_MARK))
        except (ValueError, RecursionError):
            return False
    return isinstance(content, dict) and column in content
