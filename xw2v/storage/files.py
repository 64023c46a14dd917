"""Files on disk: written beside and renamed, read through whatever compression they are in.

A file that exists is complete: everything is written to a hidden file beside it, which takes the
name only when nothing went wrong. A file's compression is recognised by its first bytes, not by its
name.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import secrets
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from xw2v.errors import InputError, MissingDependencyError, MissingFileError
from xw2v.storage.diskspace import require_space
from xw2v.storage.renames import rename

MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}


def reason(error: OSError) -> str:
    """What the system said, without the path that Python puts beside it."""
    return error.strerror or str(error) or type(error).__name__


def is_path(value: object) -> bool:
    """Whether a value is the name of a file or folder that the system can hold."""
    path = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    try:
        return isinstance(path, str) and path != "" and b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:  # of lone surrogates that stand for no byte
        return False


def _check_path(value: object) -> None:
    if not is_path(value):
        raise InputError("give the path of a file", setting="path", value=value)


@contextmanager
def atomic_write(path: str | os.PathLike[str], n_bytes: int = 0) -> Iterator[BinaryIO]:
    """A binary file that appears under `path` only when the block ends without an exception.

    Devices and pipes (`/dev/stdout`) are written as they are.

    Args:
        n_bytes: its size, or what it has at least; that there is room is checked before.

    Raises:
        InputError: `path` cannot be written.
    """
    _check_path(path)
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file")
    special = target.exists() and not target.is_file()
    if not special:
        target = Path(os.path.realpath(path))
    partial = (
        target if special else target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    )
    try:
        if not special:
            require_space(target.parent, n_bytes)
        file = open(partial, "wb" if special else "xb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({reason(error)})") from None
    try:
        with file:
            yield file
            if not special:
                file.flush()
                os.fsync(file.fileno())
        if not special:
            rename(partial, target)
    except BaseException as error:
        if not special:
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, (InputError, BrokenPipeError)):
            raise InputError(f"{path}: cannot be written ({reason(error)})") from None
        raise


def output_folder(path: str | os.PathLike[str]) -> Path:
    """Make the folder `path` if need be, and check now, not after hours of work, that it can be
    written.

    Raises:
        InputError: it cannot.
    """
    folder = Path(path)
    probe = folder / f".{secrets.token_hex(4)}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"{path}: this folder cannot be written ({reason(error)}); name another"
        ) from None
    return folder


class FileState(NamedTuple):
    """What changes when a file is written to."""

    size: int
    modified_ns: int


def file_state(descriptor: int) -> FileState:
    """The state of an open file."""
    status = os.fstat(descriptor)
    return FileState(status.st_size, status.st_mtime_ns)


@contextmanager
def unchanged(file: BinaryIO, name: str) -> Iterator[Callable[[], None]]:
    """Watch an open file while it is read: yields a check that raises InputError if it changed.

    The check is made again at the end.
    """
    regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    before = file_state(file.fileno())

    def check() -> None:
        if regular and file_state(file.fileno()) != before:
            raise InputError(
                f"{name}: changed while it was read; wait until it is complete and start again"
            )

    try:
        yield check
    except InputError:
        check()  # what is wrong with a file that was cut is that it was cut
        raise
    check()


def sync(path: str | os.PathLike[str]) -> None:
    """Force a file's bytes or a folder's entries to the disk, where the system can do that."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_binary(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading; raises InputError if it does not exist or cannot be read."""
    _check_path(path)
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise MissingFileError("no such file or folder", path=path) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None


DOCUMENTS = {  # which are zip files with these in them
    "word/document.xml": "a Word document",
    "xl/workbook.xml": "an Excel workbook",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "META-INF/container.xml": "an EPUB book",
    "content.xml": "an OpenDocument file",
}


def decompressed(raw: io.BufferedIOBase | BinaryIO, name: str, *, unzips: bool = False) -> BinaryIO:
    """`raw` (positioned at its first byte), decompressed as its first bytes require.

    Raises MissingDependencyError for zstd where no library for it is installed.
    """
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(Any, raw))
    head = buffered.peek(8)[:8]
    compression = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    if compression == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered, mode="rb"))
    if compression == "bzip2":
        return cast(BinaryIO, bz2.BZ2File(buffered))
    if compression == "xz":
        return cast(BinaryIO, lzma.LZMAFile(buffered))
    if compression == "zstd":
        return _zstd(buffered, name)
    if compression == "zip" and unzips:
        return _zip_member(buffered, name)
    return cast(BinaryIO, buffered)


def _zip_member(buffered: io.BufferedReader, name: str) -> BinaryIO:
    """The one file in a zip file."""
    if not buffered.seekable():
        raise InputError(f"{name}: a zip file cannot be read from a stream; give its name")
    try:
        archive = zipfile.ZipFile(buffered)
        names = [
            member.filename
            for member in archive.infolist()
            if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
        ]
        if len(names) == 1:
            return cast(BinaryIO, archive.open(names[0]))
    except OSError:
        raise
    except RuntimeError as error:  # a password, or a compression that Python does not know
        raise InputError(f"{name}: cannot be read ({error}); unpack it elsewhere first") from None
    except Exception as error:  # of damaged files zipfile lets many kinds through
        text = str(error) or type(error).__name__
        raise InputError(f"{name}: the compressed file is damaged ({text}); get it again") from None
    for member, kind in DOCUMENTS.items():
        if member in names:
            raise InputError(f"{name}: is {kind}; save it as plain text first")
    raise InputError(
        f"{name}: a zip file of {len(names)} files, not of one; unpack it and give what is in it"
    )


def _zstd(buffered: io.BufferedReader, name: str) -> BinaryIO:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # Python 3.14

        return cast(BinaryIO, zstd.ZstdFile(buffered))
    except ImportError:
        pass
    try:
        from xw2v.storage.zstdfile import ZstdReader

        return cast(BinaryIO, io.BufferedReader(ZstdReader(buffered)))
    except ImportError:
        raise MissingDependencyError(
            f'{name}: zstd needs zstandard: pip install "xw2v[zstd]"'
        ) from None


@contextmanager
def damage_reported(name: str) -> Iterator[None]:
    """Turn what decompressors and the system raise while `name` is read into one InputError."""
    try:
        yield
    except MemoryError:  # an xz file says how large a dictionary reading it takes, up to 4 GiB
        raise InputError(
            f"{name}: reading it takes more memory than there is; decompress it elsewhere first"
        ) from None
    except EOFError:
        raise InputError(f"{name}: the compressed file ends too early; get it again") from None
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{name}: the compressed file is damaged ({error}); get it again"
        ) from None
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(f"{name}: cannot be read ({reason(error)})") from None
    except Exception as error:
        if type(error).__name__ != "ZstdError":  # of a module that may not be installed
            raise
        raise InputError(
            f"{name}: the compressed file is damaged ({error}); get it again"
        ) from None
