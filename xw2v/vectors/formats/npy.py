"""A table in NumPy's .npy beside the vocab.json with its words: what a training run's folder holds.

The only format that is memory-mapped: opening it reads the words and none of the numbers.
"""

import warnings
from pathlib import Path

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write, output_folder
from xw2v.text.vocabulary import Vocabulary
from xw2v.vectors.formats.rows import WordVectors, blocks_of_rows, check_finite, check_table

TABLE = "center.npy"
VOCABULARY = "vocab.json"


def read(path: Path, limit: int | None = None) -> WordVectors:
    """Open a folder with center.npy and vocab.json, or one .npy file with vocab.json beside it.

    A table of another float type is converted to float32 (and copied). Numbers that are not finite
    are found when they are first asked for.

    Raises InputError for a table that is no (V, D) of floats, or does not have a row for each word.
    """
    file = path / TABLE if path.is_dir() else path
    table = _open(file)
    names = file.parent / VOCABULARY
    if not names.is_file():
        raise InputError(
            f"{names}: no such file; it must hold the words of {file.name}, in row order"
        )
    vocabulary = Vocabulary.load(names)
    words, counts = vocabulary.words, vocabulary.counts
    if len(words) != len(table):
        raise InputError(
            f"{file}: {len(table)} rows, but {names.name} beside it has {len(words)} words"
        )
    if limit is not None:
        words, counts, table = words[:limit], counts[:limit], table[:limit]
    vectors = np.asarray(table)
    if vectors.dtype != np.float32:
        with np.errstate(all="ignore"):  # what does not fit is found below
            vectors = vectors.astype(np.float32)
        check_finite(words, vectors, lambda row: f"{file}: row {row + 1}")
    return WordVectors(words, vectors, counts if counts.any() else None)


def _open(file: Path) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # sizes that overflow
            table: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except Exception as error:  # NumPy's parser of headers lets those of ast and tokenize through
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"{file}: not a whole .npy file: {reason}") from None
    if (
        not isinstance(table, np.ndarray)
        or table.ndim != 2
        or table.size == 0
        or table.dtype.kind != "f"
    ):
        what = (
            f"{table.dtype} of shape {table.shape}"
            if isinstance(table, np.ndarray)
            else "an archive"
        )
        raise InputError(f"{file}: holds {what}; expected a (words, numbers) table of floats")
    return table


def write(path: Path, loaded: WordVectors) -> None:
    """Write the folder `path` with center.npy and vocab.json (counts of 0 where they are not
    known).
    """
    words, vectors = loaded.words, loaded.vectors
    check_table(path, words, vectors)
    output_folder(path)
    counts = np.zeros(len(words), dtype=np.int64) if loaded.counts is None else loaded.counts
    with atomic_write(path / TABLE) as out:
        header = {"descr": "<f4", "fortran_order": False, "shape": vectors.shape}
        np.lib.format.write_array_header_1_0(out, header)
        for _, block in blocks_of_rows(path, words, vectors):
            out.write(block.tobytes())
    Vocabulary(words, counts).save(path / VOCABULARY)
