"""The corpus as the trainer sees it: one stream of word ids, cut into sentences."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from xw2v.storage.filearray import FileArray


@dataclass(frozen=True)
class TokenStream:
    """A text as word ids, in memory or in a file.

    Attributes:
        ids: (N,) word ids.
        offsets: (S + 1,) where sentences start, and N.
        counts: (V,) occurrences of each word in the training text, from which the probabilities of
            subsampling and of negatives are made.
    """

    ids: np.ndarray | FileArray
    offsets: np.ndarray | FileArray
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sentences(self) -> int:
        return len(self.offsets) - 1

    def read(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Word ids and sentence numbers of the tokens start .. stop: two (stop - start,) int64."""
        ids = np.array(self.ids[start:stop], np.int64)
        return ids, sentence_numbers(self.offsets, start, stop)


def sentences_between(
    offsets: np.ndarray | FileArray, start: int, stop: int
) -> tuple[int, np.ndarray]:
    """The number of the first of the sentences that hold the tokens start .. stop; and (n + 1,)
    where these n sentences start, and the last one ends.
    """
    first = max(bisect_right(offsets, start) - 1, 0)  # bisection reads a few numbers of a file
    last = max(bisect_left(offsets, stop), first)
    return first, np.asarray(offsets[first : last + 1], np.int64)


def sentence_numbers(offsets: np.ndarray | FileArray, start: int, stop: int) -> np.ndarray:
    """The number of the sentence that each of the tokens start .. stop is in: (stop - start,)
    int64.
    """
    first, bounds = sentences_between(offsets, start, stop)
    return np.repeat(
        np.arange(first, first + len(bounds) - 1), np.diff(np.clip(bounds, start, stop))
    )
