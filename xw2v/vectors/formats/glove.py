"""GloVe text: as word2vec text, without the header. The first line says how many dimensions a
vector has.
"""

from __future__ import annotations

from pathlib import Path

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write
from xw2v.vectors.formats.registry import Sample
from xw2v.vectors.formats.rows import MAX_WORD_BYTES, ReadOptions, WordVectors, check_table
from xw2v.vectors.formats.textrows import count_trailing_numbers, read_rows, write_rows
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors


def recognises(sample: Sample) -> bool:
    """A first line of a word and numbers."""
    line, newline, _ = sample.head.partition(b"\n")
    complete = line if newline else line.rpartition(b" ")[0] or line  # a number may be cut off
    return count_trailing_numbers(complete) > 0


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read words and vectors.

    A first word with spaces whose last part is a number would be taken for a longer vector; GloVe's
    files start with a word such as `the`.

    Raises InputError naming the line that does not hold a word and as many numbers as the first
    line.
    """
    with open_vectors(path) as file:
        line = file.readline(MAX_WORD_BYTES)
    vector_size = count_trailing_numbers(line)
    if vector_size == 0:
        found = excerpt(line[:1000]) if line else "an empty file"
        raise InputError(f"{path}:1: expected a word and its numbers, found {found}")
    with open_vectors(path) as file:
        builder, _ = read_rows(file, vector_size, 1, options.limit, options.decoding)
    return builder.finish()


def write(path: Path, content: WordVectors) -> None:
    """Write words and vectors in the order given, in float32, exactly.

    Raises InputError for a word with a line break in it or a vector that is not finite.
    """
    check_table(path, content.words, content.vectors)
    with atomic_write(path) as out:
        write_rows(out, path, content.words, content.vectors)
