"""What a word's n-grams contribute to its vector, and which words an n-gram stands for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xw2v.vectors.arrays import unit
from xw2v.vectors.wordtable import WordTable


class NgramShare(NamedTuple):
    """An n-gram of a word.

    Attributes:
        ngram: its characters, with the markers < and > where it is at an end of the word.
        share: the part of the word's vector x that is the n-gram's, as it points along x: v·x over
            the sum of all rows' that compose x. Those of all n-grams and of the word's own row sum
            to 1; negative where the n-gram points away.
    """

    ngram: str
    share: float


def ngram_shares(vectors: WordTable, word: str) -> list[NgramShare]:
    """The n-grams of a word, the one that contributes most first; one that a word has twice counts
    once, with both shares. None where there are no n-grams.

    Raises:
        UnknownWordError: the word has no vector.
    """
    x = vectors.get_vector(word).astype(np.float64)
    if vectors.subwords is None:
        return []
    ngrams, rows = vectors.subwords.ngram_vectors(word)
    terms = len(ngrams) + (0 if vectors.is_composed(word) else 1)
    squared_norm = float(x @ x) or 1.0
    shares: dict[str, float] = {}
    for ngram, row in zip(ngrams, rows, strict=True):
        shares[ngram] = shares.get(ngram, 0.0) + float(row @ x) / (terms * squared_norm)
    found = [NgramShare(ngram, share) for ngram, share in shares.items()]
    return sorted(found, key=lambda each: -each.share)


def words_of_ngram(vectors: WordTable, ngram: str, count: int, leave_out: str = "") -> list[str]:
    """The words whose vectors are nearest to an n-gram's, the nearest first; none where training
    did not meet the n-gram.

    Args:
        leave_out: a word that is not answered.
    """
    row = None if vectors.subwords is None else vectors.subwords.vector_of_ngram(ngram)
    if row is None or not row.any():
        return []
    excluded = [vectors.get_index(leave_out, -1)] if leave_out in vectors.key_to_index else []
    count = min(count, len(vectors) - len(excluded))
    exclude = np.asarray([excluded], np.int64).reshape(1, -1)
    rows, _ = vectors.nearest_rows(unit(row)[None, :], count, exclude)
    return [vectors.index_to_key[i] for i in rows[0]]
