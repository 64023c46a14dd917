"""What tells the vectors of one model from those of any other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

CHUNK_ROWS = 1 << 16


def fingerprint(words: Sequence[str], vectors: np.ndarray) -> str:
    """SHA-256 over V words and every value of their vectors (V, D), in hexadecimal digits."""
    digest = hashlib.sha256(repr(vectors.shape).encode())
    digest.update("\n".join(words).encode("utf-8", "surrogatepass"))
    for start in range(0, len(vectors), CHUNK_ROWS):  # a memory map is not read at once
        digest.update(np.ascontiguousarray(vectors[start : start + CHUNK_ROWS]).data)
    return digest.hexdigest()
