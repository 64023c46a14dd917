"""Arrays that stay in their file and are read slice by slice."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO, overload

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import file_state

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class FileArray:
    """A one-dimensional array in a file, of which slices are read when they are asked for.

    A memory map would do the same with two drawbacks: a file that is cut short under its map ends
    the process without a word (SIGBUS), and pages once read count as this process's memory, however
    large the file. A file that another one replaces under its name stays open here, and is read to
    its end. Several threads may read it at a time.

    Args:
        file: opened for binary reading; the array keeps a descriptor of its own.
        name: of the file, for messages.
        dtype: of the values.
        offset: byte at which they begin.
        length: how many there are; by default all to the end of the file.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        dtype: DTypeLike,
        offset: int = 0,
        length: int | None = None,
    ) -> None:
        self.name = name
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._offset = offset
        self._file = open(os.dup(file.fileno()), "rb", buffering=0)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()  # of the file's position
        self._state = file_state(self._file.fileno())
        if length is None:
            length = (self._state.size - offset) // self.dtype.itemsize
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> np.ndarray: ...
    def __getitem__(self, index: int | slice) -> Any:
        """A value, or those of a slice of step 1; raises InputError if the file became shorter."""
        if not isinstance(index, slice):
            place = range(self._length)[index]
            return self._read(place, place + 1)[0]
        start, stop, step = index.indices(self._length)
        if step != 1:
            raise IndexError("slices of a FileArray have no step")
        return self._read(start, max(stop, start))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("a FileArray cannot be converted without a copy")
        return self[:].astype(dtype or self.dtype, copy=False)

    def check(self) -> None:
        """Raise InputError if the file was written to since it was opened."""
        if file_state(self._file.fileno()) != self._state:
            raise InputError(
                "changed while it was in use; put it back as it was and give `resume`, or start "
                "again",
                path=self.name,
            )

    def _read(self, start: int, stop: int) -> np.ndarray:
        values = np.empty(stop - start, self.dtype)
        left = memoryview(values.view(np.uint8).data)
        with self._lock:
            self._file.seek(self._offset + start * self.dtype.itemsize)
            while left:
                count = self._file.readinto(left)
                if not count:
                    self.check()
                    raise InputError(f"{self.name}: ends too early; make it again")
                left = left[count:]
        return values
