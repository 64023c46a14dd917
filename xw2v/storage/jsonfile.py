"""JSON as UTF-8, whatever its strings hold."""

from __future__ import annotations

import json
from typing import Any


def json_bytes(value: Any, indent: int | None = None) -> bytes:
    """`value` as JSON in UTF-8.

    Lone surrogates, as in the name of a file that is not UTF-8, are escaped, so that reading gives
    the same string again.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace")  # of a lone surrogate: \udcff, as JSON has it
