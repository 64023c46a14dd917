"""Which format a file or folder of vectors is in, found from its content."""

from __future__ import annotations

import codecs
from pathlib import Path

from xw2v.errors import FileFormatError
from xw2v.vectors.formats.lenient import count_numbers, most_common_size
from xw2v.vectors.formats.registry import (
    FILES_IN_FOLDERS,
    FORMATS,
    RECOGNITION_ORDER,
    Sample,
    format_module,
)
from xw2v.vectors.formats.textrows import is_text
from xw2v.vectors.formats.vectorfile import excerpt, open_vectors

HEAD_BYTES = 1 << 16  # looked at to find a format
SAMPLE_LINES = 10
READABLE = f"{', '.join(FORMATS)}, fastText .vec"
TAR_MAGIC_OFFSET = 257
PICKLE = tuple(b"\x80" + bytes([protocol]) for protocol in (2, 3, 4, 5))
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

FOREIGN = (  # first bytes of files that are no vectors, and what to say about them
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


def detect(path: Path, lenient: bool = False) -> tuple[str, Path]:
    """(format, the file or folder to read) of a model folder or a file of vectors.

    With `lenient` text of no format is taken for rows without a header.

    Raises InputError where it is none, naming what it is instead where that can be seen.
    """
    if path.is_dir():
        return _detect_folder(path)
    with open_vectors(path) as file:
        sample = Sample(path, file.read(HEAD_BYTES), file.size)
    if not sample.head:
        raise FileFormatError("the file is empty", path=path)
    if sample.head[TAR_MAGIC_OFFSET:].startswith(b"ustar"):
        raise FileFormatError(
            "is a tar archive; unpack it and give the file of vectors in it", path=path
        )
    for first_bytes, message in FOREIGN:
        if sample.head.startswith(first_bytes):
            raise FileFormatError(message, path=path)
    for name in RECOGNITION_ORDER:
        if format_module(name).recognises(sample):
            return name, path
    if lenient and is_text(sample.head):
        return "glove", path
    lines = sample.head.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]
    sizes = [count_numbers(line) for line in lines if line.strip()]
    rows = most_common_size(sizes) > 1 or set(sizes) == {1}
    hint = (
        "`lenient` reads rows with other separators than single spaces"
        if rows
        else f"these are read: {READABLE}"
    )
    raise FileFormatError(
        f"not a file of vectors: it starts with {excerpt(lines[0])}; {hint}", path=path, line=1
    )


def is_vectors(path: Path) -> bool:
    """Whether a file or folder is one of vectors, or of another kind that is known not to be text.

    Raises:
        InputError: it cannot be read.
    """
    if path.is_dir():
        return any((path / file).is_file() for file in FILES_IN_FOLDERS.values())
    with open_vectors(path) as file:
        sample = Sample(path, file.read(HEAD_BYTES), file.size)
    not_text = (*PICKLE, *UTF_16, b"%PDF", b"\x89PNG")
    return sample.head.startswith(not_text) or any(
        format_module(name).recognises(sample) for name in RECOGNITION_ORDER
    )


def _detect_folder(path: Path) -> tuple[str, Path]:
    for name, file in FILES_IN_FOLDERS.items():
        if (path / file).is_file():
            return name, path / file
    if (path / "corpus.bin").is_file():
        raise FileFormatError(
            f"is a corpus, not vectors; train on it first: xw2v train {path}", path=path
        )
    raise FileFormatError(
        "no vectors here; expected center.npy with vocab.json, as xw2v train writes", path=path
    )
