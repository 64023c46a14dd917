"""Full disks, folders that cannot be written, two runs in one folder (docs/reliability.md)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from runs import POSIX, command, last_line, long_run, result, run, start

from xw2v.errors import InputError
from xw2v.gensim import KeyedVectors as GensimVectors
from xw2v.storage.lock import folder_lock
from xw2v.text.ngrams import NgramRule
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.subwords import SubwordTable


class FakeUsage(NamedTuple):
    """What `shutil.disk_usage` gives."""

    total: int
    used: int
    free: int


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
    full = r"\(No space left on device: \d+ MiB are needed, and \d+ MiB are left\)"
    assert re.search(rf"cannot be written {full}; training continues", error)
    assert re.search(full, last_line(error))
    assert result(output) == before


def small_table(n_buckets: int) -> KeyedVectors:
    rule, rows = NgramRule(3, 3, n_buckets), np.ones((1, 4), np.float32)
    subwords = SubwordTable(rule, rows, np.zeros(1, np.int64))
    return KeyedVectors(["cat", "dog"], np.ones((2, 4), np.float32), None, subwords)


def test_a_model_of_more_buckets_than_the_disk_holds_is_not_begun(small_disk: Path) -> None:
    path, table = small_disk / "model.bin", small_table(2_000_000_000)
    with pytest.raises(InputError, match=r"29\.8 GiB are needed, and 1 MiB are left") as caught:
        table.save(path, format="fasttext-bin")
    assert "\n" not in str(caught.value)
    assert not list(small_disk.iterdir())
    small_table(1000).save(path, format="fasttext-bin")
    assert path.stat().st_size > 4 * 4 * 1000


@pytest.mark.parametrize("format", ["fasttext-bin", "word2vec-bin", "npy", "safetensors", "gensim"])
@pytest.mark.parametrize("free", [0, 1 << 40])
def test_large_files_are_begun_where_there_is_room(
    format: str, free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if format == "safetensors":
        pytest.importorskip("safetensors")
    path, table = tmp_path / "vectors", small_table(10)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: FakeUsage(1 << 41, 1 << 40, free))
    wv = GensimVectors(table.index_to_key, table.vectors)
    save = wv.save if format == "gensim" else lambda path: table.save(path, format=format)
    if free:
        save(path)
        assert path.exists()
        return
    with pytest.raises(InputError, match="are needed, and 0 MiB are left"):
        save(path)
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


def test_what_a_system_does_not_know_of_its_disk_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: FakeUsage(0, 0, 0))
    small_table(10).save(tmp_path / "a.bin", format="fasttext-bin")

    def unknown(folder: Path) -> FakeUsage:
        raise OSError("no such call")

    monkeypatch.setattr(shutil, "disk_usage", unknown)
    small_table(10).save(tmp_path / "b.bin", format="fasttext-bin")
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()


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
