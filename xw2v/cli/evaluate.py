"""xw2v evaluate: scores on word-similarity and analogy test sets."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli.vector_options import (
    MultiValueCommand,
    answer_options,
    check_no_model,
    load_model,
    model_argument,
    print_json,
)
from xw2v.errors import UsageError

if TYPE_CHECKING:
    from xw2v.vectors.evaluation import AnalogyScore, PairScore, SectionScore


@click.command(cls=MultiValueCommand)
@click.option(
    "--pairs",
    multiple=True,
    metavar="FILE ...",
    help="Lines of word, word and score, among whatever other columns.",
)
@click.option(
    "--delimiter",
    metavar="CHARACTER",
    help="Between the columns of --pairs: tab, comma, space, or any character.  "
    "[default: found from the file]",
)
@click.option(
    "--analogies",
    multiple=True,
    metavar="FILE ...",
    help="Lines of four words under ': section' lines (Google, MSR), or a BATS folder.",
)
@click.option(
    "--restrict-vocab",
    type=click.IntRange(1),
    default=30000,
    metavar="N",
    help="Only the first (most frequent) N words exist.  [default: 30000]",
)
@click.option("--case-sensitive", is_flag=True, help="Do not compare words in upper case.")
@click.option(
    "--unknown-is-wrong",
    is_flag=True,
    help="Score pairs and questions with unknown words as wrong.",
)
@model_argument
@answer_options
def command(
    pairs: tuple[str, ...],
    delimiter: str | None,
    analogies: tuple[str, ...],
    restrict_vocab: int,
    case_sensitive: bool,
    unknown_is_wrong: bool,
    model: str,
    device: str,
    backend: str | None,
    as_json: bool,
) -> None:
    """Scores on test sets, each with how much of the set the vocabulary covers, as gensim computes
    them.
    """
    if not (pairs or analogies):
        raise UsageError(
            "name at least one test set: --pairs FILE (word, word and score, "
            "such as wordsim353.tsv) or --analogies FILE (such as questions-words.txt, or a BATS "
            "folder)"
        )
    check_no_model("--pairs", pairs)
    check_no_model("--analogies", analogies)
    from xw2v.vectors.evaluation import word_analogies, word_pairs
    from xw2v.vectors.testsets import read_analogies, read_pairs

    pair_sets = [read_pairs(Path(path), delimiter) for path in pairs]
    analogy_sets = [read_analogies(Path(path)) for path in analogies]
    vectors = load_model(model, device, backend)
    options = (restrict_vocab, not case_sensitive, unknown_is_wrong)
    pair_scores = [word_pairs(vectors, pair_set, *options) for pair_set in pair_sets]
    analogy_scores = [
        word_analogies(vectors, analogy_set, *options) for analogy_set in analogy_sets
    ]
    words = min(restrict_vocab, len(vectors))
    if as_json:
        record = {
            "model": model,
            "restrict_vocab": restrict_vocab,
            "words": words,
            "case_insensitive": not case_sensitive,
            "unknown_is_wrong": unknown_is_wrong,
            "pairs": [pair_record(score) for score in pair_scores],
            "analogies": [analogy_record(score) for score in analogy_scores],
        }
        print_json(record)
        return
    click.echo(
        f"the {words:,} most frequent words of {len(vectors):,} (--restrict-vocab {restrict_vocab})"
    )
    if pair_scores:
        print_pairs(pair_scores)
    for score in analogy_scores:
        print_analogies(score)


def pair_record(score: PairScore) -> dict[str, Any]:
    """A similarity score as JSON shows it."""
    return {
        "name": score.name,
        "pearson": score.pearson[0],
        "pearson_p": score.pearson[1],
        "spearman": score.spearman[0],
        "spearman_p": score.spearman[1],
        "pairs": score.pairs,
        "known": score.known,
        "composed": score.composed,
        "unknown_percent": score.unknown_percent,
        "skipped_lines": score.skipped,
        "score_column": score.score_column,
    }


def section_record(score: SectionScore) -> dict[str, Any]:
    """A section's score as JSON shows it."""
    return {
        "name": score.name,
        "kind": score.kind,
        "accuracy": score.accuracy if score.answered else None,
        "correct": len(score.correct),
        "answered": score.answered,
        "questions": score.questions,
        "coverage": score.coverage,
    }


def analogy_record(score: AnalogyScore) -> dict[str, Any]:
    """An analogy score as JSON shows it."""
    return {
        "name": score.name,
        "sections": [section_record(section) for section in score.sections],
        "semantic": section_record(score.total("semantic")),
        "syntactic": section_record(score.total("syntactic")),
        "total": section_record(score.total()),
        "skipped_lines": score.skipped,
    }


def print_pairs(scores: list[PairScore]) -> None:
    """A table of similarity sets."""
    width = max(len("similarity"), *(len(score.name) for score in scores))
    click.echo(f"\n{'similarity':{width}}  Spearman   Pearson   pairs known")
    for score in scores:
        known = f"{score.known} of {score.pairs} ({score.known / score.pairs:.1%})"
        click.echo(
            f"{score.name:{width}}  {score.spearman[0]:8.4f}  {score.pearson[0]:8.4f}   {known}"
        )
    for score in scores:
        if score.composed:
            click.echo(
                f"{score.name}: {score.composed:,} more pairs are scored, with words that were not "
                "seen and have the vectors of their n-grams"
            )
        if math.isnan(score.spearman[0]):
            few = "two known pairs" if score.known < 2 else "pairs whose cosines and scores differ"
            click.echo(f"{score.name}: a correlation needs {few}")
        if score.score_column != 3:
            click.echo(f"{score.name}: the scores are those of column {score.score_column}")
        print_skipped(score.name, score.skipped, "a pair and its score")


def print_analogies(score: AnalogyScore) -> None:
    """A table of an analogy set's sections, and their totals."""
    totals = [score.total("semantic"), score.total("syntactic"), score.total()]
    rows = [*score.sections, *(total for total in totals if total.questions)]
    width = max(len(score.name), *(len(row.name) for row in rows))
    click.echo(f"\n{score.name:{width}}  accuracy            right   questions answered")
    for row in rows:
        accuracy = f"{row.accuracy:8.2%}" if row.answered else f"{'-':>8}"
        right = f"{len(row.correct)} of {row.answered}"
        covered = f"{row.answered} of {row.questions} ({row.coverage:.1%})"
        click.echo(f"{row.name:{width}}  {accuracy}  {right:>15}   {covered}")
    print_skipped(score.name, score.skipped, "a question of four words")


def print_skipped(name: str, skipped: int, expected: str) -> None:
    """How many lines of a test set counted for nothing, where there are any."""
    if skipped:
        lines = "1 line is" if skipped == 1 else f"{skipped:,} lines are"
        click.echo(f"{name}: {lines} not {expected}, and skipped")
