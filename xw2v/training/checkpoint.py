"""Checkpoints on disk: what a run is, in files that are complete or not there at all.

    checkpoint/epoch-000002-step-000000150/
        state.json       format, settings, corpus, counters, loss history, and the SHA-256 of every
        file center.npy       (V, D) float32
        context.npy      (V, D) float32; not there where the tables are tied

A checkpoint is written into a hidden folder beside its place, forced to the disk and renamed; the
last two are kept. Nothing in one is executed or unpickled, and no path is read from one.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import reason, sync

FORMAT = 1
KEPT = 2
FOLDER, STATE, TABLES = "checkpoint", "state.json", ("center", "context")
NAME = re.compile(r"epoch-\d{6,}-step-\d{9,}")
PIECE = 1 << 24  # bytes written, read and hashed at a time
Counters = dict[str, Any]


class DamagedError(Exception):
    """A checkpoint that is not what was written; the text says where."""


class NonFiniteError(Exception):
    """Tables that are not worth keeping; the text says which."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose checksums are right.

    path: its folder. content: what state.json holds: "settings", "step_config", "corpus",
    "versions", "device" and "state", the counters and histories of `xw2v.training.trainer.State`.
    """

    path: Path
    content: dict[str, Any]

    def tables(self) -> dict[str, np.ndarray]:
        """The (V, D) float32 tables by name, in memory; raises InputError where they changed just
        now.
        """
        try:
            return {
                name: read_table(self.path / f"{name}.npy")
                for name in TABLES
                if f"{name}.npy" in self._sums
            }
        except (OSError, DamagedError) as error:
            raise InputError(
                f"{self.path}: cannot be read any more: {error}; give --resume again"
            ) from None

    @property
    def _sums(self) -> dict[str, str]:
        sums: dict[str, str] = self.content["files"]
        return sums


class CheckpointFolder:
    """The checkpoints of an output folder.

    Attributes:
        notices: lines about checkpoints that were passed over.
    """

    def __init__(self, output: str | Path) -> None:
        self.path = Path(output) / FOLDER
        self.notices: list[str] = []
        self._good: list[str] = []  # known to be whole, the oldest first

    def names(self) -> list[str]:
        """Names of the checkpoints there, the oldest first."""
        try:
            return sorted(
                (entry.name for entry in self.path.iterdir() if NAME.fullmatch(entry.name)),
                key=_order,
            )
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({reason(error)})") from None

    def latest(self) -> Checkpoint | None:
        """The last whole checkpoint, or None where there is none at all.

        Raises:
            InputError: the last one is of a newer format, or all are damaged.
        """
        names, cause = self.names(), None
        for name in reversed(names):
            try:
                found = Checkpoint(self.path / name, verified(self.path / name))
            except DamagedError as error:
                cause = error
                self.notices.append(
                    f"checkpoint {self.path / name} is damaged ({error}); trying the one before"
                )
                continue
            self._good = [name]
            return found
        if names:
            raise InputError(
                f"{self.path}: no checkpoint there is whole ({cause}); leave out --resume to begin anew"
            )
        return None

    def save(self, content: dict[str, Any], tables: dict[str, np.ndarray]) -> Path:
        """Write a checkpoint and drop those before the last two.

        Args:
            content: what state.json shall hold, without "format" and the checksums.
            tables: (V, D) float32 by name, "center" and, unless they are tied, "context".

        Raises:
            OSError: the disk is full, or the folder cannot be written; the checkpoints before it
            stay.
            NonFiniteError: a number in the tables is not finite.
        """
        name = name_of(content["state"])
        target, partial = self.path / name, self.path / f".{name}.partial"
        if self._good and self._good[-1] == name:
            return target
        self.path.mkdir(parents=True, exist_ok=True)
        self._sweep()
        try:
            partial.mkdir()
            sums = {
                f"{table}.npy": write_table(partial / f"{table}.npy", tables[table])
                for table in tables
            }
            _write(partial / STATE, encode({"format": FORMAT, **content, "files": sums}))
            sync(partial)
            shutil.rmtree(target, ignore_errors=True)  # a damaged one that was passed over
            partial.rename(target)
            sync(self.path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        self._good = [*self._good, name][-KEPT:]
        self._drop(self._good)
        return target

    def keep_last(self) -> None:
        """Drop all but the last checkpoint: the run is finished."""
        self._good = self._good[-1:]
        self._sweep()
        self._drop(self._good)

    def set_aside(self, where: Path) -> bool:
        """Move the whole folder to `where`, in place of what is there; False if there is no
        checkpoint.
        """
        if not self.names():
            return False
        try:
            shutil.rmtree(where, ignore_errors=True)
            where.parent.mkdir(exist_ok=True)
            self.path.rename(where)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be moved to {where} ({reason(error)})") from None
        return True

    def _sweep(self) -> None:
        """Remove what a killed run left half-written."""
        for entry in self.path.glob(".epoch-*.partial"):
            shutil.rmtree(entry, ignore_errors=True)

    def _drop(self, kept: list[str]) -> None:
        for name in self.names():
            if name not in kept:
                shutil.rmtree(self.path / name, ignore_errors=True)


def name_of(state: Counters) -> str:
    """The folder's name for a state; names sort by progress."""
    return f"epoch-{state['epoch']:06d}-step-{state['step']:09d}"


def _order(name: str) -> tuple[int, int]:
    _, epoch, _, step = name.split("-")
    return int(epoch), int(step)


def encode(content: dict[str, Any]) -> bytes:
    """state.json: `content` and, as its last entry, the SHA-256 of its canonical text."""
    return json.dumps(content | {"sha256": _digest(content)}, indent=1).encode() + b"\n"


def decode(data: bytes) -> dict[str, Any]:
    """The content of a state.json whose checksum is right; raises DamagedError or InputError (a
    newer format).
    """
    try:
        content = json.loads(data)
        digest = content.pop("sha256")
        whole = digest == _digest(content)
        version = content["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise DamagedError(f"{STATE} cannot be parsed") from None
    if not whole:
        raise DamagedError(f"{STATE} does not match its checksum")
    if version != FORMAT:
        raise InputError(
            f"its format is {version!r:.40}, and this version of xw2v reads {FORMAT}; use the version that wrote it, "
            "or leave out --resume to begin anew"
        )
    return check_content(content)


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(
        json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass")
    ).hexdigest()


WANTED: dict[str, Any] = {
    "settings": dict,
    "step_config": dict,
    "corpus": dict,
    "versions": dict,
    "device": str,
    "state": dict,
    "files": dict,
    "validation": (str, type(None)),
    "init": (str, type(None)),
}
COUNTERS: dict[str, Any] = {
    "epoch": int,
    "step": int,
    "steps": int,
    "loss_sum": float,
    "pairs": int,
    "seconds": float,
    "loss_history": list,
    "validation_history": list,
    "plans": list,
}
CORPUS: dict[str, Any] = {"fingerprint": str, "description": str, "tokens": int, "vocabulary": int}


def check_content(content: dict[str, Any]) -> dict[str, Any]:
    """`content` if it is what a run saves, as far as types go; raises DamagedError."""
    _check_entries(content, WANTED)
    state = content["state"]
    _check_entries(state, COUNTERS)
    _check_entries(content["corpus"], CORPUS)
    if any(state[name] < 0 for name in ("epoch", "step", "steps", "pairs", "seconds")):
        raise DamagedError(f"{STATE} has a counter below 0")
    numbers = [
        *state["validation_history"],
        *(number for pair in state["loss_history"] for number in _pair(pair)),
    ]
    numbers += [state["loss_sum"], state["seconds"]]
    if not all(
        isinstance(number, (int, float)) and -math.inf < number < math.inf for number in numbers
    ):
        raise DamagedError(f"{STATE} has a number that is none")
    if not state["plans"] or not all(isinstance(plan, int) and plan > 0 for plan in state["plans"]):
        raise DamagedError(f"{STATE} has no such plans")
    if content["files"].keys() not in ({"center.npy"}, {"center.npy", "context.npy"}):
        raise DamagedError(f"{STATE} names other files")
    return content


def _check_entries(entries: dict[str, Any], wanted: dict[str, Any]) -> None:
    for name, kind in wanted.items():
        if not isinstance(entries.get(name, ...), kind) or isinstance(entries[name], bool):
            raise DamagedError(f"{STATE} has no such {name}")


def _pair(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], int):
        raise DamagedError(f"{STATE} has no such loss_history")
    return value


def verified(path: Path) -> dict[str, Any]:
    """The content of a checkpoint whose files all match their checksums; raises DamagedError or
    InputError.
    """
    try:
        content = decode((path / STATE).read_bytes())
        for file, digest in content["files"].items():
            if hashed(path / file) != digest:
                raise DamagedError(f"{file} does not match its checksum")
    except OSError as error:
        raise DamagedError(f"{Path(error.filename or path).name}: {reason(error)}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return content


def hashed(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_table(path: Path, table: np.ndarray) -> str:
    """Write a (V, D) float32 array as .npy, on the disk when this returns; its file's SHA-256.

    Raises NonFiniteError.
    """
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": table.shape}
    )
    digest = hashlib.sha256(header.getvalue())
    with open(path, "wb") as file:
        file.write(header.getvalue())
        for piece in _pieces(table):
            if not np.isfinite(piece).all():
                raise NonFiniteError(f"the {path.stem} vectors are no longer finite")
            data = np.ascontiguousarray(piece, "<f4").data
            digest.update(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _pieces(table: np.ndarray) -> Iterator[np.ndarray]:
    rows = max(PIECE // max(table.shape[1] * 4, 1), 1)
    for first in range(0, len(table), rows):
        yield table[first : first + rows]


def read_table(path: Path) -> np.ndarray:
    """A (V, D) float32 array from .npy; raises DamagedError unless the file is as long as its
    header says.

    The length is compared before any memory is taken.
    """
    with open(path, "rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError("version")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        except Exception:  # NumPy's parser of headers lets those of ast and tokenize through
            raise DamagedError(f"{path.name} is no .npy file") from None
        if len(shape) != 2 or fortran or dtype != np.dtype("<f4") or min(shape) < 1:
            raise DamagedError(f"{path.name} holds no (V, D) float32 table")
        if os.fstat(file.fileno()).st_size != file.tell() + 4 * shape[0] * shape[1]:
            raise DamagedError(f"{path.name} is not as long as its header says")
        table = np.empty(shape, np.float32)
        view, done = table.reshape(-1).view(np.uint8).data, 0
        while done < len(view):
            count = file.readinto(view[done : done + PIECE])
            if not count:
                raise DamagedError(f"{path.name} ends too early")
            done += count
    return table


def _write(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
