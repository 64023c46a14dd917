"""word2vec text, also fastText's .vec: a line `num_words vector_size`, then a word and its numbers
a line.
"""

from __future__ import annotations

from pathlib import Path

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write
from xw2v.vectors.formats.registry import Sample
from xw2v.vectors.formats.rows import ReadOptions, WordVectors, check_table
from xw2v.vectors.formats.textrows import looks_like_rows, read_rows, write_rows
from xw2v.vectors.formats.vectorfile import open_vectors, parse_header, read_header


def recognises(sample: Sample) -> bool:
    """A header, and lines of text after it."""
    line, newline, rows = sample.head.partition(b"\n")
    sizes = parse_header(line + newline)
    return sizes is not None and looks_like_rows(rows, sizes[1])


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read words and vectors.

    Raises InputError naming the line where the file is not what its header promises.
    """
    with open_vectors(path) as file:
        num_words, vector_size = read_header(file, row_bytes=2, value_bytes=2)
        wanted = num_words if options.limit is None else min(options.limit, num_words)
        builder, more = read_rows(file, vector_size, 2, wanted, options.decoding)
    found = len(builder.words)
    if found < wanted:
        raise InputError(
            f"{path}:{found + 2}: the file ends after {found} words of the promised {num_words}"
        )
    if more and wanted == num_words:
        raise InputError(
            f"{path}:{num_words + 2}: more rows than the {num_words} that the header promises"
        )
    return builder.finish()


def write(path: Path, content: WordVectors) -> None:
    """Write words and vectors in the order given, in float32, exactly, readable by gensim.

    Raises InputError for an empty word or one with a line break, or a vector that is not finite.
    """
    words, vectors = content.words, content.vectors
    check_table(path, words, vectors)
    with atomic_write(path) as out:
        out.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        write_rows(out, path, words, vectors)
