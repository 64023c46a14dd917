"""What a question about vectors may be made of: words, rows, vectors, and weights of these."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from operator import index
from typing import Any, Protocol, TypeAlias

import numpy as np

from xw2v.errors import InputError

Key: TypeAlias = str | int | np.integer  # a word, or the number of its row
KEY_TYPES = (str, int, np.integer)
Term: TypeAlias = Key | np.ndarray  # a vector (D,) takes part as it is
Neighbours: TypeAlias = list[tuple[str, float]]  # words and their cosines, best first


class Indexer(Protocol):
    """An approximate index, such as `xw2v.vectors.ann.AnnIndex` or gensim's."""

    def most_similar(self, vector: np.ndarray, topn: int) -> Neighbours:
        """About the `topn` words with the largest cosine to `vector` (D,), best first."""


def plain(key: Key) -> Key:
    """A key without NumPy's own string type, which would show in answers."""
    return str(key) if isinstance(key, str) else key


def as_items(value: Any) -> list[Any]:
    """What `positive=` and `negative=` accept, as a list: nothing, one key or vector, or
    several.

    Raises InputError for anything else.
    """
    if value is None:
        return []
    if isinstance(value, KEY_TYPES) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return [value]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], float):
        return [value]
    if not isinstance(value, Iterable):
        raise _bad_term(value)
    items = list(value)
    if items and all(isinstance(item, (float, np.floating)) for item in items):
        return [np.asarray(items)]
    return items


def weighted_terms(positive: Any, negative: Any) -> tuple[list[Term], list[float]]:
    """The terms of a sum and their weights, 1 and -1 where none is given.

    Raises InputError for a term that is no word, row or vector, or a weight that is no number.
    """
    terms: list[Term] = []
    weights: list[float] = []
    for items, default in ((as_items(positive), 1.0), (as_items(negative), -1.0)):
        for item in items:
            if isinstance(item, tuple) and len(item) != 2:
                raise InputError(f"a tuple of {len(item)}: give a word or vector and its weight")
            term, weight = item if isinstance(item, tuple) else (item, default)
            if not isinstance(weight, Real) or not np.isfinite(float(weight)):
                raise InputError(f"the weight {weight!r} is not a finite number")
            terms.append(as_term(term))
            weights.append(float(weight))
    return terms, weights


def as_terms(value: Any) -> list[Term]:
    """The terms of `as_items`, which have no weights."""
    return [as_term(item) for item in as_items(value)]


def as_term(value: Any) -> Term:
    """A key as it is, a vector as an array; InputError for anything else."""
    if isinstance(value, (*KEY_TYPES, np.ndarray)):
        return value
    if isinstance(value, list) and value and all(isinstance(number, Real) for number in value):
        return np.asarray(value)
    raise _bad_term(value)


def checked_topn(topn: Any) -> int | None:
    """`topn` as an integer of at least 0, or None; InputError for anything else."""
    try:
        return None if topn is None else max(0, index(topn))
    except TypeError:
        raise InputError(f"topn is {topn!r}; give an integer, or None for all cosines") from None


def _bad_term(value: Any) -> InputError:
    kind = type(value).__name__
    what = repr(value) if value is None or isinstance(value, (bool, float)) else f"a {kind}"
    return InputError(f"{what} is not a word, a row's number or a vector")
