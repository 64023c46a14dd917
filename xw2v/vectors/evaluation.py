"""Scores on test sets: correlation with human similarity, and accuracy on analogies by 3CosAdd.

The semantics are gensim 4.4's, number for number: words are compared in upper case unless asked
otherwise, of words that differ in case alone the first (most frequent) counts, only the first
`restrict_vocab` words exist, and what has a word that does not exist is left out of the score and
counted against coverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xw2v.vectors.arrays import unit
from xw2v.vectors.testsets import AnalogySet, PairSet, Question
from xw2v.vectors.wordtable import WordTable

MAX_CANDIDATES = 5  # looked at by gensim for one that is not a word of the question in another case


@dataclass(frozen=True)
class PairScore:
    """Agreement with one similarity set; correlations are (coefficient, two-sided p), NaN below two
    pairs.
    """

    name: str
    pearson: tuple[float, float]
    spearman: tuple[float, float]
    pairs: int
    known: int
    skipped: int

    @property
    def unknown_percent(self) -> float:
        return 100 * (self.pairs - self.known) / self.pairs


class _Names:
    """Which row a word of a test set means."""

    def __init__(
        self, vectors: WordTable, restrict_vocab: int | None, case_insensitive: bool
    ) -> None:
        words = vectors.index_to_key[:restrict_vocab]
        self.fold = str.upper if case_insensitive else str
        folded = [self.fold(word) for word in words]
        self.row = {name: row for row, name in reversed(list(enumerate(folded)))}
        self.first = np.asarray(
            [self.row[name] for name in folded]
        )  # (R,) the row that a row's name means

    def known(self, words: tuple[str, ...]) -> list[int]:
        """Rows of those words that exist."""
        return [self.row[name] for name in map(self.fold, words) if name in self.row]


def word_pairs(
    vectors: WordTable,
    given: PairSet,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> PairScore:
    """Pearson's and Spearman's correlation of cosines with human scores.

    With `dummy4unknown` a pair with an unknown word has a cosine of 0; otherwise it is left out.
    """
    names = _Names(vectors, restrict_vocab, case_insensitive)
    rows = [(names.known((a,)), names.known((b,))) for a, b, _ in given.pairs]
    known = np.asarray([bool(a and b) for a, b in rows])
    ours = np.zeros(len(rows), dtype=np.float32)
    if known.any():
        first = unit(vectors.vectors[[a[0] for a, b in rows if a and b]])
        second = unit(vectors.vectors[[b[0] for a, b in rows if a and b]])
        ours[known] = np.vecdot(first, second)
    theirs = np.asarray([score for _, _, score in given.pairs])
    used = np.ones_like(known) if dummy4unknown else known
    pearson, spearman = _correlations(theirs[used], ours[used].astype(np.float64))
    return PairScore(given.name, pearson, spearman, len(rows), int(known.sum()), given.skipped)


def _correlations(x: np.ndarray, y: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    nothing = (float("nan"), float("nan"))
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return nothing, nothing
    from scipy import stats

    pearson, spearman = stats.pearsonr(x, y), stats.spearmanr(x, y)
    return (float(pearson[0]), float(pearson[1])), (float(spearman[0]), float(spearman[1]))


Quad = tuple[str, str, str, str]


@dataclass(frozen=True)
class SectionScore:
    """The questions of one section, or of several together, by outcome."""

    name: str
    kind: str | None
    correct: list[Quad]
    incorrect: list[Quad]
    questions: int
    unknown: int

    @property
    def answered(self) -> int:
        return len(self.correct) + len(self.incorrect)

    @property
    def accuracy(self) -> float:
        """Share of the answered questions answered rightly; 0 where none was."""
        return len(self.correct) / self.answered if self.answered else 0.0

    @property
    def coverage(self) -> float:
        """Share of the questions whose words are all known."""
        return (self.questions - self.unknown) / self.questions if self.questions else 0.0


@dataclass(frozen=True)
class AnalogyScore:
    """Accuracy on one analogy set."""

    name: str
    sections: list[SectionScore]
    skipped: int

    def total(self, kind: str | None = None) -> SectionScore:
        """All sections together, or those of one kind ("semantic", "syntactic")."""
        parts = [section for section in self.sections if kind in (None, section.kind)]
        return SectionScore(
            f"{kind or 'total'}",
            kind,
            [quad for part in parts for quad in part.correct],
            [quad for part in parts for quad in part.incorrect],
            sum(part.questions for part in parts),
            sum(part.unknown for part in parts),
        )

    def as_gensim(self) -> tuple[float, list[dict[str, Any]]]:
        """(accuracy, sections) as gensim's evaluate_word_analogies answers."""
        parts = [*self.sections, self.total()]
        names = [section.name for section in self.sections] + ["Total accuracy"]
        sections = [
            {"section": name, "correct": part.correct, "incorrect": part.incorrect}
            for name, part in zip(names, parts, strict=True)
        ]
        return parts[-1].accuracy, sections


def word_analogies(
    vectors: WordTable,
    given: AnalogySet,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> AnalogyScore:
    """Answer every question with the word nearest to b - a + c (3CosAdd), the question's own words
    left out.

    With `dummy4unknown` a question with an unknown word counts as answered wrongly; otherwise it is
    left out.
    """
    names = _Names(vectors, restrict_vocab, case_insensitive)
    sections = []
    for section in given.sections:
        rows, known = _question_rows(names, section.questions)
        predicted = _predict(vectors, names, rows)
        right = iter(
            row in names.known(q.answers)
            for q, row in zip(
                (q for q, k in zip(section.questions, known, strict=True) if k),
                predicted,
                strict=True,
            )
        )
        correct: list[Quad] = []
        incorrect: list[Quad] = []
        for question, is_known in zip(section.questions, known, strict=True):
            quad = _as_quad(names, question)
            if is_known:
                (correct if next(right) else incorrect).append(quad)
            elif dummy4unknown:
                incorrect.append(quad)
        unknown = len(known) - sum(known)
        sections.append(
            SectionScore(section.name, section.kind, correct, incorrect, len(known), unknown)
        )
    return AnalogyScore(given.name, sections, given.skipped)


def _as_quad(names: _Names, question: Question) -> Quad:
    parts = (question.a, "/".join(question.b), question.c, "/".join(question.answers))
    a, b, c, d = map(names.fold, parts)
    return a, b, c, d


def _question_rows(names: _Names, questions: list[Question]) -> tuple[np.ndarray, list[bool]]:
    """Rows (n, 3) of a, b and c of the n questions whose words are all known, and which ones those
    are.
    """
    rows = []
    known = []
    for question in questions:
        found = [
            names.known(words)
            for words in ((question.a,), question.b, (question.c,), question.answers)
        ]
        known.append(all(found))
        if known[-1]:
            rows.append([words[0] for words in found[:3]])
    return np.asarray(rows, dtype=np.int64).reshape(-1, 3), known


def _predict(vectors: WordTable, names: _Names, rows: np.ndarray) -> list[int]:
    """The row whose name answers each question (n, 3); -1 where no word is left to answer with."""
    if len(rows) == 0:
        return []
    answers, _ = _nearest(vectors, names, rows, 1)
    first = names.first[answers[:, 0]]
    # a candidate that is one of the question's words in another case is passed over
    again = np.flatnonzero((first[:, None] == rows).any(axis=1))
    predicted: list[int] = first.tolist()
    if len(again):
        deeper, cosines = _nearest(vectors, names, rows[again], MAX_CANDIDATES)
        for i, candidates, scores in zip(again, deeper, cosines, strict=True):
            left = [
                int(names.first[row])
                for row, score in zip(candidates, scores, strict=True)
                if score > -np.inf
            ]
            others = [row for row in left if row not in rows[i]]
            predicted[i] = others[0] if others else left[-1] if left else -1
    return predicted


def _nearest(
    vectors: WordTable, names: _Names, rows: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k rows (n, k) nearest to b - a + c of questions (n, 3), other than theirs, and cosines
    (n, k).
    """
    a, b, c = (unit(vectors.vectors[rows[:, i]]).astype(np.float64) for i in range(3))
    queries = unit((b + c - a).astype(np.float32))
    return vectors.nearest_rows(queries, k, rows, len(names.first))
