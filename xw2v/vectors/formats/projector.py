"""The embedding projector's two files: vectors.tsv, numbers separated by tabs, and metadata.tsv, a
word a line.

With counts, metadata.tsv has two columns and therefore, as the projector wants, a line of column
names.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.storage.files import atomic_write, output_folder
from xw2v.vectors.formats.registry import COMPANIONS, FILES_IN_FOLDERS, Sample
from xw2v.vectors.formats.rows import (
    MAX_WORD_BYTES,
    Decoding,
    Place,
    ReadOptions,
    RowBuilder,
    WordVectors,
    check_table,
    encode_word,
    row_chunks,
)
from xw2v.vectors.formats.textrows import (
    LINE_PADDING,
    NUMBER,
    is_number,
    line_chunks,
    parse_numbers,
)
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors

VECTORS = FILES_IN_FOLDERS["projector"]
METADATA = COMPANIONS["projector"]
COLUMNS = b"word\tcount"
SAMPLE_LINES = 10  # from which the format is recognised
_UTF8 = Decoding()


def recognises(sample: Sample) -> bool:
    """First lines of numbers separated by tabs; one number will do where metadata.tsv is there."""
    lines = sample.head.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]
    complete = [line for line in lines[:-1] if line.strip()] or lines[:1]
    rows = [line.rstrip(b"\r").split(b"\t") for line in complete]
    several = len(rows[0]) > 1 or (sample.path.parent / METADATA).is_file()
    same_size = all(len(row) == len(rows[0]) for row in rows)
    return several and same_size and all(is_number(field) for row in rows for field in row)


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read a folder with both files, or vectors.tsv with metadata.tsv beside it.

    Raises InputError naming the line that is not numbers, or where the two files do not match.
    """
    vectors_file = path / VECTORS if path.is_dir() else path
    metadata_file = vectors_file.parent / METADATA
    if not metadata_file.is_file():
        raise InputError(
            f"no such file; it must hold the words of {vectors_file.name}", path=metadata_file
        )
    words, counts = _read_metadata(metadata_file)
    n_words = len(words)
    if options.limit is not None:
        words = words[: options.limit]
    builder = _read_table(vectors_file, words, n_words)
    if len(builder.words) < len(words):
        raise FileFormatError(
            f"{len(builder.words)} rows for the {n_words} words of {METADATA}", path=vectors_file
        )
    result = builder.finish()
    if counts is not None and len(result.words) == len(words):
        result.counts = counts[: len(words)]
    return result


def _read_table(path: Path, words: list[str], n_words: int) -> RowBuilder:
    """Rows for `words`, the first of the `n_words` that the file should hold."""
    builder: RowBuilder | None = None
    for number, lines in _lines(path):
        rows = [line.decode("latin-1") for line in lines]
        block = parse_numbers(rows, "\t")
        if builder is None and block is not None:
            builder = RowBuilder(path, block.shape[1])
        if block is None or builder is None or block.shape != (len(rows), builder.vector_size):
            raise _bad_line(path, rows, number, builder)
        done = len(builder.words)
        if done + len(rows) > n_words:
            raise FileFormatError(
                f"more rows than the {n_words} words of {METADATA}", path=path, line=number
            )
        chunk_words = words[done : done + len(rows)]
        builder.add(chunk_words, block[: len(chunk_words)], partial(_place_of_line, path, number))
        if len(builder.words) == len(words) < n_words:
            break
    if builder is None:
        raise FileFormatError("the file is empty", path=path)
    return builder


def _place_of_line(path: Path, first: int, row: int) -> Place:
    return Place(path, first + row)


def _lines(path: Path, padding: bytes = LINE_PADDING) -> Iterator[tuple[int, list[bytes]]]:
    """Chunks of lines with the number of their first; see `line_chunks`."""
    number = 1
    with open_vectors(path) as file:
        for lines in line_chunks(file, MAX_WORD_BYTES, 1, padding):
            if lines:
                yield number, [line.rstrip(b"\r") for line in lines]
            number += len(lines)


def _bad_line(path: Path, rows: list[str], first: int, builder: RowBuilder | None) -> InputError:
    size = builder.vector_size if builder else rows[0].count("\t") + 1
    for number, row in enumerate(rows, first):
        fields = row.encode("latin-1").split(b"\t")
        if len(fields) != size or not all(map(is_number, fields)):
            found = excerpt(row.encode("latin-1"))
            return FileFormatError(
                f"expected {size} numbers separated by tabs, found {found}", path=path, line=number
            )
    return FileFormatError(
        f"the lines from here do not hold {size} numbers each", path=path, line=first
    )


def _read_metadata(path: Path) -> tuple[list[str], np.ndarray | None]:
    words: list[str] = []
    counts: list[int] = []
    columns = False
    for first, lines in _lines(path, b"\r"):  # a space is a word like any other
        if first == 1 and lines[0] == COLUMNS:
            columns, lines, first = True, lines[1:], 2
        for number, line in enumerate(lines, first):
            raw, tab, count = line.partition(b"\t")
            words.append(_UTF8.word(raw, Place(path, number)))
            if columns:
                if not (tab and count.isdigit() and len(count) < 20 and int(count) < 2**63):
                    raise FileFormatError(
                        f"expected a word, tab and count, found {excerpt(line)}",
                        path=path,
                        line=number,
                    )
                counts.append(int(count))
    return words, np.asarray(counts, dtype=np.int64) if columns else None


def write(path: Path, content: WordVectors) -> None:
    """Write the folder `path` with both files."""
    words, vectors, counts = content.words, content.vectors, content.counts
    check_table(path, words, vectors)
    output_folder(path)
    advice = "replace the character, or choose npy or safetensors, which hold any word"
    with atomic_write(path / VECTORS) as out:
        for _, chunk in row_chunks(path, words, vectors):
            out.writelines(b"\t".join(row) + b"\n" for row in chunk.astype(NUMBER).tolist())
    with atomic_write(path / METADATA) as out:
        names = [encode_word(path / METADATA, word, "\t\n\r", advice) for word in words]
        if counts is None:
            out.writelines(name + b"\n" for name in names)
        else:
            out.write(COLUMNS + b"\n")
            out.writelines(
                b"%b\t%d\n" % (name, n) for name, n in zip(names, counts.tolist(), strict=True)
            )
