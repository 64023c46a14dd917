"""A report: one HTML page about a finished run, from the files of its output folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.pictures.charts import Series, histogram, line_chart
from xw2v.pictures.loss_curve import epoch_means, history_points, validation_points
from xw2v.pictures.report_parts import bars, cards, columns, figure, paragraph, table, tiles
from xw2v.pictures.webpage import escape, joined, page
from xw2v.pictures.wordmap import WordMap
from xw2v.pictures.wordmap_page import SCRIPTS, STYLES, map_part
from xw2v.settings import Settings
from xw2v.text.figures import subsampling
from xw2v.training.run_folder import read_losses, read_record
from xw2v.vectors.evaluation import AnalogyScore, PairScore
from xw2v.vectors.keyedvectors import KeyedVectors

FREQUENT = 40  # words listed
THINNED = 15
NEIGHBOURS = 8  # of each word shown


@dataclass(frozen=True)
class Scores:
    """Results on test sets, among the first `words` words."""

    words: int
    pairs: Sequence[PairScore] = field(default_factory=list)
    analogies: Sequence[AnalogyScore] = field(default_factory=list)


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
            f"{folder}: its vocab.json has no counts; give the output folder of a finished xw2v train"
        )
    probes = list(words) or central_words(drawn)
    sections = [
        ("training", "Training", training_section(record, folder)),
        ("corpus", "Corpus", corpus_section(record, vectors)),
        ("neighbours", "Neighbours", neighbours_section(vectors, probes)),
        ("evaluation", "Evaluation", evaluation_section(scores)),
        ("map", "Map", f'<div class="map-frame">{map_part(drawn, wheel="ctrl")}</div>'),
        ("settings", "Settings", settings_section(record)),
    ]
    shown = [each for each in sections if each[2]]
    name = str(record["corpus"].get("description") or folder.resolve().name)
    versions = ", ".join(f"{library} {version}" for library, version in record["versions"].items())
    return page(
        "report.html",
        style=joined(*STYLES, "report.css"),
        script=joined(*SCRIPTS),
        title=escape(f"{name}: report of a run"),
        heading=escape(name),
        lead=escape(lead(record)),
        contents="".join(f'<a href="#{anchor}">{escape(title)}</a>' for anchor, title, _ in shown),
        tiles=tiles(key_figures(record, vectors)),
        sections="".join(
            f'<h2 id="{anchor}">{escape(title)}</h2>{part}' for anchor, title, part in shown
        ),
        footer=escape(
            f"{versions}; {record.get('machine', '')}; corpus {record['corpus'].get('fingerprint', '')}"
        ),
    )


def lead(record: dict[str, Any]) -> str:
    settings = record["settings"]
    kind = {"skipgram": "Skip-gram", "cbow": "CBOW"}.get(settings.get("model"), "word2vec")
    return (
        f"{kind} with {settings.get('negative')} negatives, window {settings.get('window')}, "
        f"on {settings.get('device')} by {settings.get('backend')}"
    )


def key_figures(record: dict[str, Any], vectors: KeyedVectors) -> list[tuple[str, str]]:
    corpus = record["corpus"]
    figures = [
        ("words of text", _whole(corpus.get("raw_words"))),
        ("vocabulary", _whole(len(vectors))),
        ("numbers a vector", _whole(vectors.vector_size)),
        ("epochs", _whole(record["settings"].get("epochs"))),
        ("training time", _time(record.get("train_seconds"))),
        ("words a second", _whole(record.get("words_per_second"))),
        ("final loss", _decimal(record.get("final_loss"))),
    ]
    if record.get("validation_loss") is not None:
        figures.append(("validation loss", _decimal(record["validation_loss"])))
    return figures


def training_section(record: dict[str, Any], folder: Path) -> str:
    """The loss curves."""
    steps, epochs = int(record.get("steps") or 0), int(record["settings"].get("epochs") or 1)
    history = history_points(read_losses(folder / "loss_history.txt"), steps)
    validation = read_losses(folder / "validation_history.txt")
    if not history:
        return paragraph("This run was too short to report a loss.")
    means = epoch_means(history, steps, epochs)
    series = [
        Series(history, "raw" if means else "first", "training, over each reporting interval")
    ]
    if means:
        series.append(Series(means, "first", "training, mean of each epoch", marked=True))
    if validation:
        points = validation_points(validation, steps)
        series.append(Series(points, "second", "validation, after each epoch", marked=True))
    rules = [steps * epoch / epochs for epoch in range(1, epochs)] if epochs <= 40 else []
    chart = line_chart(series, "update steps", "mean loss per positive pair", rules=rules)
    rows = [[f"epoch {i}", f"{loss:.4f}"] for i, (_, loss) in enumerate(means, 1)]
    head = ["", "training loss"]
    if means and len(validation) == len(means):
        rows = [[*row, f"{loss:.4f}"] for row, loss in zip(rows, validation, strict=True)]
        head.append("validation loss")
    note = paragraph(
        "The text is not the same all along, so the curve goes up and down in each epoch alike; from epoch to "
        "epoch it shows the trend.",
        small=True,
    )
    return columns(figure(chart, "Loss"), (table(head, rows) + note) if rows else "")


def corpus_section(record: dict[str, Any], vectors: KeyedVectors) -> str:
    """The most frequent words, Zipf's curve, sentence lengths, and what subsampling takes."""
    counts = np.asarray(vectors.counts, dtype=np.int64)
    corpus, sample = record["corpus"], float(record["settings"].get("sample") or 0)
    tokens = int(counts.sum())
    raw = int(corpus.get("raw_words") or tokens)
    intro = (
        f"{raw:,} words of text in {_whole(corpus.get('sentences'))} sentences; {tokens:,} of them "
        f"({tokens / max(raw, 1):.1%}) are among the {len(counts):,} words of the vocabulary."
    )
    top = [
        (word, f"{count:,}", count / counts[0])
        for word, count in zip(
            vectors.index_to_key[:FREQUENT], counts[:FREQUENT].tolist(), strict=True
        )
    ]
    return "".join(
        (
            paragraph(intro),
            f"<h3>The most frequent words</h3>{bars(top, wide=True)}",
            columns(_lengths(corpus.get("sentence_lengths")), _zipf(counts)),
            _thinned(vectors, counts, sample),
        )
    )


def _lengths(summary: dict[str, Any] | None) -> str:
    if not isinstance(summary, dict) or not summary.get("counts"):
        return figure(paragraph("This run's record does not hold them."), "Length of sentences")
    width, counts = int(summary["bin"]), [int(count) for count in summary["counts"]]
    starts = [1 + width * i for i in range(len(counts))]
    names = [
        f"{start} to {start + width - 1} words" if width > 1 else f"{start} words"
        for start in starts
    ]
    names[-1] = f"{starts[-1]} words and more"
    edges = [float(start) - 0.5 for start in [*starts, starts[-1] + width]]
    caption = (
        f"mean {summary['mean']:.1f}, median {summary['median']:,}, longest {summary['longest']:,}; the last bar "
        f"counts all from {starts[-1]:,} on"
    )
    return figure(
        histogram(counts, names, edges, "words in a sentence", "sentences"),
        "Length of sentences",
        caption,
    )


def _zipf(counts: np.ndarray) -> str:
    rows = np.unique(np.geomspace(1, len(counts), 120).astype(int)) - 1
    points = [(float(row + 1), float(counts[row])) for row in rows.tolist() if counts[row] > 0]
    if len(points) < 2:
        return ""
    chart = line_chart([Series(points, "first")], "rank of a word", "occurrences", logarithmic=True)
    half = int(np.searchsorted(counts.cumsum(), counts.sum() / 2)) + 1
    caption = f"on logarithmic axes; the {half:,} most frequent words make half of the text"
    return figure(chart, "Zipf's law", caption)


def _thinned(vectors: KeyedVectors, counts: np.ndarray, sample: float) -> str:
    if sample == 0:
        return "<h3>Subsampling</h3>" + paragraph("None: every token is trained on (--sample 0).")
    effect = subsampling(counts, sample)
    text = (
        f"With --sample {sample:g} an epoch trains on {effect.share:.1%} of the tokens and leaves "
        f"{1 - effect.share:.1%} out: {effect.thinned:,} words are thinned, the more the more frequent they are. The "
        f"other {len(counts) - effect.thinned:,} words keep every token."
    )
    rows = [
        [
            vectors.index_to_key[row],
            f"{counts[row]:,}",
            f"{counts[row] * effect.kept[row]:,.0f}",
            f"{100 * effect.kept[row]:.1f}%",
        ]
        for row in range(min(THINNED, effect.thinned))
    ]
    head = ["word", "occurrences", "trained on, in an epoch", "kept"]
    return "<h3>Subsampling</h3>" + paragraph(text) + (table(head, rows, bar=3) if rows else "")


def neighbours_section(vectors: KeyedVectors, words: Sequence[str]) -> str:
    """The nearest words of some."""
    parts = []
    for word in words:
        near = vectors.most_similar(word, topn=NEIGHBOURS)
        parts.append((word, bars([(other, f"{cosine:.3f}", cosine) for other, cosine in near])))
    return cards(parts) + paragraph("By cosine, among all words of the vocabulary.", small=True)


def central_words(drawn: WordMap) -> list[str]:
    """Of each group of a map the word nearest to the group's middle."""
    words = []
    for group in range(int(drawn.groups.max()) + 1):
        rows = np.flatnonzero(drawn.groups == group)
        if len(rows):
            middle = drawn.vectors[rows].mean(axis=0)
            words.append(drawn.words[rows[int(np.argmax(drawn.vectors[rows] @ middle))]])
    return words


def evaluation_section(scores: Scores) -> str:
    """Scores on test sets, coverage beside them; nothing where there are none."""
    if not (scores.pairs or scores.analogies):
        return ""
    parts = [paragraph(f"Among the {scores.words:,} most frequent words.", small=True)]
    if scores.pairs:
        rows = [
            [
                each.name,
                f"{each.spearman[0]:.4f}",
                f"{each.pearson[0]:.4f}",
                f"{each.known:,} of {each.pairs:,}",
                f"{100 * each.known / max(each.pairs, 1):.1f}%",
            ]
            for each in scores.pairs
        ]
        head = ["word pairs", "Spearman's ρ", "Pearson's r", "pairs known", "coverage"]
        parts.append(table(head, rows))
    for each in scores.analogies:
        totals = [each.total("semantic"), each.total("syntactic"), each.total()]
        lines = [*each.sections, *(total for total in totals if total.questions)]
        rows = [
            [
                line.name,
                f"{line.answered:,} of {line.questions:,} ({line.coverage:.1%})",
                f"{len(line.correct):,}",
                f"{100 * line.accuracy:.1f}%" if line.answered else "–",
            ]
            for line in lines
        ]
        marks = ["" if i < len(each.sections) else "total" for i in range(len(lines))]
        parts.append(
            table([each.name, "questions answered", "right", "accuracy"], rows, marks, bar=3)
        )
    return "".join(parts)


def settings_section(record: dict[str, Any]) -> str:
    """Every setting; those that are not the defaults stand out."""
    usual = {name: spec.default for name, spec in Settings.__dataclass_fields__.items()}
    rows, marks = [], []
    for name, value in record["settings"].items():
        default = usual.get(name)
        changed = default is not None and value != default
        rows.append(
            [name, _setting(value) + (f" (default {_setting(default)})" if changed else "")]
        )
        marks.append("changed" if changed else "")
    half = -(-len(rows) // 2)
    head = ["setting", "value"]
    return columns(table(head, rows[:half], marks[:half]), table(head, rows[half:], marks[half:]))


def _setting(value: Any) -> str:
    if value is None:
        return "–"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _whole(value: Any) -> str:
    return f"{round(value):,}" if isinstance(value, (int, float)) else "–"


def _decimal(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, (int, float)) else "–"


def _time(seconds: Any) -> str:
    if not isinstance(seconds, (int, float)):
        return "–"
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
