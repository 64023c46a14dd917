"""Text rows that others refuse: what can be read is, and the rest is counted.

Fields may be separated by any run of spaces, tabs, commas or semicolons. A header is optional, and
may be wrong. Lines that are not a word and as many finite numbers as most lines have are skipped.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.vectors.formats.rows import (
    MAX_WORD_BYTES,
    Decoding,
    Place,
    ReadOptions,
    RowBuilder,
    WordVectors,
)
from xw2v.vectors.formats.textrows import is_number, line_chunks, parse_numbers
from xw2v.vectors.formats.vectorfile import open_vectors

log = logging.getLogger(__name__)

SAMPLE_LINES = 100  # from which the dimensions are found
_FIELD = re.compile(rb"[^\s,;]+")
_HEADER = re.compile(rb"\s*([0-9]{1,18})[\s,;]+([0-9]{1,18})\s*")


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read words and vectors, with one warning that counts the lines skipped.

    Raises InputError where no line can be read.
    """
    vector_size = _dimensions(path)
    builder = RowBuilder(path, vector_size)
    skipped = SkippedLines(path)
    with open_vectors(path) as file:
        for lines in line_chunks(file, MAX_WORD_BYTES, 1):
            if skipped.n_lines == 0 and lines and is_header(lines[0], vector_size):
                skipped.header, skipped.n_lines, lines = lines[0], 1, lines[1:]
            _add_lines(builder, lines, options.decoding, skipped)
            if options.limit is not None and len(builder.words) >= options.limit:
                break
    if not builder.words:
        raise FileFormatError(f"no line of a word and {vector_size} numbers", path=path)
    skipped.report()
    if options.limit is None:
        skipped.report_header(len(builder.words), vector_size)
    result = builder.finish()
    first = slice(options.limit)
    return WordVectors(result.words[first], result.vectors[first], skipped=skipped.total)


class SkippedLines:
    """How many lines were skipped, and why."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.n_lines = 0  # read so far
        self.header = b""
        self.reasons: Counter[str] = Counter()
        self._first: int | None = None

    @property
    def total(self) -> int:
        """How many were skipped."""
        return sum(self.reasons.values())

    def skip(self, line_number: int, reason: str) -> None:
        """Count a line."""
        self.reasons[reason] += 1
        if self._first is None:
            self._first = line_number

    def report(self) -> None:
        """Log one line, where any was skipped."""
        if self.total:
            log.warning(
                "%s: %d of %d lines skipped, the first of them line %d (%s)",
                self.path,
                self.total,
                self.n_lines,
                self._first,
                ", ".join(f"{count} {reason}" for reason, count in self.reasons.items()),
            )

    def report_header(self, n_words: int, vector_size: int) -> None:
        """Log one line, where there is a header and it says something else."""
        match = _HEADER.fullmatch(self.header)
        if match is not None and (int(match[1]), int(match[2])) != (n_words, vector_size):
            log.warning(
                "%s:1: the header says %s words of %s dimensions; %d of %d were read",
                self.path,
                match[1].decode(),
                match[2].decode(),
                n_words,
                vector_size,
            )


def is_header(line: bytes, vector_size: int) -> bool:
    """Whether a first line is a header; of one dimension it could be a row as well."""
    match = _HEADER.fullmatch(line)
    return match is not None and (vector_size > 1 or int(match[2]) == 1)


def _dimensions(path: Path) -> int:
    """The numbers that end most of the first lines."""
    with open_vectors(path) as file:
        chunks = line_chunks(file, MAX_WORD_BYTES, 1)
        lines = list(islice((line for chunk in chunks for line in chunk), SAMPLE_LINES))
    size = most_common_size(map(count_numbers, lines))
    if size == 0:
        raise FileFormatError(
            f"no line of a word and numbers among the first {len(lines)}", path=path
        )
    return size


def most_common_size(sizes: Iterable[int]) -> int:
    """The most common of some positive sizes, of equals the largest; 0 where there is none."""
    counts = Counter(size for size in sizes if size > 0)
    return max(counts, key=lambda size: (counts[size], size), default=0)


def count_numbers(line: bytes) -> int:
    """How many numbers end a line, however its fields are separated; one field must be left."""
    fields = [match[0] for match in _FIELD.finditer(line)]
    n_other = next((i for i, field in enumerate(reversed(fields)) if not is_number(field)), None)
    return max(0, len(fields) - 1) if n_other is None else n_other


def _add_lines(
    builder: RowBuilder, lines: list[bytes], decoding: Decoding, skipped: SkippedLines
) -> None:
    words: list[str] = []
    rows: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(lines, skipped.n_lines + 1):
        split = split_row(line, builder.vector_size)
        if split is None:
            reason = f"without a word and {builder.vector_size} numbers"
            skipped.skip(number, reason if line.strip() else "empty")
            continue
        try:
            words.append(decoding.word(split[0], Place(builder.path, number)))
        except InputError:
            undecodable = f"with a word that is not {decoding.encoding}"
            skipped.skip(number, undecodable if split[0] else "without a word")
            continue
        rows.append(split[1])
        numbers.append(number)
    skipped.n_lines += len(lines)
    if not rows:
        return
    block = parse_numbers(rows)
    assert block is not None
    finite = np.isfinite(block).all(axis=1)
    for i in np.flatnonzero(~finite):
        skipped.skip(numbers[i], "with a non-finite value")
    kept = np.flatnonzero(finite)
    builder.add([words[i] for i in kept], block[kept], partial(Place, builder.path))


def split_row(line: bytes, vector_size: int) -> tuple[bytes, str] | None:
    """(word, numbers separated by spaces) of a line, or None where it does not end in so many
    numbers.

    A word may hold spaces, and separators such as commas; one that is nothing but separators has
    to be followed by whitespace.
    """
    text = line.strip()
    fields = list(_FIELD.finditer(text))
    numbers = [match[0] for match in fields[-vector_size:]]
    if len(numbers) < vector_size or not all(map(is_number, numbers)):
        return None
    before = text[: fields[-vector_size].start()]
    word = before.rstrip(b" \t,;") or (before.strip() if before[-1:].isspace() else b"")
    return word, b" ".join(numbers).decode("latin-1")
