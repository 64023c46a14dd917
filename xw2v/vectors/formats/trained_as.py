"""How vectors were trained, as far as fastText's models keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xw2v.errors import InputError
from xw2v.storage.jsonfile import read_json

MOST = 2**31 - 1  # that a model can hold
RECORD = "run.json"


@dataclass(frozen=True)
class TrainedAs:
    """The settings of a training, under the names of `xw2v.settings.Settings`."""

    model: str = "skipgram"
    window: int = 5
    epochs: int = 5
    min_count: int = 1
    negative: int = 5
    sample: float = 1e-4

    def __post_init__(self) -> None:
        numbers = self.window, self.epochs, self.min_count, self.negative
        if self.model not in ("skipgram", "cbow") or not all(0 <= n <= MOST for n in numbers):
            raise ValueError(f"no model has {self}")

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> TrainedAs | None:
        """Those of a run; None where they are not there, or no model can hold them."""
        try:
            return cls(
                str(settings["model"]),
                int(settings["window"]),
                int(settings["epochs"]),
                int(settings["min_count"]),
                round(settings["negative"]),
                float(settings["sample"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            return None

    @classmethod
    def of_folder(cls, folder: Path) -> TrainedAs | None:
        """Those of the run that made a folder; None where its record does not say it."""
        try:
            return cls.of_settings(read_json(folder / RECORD)["settings"])
        except (InputError, KeyError, TypeError, ValueError):
            return None
