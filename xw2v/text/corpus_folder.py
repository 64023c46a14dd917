"""The corpus folder: corpus.bin, offsets.npy, vocab.json, corpus.json.

corpus.bin: the ids, int32, little-endian. offsets.npy: (S + 1,) int64, where sentences begin and
the last one ends. vocab.json: the vocabulary. corpus.json: how the corpus was made; a folder
without it opens too.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.filearray import FileArray
from xw2v.storage.files import atomic_write, open_binary, output_folder, reason
from xw2v.text.encode import Block
from xw2v.text.vocabulary import Vocabulary

FORMAT = "xw2v corpus 1"
IDS, OFFSETS, VOCABULARY, ABOUT = "corpus.bin", "offsets.npy", "vocab.json", "corpus.json"
VALIDATION = "validation"  # within a corpus folder, the corpus folder of its held-out text
CHUNK = 1 << 22  # ids or offsets that are read at a time


class Digest:
    """The fingerprint of a corpus, taken while its ids and offsets go by in any pieces."""

    def __init__(self) -> None:
        self._ids, self._offsets = (
            hashlib.sha256(),
            hashlib.sha256(bytes(8)),
        )  # the first offset is 0
        self.tokens = self.sentences = 0

    def update(self, ids: np.ndarray, ends: np.ndarray) -> None:
        """Take further ids (int32) and sentence ends (int64)."""
        self._ids.update(ids.astype("<i4", copy=False).tobytes())
        self._offsets.update(ends.astype("<i8", copy=False).tobytes())
        self.tokens += ids.size
        self.sentences += ends.size

    def hexdigest(self, vocabulary: Vocabulary) -> str:
        """SHA-256 over ids, offsets and words."""
        words = json.dumps(vocabulary.words).encode()
        parts = self._ids.digest() + self._offsets.digest() + hashlib.sha256(words).digest()
        return hashlib.sha256(parts).hexdigest()


def pour(blocks: Iterable[Block], ids_file: BinaryIO, offsets_file: BinaryIO) -> Digest:
    """Write ids as int32 and offsets as int64, block by block, and take their digest on the way."""
    digest = Digest()
    offsets_file.write(bytes(8))
    for ids, ends in blocks:
        digest.update(ids, ends)
        ids_file.write(ids.astype("<i4", copy=False).tobytes())
        offsets_file.write(ends.astype("<i8", copy=False).tobytes())
    return digest


def blocks_of(ids: np.ndarray | FileArray, offsets: np.ndarray | FileArray) -> Iterator[Block]:
    """The arrays of a corpus in pieces, for `pour` and `Digest`."""
    for first in range(0, max(len(ids), len(offsets)), CHUNK):
        yield ids[first : first + CHUNK], offsets[first + 1 : first + 1 + CHUNK]


def write_corpus(
    folder: str | os.PathLike[str],
    blocks: Iterable[Block],
    vocabulary: Vocabulary,
    about: dict[str, Any],
) -> None:
    """Write the four files, which take their names together at the end; InputError where they
    cannot.
    """
    path = output_folder(folder)
    with ExitStack() as stack:
        ids_file, offsets_file, vocabulary_file, about_file = (
            stack.enter_context(atomic_write(path / name))
            for name in (IDS, OFFSETS, VOCABULARY, ABOUT)
        )
        _offsets_header(offsets_file, 0)
        digest = pour(blocks, ids_file, offsets_file)
        offsets_file.seek(0)
        _offsets_header(offsets_file, digest.sentences + 1)
        vocabulary_file.write(vocabulary.to_bytes())
        about = {
            "format": FORMAT,
            "tokens": digest.tokens,
            "sentences": digest.sentences,
            **about,
            "fingerprint": digest.hexdigest(vocabulary),
        }
        about_file.write(json.dumps(about, indent=1).encode())
        for file in (ids_file, offsets_file, vocabulary_file, about_file):
            file.flush()
        # corpus.bin takes its name last: until then there is none, and no mixture of two corpora
        # can be opened
        (path / IDS).unlink(missing_ok=True)


def _offsets_header(file: BinaryIO, length: int) -> None:
    """The header of an .npy file; its size does not depend on `length` (numpy leaves room for it to
    grow).
    """
    header = {"descr": "<i8", "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(file, header)


def is_corpus_folder(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a folder with the files of a corpus."""
    return all((Path(path) / name).is_file() for name in (IDS, OFFSETS, VOCABULARY))


def remove_corpus(folder: str | os.PathLike[str]) -> None:
    """Remove the files of a corpus, where there are any, and the folder if nothing else is in
    it.
    """
    path = Path(folder)
    for name in (ABOUT, VOCABULARY, OFFSETS, IDS):
        (path / name).unlink(missing_ok=True)
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()


def read_corpus(
    folder: str | os.PathLike[str],
) -> tuple[FileArray, FileArray, Vocabulary, dict[str, Any]]:
    """(ids, offsets, vocabulary, about) of a corpus folder, the arrays in their files.

    `about` has at least "raw_words", "description", "fingerprint" and "settings". Raises InputError
    where the folder is none of a corpus, or is damaged.
    """
    path = Path(folder)
    for name in (IDS, OFFSETS, VOCABULARY):
        if not (path / name).is_file():
            raise InputError(f"{folder}: no {name} there; xw2v preprocess makes such a folder")
    vocabulary = Vocabulary.load(path / VOCABULARY)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # sizes that overflow
            with open_binary(path / IDS) as ids_file, open_binary(path / OFFSETS) as offsets_file:
                ids = FileArray(ids_file, str(path / IDS), "<i4")
                offsets = FileArray(
                    offsets_file, str(path / OFFSETS), "<i8", *_npy_header(offsets_file)
                )
    except Exception as error:  # NumPy's parser of headers lets those of ast and tokenize through
        text = reason(error) if isinstance(error, OSError) else " ".join(str(error).split())[:200]
        raise InputError(f"{folder}: damaged ({text}); run xw2v preprocess again") from None
    _check(folder, ids, offsets, len(vocabulary))
    about = {
        "raw_words": len(ids),
        "description": str(folder),
        "settings": {},
        **_read_about(path / ABOUT),
    }
    if "fingerprint" not in about:
        digest = Digest()
        for block in blocks_of(ids, offsets):
            digest.update(*block)
        about["fingerprint"] = digest.hexdigest(vocabulary)
    return ids, offsets, vocabulary, about


def _read_about(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        about = json.loads(path.read_text("utf-8"))
        known = about["format"] == FORMAT
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise InputError(f"{path}: damaged; run xw2v preprocess again") from None
    if not known:
        raise InputError(
            f"{path}: format {str(about['format'])[:40]!r} is not known; this version reads {FORMAT!r}"
        )
    wanted = {"raw_words": int, "description": str, "fingerprint": str, "settings": dict}
    if (
        any(not isinstance(about.get(name), kind) for name, kind in wanted.items())
        or about["raw_words"] < 1
    ):
        raise InputError(f"{path}: damaged; run xw2v preprocess again")
    return dict(about)


def _npy_header(file: BinaryIO) -> tuple[int, int]:
    """Where the numbers of an .npy file begin and how many there are; ValueError unless they are
    int64 in a row.
    """
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"{OFFSETS}: .npy of version {version}")
    shape, _, dtype = read(file)
    if len(shape) != 1 or dtype != np.dtype("<i8"):
        raise ValueError(f"{OFFSETS} holds no offsets")
    start, length = file.tell(), shape[0]
    if not 0 <= length <= (os.fstat(file.fileno()).st_size - start) // dtype.itemsize:
        raise ValueError(f"{OFFSETS} does not have the {length:,} numbers that it promises")
    return start, length


def _check(folder: str | os.PathLike[str], ids: FileArray, offsets: FileArray, words: int) -> None:
    """Raise InputError unless offsets rise from 0 to the end and ids are rows."""
    wrong = None
    if len(offsets) < 2:
        wrong = f"{OFFSETS} holds no offsets"
    elif offsets[0] != 0 or offsets[-1] != len(ids):
        wrong = f"{OFFSETS} ends at {offsets[-1]:,}, {IDS} at {len(ids):,}"
    elif not all(_rises(offsets[i : i + CHUNK + 1]) for i in range(0, len(offsets) - 1, CHUNK)):
        wrong = f"{OFFSETS} does not rise"
    else:
        for start in range(0, len(ids), CHUNK):
            piece = ids[start : start + CHUNK]
            if piece.min() < 0 or piece.max() >= words:
                wrong = f"{IDS} has rows beyond the {words:,} words of {VOCABULARY}"
    if wrong:
        raise InputError(f"{folder}: damaged: {wrong}; run xw2v preprocess again")


def _rises(numbers: np.ndarray) -> bool:
    return bool((numbers[1:] > numbers[:-1]).all())  # differences could overflow
