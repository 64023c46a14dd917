"""Arrays in files: equal to the array in memory, and never silent about a file that changed."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xw2v.errors import InputError
from xw2v.storage.filearray import FileArray


def in_file(path: Path, numbers: np.ndarray, before: bytes = b"") -> FileArray:
    path.write_bytes(before + numbers.tobytes())
    with path.open("rb") as file:
        return FileArray(file, str(path), numbers.dtype, len(before))


BOUND = st.none() | st.integers(-30, 30)


@settings(max_examples=100, deadline=None)
@given(
    length=st.integers(0, 20),
    before=st.integers(0, 9),
    dtype=st.sampled_from(["<i4", "<i8"]),
    start=BOUND,
    stop=BOUND,
    index=st.integers(-25, 25),
)
def test_it_reads_what_is_there(
    length: int,
    before: int,
    dtype: str,
    start: int | None,
    stop: int | None,
    index: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    numbers = np.arange(length, dtype=dtype) * 1_000_003
    array = in_file(tmp_path_factory.mktemp("array") / "numbers", numbers, bytes(before))
    assert len(array) == length
    np.testing.assert_array_equal(np.asarray(array), numbers)
    np.testing.assert_array_equal(array[start:stop], numbers[start:stop])
    assert array[start:stop].dtype == numbers.dtype
    if -length <= index < length:
        assert array[index] == numbers[index]
    else:
        with pytest.raises(IndexError):
            array[index]


def test_slices_with_steps_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexError, match="no step"):
        in_file(tmp_path / "numbers", np.arange(9))[::2]


def test_a_file_that_is_cut_is_told_when_it_is_read(tmp_path: Path) -> None:
    array = in_file(tmp_path / "numbers", np.arange(1000))
    array.check()
    os.truncate(tmp_path / "numbers", 80)
    np.testing.assert_array_equal(array[:10], np.arange(10))
    for read in (array.check, lambda: array[5:11], lambda: array[10], lambda: np.asarray(array)):
        with pytest.raises(
            InputError, match=r"numbers: changed while it was in use; put it back as it was and"
        ):
            read()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows replaces no file that is open")
def test_a_file_that_is_replaced_stays(tmp_path: Path) -> None:
    array = in_file(tmp_path / "numbers", np.arange(10))
    (tmp_path / "other").write_bytes(bytes(8))
    os.replace(tmp_path / "other", tmp_path / "numbers")
    array.check()
    np.testing.assert_array_equal(array[:], np.arange(10))


def test_a_length_that_the_file_does_not_have_is_told(tmp_path: Path) -> None:
    (tmp_path / "numbers").write_bytes(bytes(16))
    with (tmp_path / "numbers").open("rb") as file:
        array = FileArray(file, "numbers", np.int64, 0, 1 << 40)
    assert array[:2].tolist() == [0, 0]
    with pytest.raises(InputError, match="numbers: ends too early; make it again"):
        array[:3]


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
def test_its_file_is_closed_with_it(tmp_path: Path) -> None:
    def is_open() -> bool:
        names = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
        return str(tmp_path / "numbers") in [
            os.readlink(name) for name in names if os.path.lexists(name)
        ]

    array = in_file(tmp_path / "numbers", np.arange(10))
    assert is_open()
    del array
    assert not is_open()


def test_threads_read_side_by_side(tmp_path: Path) -> None:
    numbers = np.arange(2_000_000, dtype=np.int32)
    array = in_file(tmp_path / "array", numbers)

    def read(seed: int) -> bool:
        starts = np.random.default_rng(seed).integers(0, 1_900_000, 200).tolist()
        parts = [(start, array[start : start + 100_000]) for start in starts]
        return all(np.array_equal(part, numbers[start:][:100_000]) for start, part in parts)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(8)))
