"""A name ending in .gz, .bz2, .xz or .zst is written packed: the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from xw2v.errors import InputError
from xw2v.storage.files import MAGIC, decompressed, open_binary
from xw2v.storage.packing import ENDINGS, packed_write

CONTENT = b"the quick brown fox\n" * 1000
KINDS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_packed_by_the_ending(tmp_path: Path, ending: str) -> None:
    if ending == ".zst":
        pytest.importorskip("zstandard")
    files = tmp_path / f"one{ending}", tmp_path / f"two{ending.upper()}"
    for path in files:
        with packed_write(path) as out:
            out.writelines(CONTENT.splitlines(keepends=True))
    first, second = (path.read_bytes() for path in files)
    assert first == second
    assert len(first) < len(CONTENT) / 10
    assert next(kind for magic, kind in MAGIC.items() if first.startswith(magic)) == KINDS[ending]
    with open_binary(files[0]) as raw:
        assert decompressed(raw, "one").read() == CONTENT


def test_other_names_are_written_as_they_are(tmp_path: Path) -> None:
    with packed_write(tmp_path / "plain.txt") as out:
        out.write(CONTENT)
    assert (tmp_path / "plain.txt").read_bytes() == CONTENT


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failure_leaves_what_was_there(tmp_path: Path, ending: str) -> None:
    if ending == ".zst":
        pytest.importorskip("zstandard")
    path = tmp_path / f"file{ending}"
    path.write_bytes(b"before")

    def fail() -> None:
        with packed_write(path) as out:
            out.write(CONTENT)
            raise InputError("no")

    with pytest.raises(InputError):
        fail()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
