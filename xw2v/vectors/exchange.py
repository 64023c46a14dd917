"""Tables in gensim, and in word2vec files under gensim's names for reading and writing them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError, MissingDependencyError
from xw2v.vectors.formats import decoding_of, write_vectors
from xw2v.vectors.formats.countsfile import read_counts, write_counts
from xw2v.vectors.formats.rows import WordVectors
from xw2v.vectors.wordtable import WordTable

GENSIM_ATTRIBUTES = ("index_to_key", "vectors", "expandos")  # of its KeyedVectors


def counts_of(
    content: WordVectors, path: str | Path, encoding: str, unicode_errors: str
) -> np.ndarray:
    """Counts (V,) of the words from a file of `word count` lines, 0 for a word it lacks."""
    known = read_counts(Path(path), decoding_of(encoding, unicode_errors))
    return np.asarray([known.get(word, 0) for word in content.words])


def save_word2vec(
    path: str | Path, counts_path: str | Path | None, format: str, content: WordVectors
) -> None:
    """Write a word2vec file, and its counts as `word count` lines; the most frequent words first
    where counts are known.
    """
    words, vectors, counts = content.words, content.vectors, content.counts
    if counts is not None and (counts[1:] > counts[:-1]).any():
        order = np.argsort(-counts, kind="stable")
        words, vectors, counts = [words[row] for row in order], vectors[order], counts[order]
    if counts_path is not None:
        if counts is None:
            raise InputError(
                "these vectors came without word counts, so none can be written", path=counts_path
            )
        write_counts(Path(counts_path), words, counts)
    write_vectors(Path(path), WordVectors(words, vectors, counts), format)


def to_gensim(table: WordTable) -> Any:
    """A gensim KeyedVectors with a copy of the vectors."""
    try:
        from gensim.models import KeyedVectors as GensimKeyedVectors
    except ImportError:
        raise MissingDependencyError('gensim is not installed: pip install "gensim>=4.4"') from None
    other = GensimKeyedVectors(table.vector_size)
    other.add_vectors(list(table.index_to_key), np.array(table.vectors))
    for name, values in table.attributes.items():
        other.expandos[name] = np.array(values)
    return other


def from_gensim(other: Any) -> WordVectors:
    """What a gensim KeyedVectors holds, or a model that has one as `.wv`."""
    other = getattr(other, "wv", other)
    if isinstance(other, type) or not all(map(partial(hasattr, other), GENSIM_ATTRIBUTES)):
        raise InputError("give gensim's KeyedVectors or a model", setting="other", value=other)
    words = [str(key) for key in other.index_to_key]
    return WordVectors(words, other.vectors, other.expandos.get("count"))
