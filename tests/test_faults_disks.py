"""Full disks, folders that cannot be written, two runs in one folder (docs/reliability.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import POSIX, command, last_line, long_run, result, run, start

from xw2v.errors import InputError
from xw2v.storage.lock import folder_lock


@POSIX
def test_files_that_cannot_grow_leave_the_earlier_run(
    words_file: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    """RLIMIT_FSIZE: no checkpoint fits, training continues, and the output cannot be written."""
    output = tmp_path / "output"
    shutil.copytree(uninterrupted, output)
    line = command(words_file, output=str(output), vector_size="600")
    code, _, error = run(["sh", "-c", 'ulimit -f 300; exec "$0" "$@"', *line])
    assert code == 1
    assert "cannot be written (File too large); training continues" in error
    assert last_line(error).startswith(f"xw2v: {output}: the vectors cannot be written")
    assert "(File too large)" in last_line(error)
    assert result(output) == result(uninterrupted)
    assert not [path for path in output.rglob(".*") if path.name != ".lock"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB; skips where none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("mounting a disk takes root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_leaves_the_earlier_run(
    words_file: Path, uninterrupted: Path, small_disk: Path
) -> None:
    output = small_disk / "output"
    code, _, error = run(command(words_file, output=str(output)))
    assert code == 0
    before = result(output)
    code, _, error = run(command(words_file, output=str(output), vector_size="800", epochs="1"))
    assert code == 1
    assert "cannot be written (No space left on device); training continues" in error
    assert "No space left on device" in last_line(error)
    assert result(output) == before


def test_a_disk_that_fills_and_empties_costs_nothing(
    words_file: Path, uninterrupted: Path, small_disk: Path
) -> None:
    """Checkpoints fail while the disk is full; there is room again for the output, which is
    exact.
    """
    output, ballast = small_disk / "output", small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    line = command(words_file, output=str(output), checkpoint_every="10")
    process = start(line)
    assert process.stderr is not None
    for line_of_run in process.stderr:
        if "no checkpoint at" in line_of_run:
            break
    ballast.unlink()
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert result(output) == result(uninterrupted)


def test_a_read_only_disk_is_reported_before_the_text_is_read(
    words_file: Path, small_disk: Path
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, _, error = run(command(words_file, output=str(small_disk / "output")))
    assert code == 1
    assert error.startswith(
        f"xw2v: {small_disk / 'output'}: this folder cannot be written (Read-only file system)"
    )
    assert len(error.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_reported(words_file: Path, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir(mode=0o500)
    code, _, error = run(command(words_file, output=str(tmp_path / "output")))
    assert (code, len(error.splitlines())) == (1, 1)
    assert "this folder cannot be written (Permission denied)" in error


@POSIX
def test_a_second_run_in_a_folder_is_refused_and_a_killed_one_leaves_no_lock(
    words_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    process = long_run(words_file, output)
    code, _, error = run(command(words_file, output=str(output)))
    assert (code, error) == (
        1,
        f"xw2v: {output}: another run (process {process.pid}) is writing there; "
        "wait for it or name another --output\n",
    )
    process.kill()
    process.communicate()
    with folder_lock(output):
        pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), folder_lock(tmp_path):
        raise ZeroDivisionError
    with (
        folder_lock(tmp_path),
        pytest.raises(InputError, match="another run"),
        folder_lock(tmp_path),
    ):
        pass
