"""What must hold of words and vectors before they are a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from xw2v.errors import InputError, shown
from xw2v.vectors.neighbours import row_norms
from xw2v.vectors.query import is_list


def checked_words(words: Iterable[str]) -> list[str]:
    """Words as plain strings; InputError for one that is no string."""
    if isinstance(words, (set, frozenset)) or not is_list(words):
        raise InputError(
            f"the words are a {type(words).__name__}; give a list, in the order of the vectors"
        )
    checked = list(words)
    if any(kind is not str for kind in set(map(type, checked))):
        for row, word in enumerate(checked):
            if not isinstance(word, str):
                raise InputError(
                    f"word {row} is {shown(repr(word))} of type {type(word).__name__}; "
                    "words must be strings"
                )
        checked = [str(word) for word in checked]
    return checked


def check_shape(words: Sequence[str], table: np.ndarray) -> None:
    """Raise InputError unless `table` is numbers (V, D), a row for each word."""
    if (
        table.ndim != 2
        or len(table) != len(words)
        or table.size == 0
        or table.dtype.kind not in "fiu"
    ):
        raise InputError(
            f"{len(words)} words with vectors of shape {table.shape} and type {table.dtype}: "
            "give one row of at least one dimension for each word"
        )


def word_index(words: list[str]) -> dict[str, int]:
    """Word -> row; InputError for a word that comes twice."""
    rows = {word: row for row, word in enumerate(words)}
    if len(rows) < len(words):
        twice = next(word for row, word in enumerate(words) if rows[word] != row)
        raise InputError(f"the word {shown(twice)} comes more than once; give each word one row")
    return rows


def finite_norms(words: Sequence[str], table: np.ndarray) -> np.ndarray:
    """Norms (n,) of the rows of a table (n, D); InputError where one is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.asarray(row_norms(table))
    if not np.isfinite(norms).all():
        row = int(np.argmin(np.isfinite(norms)))
        raise InputError(
            f"the vector of {shown(words[row])} (row {row}) has a non-finite value or values too "
            "large for a norm; did its training diverge?"
        )
    return norms


def as_float32(table: np.ndarray) -> np.ndarray:
    """A table of numbers in float32, itself where it is that already; what is too large becomes
    infinite.
    """
    with np.errstate(over="ignore"):
        converted: np.ndarray = table.astype(np.float32, copy=False)
    return converted


def checked_counts(counts: np.ndarray, n_words: int) -> np.ndarray:
    """Counts (V,) of V words; InputError where they are anything else."""
    if counts.shape != (n_words,) or counts.dtype.kind not in "fiu":
        raise InputError(
            f"counts of shape {counts.shape} and type {counts.dtype} for {n_words} words: "
            "give a number for each"
        )
    if not np.isfinite(counts).all():
        raise InputError("the counts have a non-finite value; give numbers")
    return counts


def checked_extras(extras: dict[str, np.ndarray], n_words: int) -> dict[str, np.ndarray]:
    """Attributes (n,) of n words; InputError where one has another size."""
    for name, values in extras.items():
        if values.shape != (n_words,):
            raise InputError(
                f"the attribute {shown(name)} has shape {values.shape} for {n_words} words: "
                "give a value for each"
            )
        if name == "count":
            checked_counts(values, n_words)
    return extras


def checked_vector(vector: np.ndarray, vector_size: int) -> np.ndarray:
    """A vector (D,) of numbers; InputError where it has other dimensions or a non-finite value."""
    if vector.shape != (vector_size,) or vector.dtype.kind not in "fiu":
        raise InputError(
            f"a vector of shape {vector.shape} and type {vector.dtype}: "
            f"these have {vector_size} dimensions"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        norm = np.linalg.norm(vector.astype(np.float64))
    if not np.isfinite(norm):
        raise InputError("the given vector has a non-finite value, or values too large for a norm")
    return vector


def checked_weights(weights: ArrayLike | None, n_words: int) -> np.ndarray:
    """Weights (n,) of n words, 1 by default; InputError where they are not one finite number
    each.
    """
    if weights is None:
        return np.ones(n_words)
    weight = np.asarray(weights, dtype=np.float64)
    if weight.shape != (n_words,) or not np.isfinite(weight).all():
        raise InputError(
            f"{n_words} words, but weights of shape {weight.shape}: give one for each word, "
            "a finite number"
        )
    return weight
