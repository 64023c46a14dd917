"""A table in NumPy's .npy beside the vocab.json with its words: what a training run's folder holds.

The only format that is memory-mapped: opening it reads the words and none of the vectors.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.storage.files import atomic_write, open_binary, output_folder
from xw2v.storage.npyfile import NpyError, map_array, read_header, write_header
from xw2v.text.vocabulary import Vocabulary
from xw2v.vectors.formats.registry import COMPANIONS, FILES_IN_FOLDERS, Sample
from xw2v.vectors.formats.rows import (
    ReadOptions,
    WordVectors,
    check_table,
    float32_table,
    row_chunks,
)
from xw2v.vectors.formats.subword_files import SUBWORD_FILES, read_subwords, write_subwords
from xw2v.vectors.formats.trained_as import TrainedAs

CONTEXT = "context.npy"
TABLE = FILES_IN_FOLDERS["npy"]
VOCABULARY = COMPANIONS["npy"]


def recognises(sample: Sample) -> bool:
    """NumPy's first bytes."""
    return sample.head.startswith(b"\x93NUMPY")


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Open a folder with center.npy and vocab.json, or one .npy file with vocab.json beside it.

    A table of another float type is converted to float32 (and copied). Of a float32 table
    non-finite values are found when it is first used.

    Raises InputError for a table that is no (V, D) of floats, or does not have a row for each word.
    """
    file = path / TABLE if path.is_dir() else path
    table = _open(file)
    names = file.parent / VOCABULARY
    if not names.is_file():
        raise InputError(
            f"no such file; it must hold the words of {file.name}, in row order", path=names
        )
    vocabulary = Vocabulary.load(names)
    words, counts = vocabulary.words, vocabulary.counts
    if len(words) != len(table):
        raise FileFormatError(
            f"{len(table)} rows, but {names.name} beside it has {len(words)} words", path=file
        )
    if options.limit is not None:
        first = slice(options.limit)
        words, counts, table = words[first], counts[first], table[first]
    if table.dtype != np.float32:
        table = float32_table(file, words, table)
    subwords = read_subwords(file.parent, table.shape[1]) if file.name == TABLE else None
    known_counts = counts if counts.any() else None
    return WordVectors(
        words,
        table,
        known_counts,
        context=_context(file, table),
        subwords=subwords,
        trained_as=TrainedAs.of_folder(file.parent) if file.name == TABLE else None,
    )


def _context(file: Path, table: np.ndarray) -> np.ndarray | None:
    """The output vectors (V, D) beside a run's table, memory-mapped, where all is as expected."""
    beside = file.with_name(CONTEXT)
    if file.name != TABLE or not beside.is_file():
        return None
    try:
        context = _open(beside)
    except InputError:
        return None
    return context[: len(table)] if context.shape[1] == table.shape[1] else None


def _open(file: Path) -> np.ndarray:
    with open_binary(file) as raw:
        try:
            header = read_header(raw)
            if len(header.shape) != 2 or 0 in header.shape or header.dtype.kind != "f":
                raise FileFormatError(
                    f"holds {header.dtype} of shape {header.shape}; "
                    "expected a (words, dimensions) table of floats",
                    path=file,
                )
            return map_array(raw, header)
        except NpyError as error:
            raise FileFormatError(f"not a complete .npy file: {error}", path=file) from None


def write(path: Path, content: WordVectors) -> None:
    """Write the folder `path` with center.npy and vocab.json (counts of 0 where they are not
    known).
    """
    words, vectors, counts = content.words, content.vectors, content.counts
    check_table(path, words, vectors)
    output_folder(path)
    with atomic_write(path / TABLE, 4 * vectors.size) as out:
        write_header(out, vectors.shape, "<f4")
        for _, chunk in row_chunks(path, words, vectors):
            out.write(chunk.tobytes())
    for name in SUBWORD_FILES:  # of what was there before
        (path / name).unlink(missing_ok=True)
    if content.subwords is not None:
        write_subwords(path, content.subwords)
    known = np.zeros(len(words), dtype=np.int64) if counts is None else counts
    Vocabulary(words, known).save(path / VOCABULARY)
