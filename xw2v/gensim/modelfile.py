"""Models and vectors in one file: a ZIP archive, uncompressed, of JSON and .npy members.

Nothing in it is executed or unpickled. A file that exists is complete: it is written beside and
renamed, and each member has a checksum.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from xw2v.errors import FileFormatError
from xw2v.storage.files import atomic_write, is_path, open_binary

FORMAT = "xw2v gensim model 1"
HEADER = "model.json"
PICKLE = b"\x80"
FAULTS = (ValueError, KeyError, TypeError, EOFError, OSError, NotImplementedError, RuntimeError)


def write_model(
    target: str | os.PathLike[str] | BinaryIO,
    content: Mapping[str, Any],
    tables: Mapping[str, np.ndarray],
) -> None:
    """Write what JSON can hold, and arrays by name, into a file.

    Raises:
        InputError: the file cannot be written.
    """
    if hasattr(target, "write"):
        _write(target, content, tables)
    else:
        n_bytes = sum(np.asarray(table).nbytes for table in tables.values())
        with atomic_write(target, n_bytes) as file:
            _write(file, content, tables)


def _write(file: Any, content: Mapping[str, Any], tables: Mapping[str, np.ndarray]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        header = json.dumps({"format": FORMAT, **content}, ensure_ascii=False)
        archive.writestr(zipfile.ZipInfo(HEADER), header.encode("utf-8", "surrogatepass"))
        for name, table in tables.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(table), allow_pickle=False)


def is_model_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file is an archive as `write_model` writes."""
    if not is_path(path) or not os.path.isfile(path) or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return HEADER in archive.namelist()


def read_model(source: str | os.PathLike[str] | BinaryIO) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `write_model` was given: JSON content and tables.

    Raises:
        InputError: there is no such file.
        FileFormatError: it is something else, such as a pickle of gensim's, or is damaged.
    """
    if hasattr(source, "read"):
        return _read(source, None)
    with open_binary(source) as file:
        return _read(file, source)


def _read(
    file: Any, path: str | os.PathLike[str] | None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    start = file.read(1)
    file.seek(0)
    if start == PICKLE:
        raise FileFormatError(
            "is a Python pickle, as gensim's save() writes, which may run any code when it is "
            "opened; where gensim is installed, load it there and convert the vectors with "
            "KeyedVectors.from_gensim(model.wv), or save them with save_word2vec_format",
            path=path,
        )
    try:
        with zipfile.ZipFile(file) as archive:
            content = json.loads(archive.read(HEADER).decode("utf-8", "surrogatepass"))
            tables = {}
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as stream:
                        table = np.lib.format.read_array(stream, allow_pickle=False)
                        stream.read(1)  # at the end the checksum is compared
                    tables[name.removesuffix(".npy")] = table
    except (zipfile.BadZipFile, *FAULTS) as error:
        raise FileFormatError(
            f"is no model that save() of xw2v.gensim wrote, or is damaged ({error}); files of "
            "vectors alone are read by KeyedVectors.load",
            path=path,
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileFormatError(f"is not in the format {FORMAT!r}", path=path)
    return content, tables
