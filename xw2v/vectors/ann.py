"""An approximate index over a table of vectors, for more queries than the exact product answers in
time.

The graph (HNSW, Malkov and Yashunin 2018) is the package usearch's. It answers in well under a
millisecond and misses a few of the true neighbours; how many, on which table, is in
docs/vectors.md.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import FileFormatError, InputError, MissingDependencyError, OutputError
from xw2v.storage.renames import rename
from xw2v.vectors.arguments import checks_arguments
from xw2v.vectors.fingerprint import fingerprint
from xw2v.vectors.query import Neighbours, check_direction
from xw2v.vectors.tablechecks import as_float32, checked_vector
from xw2v.vectors.wordtable import WordTable

MAX_SIZE = 1 << 16  # of the numbers that shape an index
TRAILER = b"\nxw2v index 1 "  # and the fingerprint, at the end of the file, which usearch ignores


def _library() -> Any:
    try:
        from usearch import index
    except ImportError:
        raise MissingDependencyError(
            'an approximate index needs the package usearch: pip install "xw2v[ann]"'
        ) from None
    return index


@checks_arguments()
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
        threads: int = 1,
    ) -> None:
        """Build the index of `vectors`, or open the one that `save` wrote to `path`, memory-mapped.

        Args:
            connectivity: links of a node; more find more and take more memory.
            expansion_add: candidates looked at when a word is added; more build slower and find
                more.
            expansion_search: candidates looked at for a query; more answer slower and find more.
            threads: that build; with more than one the graph differs from build to build, and may
                find fewer in a small table. 0 takes all cores.

        Raises:
            MissingDependencyError: usearch is not installed.
            InputError: `path` is not an index of these very vectors, or a number out of range.
        """
        for name, number, least in (
            ("connectivity", connectivity, 2),
            ("expansion_add", expansion_add, 1),
            ("expansion_search", expansion_search, 1),
            ("threads", threads, 0),
        ):
            if not least <= number < MAX_SIZE:
                message = f"give a number of at least {least} and below {MAX_SIZE:,}"
                raise InputError(message, setting=name, value=number)
        self._words = list(vectors.index_to_key)
        self._fingerprint = fingerprint(vectors.index_to_key, vectors.vectors).encode()
        self._index = _library().Index(
            ndim=vectors.vector_size,
            metric="cos",
            dtype="f32",
            connectivity=connectivity,
            expansion_add=expansion_add,
            expansion_search=expansion_search,
        )
        if path is None:
            table = np.ascontiguousarray(vectors.vectors)
            self._index.add(np.arange(len(vectors)), table, threads=threads)
        else:
            self._open(Path(path))

    def _open(self, path: Path) -> None:
        try:
            with open(path, "rb") as file:
                size = len(TRAILER) + len(self._fingerprint)
                file.seek(-size, os.SEEK_END)
                trailer = file.read(size)
            if not trailer.startswith(TRAILER):
                raise ValueError("it was not written by xw2v")
            self._index.view(str(path))
        except Exception as error:  # usearch raises bare RuntimeErrors and its own
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise FileFormatError(f"not an index that can be opened: {reason}", path=path) from None
        if trailer != TRAILER + self._fingerprint:
            raise FileFormatError(
                f"is the index of other vectors ({len(self._index)} words of "
                f"{self._index.ndim} dimensions); build it again",
                path=path,
            )

    def save(self, path: str | Path) -> None:
        """Write the index to a file, with the fingerprint of its vectors."""
        target = Path(path)
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        try:
            self._index.save(str(partial))
            with open(partial, "ab") as file:
                file.write(TRAILER + self._fingerprint)
                os.fsync(file.fileno())
            rename(partial, target)
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise OutputError(f"the index cannot be written: {reason}", path=path) from None
        finally:
            partial.unlink(missing_ok=True)

    def most_similar(self, vector: np.ndarray, topn: int = 10) -> Neighbours:
        """About the `topn` words with the largest cosine to `vector` (D,), best first."""
        if topn < 1:
            return []
        query = as_float32(checked_vector(vector, self._index.ndim))
        check_direction(query)
        found = self._index.search(query, min(topn, len(self._words)))
        return [
            (self._words[int(row)], min(1.0, 1 - float(distance)))
            for row, distance in zip(found.keys, found.distances, strict=True)
        ]
