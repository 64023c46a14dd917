"""Vectors for tests: words of every kind and directions that are no accident of a training run."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.vectors.keyedvectors import KeyedVectors

SYLLABLES = ("ka", "lo", "mi", "ne", "su", "ra", "to", "vi")


def made_up_words(count: int) -> list[str]:
    """`count` different words, a few of which differ in case alone."""
    words = [
        a + b + c + d for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES for d in SYLLABLES
    ][:count]
    words[10], words[20], words[30] = words[5].title(), words[5].upper(), words[7].title()
    return words


def some_vectors(count: int = 400, size: int = 12, seed: int = 0) -> KeyedVectors:
    """Clustered vectors of different lengths, with counts."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((20, size))
    table = centres[rng.integers(0, 20, count)] + 0.7 * rng.standard_normal((count, size))
    table *= rng.uniform(0.5, 3, (count, 1))
    counts = np.sort(rng.integers(5, 10000, count))[::-1]
    return KeyedVectors(made_up_words(count), table.astype(np.float32), counts)


def as_gensim(vectors: KeyedVectors) -> Any:
    """The same in gensim, built without KeyedVectors.to_gensim."""
    import pytest

    models = pytest.importorskip("gensim.models")
    other = models.KeyedVectors(vectors.vector_size, count=len(vectors))
    for word, row in zip(vectors.index_to_key, vectors.vectors, strict=True):
        other.add_vector(word, row)
    if vectors.counts is not None:
        for word, count in zip(vectors.index_to_key, vectors.counts.tolist(), strict=True):
            other.set_vecattr(word, "count", count)
    return other
