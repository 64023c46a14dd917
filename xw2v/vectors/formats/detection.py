"""Which format a file or folder of vectors is in, found from its content."""

from __future__ import annotations

import codecs
from pathlib import Path

from xw2v.errors import InputError
from xw2v.vectors.formats.registry import (
    FILES_IN_FOLDERS,
    FORMATS,
    RECOGNITION_ORDER,
    Sample,
    format_module,
)
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors

HEAD_BYTES = 1 << 16  # looked at to tell a format
FASTTEXT_MODEL = (793712314).to_bytes(4, "little")
PICKLE = tuple(b"\x80" + bytes([protocol]) for protocol in (2, 3, 4, 5))
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

FOREIGN = (  # first bytes of files that are no vectors, and what to say about them
    (
        (FASTTEXT_MODEL,),
        "is a fastText model (.bin), which holds more than vectors; give the .vec file beside it",
    ),
    (
        PICKLE,
        "is a Python pickle, as gensim's save() writes, and is not opened for safety; load it in "
        "gensim and use KeyedVectors.from_gensim or its save_word2vec_format",
    ),
    (
        (b"PK\x03\x04",),
        "is a zip archive; unpack it and give the file of vectors in it",
    ),
    (
        UTF_16,
        "is UTF-16; convert it to UTF-8: iconv -f UTF-16 -t UTF-8",
    ),
    (
        (b"PAR1", b"ARROW1", b"%PDF", b"\x89PNG"),
        "is not a file of vectors but a Parquet, Arrow, PDF or PNG file; give a file of vectors",
    ),
)


def detect(path: Path) -> tuple[str, Path]:
    """(format, the file or folder to read) of a model folder or a file of vectors.

    Raises InputError where it is none, naming what it is instead where that can be seen.
    """
    if path.is_dir():
        return _detect_folder(path)
    with open_vectors(path) as file:
        sample = Sample(path, file.read(HEAD_BYTES), file.size)
    if not sample.head:
        raise InputError(f"{path}: the file is empty")
    for first_bytes, message in FOREIGN:
        if sample.head.startswith(first_bytes):
            raise InputError(f"{path}: {message}")
    for name in RECOGNITION_ORDER:
        if format_module(name).recognises(sample):
            return name, path
    line = sample.head.partition(b"\n")[0]
    raise InputError(
        f"{path}:1: not a file of vectors: it starts with {excerpt(line)}; "
        f"these are read: {', '.join(FORMATS)}, fastText .vec"
    )


def _detect_folder(path: Path) -> tuple[str, Path]:
    for name, file in FILES_IN_FOLDERS.items():
        if (path / file).is_file():
            return name, path / file
    if (path / "corpus.bin").is_file():
        raise InputError(f"{path}: is a corpus, not vectors; train on it first: xw2v train {path}")
    raise InputError(
        f"{path}: no vectors here; expected center.npy with vocab.json, as xw2v train writes"
    )
