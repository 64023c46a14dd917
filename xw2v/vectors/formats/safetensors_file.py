"""safetensors: the table as tensor "vectors", the words and their counts as JSON in the file's
metadata.

Files of other tools are read too, where they hold one table of two dimensions and the words are in
their metadata or in a vocab.json beside them. Needs the package safetensors, which checks every
size itself.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError, MissingDependencyError
from xw2v.storage.files import atomic_write
from xw2v.text.vocabulary import Vocabulary
from xw2v.vectors.formats.npy import VOCABULARY
from xw2v.vectors.formats.rows import WordVectors, check_finite, check_table

TENSOR = "vectors"


def _library() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise MissingDependencyError(
            'safetensors files need the package safetensors: pip install "xw2v[safetensors]"'
        ) from None
    return safetensors


def read(path: Path, limit: int | None = None) -> WordVectors:
    """Read the table and its words.

    Raises InputError where the file is damaged, holds no table, or says nowhere which words its
    rows are.
    """
    library = _library()
    try:
        with library.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tables = [name for name in file.keys() if len(file.get_slice(name).get_shape()) == 2]  # noqa: SIM118
            name = TENSOR if TENSOR in tables else tables[0] if len(tables) == 1 else None
            if name is None:
                raise InputError(
                    f"{path}: {len(tables)} tables; expected one, or one named {TENSOR!r}"
                )
            table = file.get_tensor(name) if limit is None else file.get_slice(name)[:limit]
    except (library.SafetensorError, OSError, TypeError, ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path}: not a whole safetensors file: {str(error).splitlines()[0]}"
        ) from None
    if table.dtype.kind != "f" or table.size == 0:
        raise InputError(
            f"{path}: {name!r} is {table.dtype} of shape {table.shape}, not a table of floats"
        )
    words, counts = _words(path, metadata)
    words = words if limit is None else words[:limit]
    if len(words) != len(table):
        raise InputError(f"{path}: {len(table)} rows for {len(words)} words")
    with np.errstate(all="ignore"):  # what does not fit is found below
        vectors = table.astype(np.float32, copy=False)
    check_finite(words, vectors, lambda row: f"{path}: row {row + 1}")
    return WordVectors(words, vectors, None if counts is None else counts[: len(words)])


def _words(path: Path, metadata: dict[str, str]) -> tuple[list[str], np.ndarray | None]:
    beside = path.parent / VOCABULARY
    if "words" not in metadata:
        if not beside.is_file():
            raise InputError(f"{path}: no words in its metadata, and no {VOCABULARY} beside it")
        vocabulary = Vocabulary.load(beside)
        return vocabulary.words, vocabulary.counts
    try:
        words = json.loads(metadata["words"])
        counts = json.loads(metadata.get("counts", "null"))
        if not all(isinstance(word, str) for word in words) or len(set(words)) < len(words):
            raise ValueError("words must be different strings")
        if counts is not None:
            counts = np.asarray(counts, dtype=np.int64)
            if counts.shape != (len(words),):
                raise ValueError("there must be one count for each word")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{path}: bad words in its metadata: {error}") from None
    return words, counts


def write(path: Path, loaded: WordVectors) -> None:
    """Write the table with its words."""
    library = _library()
    check_table(path, loaded.words, loaded.vectors)
    vectors = np.ascontiguousarray(loaded.vectors, dtype=np.float32)
    check_finite(loaded.words, vectors, lambda row: f"{path}: row {row + 1}")
    metadata = {"format": "xw2v vectors 1", "words": json.dumps(loaded.words)}
    if loaded.counts is not None:
        metadata["counts"] = json.dumps(loaded.counts.tolist())
    with atomic_write(path) as out:
        out.write(library.numpy.save({TENSOR: vectors}, metadata))
