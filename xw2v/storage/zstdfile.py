"""Reading zstd through the package zstandard, for Pythons older than 3.14.

Its own stream reader takes a file that was cut off for one that ends; this one does not.
"""

from __future__ import annotations

import io
from typing import Any

CHUNK_BYTES = 1 << 17  # of the compressed file, read at a time


class ZstdReader(io.RawIOBase):
    """The decompressed content of all frames of `raw`; raises EOFError if the last is cut off."""

    def __init__(self, raw: io.BufferedIOBase) -> None:
        import zstandard

        self._raw = raw
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame: Any = None  # what decompresses the frame that was begun
        self._compressed = b""
        self._content = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._content:
            self._compressed = self._compressed or self._raw.read(CHUNK_BYTES)
            if not self._compressed and self._frame is None:
                return 0
            if not self._compressed:
                raise EOFError("a zstd frame is cut off")
            if self._frame is None:
                self._frame = self._decompressor.decompressobj()
            self._content, self._compressed = self._frame.decompress(self._compressed), b""
            if self._frame.eof:
                self._compressed, self._frame = self._frame.unused_data, None
        size = min(len(buffer), len(self._content))
        buffer[:size], self._content = self._content[:size], self._content[size:]
        return size
