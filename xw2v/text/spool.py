"""Ids on their way: blocks of numbered tokens, in memory while they are few and in a temporary file
beyond.

A corpus is numbered in one pass, before anybody knows which words will stay. `Spool` keeps that
first numbering until the end of the text, in bounded memory.
"""

import os
import tempfile
import weakref
from collections.abc import Iterator
from typing import BinaryIO, cast

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import reason

MEMORY = 1 << 27  # bytes of ids kept in memory before a temporary file takes them
BLOCK = 1 << 20  # tokens that are read back at a time, about


def temporary_file(folder: str | os.PathLike[str] | None) -> BinaryIO:
    """A nameless file in `folder` (None: where the system puts them) that vanishes when it is
    closed.
    """
    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder, prefix=".xw2v-"))
    except OSError as error:
        raise _cannot(folder, error) from None


def _cannot(folder: str | os.PathLike[str] | None, error: OSError) -> InputError:
    where = folder or tempfile.gettempdir()
    return InputError(f"{where}: no temporary file can be written ({reason(error)}); set TMPDIR")


class Spool:
    """Blocks of (ids, ends): ids (n,) int32, ends (m,) int64 the places in the block where
    sentences end.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, memory: int = MEMORY) -> None:
        self.folder, self.memory = folder, memory
        self._open: list[tuple[np.ndarray, np.ndarray]] = []  # small blocks not yet joined
        self._open_tokens = 0
        self._joined: list[tuple[np.ndarray, np.ndarray]] = []  # in memory
        self._joined_bytes = 0
        self._file: BinaryIO | None = None
        self._sizes: list[tuple[int, int]] = []  # of the blocks in the file

    def append(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Add a block; `ends` count from its first id."""
        self._open.append((ids.astype(np.int32, copy=False), ends + self._open_tokens))
        self._open_tokens += ids.size
        if self._open_tokens >= BLOCK:
            self._join()

    def _join(self) -> None:
        if not self._open:
            return
        ids = np.concatenate([block for block, _ in self._open])
        ends = np.concatenate([block for _, block in self._open]).astype(np.int64, copy=False)
        self._open, self._open_tokens = [], 0
        self._joined.append((ids, ends))
        self._joined_bytes += ids.nbytes + ends.nbytes
        if self._joined_bytes > self.memory:
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            self._file = temporary_file(self.folder)
            weakref.finalize(self, self._file.close)
        try:
            for ids, ends in self._joined:
                self._file.write(ids.tobytes())
                self._file.write(ends.tobytes())
                self._sizes.append((ids.size, ends.size))
        except OSError as error:
            raise _cannot(self.folder, error) from None
        self._joined, self._joined_bytes = [], 0

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The blocks in order, joined to about a million tokens each."""
        self._join()
        if self._file is not None:
            self._spill()
            self._file.seek(0)
            for tokens, sentences in self._sizes:
                ids = np.frombuffer(self._file.read(4 * tokens), np.int32)
                ends = np.frombuffer(self._file.read(8 * sentences), np.int64)
                yield ids, ends
        yield from self._joined
