"""The two arrays of a corpus, ids and sentence offsets: their fingerprint, and where they are kept.

In memory while they are few, else in temporary files or in the files of a corpus folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

import numpy as np

from xw2v.storage.filearray import FileArray
from xw2v.text.parallel import ordered_map
from xw2v.text.spool import Chunk, temporary_file
from xw2v.text.vocabulary import Vocabulary

MEMORY_BYTES = 1 << 27  # of ids kept in memory
CHUNK_TOKENS = 1 << 22  # ids or offsets that are read at a time
DIGESTS_BEHIND = 4  # chunks by which a digest's thread may be behind


class Digest:
    """The fingerprint of a corpus, taken while its ids and offsets go by in any chunks."""

    def __init__(self) -> None:
        self._ids = hashlib.sha256()
        self._offsets = hashlib.sha256(bytes(8))  # the first offset is 0
        self.tokens = 0
        self.sentences = 0

    def update(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Take further ids (int32) and sentence ends (int64)."""
        self._ids.update(_bytes_of(ids, "<i4"))
        self._offsets.update(_bytes_of(ends, "<i8"))
        self.tokens += ids.size
        self.sentences += ends.size

    def hexdigest(self, vocabulary: Vocabulary) -> str:
        """SHA-256 over ids, offsets and words."""
        words = json.dumps(vocabulary.words).encode()
        parts = self._ids.digest() + self._offsets.digest() + hashlib.sha256(words).digest()
        return hashlib.sha256(parts).hexdigest()


def digested(chunks: Iterable[Chunk], digest: Digest, threads: int = 1) -> Iterator[Chunk]:
    """The chunks, of which a digest is taken on the way, in a thread where there may be several."""
    if threads == 1:
        for chunk in chunks:
            digest.update(*chunk)
            yield chunk
        return
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="xw2v-digest") as pool:
        for chunk in chunks:
            waiting.append(pool.submit(digest.update, *chunk))
            yield chunk
            if len(waiting) > DIGESTS_BEHIND:
                waiting.popleft().result()
        for done in waiting:
            done.result()


def write_arrays(chunks: Iterable[Chunk], ids_file: BinaryIO, offsets_file: BinaryIO) -> None:
    """Write ids as int32 and offsets as int64."""
    offsets_file.write(bytes(8))
    for ids, ends in chunks:
        ids_file.write(_bytes_of(ids, "<i4"))
        offsets_file.write(_bytes_of(ends, "<i8"))


def _bytes_of(array: np.ndarray, dtype: str) -> memoryview:
    return np.ascontiguousarray(array, dtype).view(np.uint8).data


def chunks_of(ids: np.ndarray | FileArray, offsets: np.ndarray | FileArray) -> Iterator[Chunk]:
    """The arrays of a corpus in chunks, for `digested` and `write_arrays`."""
    for first in range(0, max(len(ids), len(offsets)), CHUNK_TOKENS):
        yield ids[first : first + CHUNK_TOKENS], offsets[first + 1 : first + 1 + CHUNK_TOKENS]


def keep_arrays(
    chunks: Iterable[Chunk],
    tokens: int,
    folder: str | os.PathLike[str] | None,
    description: str,
    threads: int = 1,
) -> tuple[np.ndarray | FileArray, np.ndarray | FileArray]:
    """Keep the arrays for this process: in memory, or in temporary files where they are large.

    Args:
        tokens: how many ids `chunks` hold.
        folder: for the temporary files, see `temporary_file`.
        description: of the text, for messages.
        threads: that copy the ids into one array.

    Returns:
        ids (N,) int32 and offsets (S + 1,) int64.
    """
    if 4 * tokens <= MEMORY_BYTES:
        kept = np.empty(tokens, np.int32)

        def placed() -> Iterator[tuple[int, Chunk]]:
            first = 0
            for chunk in chunks:
                yield first, chunk
                first += chunk[0].size

        def ends_of_kept(chunk: tuple[int, Chunk]) -> np.ndarray:
            first, (ids, ends) = chunk
            kept[first : first + ids.size] = ids
            return ends

        ends = ordered_map(ends_of_kept, placed(), threads)
        return kept, np.concatenate([np.zeros(1, np.int64), *ends])
    with temporary_file(folder) as ids_file, temporary_file(folder) as offsets_file:
        write_arrays(chunks, ids_file, offsets_file)
        ids_file.flush()
        offsets_file.flush()
        name = f"{description} (in a temporary file)"
        return FileArray(ids_file, name, np.int32), FileArray(offsets_file, name, np.int64)
