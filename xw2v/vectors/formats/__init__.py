"""Files of vectors: which formats there are, and which one a file is in.

    word2vec       text with a header, also fastText's .vec     word2vec_text.py
    word2vec-bin   the C tool's and gensim's binary             word2vec_binary.py
    glove          text without a header                        glove.py
    npy            center.npy beside vocab.json                 npy.py
    safetensors    a tensor with the words in its metadata      safetensors_file.py
    projector      vectors.tsv beside metadata.tsv              projector.py

The text and binary formats may be compressed (gzip, bzip2, xz, zstd). What each does with odd input
is in docs/formats.md.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xw2v.errors import InputError, UsageError
from xw2v.vectors.formats.rows import Decoding, WordVectors
from xw2v.vectors.formats.vectorfile import MAX_HEADER, excerpt, open_vectors, parse_header

__all__ = [
    "FORMATS",
    "WordVectors",
    "detect",
    "read_vectors",
    "write_vectors",
    "write_word2vec_text",
]

FORMATS = ("word2vec", "word2vec-bin", "glove", "npy", "safetensors", "projector")
SYNONYMS = {"fasttext": "word2vec", "vec": "word2vec", "word2vec-text": "word2vec"}
HEAD = 1 << 16  # bytes looked at to tell a format
FASTTEXT_BIN = (793712314).to_bytes(4, "little")


def format_name(name: str) -> str:
    """The name in FORMATS for a name or synonym; UsageError for anything else."""
    name = SYNONYMS.get(name, name)
    if name not in FORMATS:
        raise UsageError(f"format {name!r}: choose one of {', '.join(FORMATS)}")
    return name


def read_vectors(
    path: Path,
    format: str | None = None,
    limit: int | None = None,
    encoding: str = "utf-8",
    unicode_errors: str = "strict",
) -> WordVectors:
    """Read a model folder or a file of vectors, at most the first `limit` words of it.

    `encoding` and `unicode_errors` say how bytes become words in the word2vec and GloVe formats.

    Raises InputError: one line saying what is wrong, and in which line or at which byte.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"limit {limit}: read at least one word")
    decoding = decoding_of(encoding, unicode_errors)
    format, path = (format_name(format), path) if format else detect(path)
    if format == "word2vec":
        from xw2v.vectors.formats import word2vec_text

        return word2vec_text.read(path, limit, decoding)
    if format == "word2vec-bin":
        from xw2v.vectors.formats import word2vec_binary

        return word2vec_binary.read(path, limit, decoding)
    if format == "glove":
        from xw2v.vectors.formats import glove

        return glove.read(path, limit, decoding)
    if format == "npy":
        from xw2v.vectors.formats import npy

        return npy.read(path, limit)
    if format == "safetensors":
        from xw2v.vectors.formats import safetensors_file

        return safetensors_file.read(path, limit)
    from xw2v.vectors.formats import projector

    return projector.read(path, limit)


def write_vectors(path: Path, loaded: WordVectors, format: str) -> None:
    """Write words and vectors in a format; npy and projector make a folder of `path`, the others a
    file.

    Raises InputError for a word or number that the format cannot hold, before anything is replaced.
    """
    format = format_name(format)
    words, vectors = loaded.words, loaded.vectors
    if format == "word2vec":
        write_word2vec_text(path, words, vectors)
    elif format == "word2vec-bin":
        from xw2v.vectors.formats import word2vec_binary

        word2vec_binary.write(path, words, vectors)
    elif format == "glove":
        from xw2v.vectors.formats import glove

        glove.write(path, words, vectors)
    elif format == "npy":
        from xw2v.vectors.formats import npy

        npy.write(path, loaded)
    elif format == "safetensors":
        from xw2v.vectors.formats import safetensors_file

        safetensors_file.write(path, loaded)
    else:
        from xw2v.vectors.formats import projector

        projector.write(path, loaded)


def write_word2vec_text(path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write words (V,) and vectors (V, D) as word2vec text, exact in float32 and readable by
    gensim.

    Raises InputError for an empty word or one with a line break, or a vector that is not finite.
    """
    from xw2v.vectors.formats import word2vec_text

    word2vec_text.write(path, words, vectors)


def decoding_of(encoding: str, errors: str) -> Decoding:
    """How bytes become words; UsageError for names that Python does not know."""
    try:
        b"".decode(encoding, errors)
        "".encode(encoding)
    except LookupError:
        raise UsageError(f"encoding {encoding!r}: Python knows none of this name") from None
    if errors not in ("strict", "replace", "ignore"):
        raise UsageError(f"unicode errors {errors!r}: choose strict, replace or ignore")
    return Decoding(encoding, errors)


def detect(path: Path) -> tuple[str, Path]:
    """(format, the file or folder to read) of a model folder or a file of vectors, from its
    content.

    Raises InputError where it is none, naming what it is instead where that can be told.
    """
    if path.is_dir():
        return _detect_folder(path)
    with open_vectors(path) as file:
        head = file.read(HEAD)
        size = file.size
    if not head:
        raise InputError(f"{path}: the file is empty")
    if head.startswith(b"\x93NUMPY"):
        return "npy", path
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size:
        return "safetensors", path
    if other := _something_else(head):
        raise InputError(f"{path}: {other}")
    return _detect_rows(path, head), path


def _detect_folder(path: Path) -> tuple[str, Path]:
    if (path / "center.npy").is_file():
        return "npy", path
    if (path / "vectors.tsv").is_file():
        return "projector", path
    if (path / "vectors.txt").is_file():
        return "word2vec", path / "vectors.txt"
    if (path / "corpus.bin").is_file():
        raise InputError(f"{path}: is a corpus, not vectors; train on it first: xw2v train {path}")
    raise InputError(
        f"{path}: no vectors here; expected center.npy with vocab.json, as xw2v train writes"
    )


def _something_else(head: bytes) -> str | None:
    """What a file of no format of ours is, as the message about it."""
    if head.startswith(FASTTEXT_BIN):
        return "is a fastText model (.bin), which holds more than vectors; give the .vec file beside it"
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return (
            "is a Python pickle, as gensim's save() writes, and is not opened for safety; load it in gensim "
            "and use KeyedVectors.from_gensim or its save_word2vec_format"
        )
    if head.startswith(b"PK\x03\x04"):
        return "is a zip archive; unpack it and give the file of vectors in it"
    return None


def _detect_rows(path: Path, head: bytes) -> str:
    line, newline, rest = head.partition(b"\n")
    sizes = parse_header(line + newline) if len(line) < MAX_HEADER else None
    if sizes is not None:
        return "word2vec" if _looks_like_text(rest, sizes[1]) else "word2vec-bin"
    from xw2v.vectors.formats.glove import row_size
    from xw2v.vectors.formats.textrows import is_number

    whole = (
        line if newline else line.rpartition(b" ")[0] or line
    )  # the last number may be cut off by HEAD
    fields = line.rstrip(b"\r").split(b"\t")
    if all(map(is_number, fields)) and (
        len(fields) > 1 or (path.parent / "metadata.tsv").is_file()
    ):
        return "projector"
    if row_size(whole):
        return "glove"
    raise InputError(
        f"{path}:1: not a file of vectors: it starts with {excerpt(line)}; "
        f"these are read: {', '.join(FORMATS)}, fastText .vec"
    )


def _looks_like_text(rows: bytes, vector_size: int) -> bool:
    """Whether lines of text follow a header: numbers at the end of the first, or characters all
    along.
    """
    from xw2v.vectors.formats.textrows import is_number

    line, newline, _ = rows.partition(b"\n")
    fields = line.rstrip(b" \r").split(b" ")
    fields = fields[1:] if newline else fields[1:-1]
    last = fields[-min(vector_size, 10) :]
    if last and all(map(is_number, last)):
        return True
    text = rows.decode("utf-8", "replace").rstrip("\ufffd")
    return "\ufffd" not in text and not any(c < " " and c not in "\t\r\n" for c in text)
