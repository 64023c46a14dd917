"""What must hold of words and vectors before they are a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from xw2v.errors import InputError, shown
from xw2v.vectors.neighbours import row_norms


def checked_words(words: Iterable[str]) -> list[str]:
    """Words as plain strings; InputError for one that is no string."""
    if isinstance(words, (set, frozenset, dict)):
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
