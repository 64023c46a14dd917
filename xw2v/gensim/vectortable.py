"""What scripts take for granted of gensim's vectors: numbers of NumPy's, rows that are assigned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.vectors import tablechecks
from xw2v.vectors.arguments import as_array
from xw2v.vectors.keyedvectors import KeyedVectors as PlainKeyedVectors
from xw2v.vectors.query import Key
from xw2v.vectors.vectorrows import VectorRows
from xw2v.vectors.wordattributes import WordAttributes


class VectorTable(PlainKeyedVectors):
    """Vectors whose numbers are NumPy's, and whose rows can be assigned before their words."""

    @property
    def vectors(self) -> np.ndarray:
        """(V, D) float32. Another number of rows is taken, too: scripts that align two models set
        the words, `key_to_index` and `index_to_key`, next. Counts are not known from then on.
        """
        return self._rows.table

    @vectors.setter
    def vectors(self, table: np.ndarray) -> None:
        table = as_array("vectors", table)
        words = self.index_to_key
        if table.ndim == 2 and len(table) != len(words):
            tablechecks.check_shape(words[:1] * len(table), table)
            self._rows, self._search = VectorRows(tablechecks.as_float32(table)), None
        else:
            tablechecks.check_shape(words, table)
            self._replace(words, tablechecks.as_float32(table))
        if len(table) != self.attributes.n_words:
            self.attributes = WordAttributes(len(table))

    def __getitem__(self, key: Any) -> np.ndarray:
        """The vector (D,) of a word, or the vectors (n, D) of n words.

        Raises:
            InputError: no words, of which a mean would not be a number.
        """
        found = super().__getitem__(key)
        if not found.size:
            raise InputError("give at least one word")
        return found

    # numbers of NumPy's, as gensim's are: scripts ask for their .item() or .dtype

    def similarity(self, w1: Key, w2: Key) -> np.float32:  # type: ignore[override]
        """Cosine of two words."""
        return np.float32(super().similarity(w1, w2))

    def distance(self, w1: Key, w2: Key) -> np.float32:  # type: ignore[override]
        """1 - cosine of two words."""
        return np.float32(super().distance(w1, w2))

    def n_similarity(  # type: ignore[override]
        self, ws1: Sequence[Key], ws2: Sequence[Key]
    ) -> np.float32:
        """Cosine of the mean vectors of two lists of words; unknown words are left out."""
        return np.float32(super().n_similarity(ws1, ws2))
