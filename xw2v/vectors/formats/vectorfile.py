"""A file of vectors opened for reading, whose every promise is checked against its size.

`VectorFile` counts bytes, so that a header can be held against what the file can contain before
anything is allocated and an error can name the byte. Compression is undone on the way, up to a
fixed expansion.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from xw2v.errors import FileFormatError, InputError
from xw2v.storage.files import MAGIC, damage_reported, decompressed, open_binary

MAX_EXPANSION = 100  # vectors shrink 2 to 5 times when compressed
MIN_EXPANDED_BYTES = 1 << 20  # that any file may expand to
MAX_HEADER_BYTES = 200  # of a line "num_words vector_size"


class VectorFile:
    """Bytes of a vector file, decompressed, without a byte order mark.

    `path` is for messages, `size` is the most bytes that reading can give, `position` the next
    byte.
    """

    def __init__(self, path: Path, stream: BinaryIO, size: int, compressed: bool) -> None:
        self.path = path
        self.size = size
        self.compressed = compressed
        self.position = 0
        self._stream = stream
        self._ahead = b""  # read from the stream, but not by anybody yet
        self._skip_byte_order_mark()

    @property
    def left(self) -> int:
        """The most bytes that are still to be read."""
        return self.size - self.position

    def read(self, n: int) -> bytes:
        """At most n bytes; none only at the end."""
        ahead, self._ahead = self._ahead[:n], self._ahead[n:]
        with damage_reported(str(self.path)):
            return self._counted(ahead + self._stream.read(n - len(ahead)))

    def unread(self, data: bytes) -> None:
        """Give back bytes that were read last, to be read again."""
        self._ahead = data + self._ahead
        self.position -= len(data)

    def readline(self, limit: int) -> bytes:
        """The next line with its newline, cut at `limit` bytes."""
        end = self._ahead.find(b"\n") + 1 or len(self._ahead)
        if end < len(self._ahead) or self._ahead.endswith(b"\n"):
            return self.read(min(end, limit))
        ahead = self.read(min(end, limit)) if end else b""
        with damage_reported(str(self.path)):
            return ahead + self._counted(self._stream.readline(limit - len(ahead)))

    def _skip_byte_order_mark(self) -> None:
        with damage_reported(str(self.path)):
            self._ahead = self._stream.read(len(BOM_UTF8))
        if self._ahead == BOM_UTF8:
            self._ahead = b""
            self.position = len(BOM_UTF8)

    def _counted(self, data: bytes) -> bytes:
        self.position += len(data)
        if self.position > self.size:
            raise FileFormatError(
                f"expands to more than {MAX_EXPANSION} times its size, which vectors "
                "never do; decompress it yourself if that is meant",
                path=self.path,
            )
        return data


@contextmanager
def open_vectors(path: Path) -> Iterator[VectorFile]:
    """Open a file of vectors, compressed or not.

    Raises InputError where it is missing, a folder, no regular file, or cannot be read.
    """
    with open_binary(path) as raw:
        if not path.is_file():
            raise InputError("is not a regular file; save the vectors to a file first", path=path)
        head = raw.read(8)
        size = raw.seek(0, 2)
        raw.seek(0)
        if not head.startswith(tuple(MAGIC)):
            yield VectorFile(path, raw, size, compressed=False)
            return
        with decompressed(raw, str(path)) as stream:
            yield VectorFile(
                path, stream, MAX_EXPANSION * size + MIN_EXPANDED_BYTES, compressed=True
            )


def excerpt(data: bytes, length: int = 40) -> str:
    """The start of some bytes, quoted for a one-line message."""
    text = data[: length + 1].decode("utf-8", "backslashreplace").rstrip("\r\n")
    return repr(text[:length] + "...") if len(text) > length else repr(text)


HEADER = re.compile(rb"([0-9]{1,18}) +([0-9]{1,18})[ \r]*\n?")


def parse_header(line: bytes) -> tuple[int, int] | None:
    """(num_words, vector_size) of a word2vec header line, None when the line is something else."""
    match = HEADER.fullmatch(line)
    return (int(match[1]), int(match[2])) if match else None


def read_header(file: VectorFile, row_bytes: int, value_bytes: int) -> tuple[int, int]:
    """Read (num_words, vector_size), checked against the size of the file.

    A row takes at least `row_bytes + vector_size * value_bytes` bytes (the last may lack its
    newline).
    """
    line = file.readline(MAX_HEADER_BYTES)
    sizes = parse_header(line)
    if sizes is None:
        found = f"found {excerpt(line)}" if line else "the file is empty"
        raise FileFormatError(
            f"expected the header 'num_words vector_size', {found}", path=file.path, line=1
        )
    num_words, vector_size = sizes
    if num_words == 0 or vector_size == 0:
        raise FileFormatError(
            f"the header {excerpt(line)} promises no vectors", path=file.path, line=1
        )
    least = num_words * (row_bytes + vector_size * value_bytes) - 1
    if least > file.left:
        raise FileFormatError(
            f"the header promises {num_words} words of {vector_size} dimensions, at "
            f"least {least} bytes, but {'at most ' if file.compressed else ''}{file.left} follow: "
            "the file is cut short or the header is wrong",
            path=file.path,
            line=1,
        )
    return num_words, vector_size
