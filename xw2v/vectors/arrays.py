"""Norms, and vectors scaled to norm 1, with rows of zeros left as they are."""

from __future__ import annotations

import numpy as np

from xw2v.errors import InputError
from xw2v.sgns.array import safe_divisor


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., D) scaled to norm 1, in float64 and rounded once, as gensim does."""
    exact = vectors.astype(np.float64)
    norms = np.linalg.norm(exact, axis=-1, keepdims=True)
    return np.asarray(exact * (1 / safe_divisor(norms))).astype(vectors.dtype)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Of two vectors (D,); InputError where one has a non-finite value."""
    product = float(unit(a) @ unit(b))
    if not np.isfinite(product):
        raise InputError("a vector has a non-finite value; did its training diverge?")
    return min(1.0, max(-1.0, product))
