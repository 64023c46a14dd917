"""Reading back what a run wrote: its record and its losses (xw2v.training.output writes them)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from xw2v.errors import InputError

RECORD = "run.json"


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
