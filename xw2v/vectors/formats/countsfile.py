"""Word counts as the C tool's -save-vocab and gensim's fvocab write them: a word, a space and its
count a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xw2v.errors import FileFormatError
from xw2v.storage.packing import packed_write
from xw2v.vectors.formats.rows import MAX_WORD_BYTES, Decoding, Place, encode_word
from xw2v.vectors.formats.textrows import line_chunks
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors


def read_counts(path: Path, decoding: Decoding) -> dict[str, int]:
    """Word -> count. Raises InputError naming the line that is not a word and a count."""
    counts: dict[str, int] = {}
    number = 0
    with open_vectors(path) as file:
        for lines in line_chunks(file, MAX_WORD_BYTES, 1):
            for line in lines:
                number += 1
                raw, space, count = line.rstrip(b" \r").rpartition(b" ")
                if not (space and count.isdigit() and len(count) < 19):
                    raise FileFormatError(
                        f"expected a word, a space and its count, found {excerpt(line)}",
                        path=path,
                        line=number,
                    )
                counts.setdefault(decoding.word(raw, Place(path, number)), int(count))
    return counts


def write_counts(path: Path, words: Sequence[str], counts: np.ndarray) -> None:
    """Write words (V,) with their counts (V,)."""
    with packed_write(path) as out:
        for word, count in zip(words, counts.tolist(), strict=True):
            out.write(b"%b %d\n" % (encode_word(path, word, "\n", "replace the character"), count))
