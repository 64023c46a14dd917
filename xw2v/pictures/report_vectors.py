"""The parts of a report about the vectors: neighbours of sample words, and scores on test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xw2v.pictures.report_parts import bars, cards, paragraph, percent, table
from xw2v.vectors.evaluation import AnalogyScore, PairScore
from xw2v.vectors.keyedvectors import KeyedVectors

NEIGHBOURS = 8  # of each word shown


@dataclass(frozen=True)
class Scores:
    """Results on test sets, among the first `words` words."""

    words: int
    pairs: Sequence[PairScore] = field(default_factory=list)
    analogies: Sequence[AnalogyScore] = field(default_factory=list)


def neighbours_section(vectors: KeyedVectors, words: Sequence[str]) -> str:
    """The nearest neighbours of each word."""
    parts = []
    for word in words:
        neighbours = vectors.most_similar(word, topn=NEIGHBOURS)
        items = [(other, f"{cosine:.3f}", cosine) for other, cosine in neighbours]
        parts.append((word, bars(items)))
    note = "By cosine similarity, among all words of the vocabulary."
    return cards(parts) + paragraph(note, small=True)


def evaluation_section(scores: Scores) -> str:
    """Scores on test sets, coverage beside them; nothing where there are none."""
    if not (scores.pairs or scores.analogies):
        return ""
    parts = [paragraph(f"Among the {scores.words:,} most frequent words.", small=True)]
    if scores.pairs:
        parts.append(_pairs_table(scores.pairs))
    parts += [_analogies_table(score) for score in scores.analogies]
    return "".join(parts)


def _pairs_table(scores: Sequence[PairScore]) -> str:
    rows = [
        [
            score.name,
            f"{score.spearman[0]:.4f}",
            f"{score.pearson[0]:.4f}",
            f"{score.known:,} of {score.pairs:,}",
            percent(score.known, score.pairs),
        ]
        for score in scores
    ]
    head = ["word pairs", "Spearman's ρ", "Pearson's r", "pairs known", "coverage"]
    return table(head, rows)


def _analogies_table(score: AnalogyScore) -> str:
    totals = [score.total("semantic"), score.total("syntactic"), score.total()]
    totals = [total for total in totals if total.questions]
    rows = [
        [
            line.name,
            f"{line.answered:,} of {line.questions:,} ({line.coverage:.1%})",
            f"{len(line.correct):,}",
            percent(len(line.correct), line.answered),
        ]
        for line in [*score.sections, *totals]
    ]
    row_classes = ["" for _ in score.sections] + ["total" for _ in totals]
    return table([score.name, "questions answered", "correct", "accuracy"], rows, row_classes, 3)
