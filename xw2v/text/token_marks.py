"""Marks on text files whose words stand between spaces: what `xw2v phrases` writes.

A mark is a hidden file beside the text, `.NAME.tokens.json`, with the size of the text, so that it
means nothing once the text is another one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from xw2v.storage.files import atomic_write

FORMAT = "xw2v tokens 1"


def _mark_of(path: str | os.PathLike[str]) -> Path:
    return Path(path).with_name(f".{Path(path).name}.tokens.json")


def mark_as_tokens(path: str | os.PathLike[str]) -> None:
    """Mark a file that was written completely; a device or pipe cannot be marked."""
    if os.path.isfile(path):
        content = {"format": FORMAT, "tokens": "raw", "bytes": os.path.getsize(path)}
        with atomic_write(_mark_of(path)) as file:
            file.write(json.dumps(content).encode())


def is_marked_as_tokens(path: str | os.PathLike[str]) -> bool:
    """Whether a file is marked, and as large as it was then."""
    try:
        content = json.loads(_mark_of(path).read_text("utf-8"))
        return bool(
            content["format"] == FORMAT
            and content["tokens"] == "raw"
            and content["bytes"] == os.path.getsize(path)
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
