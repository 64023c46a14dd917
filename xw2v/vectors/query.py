"""What a question about vectors may be made of: words, rows, vectors, and weights of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, Protocol, TypeAlias

import numpy as np

from xw2v.errors import InputError, represented

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


def as_items(name: str, value: Any) -> list[Any]:
    """What `positive=` and `negative=` accept, as a list: nothing, one key or vector, or
    several.

    Raises InputError with the name of the argument for anything else.
    """
    if value is None:
        return []
    if isinstance(value, KEY_TYPES) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return [value]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], float):
        return [value]
    if not is_list(value):
        raise bad_term(name, value)
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
    for name, given, default in (("positive", positive, 1.0), ("negative", negative, -1.0)):
        for item in as_items(name, given):
            if isinstance(item, tuple) and len(item) != 2:
                raise InputError(
                    f"a tuple of {len(item)}: give a word or vector and its weight",
                    setting=name,
                    value=item,
                )
            term, weight = item if isinstance(item, tuple) else (item, default)
            if not isinstance(weight, Real) or not np.isfinite(float(weight)):
                raise InputError(
                    f"the weight {represented(weight)} is not a finite number",
                    setting=name,
                    value=item,
                )
            terms.append(as_term(term, name))
            weights.append(float(weight))
    return terms, weights


def as_terms(name: str, value: Any) -> list[Term]:
    """The terms of `as_items`, which have no weights."""
    return [as_term(item, name) for item in as_items(name, value)]


def as_term(value: Any, name: str) -> Term:
    """A key as it is, a vector as an array; InputError with the name of the argument for anything
    else.
    """
    if isinstance(value, (*KEY_TYPES, np.ndarray)):
        return value
    if isinstance(value, list) and value and all(isinstance(number, Real) for number in value):
        return np.asarray(value)
    raise bad_term(name, value)


def is_list(value: object) -> bool:
    """Whether a value holds several others, rather than being text, bytes, a dict, or an array of
    no dimension.
    """
    is_single = isinstance(value, (str, bytes, Mapping)) or getattr(value, "shape", None) == ()
    return isinstance(value, Iterable) and not is_single


def bad_term(name: str, value: Any) -> InputError:
    """The error for an argument that is neither a key nor a vector."""
    return InputError("give a word, the number of its row, or a vector", setting=name, value=value)


def check_direction(mean: np.ndarray) -> None:
    """Raise InputError for a mean (D,) that is 0, as of `cat - cat`: it points nowhere."""
    if not mean.any():
        raise InputError("the sum of these vectors is 0, so no word is nearer to it than another")


def check_ratio(positive: list[Term], negative: list[Term]) -> None:
    """Raise InputError where 3CosMul would divide the cosines with words by the same ones."""
    if positive and Counter(map(str, positive)) == Counter(map(str, negative)):
        raise InputError("positive and negative are the same, so no word is nearer than another")
