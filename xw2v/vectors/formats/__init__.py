"""Files of vectors: reading them in any format, and writing them.

    word2vec       text with a header, also fastText's .vec     word2vec_text.py
    word2vec-bin   the C tool's and gensim's binary             word2vec_binary.py
    glove          text without a header                        glove.py
    npy            center.npy beside vocab.json                 npy.py
    safetensors    a tensor with the words in its metadata      safetensors_file.py
    projector      vectors.tsv beside metadata.tsv              projector.py
    fasttext-bin   fastText's .bin, with vectors of n-grams     fasttext_binary.py

A new format is a module with `recognises`, `read` and `write`, and its line in `registry.MODULES`.
The text and binary formats may be compressed (gzip, bzip2, xz, zstd). What each does with odd input
is in docs/formats.md.
"""

from __future__ import annotations

from pathlib import Path

from xw2v.errors import UsageError
from xw2v.vectors.formats.detection import detect, is_vectors
from xw2v.vectors.formats.registry import (
    FORMATS,
    SYNONYMS,
    files_of,
    format_module,
    format_name,
    makes_folder,
)
from xw2v.vectors.formats.rows import Decoding, ReadOptions, WordVectors

__all__ = [
    "FORMATS",
    "SYNONYMS",
    "WordVectors",
    "decoding_of",
    "detect",
    "files_of",
    "format_name",
    "is_vectors",
    "makes_folder",
    "read_vectors",
    "write_vectors",
]


def read_vectors(
    path: Path,
    format: str | None = None,
    limit: int | None = None,
    encoding: str = "utf-8",
    unicode_errors: str = "strict",
    lenient: bool = False,
) -> WordVectors:
    """Read a model folder or a file of vectors.

    Args:
        path: a file or folder.
        format: a name in FORMATS or SYNONYMS; by default found from the content.
        limit: at most so many words, the first ones.
        encoding, unicode_errors: how bytes become words in the word2vec and GloVe formats.
        lenient: of text, skip the lines that cannot be read, and log one line that counts them.

    Raises:
        InputError: one line saying what is wrong, and in which line or at which byte.
        UsageError: an argument that has no such value.
    """
    if limit is not None and limit < 1:
        raise UsageError("read at least one word", setting="limit", value=limit)
    options = ReadOptions(limit, decoding_of(encoding, unicode_errors), lenient)
    format, path = (format_name(format), path) if format else detect(path, lenient)
    return format_module(format).read(path, options)


def write_vectors(path: Path, content: WordVectors, format: str) -> None:
    """Write words and vectors in a format; npy and projector make a folder of `path`, the others a
    file.

    Raises InputError for a word or value that the format cannot hold, before anything is replaced.
    """
    format_module(format_name(format)).write(path, content)


def decoding_of(encoding: str, errors: str) -> Decoding:
    """How bytes become words; UsageError for names that Python does not know."""
    try:
        b"".decode(encoding, errors)
        "".encode(encoding)
    except (LookupError, ValueError):  # the latter of a name with a NUL in it
        raise UsageError(
            "Python knows no encoding of this name", setting="encoding", value=encoding
        ) from None
    if errors not in ("strict", "replace", "ignore"):
        raise UsageError("choose strict, replace or ignore", setting="unicode_errors", value=errors)
    return Decoding(encoding, errors)
