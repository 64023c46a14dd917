"""JSON as UTF-8, whatever its strings hold."""

from __future__ import annotations

import json
import os
from typing import Any

from xw2v.storage.files import open_binary


def read_json(path: str | os.PathLike[str]) -> Any:
    """What a file of JSON holds, lone surrogates too.

    Raises:
        InputError: it cannot be read.
        ValueError: it is not JSON.
    """
    with open_binary(path) as file:
        data = file.read()
    try:
        return json.loads(data.decode("utf-8", "surrogatepass"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def json_bytes(value: Any, indent: int | None = None) -> bytes:
    """`value` as JSON in UTF-8.

    Lone surrogates, as in the name of a file that is not UTF-8, are escaped, so that reading gives
    the same string again.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace")  # of a lone surrogate: \udcff, as JSON has it
