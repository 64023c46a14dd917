"""What a page or picture says about the run it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ARCHITECTURES = {"skipgram": "Skip-gram", "cbow": "CBOW"}


def corpus_name(record: dict[str, Any], folder: Path) -> str:
    """What the text of a run was, or the name of its folder."""
    return str(record.get("corpus", {}).get("description") or folder.resolve().name)


def settings_line(record: dict[str, Any]) -> str:
    """The settings that differ most from run to run, in a line."""
    settings = record["settings"]
    parts = {
        "model": ARCHITECTURES.get(str(settings.get("model")), "word2vec"),
        "vector_size": f"{settings.get('vector_size')} dimensions",
        "window": f"window {settings.get('window')}",
        "negative": f"{settings.get('negative')} negatives",
        "epochs": f"{settings.get('epochs')} epochs",
        "seed": f"seed {settings.get('seed')}",
    }
    return ", ".join(text for name, text in parts.items() if settings.get(name) is not None)
