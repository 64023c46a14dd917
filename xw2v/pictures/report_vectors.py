"""The parts of a report about the vectors: neighbours and n-grams of words, scores on test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xw2v.pictures.report_parts import bars, cards, definitions, paragraph, percent, table
from xw2v.vectors.evaluation import AnalogyScore, PairScore
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.ngram_shares import ngram_shares, words_of_ngram

NEIGHBOURS = 8  # of each word shown
NGRAMS = 5  # of each word shown
NGRAM_WORDS = 4  # nearest to each of these


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
        parts.append((_heading(vectors, word), bars(items)))
    note = "By cosine similarity, among all words of the vocabulary."
    return cards(parts) + paragraph(note, small=True)


def ngrams_section(vectors: KeyedVectors, words: Sequence[str]) -> str:
    """The n-grams that contribute most to each word, with the words that each is nearest to;
    nothing where words have none.
    """
    parts = []
    for word in words:
        shares = [each for each in ngram_shares(vectors, word)[:NGRAMS] if each.share > 0]
        items = [(each.ngram, f"{each.share:.0%}", each.share) for each in shares]
        near = [
            (each.ngram, ", ".join(words_of_ngram(vectors, each.ngram, NGRAM_WORDS, word)))
            for each in shares
        ]
        if items:
            parts.append((_heading(vectors, word), bars(items) + definitions(near)))
    if not parts:
        return ""
    note = (
        "A word's vector is the mean of its n-grams' and, where it was seen, one of its own. The "
        "shares say how much of it points where an n-gram does; below them, the words of the "
        "vocabulary nearest to each n-gram."
    )
    return cards(parts, wide=True) + paragraph(note, small=True)


def _heading(vectors: KeyedVectors, word: str) -> str:
    return f"{word} (not in the text)" if vectors.is_composed(word) else word


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
