"""Files written compressed, as the ending of their name says."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from xw2v.errors import InputError, MissingDependencyError
from xw2v.storage.files import atomic_write

ENDINGS = (".gz", ".bz2", ".xz", ".zst")
OTHER_ENDINGS = (
    *(".zip", ".7z", ".rar", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst"),
    *(".z", ".lz", ".lz4", ".lzma", ".lzo", ".br", ".sz"),
)


def check_ending(path: str | os.PathLike[str]) -> None:
    """Raise InputError where a name ends as those of archives do, or of a compression that is not
    written.
    """
    for ending in Path(path).suffixes[-2:]:
        if ending.lower() in OTHER_ENDINGS:
            raise InputError(
                f"{ending} is not written; give a name that ends in .gz, .bz2, .xz or .zst, which "
                "are, or in none of these",
                path=path,
            )


@contextmanager
def packed_write(path: str | os.PathLike[str], n_bytes: int = 0) -> Iterator[BinaryIO]:
    """As `atomic_write`, compressed where the name ends in .gz, .bz2, .xz or .zst.

    The same content gives the same file: no time and no name is stored in it.

    Args:
        n_bytes: the file's size without compression, or what it has at least.

    Raises:
        InputError: the file cannot be written, or its name ends in another compression's ending.
        MissingDependencyError: zstd, where no library for it is installed.
    """
    check_ending(path)
    ending = Path(path).suffix.lower()
    with atomic_write(path, 0 if ending in ENDINGS else n_bytes) as raw:
        if ending not in ENDINGS:
            yield raw
            return
        with _compressor(ending, raw, str(path)) as packed:
            yield packed


def _compressor(ending: str, raw: BinaryIO, name: str) -> Any:
    if ending == ".gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0)
    if ending == ".bz2":
        return bz2.BZ2File(raw, "wb")
    if ending == ".xz":
        return lzma.LZMAFile(raw, "wb")
    return _zstd(raw, name)


def _zstd(raw: BinaryIO, name: str) -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # Python 3.14

        return zstd.ZstdFile(cast(Any, raw), "wb")
    except ImportError:
        pass
    try:
        import zstandard
    except ImportError:
        raise MissingDependencyError(
            f'{name}: zstd needs zstandard: pip install "xw2v[zstd]"'
        ) from None
    return io.BufferedWriter(zstandard.ZstdCompressor().stream_writer(raw, closefd=False))
