"""The part of a report about the corpus: its words, sentences, and what subsampling leaves."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.errors import shown
from xw2v.pictures.charts import Series, histogram, line_chart
from xw2v.pictures.report_parts import bars, columns, figure, integer, paragraph, percent, table
from xw2v.text.figures import subsampling
from xw2v.vectors.keyedvectors import KeyedVectors

FREQUENT_WORDS = 40  # listed
SUBSAMPLED_WORDS = 15  # listed
ZIPF_POINTS = 120


def corpus_section(record: dict[str, Any], vectors: KeyedVectors) -> str:
    """The most frequent words, sentence lengths, Zipf's curve, and the effect of subsampling."""
    counts = np.asarray(vectors.counts, dtype=np.int64)  # (V,)
    corpus, sample = record["corpus"], float(record["settings"].get("sample") or 0)
    tokens = int(counts.sum())
    text_words = int(corpus.get("raw_words") or tokens)
    intro = (
        f"{text_words:,} words of text in {integer(corpus.get('sentences'))} sentences; "
        f"{tokens:,} of them ({percent(tokens, max(text_words, 1))}) are among the "
        f"{len(counts):,} words of the vocabulary."
    )
    parts = [
        paragraph(f"{intro} {_coverage(corpus)}"),
        f"<h3>The most frequent words</h3>{_frequent(vectors.index_to_key, counts)}",
        columns(_lengths(corpus.get("sentence_lengths")), _zipf(counts)),
        f"<h3>Subsampling</h3>{_subsampled(vectors.index_to_key, counts, sample)}",
    ]
    return "".join(parts)


def _coverage(corpus: dict[str, Any]) -> str:
    """What of the text's letters and digits is in no word, if that was counted."""
    coverage = corpus.get("coverage")
    if not isinstance(coverage, dict):
        return ""
    letters, outside = coverage.get("letters"), coverage.get("outside_tokens")
    if not isinstance(letters, int) or not isinstance(outside, int) or letters < 1:
        return ""
    example = coverage.get("example")
    such_as = f", as in {shown(str(example))}" if outside and example else ""
    return f"{percent(outside, letters)} of its letters and digits are in no word{such_as}."


def _frequent(words: list[str], counts: np.ndarray) -> str:
    first = zip(words[:FREQUENT_WORDS], counts[:FREQUENT_WORDS].tolist(), strict=True)
    return bars([(word, f"{count:,}", count / counts[0]) for word, count in first], wide=True)


def _lengths(summary: dict[str, Any] | None) -> str:
    heading = "Length of sentences"
    if not isinstance(summary, dict) or not summary.get("counts"):
        return figure(paragraph("Not recorded by this run."), heading)
    width, counts = int(summary["bin"]), [int(count) for count in summary["counts"]]
    starts = [1 + width * i for i in range(len(counts))]
    names = [
        f"{start} to {start + width - 1} words" if width > 1 else f"{start} words"
        for start in starts
    ]
    names[-1] = f"{starts[-1]} words and more"
    edges = [float(start) - 0.5 for start in [*starts, starts[-1] + width]]
    caption = (
        f"mean {summary['mean']:.1f}, median {summary['median']:,}, longest {summary['longest']:,};"
        f" the last bar counts all from {starts[-1]:,} on"
    )
    chart = histogram(counts, names, edges, "words in a sentence", "sentences")
    return figure(chart, heading, caption)


def _zipf(counts: np.ndarray) -> str:
    rows = np.unique(np.geomspace(1, len(counts), ZIPF_POINTS).astype(int)) - 1
    points = [(float(row + 1), float(counts[row])) for row in rows.tolist() if counts[row] > 0]
    if len(points) < 2:
        return ""
    chart = line_chart([Series(points, "first")], "rank of a word", "occurrences", logarithmic=True)
    half = int(np.searchsorted(counts.cumsum(), counts.sum() / 2)) + 1
    caption = f"on logarithmic axes; the {half:,} most frequent words make up half of the text"
    return figure(chart, "Zipf's law", caption)


def _subsampled(words: list[str], counts: np.ndarray, sample: float) -> str:
    if sample == 0:
        return paragraph("None: every token is trained on (sample 0).")
    effect = subsampling(counts, sample)
    text = (
        f"With a sample of {sample:g} an epoch trains on {effect.share:.1%} of the tokens and "
        f"drops {1 - effect.share:.1%}: {effect.thinned:,} words are subsampled, more strongly the "
        f"more frequent they are. Of the other {len(counts) - effect.thinned:,} words every token "
        "is kept."
    )
    rows = [
        [
            words[row],
            f"{counts[row]:,}",
            f"{counts[row] * effect.kept[row]:,.0f}",
            f"{100 * effect.kept[row]:.1f}%",
        ]
        for row in range(min(SUBSAMPLED_WORDS, effect.thinned))
    ]
    head = ["word", "occurrences", "trained on, per epoch", "kept"]
    return paragraph(text) + (table(head, rows, bar=3) if rows else "")
