"""A report: one HTML page about a finished run, from the files of its output folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xw2v.errors import InputError
from xw2v.pictures.captions import corpus_name, settings_line
from xw2v.pictures.loss_curve import LossCurve
from xw2v.pictures.report_corpus import corpus_section
from xw2v.pictures.report_parts import (
    columns,
    duration,
    integer,
    loss,
    setting,
    table,
    tiles,
)
from xw2v.pictures.report_training import training_section
from xw2v.pictures.report_vectors import (
    Scores,
    evaluation_section,
    neighbours_section,
    ngrams_section,
)
from xw2v.pictures.webpage import escape, joined, page
from xw2v.pictures.wordmap import WordMap, central_words
from xw2v.pictures.wordmap_page import SCRIPTS, STYLES, map_part
from xw2v.settings import SETTINGS
from xw2v.training.run_folder import epochs_trained, history_points, read_losses, read_record
from xw2v.vectors.keyedvectors import KeyedVectors

DEVICES = {"cpu": "the CPU", "cuda": "a GPU"}
LIBRARIES = {"numpy": "NumPy", "cupy": "CuPy", "torch": "PyTorch"}


def report_page(
    folder: Path, vectors: KeyedVectors, drawn: WordMap, scores: Scores, words: Sequence[str]
) -> bytes:
    """The page, in UTF-8.

    Args:
        folder: the output folder of a run.
        vectors: those of that folder.
        drawn: a map of them.
        scores: on test sets, none where none were asked for.
        words: whose neighbours to show; by default one of each group of the map.

    Raises:
        InputError: the folder is not of a finished run. UnknownWordError: a word without a vector.
    """
    record = read_record(folder)
    if vectors.counts is None:
        raise InputError(
            f"{folder}: its vocab.json has no counts; "
            "give the output folder of a finished xw2v train"
        )
    curve = read_curve(folder, record)
    words = words or [word for central in central_words(drawn, 1) for word in central]
    sections = [
        ("training", "Training", training_section(curve)),
        ("corpus", "Corpus", corpus_section(record, vectors)),
        ("neighbours", "Neighbours", neighbours_section(vectors, words)),
        ("n-grams", "N-grams", ngrams_section(vectors, words)),
        ("evaluation", "Evaluation", evaluation_section(scores)),
        ("map", "Map", f'<div class="map-frame">{map_part(drawn, wheel="ctrl")}</div>'),
        ("settings", "Settings", settings_section(record)),
    ]
    shown = [section for section in sections if section[2]]
    name = corpus_name(record, folder)
    return page(
        "report.html",
        style=joined(*STYLES, "report.css"),
        script=joined(*SCRIPTS),
        stamp=drawn.stamp,
        title=escape(f"{name}: report of a run"),
        heading=escape(name),
        lead=escape(lead(record)),
        contents="".join(f'<a href="#{anchor}">{escape(title)}</a>' for anchor, title, _ in shown),
        tiles=tiles(key_figures(record, vectors, curve)),
        sections="".join(
            f'<h2 id="{anchor}">{escape(title)}</h2>{html}' for anchor, title, html in shown
        ),
        footer=escape(versions(record)),
    )


def read_curve(folder: Path, record: dict[str, Any]) -> LossCurve:
    """The losses in a run's folder. Raises InputError where a file of them is damaged."""
    steps, epochs = int(record.get("steps") or 0), epochs_trained(record)
    history = history_points(read_losses(folder / "loss_history.txt"), steps)
    return LossCurve.of(history, read_losses(folder / "validation_history.txt"), steps, epochs)


def lead(record: dict[str, Any]) -> str:
    """What was trained and where, in a line."""
    device, library = (str(record["settings"].get(name)) for name in ("device", "backend"))
    where = f"{DEVICES.get(device, device)} with {LIBRARIES.get(library, library)}"
    return f"{settings_line(record)}; on {where}"


def key_figures(
    record: dict[str, Any], vectors: KeyedVectors, curve: LossCurve
) -> list[tuple[str, str]]:
    """Name and value of the figures at the top."""
    figures = [
        ("words of text", integer(record["corpus"].get("raw_words"))),
        ("vocabulary", integer(len(vectors))),
        ("dimensions", integer(vectors.vector_size)),
        ("epochs", integer(epochs_trained(record))),
        ("training time", duration(record.get("train_seconds"))),
        ("words/s", integer(record.get("words_per_second"))),
    ]
    if curve.means:
        figures.append((f"loss, epoch {curve.epochs}", loss(curve.means[-1][1])))
    elif curve.history:
        figures.append(("loss, last interval", loss(curve.history[-1][1])))
    if curve.validation:
        figures.append(("validation loss", loss(curve.validation[-1][1])))
    return figures


def versions(record: dict[str, Any]) -> str:
    """Which software and machine it was, and the corpus' fingerprint."""
    software = ", ".join(f"{library} {version}" for library, version in record["versions"].items())
    corpus = record["corpus"].get("fingerprint", "")
    return f"{software}; {record.get('machine', '')}; corpus {corpus}"


def settings_section(record: dict[str, Any]) -> str:
    """Every setting, with its help when pointed at; those that differ from the defaults stand
    out.
    """
    rows, row_classes, hints = [], [], []
    for name, value in record["settings"].items():
        option = SETTINGS.get(name)
        default = option.default if option else None
        changed = default is not None and value != default
        note = f" (default {setting(default)})" if changed else ""
        rows.append([name, setting(value) + note])
        row_classes.append("changed" if changed else "")
        hints.append(option.help if option else "")
    half = -(-len(rows) // 2)
    head = ["setting", "value"]
    parts = [
        table(head, rows[part], row_classes[part], hints=hints[part])
        for part in (slice(half), slice(half, None))
    ]
    return columns(*parts)
