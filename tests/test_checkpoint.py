"""Checkpoints on disk: complete or not there, and damage is noticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import assert_same_state, checkpointer_of, rewritten, stopped_after

from xw2v.errors import InputError
from xw2v.training.checkpoint import (
    CheckpointDamagedError,
    CheckpointFolder,
    NonFiniteError,
    decode,
    encode,
    read_table,
    write_table,
)
from xw2v.training.resume import restored
from xw2v.training.trainer import Trainer


def test_the_last_two_are_kept_and_nothing_else_stays(
    small_trainer: Trainer, tmp_path: Path
) -> None:
    leftover = tmp_path / "checkpoint" / ".epoch-000000-step-000000099.partial"
    leftover.mkdir(parents=True)
    stopped_after(small_trainer, tmp_path, 7)
    names = sorted(path.name for path in (tmp_path / "checkpoint").iterdir())
    assert names == ["epoch-000000-step-000000006", "epoch-000000-step-000000007"]


def test_no_pickle_and_no_stranger_in_the_files(small_trainer: Trainer, tmp_path: Path) -> None:
    stopped_after(small_trainer, tmp_path, 1)
    (folder,) = (tmp_path / "checkpoint").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "center.npy",
        "context.npy",
        "state.json",
    ]
    for name in ("center.npy", "context.npy"):
        assert np.load(folder / name, allow_pickle=False).dtype == np.float32


@pytest.mark.parametrize("file", ["state.json", "center.npy", "context.npy"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "empty"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    file: str, damage: str, small_trainer: Trainer, tmp_path: Path
) -> None:
    stopped_after(small_trainer, tmp_path, 9)
    before, last = sorted((tmp_path / "checkpoint").iterdir())
    spoil(last / file, damage)
    folder = CheckpointFolder(tmp_path)
    checkpoint = folder.latest()
    assert checkpoint is not None
    assert checkpoint.path == before
    assert len(folder.notices) == 1
    assert f"{last} is damaged ({file}" in folder.notices[0]
    uninterrupted = small_trainer.train(small_trainer.start())
    checkpointer = checkpointer_of(small_trainer, tmp_path)
    checkpointer.folder.latest()
    assert_same_state(
        small_trainer.backend,
        small_trainer.train(restored(checkpoint, small_trainer), [checkpointer]),
        uninterrupted,
    )
    for path in (tmp_path / "checkpoint").iterdir():  # the damaged one is gone
        assert CheckpointFolder(tmp_path).latest() is not None, path


def test_all_damaged_is_an_error_with_what_to_do(small_trainer: Trainer, tmp_path: Path) -> None:
    stopped_after(small_trainer, tmp_path, 3)
    for path in (tmp_path / "checkpoint").iterdir():
        spoil(path / "center.npy", "flip")
    with pytest.raises(
        InputError, match=r"no checkpoint there is intact \(center.npy does not match.*leave out"
    ):
        CheckpointFolder(tmp_path).latest()


def spoil(path: Path, damage: str) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    if damage == "flip":
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    elif damage == "cut":
        path.write_bytes(data[:middle])
    elif damage == "remove":
        path.unlink()
    else:
        path.write_bytes(b"")


@pytest.mark.parametrize("other", [1, 3])
def test_another_format_is_refused_by_name(
    small_trainer: Trainer, tmp_path: Path, other: int
) -> None:
    stopped_after(small_trainer, tmp_path, 2)
    rewritten(sorted((tmp_path / "checkpoint").iterdir())[-1], format=other)
    with pytest.raises(InputError, match=f"its format is {other}, and this version of xw2v reads"):
        CheckpointFolder(tmp_path).latest()


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../center.npy": "0" * 64}},
        {"files": {"/etc/passwd": "0" * 64}},
        {"state": {}},
        {"state": []},
        {"settings": None},
    ],
    ids=str,
)
def test_a_forged_state_is_damaged(
    changes: dict[str, Any], small_trainer: Trainer, tmp_path: Path
) -> None:
    stopped_after(small_trainer, tmp_path, 1)
    (path,) = (tmp_path / "checkpoint").iterdir()
    rewritten(path, **changes)
    with pytest.raises(InputError, match="no checkpoint there is intact"):
        CheckpointFolder(tmp_path).latest()


@pytest.mark.parametrize(
    ("counter", "value"),
    [
        ("step", -1),
        ("epoch", 1.5),
        ("loss_sum", float("nan")),
        ("loss_history", [[1]]),
        ("plans", []),
        ("step", True),
    ],
)
def test_forged_counters_are_damaged(
    counter: str, value: Any, small_trainer: Trainer, tmp_path: Path
) -> None:
    stopped_after(small_trainer, tmp_path, 1)
    (path,) = (tmp_path / "checkpoint").iterdir()
    content = json.loads((path / "state.json").read_text())
    del content["sha256"]
    content["state"][counter] = value
    with pytest.raises(CheckpointDamagedError):
        decode(encode(content))


@pytest.mark.parametrize(
    "header",
    [
        {"descr": "<f4", "fortran_order": False, "shape": (2**40, 2**20)},
        {"descr": "<f4", "fortran_order": False, "shape": (-1, 8)},
        {"descr": "|O", "fortran_order": False, "shape": (4, 8)},
        {"descr": "<f8", "fortran_order": False, "shape": (4, 8)},
        {"descr": "<f4", "fortran_order": True, "shape": (4, 8)},
        {"descr": "<f4", "fortran_order": False, "shape": (32,)},
    ],
    ids=str,
)
def test_headers_that_promise_something_else_take_no_memory(
    header: dict[str, Any], tmp_path: Path
) -> None:
    with open(tmp_path / "center.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(128))
    with pytest.raises(CheckpointDamagedError):
        read_table(tmp_path / "center.npy")


def test_tables_round_trip_and_non_finite_values_are_not_saved(tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(1000, 7)).astype(np.float32)
    write_table(tmp_path / "t.npy", table)
    assert (
        read_table(tmp_path / "t.npy").tobytes()
        == table.tobytes()
        == np.load(tmp_path / "t.npy").tobytes()
    )
    table[999, 6] = np.inf
    with pytest.raises(NonFiniteError):
        write_table(tmp_path / "t.npy", table)
