"""Where the two words and the score are in a file of word pairs, found from its content.

Published sets differ: MEN has spaces, WordSim-353 commas and a header, SimLex-999 ten columns of
which the fourth is the score, Rare Words thirteen of which the third is.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

DELIMITERS = ("\t", ",", ";", " ")  # a space is any run of whitespace
NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)

Pair = tuple[str, str, float]


def split_fields(line: str, delimiter: str) -> list[str]:
    """Fields of a line without the whitespace around them; quoted where the delimiter is a comma
    or a semicolon.
    """
    if delimiter == " ":
        return line.split()
    if delimiter in (",", ";"):
        try:
            return [field.strip() for field in next(csv.reader([line], delimiter=delimiter))]
        except csv.Error:
            return []
    return [field.strip() for field in line.split(delimiter)]


def as_score(field: str) -> float | None:
    """A finite number, or None."""
    score = float(field) if len(field) < 100 and _NUMBER.fullmatch(field) else math.nan
    return score if math.isfinite(score) else None


@dataclass(frozen=True)
class PairColumns:
    """How to read a line.

    Attributes:
        delimiter: between fields.
        n_fields: of every line.
        words: the columns of the two words.
        score: the column of their score.
    """

    delimiter: str
    n_fields: int
    words: tuple[int, int]
    score: int

    def pair(self, line: str) -> Pair | None:
        """The words and the score of a line, None where it is something else."""
        fields = split_fields(line, self.delimiter)
        if len(fields) != self.n_fields:
            return None
        a, b = (fields[column] for column in self.words)
        score = as_score(fields[self.score])
        return (a, b, score) if a and b and score is not None else None

    def is_header(self, line: str) -> bool:
        """Whether a first line has the names of the columns: as many fields, no score."""
        fields = split_fields(line, self.delimiter)
        return len(fields) == self.n_fields and as_score(fields[self.score]) is None


def find_columns(lines: Sequence[str], delimiter: str | None = None) -> PairColumns | None:
    """The columns that fit most of some lines, None where none fit any.

    Args:
        lines: the first lines of a file.
        delimiter: the one to take; by default the best of DELIMITERS.
    """
    best, most = None, 0
    for candidate in DELIMITERS if delimiter is None else (delimiter,):
        columns = _columns(lines, candidate)
        n_pairs = 0 if columns is None else sum(columns.pair(line) is not None for line in lines)
        if n_pairs > most:
            best, most = columns, n_pairs
    return best


def _columns(lines: Sequence[str], delimiter: str) -> PairColumns | None:
    """The first two columns of words, and after them the first of numbers."""
    rows = [fields for line in lines if len(fields := split_fields(line, delimiter)) > 2]
    if not rows:
        return None
    n_fields, _ = Counter(map(len, rows)).most_common(1)[0]
    columns = list(zip(*(row for row in rows if len(row) == n_fields), strict=True))
    numeric = [2 * sum(as_score(field) is not None for field in c) >= len(c) for c in columns]
    words = [column for column, is_number in enumerate(numeric) if not is_number][:2]
    if len(words) < 2:
        words = [0, 1]  # words that are numbers
    scores = [column for column in range(words[1] + 1, n_fields) if numeric[column]]
    if not scores:
        return None
    return PairColumns(delimiter, n_fields, (words[0], words[1]), scores[0])
