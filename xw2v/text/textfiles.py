"""Text files in blocks: plain or compressed, UTF-8, from a path, standard input or memory."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import damage_reported, decompressed, open_binary, unchanged
from xw2v.text.sources import Piece, Source

STANDARD_INPUT = "-"
BLOCK = (
    1 << 17
)  # bytes that are read at a time: what one core's cache holds with room for what is made of it
LONGEST_WORD, LONGEST_LINE = (
    1 << 26,
    1 << 30,
)  # bytes taken into memory at once; a packed file could hold any number
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class TextFile(Source):
    """A file of running text, a sentence or paragraph a line; `-` is standard input."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.description = "standard input" if path == STANDARD_INPUT else os.path.basename(path)
        if path != STANDARD_INPUT and os.path.isfile(path):
            self.total = os.path.getsize(path)

    def pieces(self, splits_at_spaces: bool) -> Iterator[Piece]:
        if self.path == STANDARD_INPUT:
            with closing(open(sys.stdin.fileno(), "rb", closefd=False)) as standard:
                yield from self._blocks(standard, "standard input", splits_at_spaces)
        else:
            with open_binary(self.path) as file, unchanged(file, self.path):
                yield from self._blocks(file, self.path, splits_at_spaces)

    def _blocks(self, raw: BinaryIO, name: str, splits_at_spaces: bool) -> Iterator[bytes]:
        with damage_reported(name):
            stream = decompressed(raw, name)
        for block in text_blocks(stream, name, splits_at_spaces):
            if self.total:
                self.done = raw.tell()
            yield block


class TextBytes(Source):
    """Running text that is in memory."""

    def __init__(self, text: bytes, description: str) -> None:
        self.text, self.description, self.total = text, description, len(text)

    def pieces(self, splits_at_spaces: bool) -> Iterator[Piece]:
        for block in text_blocks(io.BytesIO(self.text), self.description, splits_at_spaces):
            self.done += len(block)
            yield block


def text_blocks(stream: BinaryIO, name: str, splits_at_spaces: bool) -> Iterator[bytes]:
    """UTF-8 text in blocks that end at line ends or, with `splits_at_spaces`, at blanks where a
    line is long.

    The last block ends with a line end. A byte order mark at the start is dropped. Raises
    InputError with the line and the byte where the text is not UTF-8.
    """
    lines = offset = 0  # before the block

    def checked(block: bytes) -> bytes:
        nonlocal lines, offset
        if not block.isascii():
            try:
                block.decode()
            except UnicodeDecodeError as error:
                line = lines + block.count(b"\n", 0, error.start) + 1
                raise InputError(
                    f"{name}:{line}: not UTF-8 at byte {offset + error.start:,} (0x{block[error.start]:02x}); "
                    "convert it, as with iconv -f ISO-8859-1 -t UTF-8"
                ) from None
        lines += int(
            np.count_nonzero(np.frombuffer(block, np.uint8) == 10)
        )  # bytes.count takes longer
        offset += len(block)
        return block

    waiting: list[bytes] = []
    longest = LONGEST_WORD if splits_at_spaces else LONGEST_LINE
    started = False
    while True:
        with damage_reported(name):
            data = stream.read(BLOCK)
        if not data:
            break
        cut = max(data.rfind(b"\n"), data.rfind(b"\r"))
        if cut < 0 and splits_at_spaces:
            cut = max(data.rfind(b" "), data.rfind(b"\t"))
        if cut < 0:
            waiting.append(data)
            if len(waiting) * BLOCK > longest:
                end = "blank" if splits_at_spaces else "line end"
                raise InputError(
                    f"{name}:{lines + 1}: {longest >> 20} MiB without a {end}: this is no text, or it needs line ends; "
                    "put them in, as with fold -s"
                )
            continue
        block = checked(b"".join([*waiting, data[: cut + 1]]))
        waiting = [data[cut + 1 :]]
        yield block if started else block.removeprefix(BYTE_ORDER_MARK)
        started = True
    rest = checked(b"".join(waiting)) + b"\n"
    yield rest if started else rest.removeprefix(BYTE_ORDER_MARK)
