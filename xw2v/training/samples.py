"""A few words with their nearest neighbours, in which a person sees what was learned."""

from __future__ import annotations

import numpy as np

from xw2v.vectors.keyedvectors import KeyedVectors

SAMPLE_WORDS = 6
NEIGHBOURS = 5
FREQUENT_ROWS = (100, 1000)  # words that are neither function words nor rare
LARGE_VOCABULARY = 2000
DISTINCT_COSINE = 0.5  # words more alike than this say the same about the vectors


def sample_neighbours(vectors: KeyedVectors) -> list[tuple[str, list[str]]]:
    """(word, nearest neighbours) of a few frequent words.

    Args:
        vectors: with the most frequent words first.
    """
    return [
        (word, [neighbour for neighbour, _ in vectors.most_similar(word, topn=NEIGHBOURS)])
        for word in sample_words(vectors)
    ]


def sample_words(vectors: KeyedVectors) -> list[str]:
    """Frequent words with distinct neighbourhoods: those most similar to their nearest."""
    first, last = FREQUENT_ROWS if len(vectors) > LARGE_VOCABULARY else (0, FREQUENT_ROWS[1])
    rows = vectors.vectors[first:last]
    if len(rows) < 2:  # a word without neighbours
        return []
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)  # (n, D)
    nearest = np.sort(unit @ unit.T, axis=1)[:, -NEIGHBOURS:-1].mean(axis=1)
    chosen: list[int] = []
    for row in np.argsort(-nearest, kind="stable").tolist():
        if all(unit[row] @ unit[other] < DISTINCT_COSINE for other in chosen):
            chosen.append(row)
        if len(chosen) == SAMPLE_WORDS:
            break
    return [vectors.index_to_key[first + row] for row in chosen]
