"""safetensors: the table as tensor "vectors", the words and their counts as JSON in the file's
metadata.

Files of other tools are read too, where they hold one table of two dimensions and the words are in
their metadata or in a vocab.json beside them. Needs the package safetensors, which checks every
size itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import FileFormatError, InputError, MissingDependencyError
from xw2v.storage.files import atomic_write
from xw2v.storage.packing import ENDINGS
from xw2v.text.vocabulary import Vocabulary
from xw2v.vectors.formats.npy import VOCABULARY
from xw2v.vectors.formats.registry import Sample
from xw2v.vectors.formats.rows import ReadOptions, WordVectors, check_table, float32_table

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


def recognises(sample: Sample) -> bool:
    """The size of a JSON header that the file can hold, and the start of it."""
    header_bytes = int.from_bytes(sample.head[:8], "little")
    return sample.head[8:9] == b"{" and header_bytes <= sample.size


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read the table and its words.

    Raises InputError where the file is damaged, holds no table, or says nowhere which words its
    rows are.
    """
    table, metadata = _table(path, options.limit)
    words, counts = _words(path, metadata)
    words = words[: options.limit]
    if len(words) != len(table):
        raise FileFormatError(f"{len(table)} rows for {len(words)} words", path=path)
    vectors = float32_table(path, words, table)
    return WordVectors(words, vectors, None if counts is None else counts[: len(words)])


def _table(path: Path, limit: int | None) -> tuple[np.ndarray, dict[str, str]]:
    """The first `limit` rows (V, D) of the file's table, and the file's metadata."""
    library = _library()
    try:
        with library.safe_open(path, framework="numpy") as file:
            names = file.keys()
            tables = [name for name in names if len(file.get_slice(name).get_shape()) == 2]
            name = TENSOR if TENSOR in tables else tables[0] if len(tables) == 1 else None
            if name is None:
                raise FileFormatError(
                    f"{len(tables)} tables; expected one, or one named {TENSOR!r}", path=path
                )
            table: np.ndarray = (
                file.get_tensor(name) if limit is None else file.get_slice(name)[:limit]
            )
            metadata = file.metadata() or {}
    except InputError:
        raise
    except (library.SafetensorError, OSError, TypeError, ValueError, KeyError) as error:
        raise FileFormatError(
            f"not a complete safetensors file: {str(error).splitlines()[0]}", path=path
        ) from None
    if table.dtype.kind != "f" or table.size == 0:
        raise FileFormatError(
            f"{name!r} is {table.dtype} of shape {table.shape}, not a table of floats", path=path
        )
    return table, metadata


def _words(path: Path, metadata: dict[str, str]) -> tuple[list[str], np.ndarray | None]:
    beside = path.parent / VOCABULARY
    if "words" not in metadata:
        if not beside.is_file():
            raise FileFormatError(
                f"no words in its metadata, and no {VOCABULARY} beside it", path=path
            )
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
        raise FileFormatError(f"bad words in its metadata: {error}", path=path) from None
    return words, counts


def write(path: Path, content: WordVectors) -> None:
    """Write the table with its words."""
    library = _library()
    if path.suffix.lower() in ENDINGS:
        raise InputError(
            f"safetensors files are mapped and not compressed; leave out {path.suffix}", path=path
        )
    words, counts = content.words, content.counts
    check_table(path, words, content.vectors)
    vectors = np.ascontiguousarray(float32_table(path, words, content.vectors))
    metadata = {"format": "xw2v vectors 1", "words": json.dumps(words)}
    if counts is not None:
        metadata["counts"] = json.dumps(counts.tolist())
    with atomic_write(path, vectors.nbytes) as out:
        out.write(library.numpy.save({TENSOR: vectors}, metadata))
