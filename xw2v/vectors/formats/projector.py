"""The embedding projector's two files: vectors.tsv, numbers parted by tabs, and metadata.tsv, a
word a line.

With counts, metadata.tsv has two columns and therefore, as the projector wants, a line of column
names.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write, output_folder
from xw2v.vectors.formats.rows import (
    Decoding,
    RowBuilder,
    WordVectors,
    blocks_of_rows,
    check_table,
    encode_word,
)
from xw2v.vectors.formats.textrows import (
    BLANKS,
    LONGEST_WORD,
    NUMBER,
    blocks_of_lines,
    is_number,
    parse_numbers,
)
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors

VECTORS = "vectors.tsv"
METADATA = "metadata.tsv"
COLUMNS = b"word\tcount"
_UTF8 = Decoding()


def read(path: Path, limit: int | None = None) -> WordVectors:
    """Read a folder with both files, or vectors.tsv with metadata.tsv beside it.

    Raises InputError naming the line that is not numbers, or where the two files do not match.
    """
    vectors_file = path / VECTORS if path.is_dir() else path
    metadata_file = vectors_file.parent / METADATA
    if not metadata_file.is_file():
        raise InputError(
            f"{metadata_file}: no such file; it must hold the words of {vectors_file.name}"
        )
    words, counts = _read_metadata(metadata_file)
    builder: RowBuilder | None = None
    for number, lines in _lines(vectors_file):
        rows = [line.decode("latin-1") for line in lines]
        block = parse_numbers(rows, "\t")
        if builder is None and block is not None:
            builder = RowBuilder(vectors_file, block.shape[1])
        if block is None or builder is None or block.shape != (len(rows), builder.vector_size):
            raise _bad_line(vectors_file, rows, number, builder)
        done = len(builder.words)
        if done + len(rows) > len(words):
            raise InputError(
                f"{vectors_file}:{number}: more rows than the {len(words)} words of {METADATA}"
            )
        builder.add(words[done : done + len(rows)], block, partial(_line, vectors_file, number))
        if limit is not None and len(builder.words) >= limit:
            break
    if builder is None:
        raise InputError(f"{vectors_file}: the file is empty")
    if limit is None and len(builder.words) < len(words):
        found = len(builder.words)
        raise InputError(f"{vectors_file}: {found} rows for the {len(words)} words of {METADATA}")
    result = builder.finish()
    if counts is not None and len(result.words) == len(builder.words):
        result.counts = counts[: len(result.words)]
    return result if limit is None else _first(result, limit)


def _line(path: Path, first: int, row: int = 0) -> str:
    return f"{path}:{first + row}"


def _first(result: WordVectors, limit: int) -> WordVectors:
    counts = None if result.counts is None else result.counts[:limit]
    return WordVectors(result.words[:limit], result.vectors[:limit], counts)


def _lines(path: Path, blanks: bytes = BLANKS) -> Iterator[tuple[int, list[bytes]]]:
    """Blocks of lines with the number of their first; see `blocks_of_lines`."""
    number = 1
    with open_vectors(path) as file:
        for lines in blocks_of_lines(file, LONGEST_WORD, 1, blanks):
            if lines:
                yield number, [line.rstrip(b"\r") for line in lines]
            number += len(lines)


def _bad_line(path: Path, rows: list[str], first: int, builder: RowBuilder | None) -> InputError:
    size = builder.vector_size if builder else rows[0].count("\t") + 1
    for number, row in enumerate(rows, first):
        fields = row.encode("latin-1").split(b"\t")
        if len(fields) != size or not all(map(is_number, fields)):
            found = excerpt(row.encode("latin-1"))
            return InputError(
                f"{path}:{number}: expected {size} numbers parted by tabs, found {found}"
            )
    return InputError(f"{path}:{first}: the lines from here do not hold {size} numbers each")


def _read_metadata(path: Path) -> tuple[list[str], np.ndarray | None]:
    words: list[str] = []
    counts: list[int] = []
    columns = False
    for first, lines in _lines(path, b"\r"):  # a space is a word like any other
        if first == 1 and lines[0] == COLUMNS:
            columns, lines, first = True, lines[1:], 2
        for number, line in enumerate(lines, first):
            raw, tab, count = line.partition(b"\t")
            words.append(_UTF8.word(raw, f"{path}:{number}"))
            if columns:
                if not (tab and count.isdigit() and len(count) < 20 and int(count) < 2**63):
                    raise InputError(
                        f"{path}:{number}: expected a word, tab and count, found {excerpt(line)}"
                    )
                counts.append(int(count))
    return words, np.asarray(counts, dtype=np.int64) if columns else None


def write(path: Path, loaded: WordVectors) -> None:
    """Write the folder `path` with both files."""
    words, vectors, counts = loaded.words, loaded.vectors, loaded.counts
    check_table(path, words, vectors)
    output_folder(path)
    advice = "replace the character, or choose npy or safetensors, which hold any word"
    with atomic_write(path / VECTORS) as out:
        for _, block in blocks_of_rows(path, words, vectors):
            out.writelines(b"\t".join(row) + b"\n" for row in block.astype(NUMBER).tolist())
    with atomic_write(path / METADATA) as out:
        names = [encode_word(path / METADATA, word, "\t\n\r", advice) for word in words]
        if counts is None:
            out.writelines(name + b"\n" for name in names)
        else:
            out.write(COLUMNS + b"\n")
            out.writelines(
                b"%b\t%d\n" % (name, n) for name, n in zip(names, counts.tolist(), strict=True)
            )
