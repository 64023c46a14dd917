"""Reading back what a run wrote: its record and its losses (xw2v.training.output writes them)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.sgns.interface import Tables
from xw2v.storage.files import open_binary
from xw2v.storage.npyfile import NpyError, map_array, read_header
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.run import Run
from xw2v.vectors.keyedvectors import KeyedVectors

RECORD = "run.json"


def read_run(folder: str | Path) -> Run:
    """The run whose files are in a folder; InputError where they are not those of a finished run.

    The tables are mapped; a change of them does not change the files.
    """
    path = Path(folder)
    record = read_record(path)
    vectors = KeyedVectors.load(path)
    vectors.fill_norms()  # which finds non-finite values
    center = context = vectors.vectors
    if not record["settings"].get("tied"):
        context = read_context(path / "context.npy", center.shape)
    return Run(
        Vocabulary.load(path / "vocab.json"),
        Tables(center, context),
        history_points(read_losses(path / "loss_history.txt"), int(record.get("steps") or 0)),
        read_losses(path / "validation_history.txt"),
        record,
        vectors.subwords,
    )


def is_run_folder(folder: Path) -> bool:
    return (folder / RECORD).is_file()


def read_record(folder: Path) -> dict[str, Any]:
    """What run.json holds. Raises InputError where there is none, or it is not one."""
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder}: no {RECORD} in it; give the output folder of a finished xw2v train"
        ) from None
    except NotADirectoryError:
        raise InputError(
            f"{folder}: is a file; give the output folder of a finished xw2v train"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {str(error).splitlines()[0]}") from None
    parts = ("settings", "corpus", "versions")
    if not isinstance(record, dict) or not all(
        isinstance(record.get(part), dict) for part in parts
    ):
        raise InputError(
            f"{path}: is not the record of an xw2v run; it needs objects {', '.join(parts)}"
        )
    return record


def epochs_trained(record: Mapping[str, Any]) -> int:
    """Epochs that a run took: fewer than its settings say where it was stopped early."""
    return int(record.get("epochs_trained") or record["settings"].get("epochs") or 1)


def read_losses(path: Path) -> list[float]:
    """The numbers of loss_history.txt or validation_history.txt, one a line; none where there is no
    file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    losses = []
    for number, line in enumerate(lines, 1):
        try:
            losses.append(float(line))
        except ValueError:
            losses.append(math.nan)
        if not math.isfinite(losses[-1]):
            raise InputError(
                f"{path}:{number}: {line[:40]!r} is not a loss; a number a line is expected"
            )
    return losses


def history_points(losses: Sequence[float], steps: int) -> list[tuple[int, float]]:
    """Losses of loss_history.txt with the steps at which their intervals ended: all are equally
    long but the last, which may be shorter.
    """
    interval = -(-steps // max(len(losses), 1))
    return [(min((i + 1) * interval, steps), loss) for i, loss in enumerate(losses)]


def read_context(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The (V, D) context vectors of a run, mapped; InputError where they are not of this shape."""
    with open_binary(path) as file:
        try:
            header = read_header(file)
        except NpyError as error:
            raise FileFormatError(str(error), path=path) from None
        if header.shape != shape or header.dtype != np.float32:
            raise FileFormatError(
                f"{header.dtype} of shape {header.shape}, unlike the vectors beside it", path=path
            )
        context = map_array(file, header)
    if not np.isfinite(context).all():
        raise FileFormatError("contains a non-finite value; did its training diverge?", path=path)
    return context
