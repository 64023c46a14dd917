"""Reading zstd through the package zstandard, for Pythons older than 3.14.

Its own stream reader takes a file that was cut off for one that ends; this one does not.
"""

import io
from typing import Any

PIECE = 1 << 17  # bytes of the compressed file that are read at a time


class ZstdReader(io.RawIOBase):
    """The decompressed content of `raw`, all frames of it; raises EOFError where the last one is
    cut off.
    """

    def __init__(self, raw: io.BufferedIOBase) -> None:
        import zstandard

        self._raw, self._decompressor = raw, zstandard.ZstdDecompressor()
        self._frame: Any = None  # what decompresses the frame that was begun
        self._packed = self._unpacked = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._unpacked:
            self._packed = self._packed or self._raw.read(PIECE)
            if not self._packed and self._frame is None:
                return 0
            if not self._packed:
                raise EOFError("a zstd frame is cut off")
            if self._frame is None:
                self._frame = self._decompressor.decompressobj()
            self._unpacked, self._packed = self._frame.decompress(self._packed), b""
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data, None
        size = min(len(buffer), len(self._unpacked))
        buffer[:size], self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return size
