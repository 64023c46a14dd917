"""Words numbered in order of first appearance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count

import numpy as np


class WordIndex(defaultdict[str, int]):
    """Word to provisional id; a new word gets the next one, in order of first appearance."""

    def __init__(self) -> None:
        super().__init__(count().__next__)

    def ids_of(self, words: Sequence[str]) -> np.ndarray:
        """The ids of words, (n,) int32."""
        return np.fromiter(map(self.__getitem__, words), np.int32, len(words))
