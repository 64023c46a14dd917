"""Which formats there are. Each is a module of this package, imported when it is used."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from xw2v.errors import UsageError
from xw2v.vectors.formats.rows import ReadOptions, WordVectors


@dataclass(frozen=True)
class Sample:
    """What a format is recognised from.

    Attributes:
        path: of the file.
        head: its first bytes, decompressed.
        size: the most bytes that the file can hold.
    """

    path: Path
    head: bytes
    size: int


class Format(Protocol):
    """What the module of a format has."""

    def recognises(self, sample: Sample) -> bool:
        """Whether a file with this beginning is in this format."""

    def read(self, path: Path, options: ReadOptions) -> WordVectors:
        """Read a file or folder; InputError names the line or the byte where it is broken."""

    def write(self, path: Path, content: WordVectors) -> None:
        """Write a file or folder, exactly in float32; InputError where the format cannot hold a
        word or a value, before anything is replaced.
        """


MODULES = {
    "word2vec": "word2vec_text",
    "word2vec-bin": "word2vec_binary",
    "glove": "glove",
    "npy": "npy",
    "safetensors": "safetensors_file",
    "projector": "projector",
    "fasttext-bin": "fasttext_binary",
}
FORMATS = tuple(MODULES)
SYNONYMS = {"fasttext": "word2vec", "vec": "word2vec", "word2vec-text": "word2vec"}
RECOGNITION_ORDER = (
    *("npy", "safetensors", "fasttext-bin", "word2vec", "word2vec-bin", "projector", "glove"),
)
FILES_IN_FOLDERS = {  # what a folder of this format has in it, the likeliest first
    "npy": "center.npy",
    "projector": "vectors.tsv",
    "word2vec": "vectors.txt",
}
COMPANIONS = {"npy": "vocab.json", "projector": "metadata.tsv"}  # the words, beside the vectors


def makes_folder(format: str) -> bool:
    """Whether vectors in this format are written as a folder."""
    return format in COMPANIONS


def files_of(path: Path, format: str) -> list[Path]:
    """The files that vectors at `path` in this format are, read or to be written."""
    if format not in COMPANIONS:
        return [path]
    file = path if path.is_file() else path / FILES_IN_FOLDERS[format]
    return [file, file.with_name(COMPANIONS[format])]


def format_name(name: str) -> str:
    """The name in FORMATS for a name or synonym; UsageError for anything else."""
    name = SYNONYMS.get(name, name)
    if name not in MODULES:
        near = get_close_matches(name, [*FORMATS, *SYNONYMS], 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"{hint}choose one of {', '.join(FORMATS)}", setting="format", value=name)
    return name


def format_module(name: str) -> Format:
    """The module of a format."""
    module = import_module(f"xw2v.vectors.formats.{MODULES[name]}")
    return cast(Format, module)
