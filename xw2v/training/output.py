"""The output folder of a run (interface of its files: docs/files.md).

All files are written into a hidden folder beside their places, which takes the name `.complete`
when the last one is complete. Only then do files of an earlier run move to `previous/`, where they
stay until the run after next, and the new ones take their places. A process killed on the way
leaves what was there, or a `.complete` folder from which `finish_writing` goes on. Anything else in
the folder is left alone. The picture of the loss is drawn when everything is in its place, since
whatever may go wrong with it must not cost the vectors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError, OutputError
from xw2v.storage.files import output_folder, reason
from xw2v.storage.jsonfile import json_bytes
from xw2v.storage.renames import rename
from xw2v.training.folders import write_folder
from xw2v.training.run import Run
from xw2v.vectors.formats import WordVectors, write_vectors
from xw2v.vectors.formats.subword_files import SUBWORD_FILES, write_subwords

Plot = Callable[[Path, Run], None]

PREVIOUS, NEW, COMPLETE, PLACING = "previous", ".new", ".complete", ".placing"
TABLES = ("center.npy", "context.npy", "combined.npy")
FILES = (  # in the order in which they take their places: with run.json there, all are
    "vectors.txt",
    *TABLES,
    *SUBWORD_FILES,
    "vocab.json",
    "loss_history.txt",
    "validation_history.txt",
    "loss_plot.png",
    "run.json",
)
PICTURE = "loss_plot.png"
OPTIONAL = ("validation_history.txt", PICTURE, *SUBWORD_FILES)


def write_run(folder: str | Path, run: Run) -> list[Path]:
    """Write a run's files, besides its picture; an earlier run's move to `previous/`.

    Returns:
        The files written.

    Raises:
        InputError: the folder cannot be written or its disk is full, or a word cannot be; what was
        there stays.
    """
    target = output_folder(folder)
    finish_writing(target)

    def clear_previous() -> None:
        for name in FILES:
            (target / PREVIOUS / name).unlink(missing_ok=True)

    try:
        write_folder(
            target / NEW,
            target / COMPLETE,
            lambda partial: _write_files(partial, run),
            clear_previous,
            _table_bytes(run),
        )
    except InputError as error:  # a word that a text file cannot hold, or a full disk
        raise OutputError(f"the vectors cannot be written: {error}", path=folder) from None
    except OSError as error:
        raise OutputError(f"the vectors cannot be written ({reason(error)})", path=folder) from None
    written = [target / name for name in FILES if (target / COMPLETE / name).exists()]
    finish_writing(target)
    return written


def finish_writing(folder: str | Path) -> None:
    """Bring files that a run has written completely to their places, from wherever it was stopped.

    Raises:
        OutputError: the folder cannot be written.
    """
    target = Path(folder)
    complete, placing = target / COMPLETE, target / PLACING
    try:
        if complete.exists():  # in the places are the earlier run's files, or they moved already
            for name in reversed(FILES):  # run.json, which says that all are there, goes first
                if (target / name).exists():
                    (target / PREVIOUS).mkdir(exist_ok=True)
                    rename(target / name, target / PREVIOUS / name)
            rename(complete, placing)
        if placing.exists():
            for name in FILES:
                if (placing / name).exists():
                    rename(placing / name, target / name)
            placing.rmdir()
    except OSError as error:
        raise OutputError(
            f"the vectors cannot be moved to their places ({reason(error)})", path=folder
        ) from None


def draw_picture(folder: str | Path, run: Run, plot: Plot) -> str | None:
    """Draw the loss curve of a run whose files are written.

    Args:
        plot: draws it into a PNG file.

    Returns:
        A line on why that failed, for whatever reason; None where it is drawn.
    """
    picture = Path(folder) / PICTURE
    partial = picture.with_name(f".{PICTURE}.partial")
    try:
        plot(partial, run)
        rename(partial, picture)
    except Exception as error:
        with suppress(OSError):
            partial.unlink()
        text = " ".join(str(error).split())[:200] or type(error).__name__
        return f"{picture}: not drawn ({text}); everything else is written"
    return None


def is_written(folder: str | Path, record: dict[str, Any]) -> bool:
    """Whether the folder holds the files of the run with this record."""
    target = Path(folder)
    try:
        found = json.loads((target / FILES[-1]).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    complete = all((target / name).exists() for name in FILES if name not in OPTIONAL)
    return complete and bool(found == json.loads(json.dumps(record)))


def _table_bytes(run: Run) -> int:
    """What the files of tables have, without vectors.txt, whose numbers are of several lengths."""
    center, _ = run.parameters
    of_ngrams = 0 if run.subwords is None else run.subwords.rows.nbytes
    return int(len(TABLES) * center.nbytes + of_ngrams)


def _write_files(folder: Path, run: Run) -> None:
    center, context = run.parameters
    vectors = WordVectors(run.vocabulary.words, run.vectors)
    write_vectors(folder / "vectors.txt", vectors, "word2vec")
    for name, table in zip(TABLES, (center, context, (center + context) / 2), strict=True):
        np.save(folder / name, table)
    if run.subwords is not None:
        write_subwords(folder, run.subwords)
    run.vocabulary.save(folder / "vocab.json")
    _write_losses(folder / "loss_history.txt", (loss for _, loss in run.loss_history))
    if run.validation_history:
        _write_losses(folder / "validation_history.txt", run.validation_history)
    (folder / "run.json").write_bytes(json_bytes(run.record, indent=2) + b"\n")


def _write_losses(path: Path, losses: Iterable[float]) -> None:
    path.write_bytes("".join(f"{loss:.6f}\n" for loss in losses).encode())
