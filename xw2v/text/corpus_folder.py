"""The corpus folder: corpus.bin, offsets.npy, vocab.json, corpus.json.

corpus.bin: the ids, int32, little-endian. offsets.npy: (S + 1,) int64, where sentences begin and
the last one ends. vocab.json: the vocabulary. corpus.json: how the corpus was made; a folder
without it opens too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.filearray import FileArray
from xw2v.storage.files import atomic_write, open_binary, output_folder, reason
from xw2v.storage.npyfile import NpyError, read_header, write_header
from xw2v.text.id_arrays import CHUNK_TOKENS, Digest, chunks_of, digested, write_arrays
from xw2v.text.spool import Chunk
from xw2v.text.vocabulary import Vocabulary

FORMAT = "xw2v corpus 1"
IDS = "corpus.bin"
OFFSETS = "offsets.npy"
VOCABULARY = "vocab.json"
METADATA = "corpus.json"
VALIDATION = "validation"  # within a corpus folder, the corpus folder of its held-out text


def write_corpus(
    folder: str | os.PathLike[str],
    chunks: Iterable[Chunk],
    vocabulary: Vocabulary,
    metadata: dict[str, Any],
    threads: int = 1,
) -> None:
    """Write the four files, which take their names together at the end.

    Args:
        metadata: "raw_words", "description", "settings" and "coverage", see `read_corpus`.
        threads: with more than one, the fingerprint is taken by a thread of its own.

    Raises:
        InputError: the folder cannot be written.
    """
    path = output_folder(folder)
    with ExitStack() as stack:
        ids_file, offsets_file, vocabulary_file, metadata_file = (
            stack.enter_context(atomic_write(path / name))
            for name in (IDS, OFFSETS, VOCABULARY, METADATA)
        )
        write_header(offsets_file, (0,), "<i8")
        digest = Digest()
        write_arrays(digested(chunks, digest, threads), ids_file, offsets_file)
        offsets_file.seek(0)
        write_header(offsets_file, (digest.sentences + 1,), "<i8")
        vocabulary_file.write(vocabulary.to_bytes())
        metadata = {
            "format": FORMAT,
            "tokens": digest.tokens,
            "sentences": digest.sentences,
            **metadata,
            "fingerprint": digest.hexdigest(vocabulary),
        }
        metadata_file.write(json.dumps(metadata, indent=1).encode())
        for file in (ids_file, offsets_file, vocabulary_file, metadata_file):
            file.flush()
        # corpus.bin takes its name last: until then there is none, and no mixture of two corpora
        # can be opened
        (path / IDS).unlink(missing_ok=True)


def is_corpus_folder(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a folder with the files of a corpus."""
    return all((Path(path) / name).is_file() for name in (IDS, OFFSETS, VOCABULARY))


def remove_corpus(folder: str | os.PathLike[str]) -> None:
    """Remove the files of a corpus, if there are any, and the folder if it is empty then."""
    path = Path(folder)
    for name in (METADATA, VOCABULARY, OFFSETS, IDS):
        (path / name).unlink(missing_ok=True)
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()


def read_corpus(
    folder: str | os.PathLike[str], written: Vocabulary | None = None
) -> tuple[FileArray, FileArray, Vocabulary, dict[str, Any]]:
    """(ids, offsets, vocabulary, metadata) of a corpus folder, the arrays in their files.

    The metadata have "raw_words", "description", "fingerprint", "settings" and "coverage".

    Args:
        written: the vocabulary with which it was just written, so that it needs no checks.

    Raises:
        InputError: this is not a corpus folder, or it is damaged.
    """
    path = Path(folder)
    for name in (IDS, OFFSETS, VOCABULARY):
        if not (path / name).is_file():
            raise InputError(f"{folder}: no {name} there; xw2v preprocess makes such a folder")
    vocabulary = written or Vocabulary.load(path / VOCABULARY)
    try:
        with open_binary(path / IDS) as ids_file, open_binary(path / OFFSETS) as offsets_file:
            ids = FileArray(ids_file, str(path / IDS), "<i4")
            header = read_header(offsets_file)
            if len(header.shape) != 1 or header.dtype != np.dtype("<i8"):
                raise NpyError("holds no offsets")
            offsets = FileArray(
                offsets_file, str(path / OFFSETS), "<i8", header.offset, header.shape[0]
            )
    except NpyError as error:
        raise InputError(
            f"{folder}: damaged: {OFFSETS} {error}; run xw2v preprocess again"
        ) from None
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({reason(error)})") from None
    if written is None:
        _check_arrays(folder, ids, offsets, len(vocabulary))
    metadata = {
        "raw_words": len(ids),
        "description": str(folder),
        "settings": {},
        "coverage": {},
        **_read_metadata(path / METADATA),
    }
    if "fingerprint" not in metadata:
        digest = Digest()
        for chunk in chunks_of(ids, offsets):
            digest.update(*chunk)
        metadata["fingerprint"] = digest.hexdigest(vocabulary)
    return ids, offsets, vocabulary, metadata


def _read_metadata(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        metadata = json.loads(path.read_text("utf-8"))
        known = metadata["format"] == FORMAT
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise InputError(f"{path}: damaged; run xw2v preprocess again") from None
    if not known:
        raise InputError(
            f"{path}: format {str(metadata['format'])[:40]!r} is not known; this version reads "
            f"{FORMAT!r}"
        )
    types = {"raw_words": int, "description": str, "fingerprint": str, "settings": dict}
    if (
        any(not isinstance(metadata.get(name), kind) for name, kind in types.items())
        or not isinstance(metadata.get("coverage", {}), dict)
        or metadata["raw_words"] < 1
    ):
        raise InputError(f"{path}: damaged; run xw2v preprocess again")
    return dict(metadata)


def _check_arrays(
    folder: str | os.PathLike[str], ids: FileArray, offsets: FileArray, vocab_size: int
) -> None:
    """Raise InputError unless offsets rise from 0 to the end and ids are rows."""
    wrong = None
    if len(offsets) < 2:
        wrong = f"{OFFSETS} holds no offsets"
    elif offsets[0] != 0 or offsets[-1] != len(ids):
        wrong = f"{OFFSETS} ends at {offsets[-1]:,}, {IDS} at {len(ids):,}"
    elif not all(
        _rises(offsets[first : first + CHUNK_TOKENS + 1])
        for first in range(0, len(offsets) - 1, CHUNK_TOKENS)
    ):
        wrong = f"{OFFSETS} does not rise"
    else:
        for first in range(0, len(ids), CHUNK_TOKENS):
            chunk = ids[first : first + CHUNK_TOKENS]
            if chunk.min() < 0 or chunk.max() >= vocab_size:
                wrong = f"{IDS} has rows beyond the {vocab_size:,} words of {VOCABULARY}"
    if wrong:
        raise InputError(f"{folder}: damaged: {wrong}; run xw2v preprocess again")


def _rises(values: np.ndarray) -> bool:
    return bool((values[1:] > values[:-1]).all())  # differences could overflow
