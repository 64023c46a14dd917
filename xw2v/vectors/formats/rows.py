"""Words and vectors, as every format reads and writes them, and the checks that all formats
share.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xw2v.errors import InputError, shown

log = logging.getLogger(__name__)
BLOCK = 1 << 20  # bytes or so that readers and writers work on at a time


@dataclass
class WordVectors:
    """What a file of vectors holds."""

    words: list[str]
    vectors: np.ndarray  # (V, D) float32, may be a memory map
    counts: np.ndarray | None = None  # (V,) int64 where the format keeps them


@dataclass(frozen=True)
class Decoding:
    """How bytes become words; `errors` as in `bytes.decode` ("strict", "replace", "ignore")."""

    encoding: str = "utf-8"
    errors: str = "strict"

    def word(self, raw: bytes, where: str) -> str:
        """Raise InputError at `where` for an empty word or one that is not in this encoding."""
        if not raw:
            raise InputError(f"{where}: an empty word")
        try:
            return raw.decode(self.encoding, self.errors)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{where}: the word {raw[:40]!r} is not {self.encoding} ({error.reason}); "
                "if it was cut in mid-character, as the C tool does, read with unicode errors 'replace'"
            ) from None


class RowBuilder:
    """A (V, D) table that grows as rows are read, so that memory follows what the file really
    holds.
    """

    def __init__(self, path: Path, vector_size: int) -> None:
        self.path = path
        self.words: list[str] = []
        self.vector_size = vector_size
        self._table = np.empty((0, vector_size), dtype=np.float32)

    def add(self, words: list[str], block: np.ndarray, where: Callable[[int], str]) -> None:
        """Append rows; `where(i)` names row i of this block, for the error about a NaN."""
        check_finite(words, block, where)
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
                "%s: %d rows repeat a word, the first of them %s; the first row of each word is kept",
                self.path,
                len(words) - len(kept),
                shown(twice),
            )
            words, vectors = list(first), vectors[kept]
        return WordVectors(words, vectors)


def check_finite(words: Sequence[str], block: np.ndarray, where: Callable[[int], str]) -> None:
    """Raise InputError at the first row of `block` that holds a NaN or an infinity."""
    finite = np.isfinite(block)
    if not finite.all():
        row, column = (int(i[0]) for i in np.nonzero(~finite))
        raise InputError(
            f"{where(row)}: number {column + 1} of {shown(words[row])} is {block[row, column]}; vectors must be finite"
        )


def check_table(path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Raise InputError unless `words` and `vectors` (V, D) can be written as a file of vectors."""
    if vectors.ndim != 2 or len(vectors) != len(words) or vectors.size == 0:
        raise InputError(
            f"{path}: cannot write {len(words)} words with vectors of shape {vectors.shape}: "
            "there must be one row of at least one number for each word"
        )


def encode_word(path: Path, word: str, forbidden: str, advice: str) -> bytes:
    """UTF-8 bytes of a word; InputError where the format could not hold it."""
    bad = [c for c in forbidden if c in word]
    if bad or not word:
        what = f"contains {bad[0]!r}" if bad else "is empty"
        raise InputError(
            f"{path}: the word {shown(word)} {what}, which this format cannot hold; {advice}"
        )
    try:
        return word.encode()
    except UnicodeEncodeError:
        raise InputError(f"{path}: the word {shown(word)} cannot be written as UTF-8") from None


def blocks_of_rows(
    path: Path, words: Sequence[str], vectors: np.ndarray
) -> Iterator[tuple[Sequence[str], np.ndarray]]:
    """The table as (words (n,), little-endian float32 (n, D)), about BLOCK bytes at a time, checked
    to be finite.
    """
    step = max(1, BLOCK // (4 * vectors.shape[1]))
    for start in range(0, len(words), step):
        some = words[start : start + step]
        block = np.ascontiguousarray(vectors[start : start + step], dtype="<f4")
        check_finite(some, block, lambda row, start=start: f"{path}: row {start + row + 1}")  # type: ignore[misc]
        yield some, block
