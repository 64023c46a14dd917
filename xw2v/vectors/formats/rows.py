"""Words and vectors, as every format reads and writes them, and the checks that all formats
share.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from xw2v.errors import FileFormatError, InputError, shown
from xw2v.vectors.formats.trained_as import TrainedAs
from xw2v.vectors.subwords import SubwordTable

log = logging.getLogger(__name__)
CHUNK_BYTES = 1 << 20  # that readers and writers work on at a time, about
MAX_WORD_BYTES = 16 << 20


@dataclass
class WordVectors:
    """What a file of vectors holds."""

    words: list[str]
    vectors: np.ndarray  # (V, D) float32, may be a memory map
    counts: np.ndarray | None = None  # (V,) int64 where the format keeps them
    skipped: int = 0  # lines that lenient reading left out
    context: np.ndarray | None = None  # (V, D) output vectors, where they are beside the others
    subwords: SubwordTable | None = None  # where the format keeps the vectors of n-grams
    trained_as: TrainedAs | None = None  # where that is known


class Place(NamedTuple):
    """Where something is: in a line of a file, or at what `detail` says of it."""

    path: Path
    line: int | None = None
    detail: str = ""

    def error(self, message: str) -> FileFormatError:
        """The error about what is wrong there."""
        text = f"{self.detail}: {message}" if self.detail else message
        return FileFormatError(text, path=self.path, line=self.line)


@dataclass(frozen=True)
class Decoding:
    """How bytes become words; `errors` as in `bytes.decode` ("strict", "replace", "ignore")."""

    encoding: str = "utf-8"
    errors: str = "strict"

    def word(self, raw: bytes, place: Place) -> str:
        """Decode a word; InputError naming its place where it is empty or not in this encoding."""
        if not raw:
            raise place.error("an empty word")
        try:
            return raw.decode(self.encoding, self.errors)
        except UnicodeDecodeError as error:
            raise place.error(
                f"the word {raw[:40]!r} is not {self.encoding} ({error.reason}); if it "
                "was cut in mid-character, as the C tool does, read with unicode errors 'replace'"
            ) from None


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file of vectors.

    Attributes:
        limit: at most so many words, the first ones; None reads all.
        decoding: how bytes become words, in formats that do not fix it.
        lenient: skip and count lines of text that cannot be read; see `lenient.py`.
    """

    limit: int | None = None
    decoding: Decoding = Decoding()
    lenient: bool = False


class RowBuilder:
    """A (V, D) table that grows as rows are read, so that memory follows what the file really
    holds.
    """

    def __init__(self, path: Path, vector_size: int) -> None:
        self.path = path
        self.words: list[str] = []
        self.vector_size = vector_size
        self._table = np.empty((0, vector_size), dtype=np.float32)

    def add(self, words: list[str], block: np.ndarray, place_of: Callable[[int], Place]) -> None:
        """Append rows; `place_of(i)` is where row i of this block is, for the error about a
        non-finite value.
        """
        check_finite(words, block, place_of)
        start, end = len(self.words), len(self.words) + len(words)
        if end > len(self._table):
            self._table.resize(
                (max(end, len(self._table) * 3 // 2), self.vector_size), refcheck=False
            )
        self._table[start:end] = block
        self.words += words

    def finish(self) -> WordVectors:
        """The table; of a word that comes twice the first row stays, as in gensim, with a
        warning.
        """
        self._table.resize((len(self.words), self.vector_size), refcheck=False)
        words, vectors = self.words, self._table
        if len(set(words)) < len(words):
            first: dict[str, int] = {}
            for row, word in enumerate(words):
                first.setdefault(word, row)
            kept = list(first.values())
            twice = next(word for row, word in enumerate(words) if first[word] != row)
            log.warning(
                "%s: %d rows repeat a word, the first of them %s; "
                "the first row of each word is kept",
                self.path,
                len(words) - len(kept),
                shown(twice),
            )
            words, vectors = list(first), vectors[kept]
        return WordVectors(words, vectors)


def check_finite(words: Sequence[str], block: np.ndarray, place_of: Callable[[int], Place]) -> None:
    """Raise InputError at the first row of `block` (n, D) that has a non-finite value."""
    finite = np.isfinite(block)
    if not finite.all():
        row, column = (int(i[0]) for i in np.nonzero(~finite))
        raise place_of(row).error(
            f"value {column + 1} of {shown(words[row])} is {block[row, column]}; "
            "vectors must be finite"
        )


def float32_table(path: Path, words: Sequence[str], table: np.ndarray) -> np.ndarray:
    """A table (V, D) of any float type as float32; InputError where a value is not finite then."""
    with np.errstate(all="ignore"):  # what does not fit is found below
        vectors = np.asarray(table).astype(np.float32, copy=False)
    check_finite(words, vectors, partial(_place_of_row, path, 0))
    return vectors


def check_table(path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Raise InputError unless `words` and `vectors` (V, D) can be written as a file of vectors."""
    if vectors.ndim != 2 or len(vectors) != len(words) or vectors.size == 0:
        raise InputError(
            f"cannot write {len(words)} words with vectors of shape {vectors.shape}: "
            "there must be one row of at least one dimension for each word",
            path=path,
        )


def encode_word(path: Path, word: str, forbidden: str, advice: str) -> bytes:
    """UTF-8 bytes of a word; InputError where the format could not hold it."""
    bad = [c for c in forbidden if c in word]
    if bad or not word:
        what = f"contains {bad[0]!r}" if bad else "is empty"
        raise InputError(
            f"the word {shown(word)} {what}, which this format cannot hold; {advice}", path=path
        )
    try:
        return word.encode()
    except UnicodeEncodeError:
        raise InputError(f"the word {shown(word)} cannot be written as UTF-8", path=path) from None


def row_chunks(
    path: Path, words: Sequence[str], vectors: np.ndarray
) -> Iterator[tuple[Sequence[str], np.ndarray]]:
    """The table as (words (n,), little-endian float32 (n, D)), about CHUNK_BYTES at a time, checked
    to be finite.
    """
    step = max(1, CHUNK_BYTES // (4 * vectors.shape[1]))
    for start in range(0, len(words), step):
        chunk_words = words[start : start + step]
        chunk = np.ascontiguousarray(vectors[start : start + step], dtype="<f4")
        check_finite(chunk_words, chunk, partial(_place_of_row, path, start))
        yield chunk_words, chunk


def _place_of_row(path: Path, start: int, row: int) -> Place:
    return Place(path, detail=f"row {start + row + 1}")
