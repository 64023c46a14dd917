"""The two arrays of a corpus, ids and sentence offsets: their fingerprint, and where they are kept.

In memory while they are few, else in temporary files or in the files of a corpus folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import numpy as np

from xw2v.storage.filearray import FileArray
from xw2v.text.spool import Chunk, temporary_file
from xw2v.text.vocabulary import Vocabulary

MEMORY_BYTES = 1 << 27  # of ids kept in memory
CHUNK_TOKENS = 1 << 22  # ids or offsets that are read at a time


class Digest:
    """The fingerprint of a corpus, taken while its ids and offsets go by in any chunks."""

    def __init__(self) -> None:
        self._ids = hashlib.sha256()
        self._offsets = hashlib.sha256(bytes(8))  # the first offset is 0
        self.tokens = 0
        self.sentences = 0

    def update(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Take further ids (int32) and sentence ends (int64)."""
        self._ids.update(ids.astype("<i4", copy=False).tobytes())
        self._offsets.update(ends.astype("<i8", copy=False).tobytes())
        self.tokens += ids.size
        self.sentences += ends.size

    def hexdigest(self, vocabulary: Vocabulary) -> str:
        """SHA-256 over ids, offsets and words."""
        words = json.dumps(vocabulary.words).encode()
        parts = self._ids.digest() + self._offsets.digest() + hashlib.sha256(words).digest()
        return hashlib.sha256(parts).hexdigest()


def write_arrays(chunks: Iterable[Chunk], ids_file: BinaryIO, offsets_file: BinaryIO) -> Digest:
    """Write ids as int32 and offsets as int64, and take their digest on the way."""
    digest = Digest()
    offsets_file.write(bytes(8))
    for ids, ends in chunks:
        digest.update(ids, ends)
        ids_file.write(ids.astype("<i4", copy=False).tobytes())
        offsets_file.write(ends.astype("<i8", copy=False).tobytes())
    return digest


def chunks_of(ids: np.ndarray | FileArray, offsets: np.ndarray | FileArray) -> Iterator[Chunk]:
    """The arrays of a corpus in chunks, for `write_arrays` and `Digest`."""
    for first in range(0, max(len(ids), len(offsets)), CHUNK_TOKENS):
        yield ids[first : first + CHUNK_TOKENS], offsets[first + 1 : first + 1 + CHUNK_TOKENS]


class IdArrays(NamedTuple):
    """ids (N,) int32, offsets (S + 1,) int64 and the digest of both."""

    ids: np.ndarray | FileArray
    offsets: np.ndarray | FileArray
    digest: Digest


def keep_arrays(
    chunks: Iterable[Chunk], tokens: int, folder: str | os.PathLike[str] | None, description: str
) -> IdArrays:
    """Keep the arrays for this process: in memory, or in temporary files where they are large.

    Args:
        tokens: how many ids `chunks` hold.
        folder: for the temporary files, see `temporary_file`.
        description: of the text, for messages.
    """
    if 4 * tokens <= MEMORY_BYTES:
        ids_buffer, offsets_buffer = io.BytesIO(), io.BytesIO()
        digest = write_arrays(chunks, ids_buffer, offsets_buffer)
        ids = np.frombuffer(ids_buffer.getvalue(), np.int32)
        return IdArrays(ids, np.frombuffer(offsets_buffer.getvalue(), np.int64), digest)
    with temporary_file(folder) as ids_file, temporary_file(folder) as offsets_file:
        digest = write_arrays(chunks, ids_file, offsets_file)
        ids_file.flush()
        offsets_file.flush()
        name = f"{description} (in a temporary file)"
        return IdArrays(
            FileArray(ids_file, name, np.int32), FileArray(offsets_file, name, np.int64), digest
        )
