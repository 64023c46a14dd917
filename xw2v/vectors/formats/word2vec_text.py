"""word2vec text, also fastText's .vec: a line `num_words vector_size`, then a word and its numbers
a line.
"""

from __future__ import annotations

import logging
from pathlib import Path

from xw2v.errors import FileFormatError, shown
from xw2v.storage.packing import packed_write
from xw2v.vectors.formats import lenient
from xw2v.vectors.formats.registry import Sample
from xw2v.vectors.formats.rows import ReadOptions, WordVectors, check_table
from xw2v.vectors.formats.textrows import (
    lenient_suggested,
    looks_like_rows,
    read_rows,
    words_end_in_values,
    write_rows,
)
from xw2v.vectors.formats.vectorfile import open_vectors, parse_header, read_header

log = logging.getLogger(__name__)


def recognises(sample: Sample) -> bool:
    """A header, and lines of text after it."""
    line, newline, rows = sample.head.partition(b"\n")
    sizes = parse_header(line + newline)
    return sizes is not None and looks_like_rows(rows, sizes[1])


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read words and vectors.

    Raises InputError naming the line where the file is not what its header promises.
    """
    if options.lenient:
        return lenient.read(path, options)
    with lenient_suggested():
        return _read_rows(path, options)


def _read_rows(path: Path, options: ReadOptions) -> WordVectors:
    with open_vectors(path) as file:
        num_words, vector_size = read_header(file, row_bytes=2, value_bytes=2)
        n_wanted = num_words if options.limit is None else min(options.limit, num_words)
        builder, has_more = read_rows(file, vector_size, 2, n_wanted, options.decoding)
    if words_end_in_values(builder.words):
        log.warning(
            "%s:1: the header says %d dimensions, and words such as %s end in a number; "
            "if these are values of the vectors, correct the header or leave it out",
            path,
            vector_size,
            shown(builder.words[0]),
        )
    n_found = len(builder.words)
    if n_found < n_wanted:
        raise FileFormatError(
            f"the file ends after {n_found} words of the promised {num_words}",
            path=path,
            line=n_found + 2,
        )
    if has_more and n_wanted == num_words:
        raise FileFormatError(
            f"more rows than the {num_words} that the header promises",
            path=path,
            line=num_words + 2,
        )
    return builder.finish()


def write(path: Path, content: WordVectors) -> None:
    """Write words and vectors in the order given, in float32, exactly, readable by gensim.

    Raises InputError for an empty word or one with a line break, or a vector that is not finite.
    """
    words, vectors = content.words, content.vectors
    check_table(path, words, vectors)
    with packed_write(path) as out:
        out.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        write_rows(out, path, words, vectors)
