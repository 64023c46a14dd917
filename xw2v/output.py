"""The output folder of a run (interface of its files: docs/files.md).

All files are written into a hidden folder beside their places and renamed when the last one is complete, so
a run that fails leaves what was there. Files of an earlier run move to `previous/`, where they stay until
the run after next; anything else in the folder is left alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from xw2v.errors import InputError
from xw2v.files import output_folder
from xw2v.formats import write_word2vec_text
from xw2v.run import Run

PREVIOUS = "previous"
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


def write_run(folder: str | Path, run: Run) -> list[Path]:
    """Write a run's files; an earlier run's move to `previous/`.

    Returns:
        The files written.

    Raises:
        InputError: the folder cannot be written or its disk is full; what was there stays.
    """
    target = output_folder(folder)
    beside = target / ".new"
    try:
        shutil.rmtree(beside, ignore_errors=True)  # of a run that was killed
        beside.mkdir()
        _write_files(beside, run)
        written = [name for name in FILES if (beside / name).exists()]
        _set_aside(target, [name for name in FILES if (target / name).exists()])
        for name in written:
            (beside / name).replace(target / name)
    except OSError as error:
        raise InputError(f"{folder}: the vectors cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [target / name for name in written]


def _set_aside(target: Path, names: Iterable[str]) -> None:
    """Move files into `previous/`, dropping what an earlier run had put there."""
    if not names:
        return
    previous = target / PREVIOUS
    previous.mkdir(exist_ok=True)
    for name in FILES:
        (previous / name).unlink(missing_ok=True)
    for name in names:
        (target / name).replace(previous / name)


def _write_files(folder: Path, run: Run) -> None:
    write_word2vec_text(folder / "vectors.txt", run.vocabulary.words, run.center)
    np.save(folder / "center.npy", run.center)
    np.save(folder / "context.npy", run.context)
    np.save(folder / "combined.npy", (run.center + run.context) / 2)
    run.vocabulary.save(folder / "vocab.json")
    _write_numbers(folder / "loss_history.txt", (loss for _, loss in run.loss_history))
    if run.validation_history:
        _write_numbers(folder / "validation_history.txt", run.validation_history)
    plot_loss(folder / "loss_plot.png", run)
    text = json.dumps(run.record, ensure_ascii=False, indent=2)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


def _write_numbers(path: Path, numbers: Iterable[float]) -> None:
    path.write_text("".join(f"{number:.6f}\n" for number in numbers), encoding="utf-8")


def plot_loss(path: Path, run: Run) -> None:
    """The loss (and the validation loss, where there is one) against update steps, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps, losses = zip(*run.loss_history, strict=True) if run.loss_history else ((), ())
    axes.plot(steps, losses, linewidth=1, label="training")
    if run.validation_history:
        count = len(run.validation_history)
        ends = [run.record["steps"] * (epoch + 1) / count for epoch in range(count)]
        axes.plot(ends, run.validation_history, "o-", label="validation, at the end of each epoch")
        axes.legend()
    axes.set(xlabel="update steps", ylabel="mean loss per positive pair")
    axes.grid(alpha=0.3)
    figure.savefig(path, format="png", dpi=120)
