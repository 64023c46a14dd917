"""Headers of .npy files: what NumPy reads and writes, held against the file's size."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from xw2v.storage.npyfile import NpyError, map_array, read_array, read_header, write_header


@settings(max_examples=50, deadline=None)
@given(
    array=st_numpy.arrays(
        st.sampled_from(["<f4", "<f8", ">f4", "<i8", "u1"]),
        st_numpy.array_shapes(min_dims=0, min_side=0),
    ),
    fortran=st.booleans(),
)
def test_reads_what_numpy_writes(
    array: np.ndarray, fortran: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("npy") / "array.npy"
    np.save(path, np.asfortranarray(array) if fortran and array.ndim else array)
    with open(path, "rb") as file:
        header = read_header(file, exact=True)
        assert (header.shape, header.dtype) == (array.shape, array.dtype)
        assert header.offset + header.nbytes == path.stat().st_size
        for read in (read_array(file, header), map_array(file, header)):
            assert read.dtype == array.dtype
            assert np.array_equal(read, array, equal_nan=array.dtype.kind == "f")


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    with open(tmp_path / "table.npy", "wb") as file:
        write_header(file, (0, 4), "<f4")
        start = file.tell()
        file.write(table.tobytes())
        file.seek(0)
        write_header(file, table.shape, np.float32)
        assert file.tell() == start
    assert np.array_equal(np.load(tmp_path / "table.npy"), table)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an .npy file"),
        (b"PK\x03\x04 an archive", "not an .npy file"),
        (b"\x93NUMPY\x03\x00\x00\x00\x00\x00", "version 3.0 is not supported"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': [[[[[[ ", "not an .npy file"),
    ],
)
def test_what_is_no_npy_file(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with open(tmp_path / "file", "rb") as file, pytest.raises(NpyError, match=message):
        read_header(file)


@pytest.mark.parametrize("shape", [(5,), (2**40,), (2**62, 2**62), (-1,)])
def test_a_header_that_promises_more_than_the_file_holds(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    with open(tmp_path / "file", "wb") as out:
        write_header(out, shape, "<i8")
        out.write(bytes(32))
    with open(tmp_path / "file", "rb") as file, pytest.raises(NpyError, match="header says"):
        read_header(file)


def test_bytes_behind_the_values_are_allowed_unless_excluded(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as out:
        write_header(out, (2,), "<i8")
        out.write(bytes(24))
    with open(tmp_path / "file", "rb") as file:
        assert read_header(file).shape == (2,)
        file.seek(0)
        with pytest.raises(NpyError, match="header says"):
            read_header(file, exact=True)


def test_python_objects_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "file").write_bytes(buffer.getvalue())
    with open(tmp_path / "file", "rb") as file, pytest.raises(NpyError, match="Python objects"):
        read_header(file)


def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    np.save(path.with_suffix(".npy"), np.zeros(100))
    with open(path.with_suffix(".npy"), "r+b", buffering=0) as file:
        header = read_header(file)
        file.truncate(header.offset + 8)
        with pytest.raises(NpyError, match="too early"):
            read_array(file, header)
