"""JSON Lines: an object a line, with a text or tokens under one of its keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from xw2v.errors import FileFormatError
from xw2v.text.sources import TextChunk, fault_of_row, rows_as_chunks
from xw2v.text.textchunks import BYTE_ORDER_MARK, Readable, text_chunks

SUFFIXES = (".jsonl", ".ndjson", ".jsonlines")
COMPRESSIONS = ("", ".gz", ".bz2", ".xz", ".zst", ".zip")
_OBJECT = re.compile(rb'\s*\{\s*"[^"\n]*"\s*:')
_LONG_OBJECT = re.compile(rb'\{\s*\n\s*"[^"\n]*"\s*:')
_ARRAY = re.compile(rb'\s*\[\s*(\{\s*["}]|\[\s*["\[\]]|"[^"\n]*"\s*[,\]])')


def named_json_lines(name: str) -> bool:
    """Whether a file's name says that it is of JSON Lines."""
    return name.lower().endswith(tuple(a + b for a in SUFFIXES for b in COMPRESSIONS))


def has_json_lines(head: bytes, name: str) -> bool:
    """Whether a file is of JSON Lines: by its name, or by its first lines.

    Args:
        head: the first bytes of its content.

    Raises:
        FileFormatError: it is of JSON, but has no object a line.
    """
    if named_json_lines(name):
        return True
    head = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    is_named = name.lower().endswith(tuple(".json" + ending for ending in COMPRESSIONS))
    if head[:1] == b"[" and (is_named or _ARRAY.match(head)):
        raise FileFormatError(
            "is a JSON array; write it as JSON Lines, an object a line: jq -c '.[]'", path=name
        )
    if head[:1] != b"{":
        return False
    first, end, rest = head.partition(b"\n")
    is_object = _is_object(first) if end else _OBJECT.match(first) is not None
    second, end, _ = rest.lstrip().partition(b"\n")
    if is_object:
        return not second or (_is_object(second) if end else second.startswith(b"{"))
    if is_named or _LONG_OBJECT.match(head):
        raise FileFormatError(
            "is JSON that is not an object a line (JSON Lines); write it so: jq -c .", path=name
        )
    return False


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def json_chunks(stream: Readable, name: str, column: str) -> Iterator[TextChunk]:
    """What the key `column` holds in the objects of a stream.

    Raises:
        FileFormatError: a line is not such an object; with its number.
    """
    lines = 0  # before the chunk
    for chunk in text_chunks(stream, name, splits_at_spaces=False):
        rows = [
            _value(row, name, line, column)
            for line, row in enumerate(chunk.split(b"\n"), start=lines + 1)
            if row.strip()
        ]
        lines += chunk.count(b"\n")
        yield from rows_as_chunks(rows)


def _value(row: bytes, name: str, line: int, column: str) -> Any:
    try:
        content = json.loads(row)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"not JSON: {error}", path=name, line=line) from None
    if not isinstance(content, dict) or column not in content:
        keys = ", ".join(content)[:200] if isinstance(content, dict) else "no object"
        raise FileFormatError(
            f"no {column!r} there; choose with `text_column` among {keys}", path=name, line=line
        )
    value = content[column]
    if fault := fault_of_row(value):
        raise FileFormatError(f"{column!r} {fault}", path=name, line=line)
    return value
