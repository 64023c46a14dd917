"""The output folder of a run (interface of its files: docs/files.md).

All files are written into a hidden folder beside their places, which takes the name `.complete`
when the last one is whole. Only then do files of an earlier run move to `previous/`, where they
stay until the run after next, and the new ones take their places. A process killed on the way
leaves what was there, or a `.complete` folder from which `finish_writing` goes on. Anything else in
the folder is left alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import output_folder, reason, sync
from xw2v.training.run import Run
from xw2v.vectors.formats import WordVectors, write_vectors

Plot = Callable[[Path, Run], None]

PREVIOUS, NEW, COMPLETE, PLACING = "previous", ".new", ".complete", ".placing"
FILES = (  # in the order in which they take their places: with run.json there, all are
    "vectors.txt",
    "center.npy",
    "context.npy",
    "combined.npy",
    "vocab.json",
    "loss_history.txt",
    "validation_history.txt",
    "loss_plot.png",
    "run.json",
)


def write_run(folder: str | Path, run: Run, plot: Plot) -> list[Path]:
    """Write a run's files; an earlier run's move to `previous/`.

    Args:
        plot: draws the loss curve of a run into a PNG file.

    Returns:
        The files written.

    Raises:
        InputError: the folder cannot be written or its disk is full; what was there stays.
    """
    target = output_folder(folder)
    finish_writing(target)
    beside = target / NEW
    try:
        shutil.rmtree(beside, ignore_errors=True)  # of a run that was killed
        beside.mkdir()
        _write_files(beside, run, plot)
        written = [name for name in FILES if (beside / name).exists()]
        for name in written:
            sync(beside / name)
        for name in FILES:
            (target / PREVIOUS / name).unlink(missing_ok=True)
        beside.rename(target / COMPLETE)
    except OSError as error:
        raise InputError(f"{folder}: the vectors cannot be written ({reason(error)})") from None
    except InputError as error:  # a word that a text file cannot hold, or a full disk
        raise InputError(f"{folder}: the vectors cannot be written: {error}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    finish_writing(target)
    return [target / name for name in written]


def finish_writing(folder: str | Path) -> None:
    """Bring files that a run has written whole to their places, from wherever it was stopped.

    Raises InputError where the folder cannot be written.
    """
    target = Path(folder)
    complete, placing = target / COMPLETE, target / PLACING
    try:
        if (
            complete.exists()
        ):  # what stands in the places is the earlier run's, or was moved already
            for name in reversed(FILES):  # run.json, which says that all are there, goes first
                if (target / name).exists():
                    (target / PREVIOUS).mkdir(exist_ok=True)
                    (target / name).replace(target / PREVIOUS / name)
            complete.rename(placing)
        if placing.exists():
            for name in FILES:
                if (placing / name).exists():
                    (placing / name).replace(target / name)
            placing.rmdir()
    except OSError as error:
        raise InputError(
            f"{folder}: the vectors cannot be put in their places ({reason(error)})"
        ) from None


def is_written(folder: str | Path, record: dict[str, Any]) -> bool:
    """Whether the folder holds the files of the run with this record."""
    target = Path(folder)
    try:
        found = json.loads((target / FILES[-1]).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    whole = all((target / name).exists() for name in FILES if name != "validation_history.txt")
    return whole and found == json.loads(json.dumps(record))


def _write_files(folder: Path, run: Run, plot: Plot) -> None:
    write_vectors(
        folder / "vectors.txt", WordVectors(run.vocabulary.words, run.center), "word2vec"
    )
    np.save(folder / "center.npy", run.center)
    np.save(folder / "context.npy", run.context)
    np.save(folder / "combined.npy", (run.center + run.context) / 2)
    run.vocabulary.save(folder / "vocab.json")
    _write_numbers(folder / "loss_history.txt", (loss for _, loss in run.loss_history))
    if run.validation_history:
        _write_numbers(folder / "validation_history.txt", run.validation_history)
    plot(folder / "loss_plot.png", run)
    text = json.dumps(run.record, ensure_ascii=False, indent=2)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


def _write_numbers(path: Path, numbers: Iterable[float]) -> None:
    path.write_text("".join(f"{number:.6f}\n" for number in numbers), encoding="utf-8")
