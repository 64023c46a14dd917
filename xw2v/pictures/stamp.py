"""Which vectors a picture was made from: a fingerprint of them in map.png, map.html, report.html.

Training into the same folder again replaces the vectors and leaves the pictures. The stamp tells
those of earlier vectors.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from xw2v.vectors.wordtable import WordTable

NAME = "xw2v-vectors"  # of the text chunk in a PNG, and of the meta element in a page
HEAD_BYTES = 4096  # of a file, within which its stamp is
HASH_ROWS = 1 << 16
# as a PNG has it, and as a page
STAMP = re.compile(NAME.encode() + rb'(?:\0|" content=")([0-9a-f]{16})')


def fingerprint(words: Sequence[str], vectors: np.ndarray) -> str:
    """16 hexadecimal digits that depend on every word and every value of vectors (V, D)."""
    digest = hashlib.blake2b(digest_size=8)
    digest.update("\n".join(words).encode("utf-8", "surrogatepass"))
    for start in range(0, len(vectors), HASH_ROWS):
        digest.update(np.ascontiguousarray(vectors[start : start + HASH_ROWS]).tobytes())
    return digest.hexdigest()


def fingerprint_of(vectors: WordTable) -> str:
    return fingerprint(vectors.index_to_key, vectors.vectors)


def stamp_of(path: Path) -> str | None:
    """The fingerprint of the vectors that a picture shows; None where there is none."""
    try:
        with path.open("rb") as file:
            found = STAMP.search(file.read(HEAD_BYTES))
    except OSError:
        return None
    return found[1].decode() if found else None


def outdated(pictures: Iterable[Path], current: str) -> list[Path]:
    """Those of the pictures that exist and show other vectors than those with this fingerprint."""
    return [path for path in pictures if stamp_of(path) not in (None, current)]
