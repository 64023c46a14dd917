"""Scores on test sets: correlation with human similarity, and accuracy on analogies by 3CosAdd.

The semantics are gensim 4.4's, number for number: words are compared in upper case unless asked
otherwise, of words that differ in case alone the first (most frequent) counts, only the first
`restrict_vocab` words exist, and what has a word that does not exist is left out of the score and
counted against coverage.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xw2v.vectors.arrays import unit
from xw2v.vectors.testsets import AnalogySet, PairSet, Question, Section
from xw2v.vectors.wordtable import WordTable

MAX_CANDIDATES = 5  # looked at by gensim for one that is not a word of the question in another case


class Correlation(NamedTuple):
    """A coefficient and its two-sided p; NaN below two pairs."""

    statistic: float
    pvalue: float

    @property
    def correlation(self) -> float:
        """The coefficient, by its older name."""
        return self.statistic


@dataclass(frozen=True)
class PairScore:
    """Agreement with one similarity set."""

    name: str
    pearson: Correlation
    spearman: Correlation
    pairs: int
    known: int
    skipped: int
    score_column: int = 3  # of the file, from 1
    composed: int = 0  # pairs with words that were never seen, scored by their n-grams

    @property
    def unknown_percent(self) -> float:
        """Per cent of the pairs with a word that does not exist."""
        return 100 * (self.pairs - self.known) / self.pairs


class _WordRows:
    """Which row a word of a test set means."""

    def __init__(
        self, vectors: WordTable, restrict_vocab: int | None, case_insensitive: bool
    ) -> None:
        words = vectors.index_to_key[:restrict_vocab]
        self.fold = str.upper if case_insensitive else str
        folded = [self.fold(word) for word in words]
        self._row = {word: row for row, word in reversed(list(enumerate(folded)))}
        self._is_lower = case_insensitive and not any(word != word.lower() for word in words)
        self.first = np.asarray([self._row[word] for word in folded])  # (R,) row of the same word

    def vector(self, vectors: WordTable, word: str) -> np.ndarray | None:
        """The vector of a word that exists, or is composed of n-grams, in lower case where none of
        the words has upper case; None for others.
        """
        rows = self.known((word,))
        if rows:
            return vectors.get_vector(rows[0])
        if self._is_lower:
            word = word.lower()
        return vectors.get_vector(word) if vectors.is_composed(word) else None

    def known(self, words: tuple[str, ...]) -> list[int]:
        """Rows of those words that exist."""
        return [self._row[word] for word in map(self.fold, words) if word in self._row]


def word_pairs(
    vectors: WordTable,
    pair_set: PairSet,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> PairScore:
    """Pearson's and Spearman's correlation of cosines with human scores.

    Pairs with words that were never seen count where these are composed of n-grams. With
    `dummy4unknown` a pair with an unknown word has a cosine of 0; otherwise it is left out.

    Raises InputError for a vector with a non-finite value.
    """
    word_rows = _WordRows(vectors, restrict_vocab, case_insensitive)
    rows = [word_rows.known((a,)) + word_rows.known((b,)) for a, b, _ in pair_set.pairs]
    known = np.asarray([len(pair) == 2 for pair in rows])
    model_scores = np.zeros(len(rows))
    composed = np.zeros_like(known)
    if vectors.subwords is not None:
        for i in np.flatnonzero(~known):
            a, b = (word_rows.vector(vectors, word) for word in pair_set.pairs[i][:2])
            if a is not None and b is not None:
                composed[i] = True
                model_scores[i] = np.vecdot(unit(a), unit(b))
    if known.any():
        table = vectors.vectors[[pair for pair in rows if len(pair) == 2]]  # (n, 2, D)
        model_scores[known] = np.vecdot(unit(table[:, 0]), unit(table[:, 1]))
        if not np.isfinite(model_scores).all():
            vectors.fill_norms(force=True)  # which raises, and names the word
    human_scores = np.asarray([score for _, _, score in pair_set.pairs])
    used = np.ones_like(known) if dummy4unknown else known | composed
    pearson, spearman = _correlations(human_scores[used], model_scores[used])
    return PairScore(
        pair_set.name,
        pearson,
        spearman,
        len(rows),
        int(known.sum()),
        pair_set.skipped,
        pair_set.score_column,
        int(composed.sum()),
    )


def _correlations(x: np.ndarray, y: np.ndarray) -> tuple[Correlation, Correlation]:
    nothing = Correlation(float("nan"), float("nan"))
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return nothing, nothing
    from scipy import stats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nearly constant scores
        pearson, spearman = stats.pearsonr(x, y), stats.spearmanr(x, y)
    return Correlation(*map(float, pearson)), Correlation(*map(float, spearman))


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
        """How many questions count."""
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
    analogy_set: AnalogySet,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
) -> AnalogyScore:
    """Answer every question with the word nearest to b - a + c (3CosAdd), the question's own words
    left out.

    With `dummy4unknown` a question with an unknown word counts as answered wrongly; otherwise it is
    left out.
    """
    word_rows = _WordRows(vectors, restrict_vocab, case_insensitive)
    sections = [_section_score(vectors, word_rows, s, dummy4unknown) for s in analogy_set.sections]
    return AnalogyScore(analogy_set.name, sections, analogy_set.skipped)


def _section_score(
    vectors: WordTable, word_rows: _WordRows, section: Section, dummy4unknown: bool
) -> SectionScore:
    rows, known = _question_rows(word_rows, section.questions)
    predictions = iter(_predict(vectors, word_rows, rows))
    correct: list[Quad] = []
    incorrect: list[Quad] = []
    for question, is_known in zip(section.questions, known, strict=True):
        if is_known:
            is_right = next(predictions) in word_rows.known(question.answers)
            (correct if is_right else incorrect).append(_as_quad(word_rows, question))
        elif dummy4unknown:
            incorrect.append(_as_quad(word_rows, question))
    return SectionScore(
        section.name, section.kind, correct, incorrect, len(known), len(known) - sum(known)
    )


def _as_quad(word_rows: _WordRows, question: Question) -> Quad:
    parts = (question.a, "/".join(question.b), question.c, "/".join(question.answers))
    a, b, c, d = map(word_rows.fold, parts)
    return a, b, c, d


def _question_rows(
    word_rows: _WordRows, questions: list[Question]
) -> tuple[np.ndarray, list[bool]]:
    """Rows (n, 3) of a, b and c of the n questions whose words are all known, and which ones those
    are.
    """
    rows = []
    known = []
    for question in questions:
        found = [
            word_rows.known(words)
            for words in ((question.a,), question.b, (question.c,), question.answers)
        ]
        known.append(all(found))
        if known[-1]:
            rows.append([words[0] for words in found[:3]])
    return np.asarray(rows, dtype=np.int64).reshape(-1, 3), known


def _predict(vectors: WordTable, word_rows: _WordRows, rows: np.ndarray) -> list[int]:
    """The row whose name answers each question (n, 3); -1 where no word is left to answer with."""
    if len(rows) == 0:
        return []
    nearest, _ = _nearest(vectors, word_rows, rows, 1)
    first = word_rows.first[nearest[:, 0]]
    predicted: list[int] = first.tolist()
    # a candidate that is a word of the question in another case is passed over
    repeated = np.flatnonzero((first[:, None] == rows).any(axis=1))
    if len(repeated):
        nearest, cosines = _nearest(vectors, word_rows, rows[repeated], MAX_CANDIDATES)
        for i, candidates, scores in zip(repeated, nearest, cosines, strict=True):
            words = word_rows.first[candidates[scores > -np.inf]].tolist()
            others = [row for row in words if row not in rows[i]]
            predicted[i] = others[0] if others else words[-1] if words else -1
    return predicted


def _nearest(
    vectors: WordTable, word_rows: _WordRows, rows: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k rows (n, k) nearest to b - a + c of questions (n, 3), other than theirs, and cosines
    (n, k).
    """
    a, b, c = (unit(vectors.vectors[rows[:, i]]).astype(np.float64) for i in range(3))
    queries = unit((b + c - a).astype(np.float32))
    return vectors.nearest_rows(queries, k, rows, len(word_rows.first))
