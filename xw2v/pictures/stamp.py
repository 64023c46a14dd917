"""Which vectors a picture was made from: a stamp of them in map.png, map.html, report.html.

Training into the same folder again replaces the vectors and leaves the pictures. The stamp tells
those of earlier vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from xw2v.vectors.fingerprint import fingerprint

NAME = "xw2v-vectors"  # of the text chunk in a PNG, and of the meta element in a page
HEAD_BYTES = 4096  # of a file, within which its stamp is
STAMP_DIGITS = 16
# as a PNG has it, and as a page
STAMP = re.compile(NAME.encode() + rb'(?:\0|" content=")([0-9a-f]{16})')


def stamp_for(words: Sequence[str], vectors: np.ndarray) -> str:
    """The stamp of a picture of these words and vectors (V, D): 16 digits of their fingerprint."""
    return fingerprint(words, vectors)[:STAMP_DIGITS]


def stamp_of(path: Path) -> str | None:
    """The stamp of the vectors that a picture shows; None where there is none."""
    try:
        with path.open("rb") as file:
            found = STAMP.search(file.read(HEAD_BYTES))
    except OSError:
        return None
    return found[1].decode() if found else None


def outdated(pictures: Iterable[Path], current: str) -> list[Path]:
    """Those of the pictures that exist and show other vectors than those with this stamp."""
    return [path for path in pictures if stamp_of(path) not in (None, current)]
