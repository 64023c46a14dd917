"""NumPy's .npy files: their header read and written, and their array read or mapped.

NumPy's own reader takes memory for whatever a header promises; here the promise is compared with
the file's size first.
"""

from __future__ import annotations

import math
import os
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

CHUNK_BYTES = 1 << 20  # that are read at a time


class NpyError(ValueError):
    """A file that is no usable .npy; the text says why, without the file's name."""


class NpyHeader(NamedTuple):
    """What the header of an .npy file says.

    Attributes:
        shape: of the array.
        dtype: of its values.
        offset: byte of the file at which they begin.
        fortran_order: whether the first axis varies fastest.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    fortran_order: bool = False

    @property
    def nbytes(self) -> int:
        """Size of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: BinaryIO, *, exact: bool = False) -> NpyHeader:
    """Read the header of an open .npy file and compare it with the file's size.

    Args:
        file: a file on disk, positioned at its start; afterwards at its values.
        exact: whether the file must end where its values end.

    Raises:
        NpyError: it is no .npy file, holds Python objects, or is shorter than its header says (or,
            with `exact`, longer).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            version = np.lib.format.read_magic(file)
            if version == (1, 0):
                shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
            elif version == (2, 0):
                shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(file)
            else:
                raise ValueError(f"version {version[0]}.{version[1]} is not supported")
    except Exception as error:  # NumPy's parser lets exceptions of ast and tokenize through
        text = " ".join(str(error).split())[:200] or type(error).__name__
        raise NpyError(f"not an .npy file: {text}") from None
    header = NpyHeader(shape, dtype, file.tell(), fortran_order)
    if dtype.hasobject:
        raise NpyError("holds Python objects")
    size = os.fstat(file.fileno()).st_size
    expected = header.offset + header.nbytes
    if min(shape, default=0) < 0 or size < expected or (exact and size != expected):
        raise NpyError(f"has {size:,} bytes, but its header says {expected:,}")
    return header


def read_array(file: BinaryIO, header: NpyHeader) -> np.ndarray[Any, Any]:
    """Read the values behind a header of `read_header`.

    Returns:
        An array of the header's shape and dtype, in C or Fortran order as in the file.

    Raises:
        NpyError: the file became shorter in the meantime.
    """
    array = np.empty(header.shape, header.dtype, order="F" if header.fortran_order else "C")
    view = array.reshape(-1, order="A").view(np.uint8)
    file.seek(header.offset)
    for start in range(0, view.size, CHUNK_BYTES):
        data = file.read(min(CHUNK_BYTES, view.size - start))
        if start + len(data) < min(start + CHUNK_BYTES, view.size):
            raise NpyError("ends too early")
        view[start : start + len(data)] = np.frombuffer(data, np.uint8)
    return array


def map_array(file: BinaryIO, header: NpyHeader) -> np.ndarray[Any, Any]:
    """Map the values behind a header of `read_header` into memory, read-only."""
    if header.nbytes == 0:  # which cannot be mapped
        return np.empty(header.shape, header.dtype)
    return np.memmap(
        file,
        dtype=header.dtype,
        mode="r",
        offset=header.offset,
        shape=header.shape,
        order="F" if header.fortran_order else "C",
    )


def write_header(file: BinaryIO, shape: tuple[int, ...], dtype: DTypeLike) -> None:
    """Write the header of an array in C order.

    Its size does not depend on the length of the first axis, so that it may be written again when
    that is known.
    """
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    np.lib.format.write_array_header_1_0(
        file, {"descr": descr, "fortran_order": False, "shape": shape}
    )
