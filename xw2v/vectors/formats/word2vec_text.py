"""word2vec text, also fastText's .vec: a line `num_words vector_size`, then a word and its numbers
a line.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write
from xw2v.vectors.formats.rows import Decoding, WordVectors, check_table
from xw2v.vectors.formats.textrows import read_rows, write_rows
from xw2v.vectors.formats.vectorfile import open_vectors, read_header

_UTF8 = Decoding()


def read(path: Path, limit: int | None = None, decoding: Decoding = _UTF8) -> WordVectors:
    """Read the first `limit` words, by default all.

    Raises InputError naming the line where the file is not what its header promises.
    """
    with open_vectors(path) as file:
        num_words, vector_size = read_header(file, row_bytes=2, number_bytes=2)
        wanted = num_words if limit is None else min(limit, num_words)
        builder, more = read_rows(file, vector_size, first_line=2, most=wanted, decoding=decoding)
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


def write(path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write words (V,) and vectors (V, D) in the order given, in float32, exactly.

    Raises InputError for a word with a line break in it or a vector that is not finite.
    """
    check_table(path, words, vectors)
    with atomic_write(path) as out:
        out.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        write_rows(out, path, words, vectors)
