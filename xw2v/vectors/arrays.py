"""Norms, and vectors scaled to norm 1, with rows of zeros left as they are."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from array_api_compat import array_namespace

from xw2v.errors import InputError

Array: TypeAlias = Any  # an array of whatever library a backend brings


def safe_divisor(norms: Array) -> Array:
    """Norms to divide by: 1 in place of 0, so that a row of zeros has a cosine of 0."""
    xp = array_namespace(norms)
    return xp.where(norms == 0, xp.ones_like(norms), norms)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., D) scaled to norm 1, in float64 and rounded once, as gensim does."""
    exact = vectors.astype(np.float64)
    norms = np.linalg.norm(exact, axis=-1, keepdims=True)
    scaled: np.ndarray = exact * (1 / safe_divisor(norms))
    return scaled.astype(vectors.dtype)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Of two vectors (D,); InputError where one has a non-finite value."""
    product = float(unit(a) @ unit(b))
    if not np.isfinite(product):
        raise InputError("a vector has a non-finite value; did its training diverge?")
    return min(1.0, max(-1.0, product))
