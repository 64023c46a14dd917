"""GloVe text: as word2vec text, without the header. The first lines say how many dimensions a
vector has.
"""

from __future__ import annotations

from pathlib import Path

from xw2v.errors import FileFormatError, InputError, shown
from xw2v.storage.packing import packed_write
from xw2v.vectors.formats import lenient
from xw2v.vectors.formats.registry import Sample
from xw2v.vectors.formats.rows import MAX_WORD_BYTES, ReadOptions, WordVectors, check_table
from xw2v.vectors.formats.textrows import (
    OTHER_SEPARATORS,
    count_trailing_numbers,
    lenient_suggested,
    read_rows,
    words_hold_fields,
    write_rows,
)
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors

SAMPLE_LINES = 10  # from which the dimensions are found


def recognises(sample: Sample) -> bool:
    """First lines half of which are a word and as many numbers."""
    lines = sample.head.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]
    cut_off = lines[0].rpartition(b" ")[0] or lines[0]  # its last number may be cut off
    sizes = [count_trailing_numbers(line) for line in lines[:-1] or [cut_off]]
    size = lenient.most_common_size(sizes)
    return size > 0 and 2 * sizes.count(size) >= len(sizes)


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read words and vectors, of as many dimensions as most of the first ten lines have numbers.

    Raises InputError naming the line that does not hold a word and as many numbers.
    """
    if options.lenient:
        return lenient.read(path, options)
    with lenient_suggested():
        return _read_rows(path, options)


def _read_rows(path: Path, options: ReadOptions) -> WordVectors:
    with open_vectors(path) as file:
        lines = [file.readline(MAX_WORD_BYTES) for _ in range(SAMPLE_LINES)]
    vector_size = lenient.most_common_size(map(count_trailing_numbers, lines))
    if vector_size == 0:
        found = excerpt(lines[0][:1000]) if lines[0] else "an empty file"
        raise FileFormatError(f"expected a word and its numbers, found {found}", path=path, line=1)
    with open_vectors(path) as file:
        builder, _ = read_rows(file, vector_size, 1, options.limit, options.decoding)
    if words_hold_fields(builder.words):
        raise FileFormatError(OTHER_SEPARATORS, path=path, line=1)
    return builder.finish()


def write(path: Path, content: WordVectors) -> None:
    """Write words and vectors in the order given, in float32, exactly.

    Raises InputError for a word with a line break in it, a vector that is not finite, or first
    words from which the dimensions would be misread.
    """
    words, vectors = content.words, content.vectors
    check_table(path, words, vectors)
    extra = [
        count_trailing_numbers(word.encode("utf-8", "replace")) for word in words[:SAMPLE_LINES]
    ]
    vector_size = vectors.shape[1]
    if lenient.most_common_size(vector_size + n for n in extra) != vector_size:
        word = next(word for word, n in zip(words, extra, strict=False) if n)
        raise InputError(
            f"without a header, words such as {shown(word)} would be read as vectors of "
            f"more than {vector_size} dimensions; write word2vec, or join their parts with _",
            path=path,
        )
    if words_hold_fields(words):
        raise InputError(
            f"without a header, words such as {shown(words[0])}, with separators at their ends, "
            "would be read as values; write word2vec, or strip them",
            path=path,
        )
    with packed_write(path) as out:
        write_rows(out, path, words, vectors)
