"""An approximate index over a table of vectors, for more queries than the exact product answers in
time.

The graph (HNSW, Malkov and Yashunin 2018) is the package usearch's. It answers in well under a
millisecond and misses a few of the true neighbours; how many, on which table, is in
docs/vectors.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError, MissingDependencyError
from xw2v.vectors.query import Neighbours
from xw2v.vectors.wordtable import WordTable


def _library() -> Any:
    try:
        from usearch import index
    except ImportError:
        raise MissingDependencyError(
            'an approximate index needs the package usearch: pip install "xw2v[ann]"'
        ) from None
    return index


class AnnIndex:
    """What `most_similar(..., indexer=)` takes.

    index = AnnIndex(wv)
    wv.most_similar("king", indexer=index)
    """

    def __init__(
        self,
        vectors: WordTable,
        path: str | Path | None = None,
        connectivity: int = 16,
        expansion_add: int = 128,
        expansion_search: int = 256,
    ) -> None:
        """Build the index of `vectors`, or open the one that `save` wrote to `path`, memory-mapped.

        Args:
            connectivity: links of a node; more find more and take more memory.
            expansion_add: candidates looked at when a word is added; more build slower and find
                more.
            expansion_search: candidates looked at for a query; more answer slower and find more.

        Raises:
            MissingDependencyError: usearch is not installed.
            InputError: `path` is no index of these vectors.
        """
        self._words = vectors.index_to_key
        self._index = _library().Index(
            ndim=vectors.vector_size,
            metric="cos",
            dtype="f32",
            connectivity=connectivity,
            expansion_add=expansion_add,
            expansion_search=expansion_search,
        )
        if path is None:
            self._index.add(np.arange(len(vectors)), np.ascontiguousarray(vectors.vectors))
            return
        try:
            self._index.view(str(path))
        except Exception as error:  # usearch raises bare RuntimeErrors and its own
            raise InputError(
                f"{path}: not an index that can be opened: {str(error).splitlines()[0]}"
            ) from None
        if len(self._index) != len(vectors) or self._index.ndim != vectors.vector_size:
            raise InputError(
                f"{path}: indexes {len(self._index)} words of {self._index.ndim} dimensions, the "
                f"vectors are {len(vectors)} of {vectors.vector_size}; build it again"
            )

    def save(self, path: str | Path) -> None:
        """Write the index to a file."""
        try:
            self._index.save(str(path))
        except Exception as error:
            raise InputError(
                f"{path}: the index cannot be written: {str(error).splitlines()[0]}"
            ) from None

    def most_similar(self, vector: np.ndarray, topn: int = 10) -> Neighbours:
        """About the `topn` words with the largest cosine to `vector` (D,), best first."""
        found = self._index.search(
            np.asarray(vector, dtype=np.float32), min(topn, len(self._words))
        )
        return [
            (self._words[int(row)], 1 - float(distance))
            for row, distance in zip(found.keys, found.distances, strict=True)
        ]
