"""What is known of words beside their vectors, such as their counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.errors import InputError


class WordAttributes(dict[str, np.ndarray]):
    """Name of an attribute -> its values (V,) of V words, 0 or empty where they are not known.

    Args:
        n_words: V.
    """

    def __init__(self, n_words: int) -> None:
        super().__init__()
        self.n_words = n_words

    def set(self, row: int, name: str, value: Any) -> None:
        """Set one word's value, of a new attribute or of one whose type is widened where need
        be.
        """
        dtype = np.dtype(object)
        if isinstance(value, (int, float, np.generic)):
            dtype = np.asarray(value).dtype
        if name == "count" and (dtype.kind not in "iuf" or not np.isfinite(value)):
            raise InputError("give a number", setting="count", value=value)
        dtype = np.dtype(object) if dtype.kind in "US" else dtype
        old = self.get(name, np.zeros(self.n_words, dtype=dtype))
        self[name] = old.astype(np.result_type(old.dtype, dtype), copy=False)
        self[name][row] = value

    def append(self, given_rows: list[int], extras: dict[str, np.ndarray]) -> None:
        """Add words: the values of `extras`, (n,) each, at these rows of theirs."""
        n_added = len(given_rows)
        for name in self.keys() | extras.keys():
            old = self.get(name, np.zeros(0, dtype=np.int64))
            dtype = extras[name].dtype if name in extras else old.dtype
            before = old if name in self else np.zeros(self.n_words, dtype=dtype)
            added = extras[name][given_rows] if name in extras else np.zeros(n_added, dtype=dtype)
            self[name] = np.concatenate([before, added])
        self.n_words += n_added

    def reorder(self, order: np.ndarray) -> None:
        """Put row order[i] in place i."""
        for name, values in self.items():
            self[name] = values[order]
