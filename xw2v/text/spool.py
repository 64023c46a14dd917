"""Ids on their way: chunks of provisional ids, in memory while they are few and in a temporary
file beyond.

A corpus is numbered in one pass, before it is known which words will stay. `Spool` keeps those
provisional ids until the end of the text, in bounded memory.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import BinaryIO, cast

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import reason

MEMORY_BYTES = 1 << 27  # of ids kept in memory before a temporary file takes them
CHUNK_TOKENS = 1 << 16  # to which smaller chunks are joined

# ids (n,) int32 and sentence ends (m,) int64. In a Spool the ends count from the chunk's first id,
# in a corpus from the first of all.
Chunk = tuple[np.ndarray, np.ndarray]


def nonempty(ends: np.ndarray) -> np.ndarray:
    """The ends of sentences with words: a text may hold any number of empty lines."""
    kept: np.ndarray = ends[np.diff(ends, prepend=-1) > 0]
    return kept


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Chunks, whose ends count from the first id of each, as one."""
    if len(chunks) == 1:
        return chunks[0]
    starts = accumulate((ids.size for ids, _ in chunks), initial=0)
    all_ids = [ids for ids, _ in chunks]
    all_ends = [ends + start for (_, ends), start in zip(chunks, starts, strict=False)]
    return (
        np.concatenate([np.empty(0, np.int32), *all_ids]),
        np.concatenate([np.empty(0, np.int64), *all_ends]),
    )


def temporary_file(folder: str | os.PathLike[str] | None) -> BinaryIO:
    """A nameless file in `folder` (None: where the system puts them) that vanishes when closed."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder, prefix=".xw2v-"))
    except OSError as error:
        raise _cannot_write(folder, error) from None


def _cannot_write(folder: str | os.PathLike[str] | None, error: OSError) -> InputError:
    place = folder or tempfile.gettempdir()
    return InputError(f"{place}: no temporary file can be written ({reason(error)}); set TMPDIR")


class Spool:
    """A queue of chunks, written once and then read any number of times.

    Args:
        folder: where a temporary file may go; None: where the system puts them.
        memory_bytes: what chunks may take before they go to the temporary file.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None = None, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self.folder = folder
        self.memory_bytes = memory_bytes
        self._small: list[Chunk] = []  # not yet joined
        self._small_tokens = 0
        self._joined: list[Chunk] = []  # in memory
        self._joined_bytes = 0
        self._file: BinaryIO | None = None
        self._file_sizes: list[tuple[int, int]] = []  # (ids, ends) of the chunks in the file

    def append(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Add a chunk, which the spool keeps; `ends` count from its first id."""
        self._small.append(
            (np.ascontiguousarray(ids, np.int32), np.ascontiguousarray(ends, np.int64))
        )
        self._small_tokens += ids.size
        if self._small_tokens >= CHUNK_TOKENS:
            self._join()

    def _join(self) -> None:
        if not self._small:
            return
        ids, ends = joined(self._small)
        self._small = []
        self._small_tokens = 0
        self._joined.append((ids, ends))
        self._joined_bytes += ids.nbytes + ends.nbytes
        if self._joined_bytes > self.memory_bytes:
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            self._file = temporary_file(self.folder)
            weakref.finalize(self, self._file.close)
        try:
            for ids, ends in self._joined:
                self._file.write(ids.data)
                self._file.write(ends.data)
                self._file_sizes.append((ids.size, ends.size))
        except OSError as error:
            raise _cannot_write(self.folder, error) from None
        self._joined = []
        self._joined_bytes = 0

    def __len__(self) -> int:
        """How many chunks an iteration gives."""
        self._join()
        return len(self._file_sizes) + len(self._joined)

    def __iter__(self) -> Iterator[Chunk]:
        """The chunks in order, small ones joined."""
        self._join()
        if self._file is not None:
            self._spill()
            self._file.seek(0)
            for n_ids, n_ends in self._file_sizes:
                ids = np.frombuffer(self._file.read(4 * n_ids), np.int32)
                ends = np.frombuffer(self._file.read(8 * n_ends), np.int64)
                yield ids, ends
        yield from self._joined
