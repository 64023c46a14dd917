"""Checkpoints on disk: what a run is, in files that are complete or not there at all.

    checkpoint/epoch-000002-step-000000150/
        state.json       a CheckpointRecord, its format and its SHA-256
        center.npy       (V, D) float32
        context.npy      (V, D) float32; not there where the tables are tied
        best_center.npy, best_context.npy  those after the epoch with the lowest validation loss,
                         where the run has `patience` and it is not this one

A checkpoint is written into a hidden folder beside its place, forced to the disk and renamed; the
last two are kept. Nothing in one is executed or unpickled, and no path is read from one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError, OutputError
from xw2v.storage.files import reason
from xw2v.storage.npyfile import NpyError, read_array, read_header, write_header
from xw2v.storage.renames import rename
from xw2v.training.folders import write_folder
from xw2v.training.record import CheckpointRecord
from xw2v.training.state import Counters

FORMAT = 2  # in 1, rows of n-grams were in the order of their buckets
KEPT_CHECKPOINTS = 2
FOLDER, STATE = "checkpoint", "state.json"
NAME = re.compile(r"epoch-\d{6,}-step-\d{9,}")
CHUNK_BYTES = 1 << 24  # written, read and hashed at a time


class CheckpointDamagedError(Exception):
    """A checkpoint that is not what was written; the text says where."""


class NonFiniteError(Exception):
    """Tables that are not worth keeping; the text says which."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose checksums are right: its folder, and what its state.json holds."""

    path: Path
    record: CheckpointRecord

    def tables(self) -> dict[str, np.ndarray]:
        """The (V, D) float32 tables by name, in memory; InputError where they changed just now."""
        try:
            return {Path(file).stem: read_table(self.path / file) for file in self.record.files}
        except (OSError, CheckpointDamagedError) as error:
            raise InputError(
                f"cannot be read any more: {error}; give `resume` again", path=self.path
            ) from None


class CheckpointFolder:
    """The checkpoints of an output folder.

    Attributes:
        notices: lines about checkpoints that were passed over.
    """

    def __init__(self, output: str | Path) -> None:
        self.path = Path(output) / FOLDER
        self.notices: list[str] = []
        self._intact: list[str] = []  # names of those known to be, the oldest first

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
            raise InputError(f"cannot be read ({reason(error)})", path=self.path) from None

    def latest(self) -> Checkpoint | None:
        """The last intact checkpoint, or None where there is none at all.

        Raises:
            InputError: the last one is of a newer format, or all are damaged.
        """
        names, cause = self.names(), None
        for name in reversed(names):
            try:
                found = Checkpoint(self.path / name, verified(self.path / name))
            except CheckpointDamagedError as error:
                cause = error
                self.notices.append(
                    f"checkpoint {self.path / name} is damaged ({error}); trying the one before"
                )
                continue
            self._intact = [name]
            return found
        if names:
            raise InputError(
                f"no checkpoint there is intact ({cause}); leave out `resume` to start a new run",
                path=self.path,
            )
        return None

    def save(self, record: CheckpointRecord, tables: dict[str, np.ndarray]) -> Path:
        """Write a checkpoint and drop those before the last two.

        Args:
            record: what state.json shall hold; `files` is filled in.
            tables: (V, D) float32 by name, "center" and, unless they are tied, "context"; perhaps
                those of the best epoch.

        Raises:
            OSError: the disk is full, or the folder cannot be written; the checkpoints before it
            stay.
            NonFiniteError: the tables contain a non-finite value.
        """
        name = name_of(record.state)
        target = self.path / name
        if self._intact and self._intact[-1] == name:
            return target
        self.path.mkdir(parents=True, exist_ok=True)
        self._sweep()

        def write(folder: Path) -> None:
            files = [f"{name}.npy" for name in tables]
            with ThreadPoolExecutor(len(files), "xw2v-save") as pool:  # most is hashing, and pages
                paths = [folder / file for file in files]
                sums = dict(zip(files, pool.map(write_table, paths, tables.values()), strict=True))
            content = dataclasses.asdict(dataclasses.replace(record, files=sums))
            (folder / STATE).write_bytes(encode({"format": FORMAT, **content}))

        partial, n_bytes = self.path / f".{name}.partial", sum(t.nbytes for t in tables.values())
        write_folder(partial, target, write, n_bytes=n_bytes)  # or a damaged one's place
        self._intact = [*self._intact, name][-KEPT_CHECKPOINTS:]
        self._drop(self._intact)
        return target

    def keep_last(self) -> None:
        """Drop all but the last checkpoint: the run is finished."""
        self._intact = self._intact[-1:]
        self._sweep()
        self._drop(self._intact)

    def set_aside(self, destination: Path) -> bool:
        """Move the folder to `destination`, in place of what is there; False if there is no
        checkpoint.
        """
        if not self.names():
            return False
        try:
            shutil.rmtree(destination, ignore_errors=True)
            destination.parent.mkdir(exist_ok=True)
            rename(self.path, destination)
        except OSError as error:
            raise OutputError(
                f"cannot be moved to {destination} ({reason(error)})", path=self.path
            ) from None
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
    return f"epoch-{state.epoch:06d}-step-{state.step:09d}"


def _order(name: str) -> tuple[int, int]:
    _, epoch, _, step = name.split("-")
    return int(epoch), int(step)


def encode(content: dict[str, Any]) -> bytes:
    """state.json: `content` and, as its last entry, the SHA-256 of its canonical text."""
    return json.dumps(content | {"sha256": _digest(content)}, indent=1).encode() + b"\n"


def decode(data: bytes) -> CheckpointRecord:
    """The record of a state.json whose checksum is right.

    Raises:
        CheckpointDamagedError: it is not what was written.
        InputError: a newer format.
    """
    try:
        content = json.loads(data)
        intact = content.pop("sha256") == _digest(content)
        version = content["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise CheckpointDamagedError(f"{STATE} cannot be parsed") from None
    if not intact:
        raise CheckpointDamagedError(f"{STATE} does not match its checksum")
    if version != FORMAT:
        raise InputError(
            f"its format is {version!r:.40}, and this version of xw2v reads {FORMAT}; use the "
            "version that wrote it, or leave out `resume` to start a new run"
        )
    try:
        return CheckpointRecord.from_json(content)
    except ValueError as error:
        raise CheckpointDamagedError(f"{STATE} {error}") from None


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(
        json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass")
    ).hexdigest()


def verified(path: Path) -> CheckpointRecord:
    """The record of a checkpoint whose files all match their checksums; raises what `decode`
    does.
    """
    try:
        record = decode((path / STATE).read_bytes())
        for file, digest in record.files.items():
            if hashed(path / file) != digest:
                raise CheckpointDamagedError(f"{file} does not match its checksum")
    except OSError as error:
        name = Path(error.filename or path).name
        raise CheckpointDamagedError(f"{name}: {reason(error)}") from None
    except InputError as error:
        error.path = path
        raise
    return record


def hashed(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_table(path: Path, table: np.ndarray) -> str:
    """Write a (V, D) float32 array as .npy; returns its file's SHA-256.

    Raises:
        NonFiniteError: the array contains a non-finite value.
    """
    header = io.BytesIO()
    write_header(header, table.shape, "<f4")
    digest = hashlib.sha256(header.getvalue())
    with open(path, "wb") as file:
        file.write(header.getvalue())
        for chunk in _chunks(table):
            if not np.isfinite(chunk).all():
                raise NonFiniteError(f"the {path.stem} vectors contain a non-finite value")
            data = np.ascontiguousarray(chunk, "<f4").data
            digest.update(data)
            file.write(data)
    return digest.hexdigest()


def _chunks(table: np.ndarray) -> Iterator[np.ndarray]:
    rows = max(CHUNK_BYTES // max(table.shape[1] * 4, 1), 1)
    for first in range(0, len(table), rows):
        yield table[first : first + rows]


def read_table(path: Path) -> np.ndarray:
    """A (V, D) float32 array from .npy.

    Raises:
        CheckpointDamagedError: the file holds something else, or is not as long as its header says,
            which is compared before any memory is taken.
    """
    with open(path, "rb") as file:
        try:
            header = read_header(file, exact=True)
            if len(header.shape) != 2 or header.fortran_order or header.dtype != np.dtype("<f4"):
                raise NpyError("holds no (V, D) float32 table")
            return read_array(file, header)
        except NpyError as error:
            raise CheckpointDamagedError(f"{path.name} {error}") from None
