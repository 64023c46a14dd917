"""GloVe text: as word2vec text, without the header. The first line says how many numbers a row
has.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write
from xw2v.vectors.formats.rows import Decoding, WordVectors, check_table
from xw2v.vectors.formats.textrows import LONGEST_WORD, is_number, read_rows, write_rows
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors

_UTF8 = Decoding()


def read(path: Path, limit: int | None = None, decoding: Decoding = _UTF8) -> WordVectors:
    """Read the first `limit` words, by default all.

    Raises InputError naming the line that does not hold a word and as many numbers as the first
    line.
    """
    with open_vectors(path) as file:
        vector_size = row_size(file.readline(LONGEST_WORD))
    if vector_size == 0:
        raise InputError(f"{path}:1: expected a word and its numbers, found {first_line(path)}")
    with open_vectors(path) as file:
        builder, _ = read_rows(file, vector_size, first_line=1, most=limit, decoding=decoding)
    return builder.finish()


def first_line(path: Path) -> str:
    """The start of the first line, quoted, for messages."""
    with open_vectors(path) as file:
        line = file.readline(1000)
    return excerpt(line) if line else "an empty file"


def row_size(line: bytes) -> int:
    """How many numbers end a line "word n n n"; 0 where it is no such line.

    A first word with spaces whose last part is a number would be taken for a longer row; GloVe's
    files start with a word such as `the`.
    """
    fields = line.rstrip(b" \r\n").split(b" ")
    size = 0
    for field in reversed(fields[1:]):
        if not is_number(field):
            break
        size += 1
    return size


def write(path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write words (V,) and vectors (V, D) in the order given, in float32, exactly.

    Raises InputError for a word with a line break in it or a vector that is not finite.
    """
    check_table(path, words, vectors)
    with atomic_write(path) as out:
        write_rows(out, path, words, vectors)
