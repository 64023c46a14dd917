"""UTF-8 text cut into chunks between words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import damage_reported
from xw2v.text.foreign import refuse_foreign
from xw2v.text.scan import library

CHUNK_BYTES = 1 << 20  # so many that threads seldom wait for each other
HEAD_BYTES = 1 << 17  # that tell what a file is
MAX_WORD_BYTES = 1 << 26  # taken into memory at once; a compressed file could hold any number
MAX_LINE_BYTES = 1 << 30
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes: ...


class Begun:
    """A stream of which the first bytes were looked at.

    Attributes:
        head: these bytes, about `HEAD_BYTES` of them.
    """

    def __init__(self, stream: Readable) -> None:
        self.head = stream.read(min(HEAD_BYTES, CHUNK_BYTES))
        self._stream = stream
        self._is_first = True

    def read(self, size: int, /) -> bytes:
        if self._is_first:
            self._is_first = False
            return self.head
        return self._stream.read(size)


class _Utf8Check:
    """Checks that the chunks of a text are UTF-8, and knows where in the text it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines = 0  # before the chunk
        self.offset = 0

    def __call__(self, chunk: bytes) -> bytes:
        """The chunk; raises InputError with the line and the byte where it is not UTF-8."""
        compiled = library()
        newlines = -1 if compiled is None else compiled.xw2v_newlines(chunk, len(chunk))
        if newlines < 0:
            try:
                chunk.decode()
            except UnicodeDecodeError as error:
                line = self.lines + chunk.count(b"\n", 0, error.start) + 1
                byte = self.offset + error.start
                raise InputError(
                    f"{self.name}:{line}: not UTF-8 at byte {byte:,} "
                    f"(0x{chunk[error.start]:02x}); convert it, as with iconv -f ISO-8859-1 "
                    "-t UTF-8"
                ) from None
            # bytes.count takes longer
            newlines = int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == 10))
        self.lines += newlines
        self.offset += len(chunk)
        return chunk


def text_chunks(stream: Readable, name: str, splits_at_spaces: bool) -> Iterator[bytes]:
    """UTF-8 text in chunks that end at line ends or, with `splits_at_spaces`, at spaces where a
    line is long.

    The last chunk ends with a line end. A byte order mark at the start is dropped.

    Raises:
        InputError: the text is not UTF-8, or has no place to cut it for very long.
    """
    checked = _Utf8Check(name)
    waiting: list[bytes] = []
    max_bytes = MAX_WORD_BYTES if splits_at_spaces else MAX_LINE_BYTES
    started = False
    size = HEAD_BYTES  # few words are known at the beginning
    while True:
        with damage_reported(name):
            data = stream.read(min(size, CHUNK_BYTES))
        size *= 2
        if not data:
            break
        if not (started or waiting):
            refuse_foreign(data, name)
        cut = max(data.rfind(b"\n"), data.rfind(b"\r"))
        if cut < 0 and splits_at_spaces:
            cut = max(data.rfind(b" "), data.rfind(b"\t"))
        if cut < 0:
            waiting.append(data)
            if sum(map(len, waiting)) > max_bytes:
                end = "space" if splits_at_spaces else "line end"
                raise InputError(
                    f"{name}:{checked.lines + 1}: {max_bytes >> 20} MiB without a {end}: this is "
                    "not text, or it needs line ends; put them in, as with fold -s"
                )
            continue
        chunk = checked(b"".join([*waiting, memoryview(data)[: cut + 1]]))
        waiting = [data[cut + 1 :]]
        yield chunk if started else chunk.removeprefix(BYTE_ORDER_MARK)
        started = True
    rest = checked(b"".join(waiting)) + b"\n"
    yield rest if started else rest.removeprefix(BYTE_ORDER_MARK)
