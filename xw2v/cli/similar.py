"""xw2v similar: the nearest neighbours of words, given as arguments or at a prompt."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli.vector_options import (
    answer_options,
    as_records,
    load_model,
    model_option,
    neighbour_options,
    note_unseen,
    print_json,
    print_neighbours,
)
from xw2v.cli.word_sums import SIGNS, parse_sum
from xw2v.errors import InputError, Xw2vError, shown

if TYPE_CHECKING:
    from xw2v.vectors.keyedvectors import KeyedVectors

PROMPT = 'word (or: king - man + woman, "new york"; Ctrl-D ends) > '
LAST_LINE = "EXIT"  # as in the C tool


@click.command()
@click.argument("words", nargs=-1, metavar="[WORD ...]")
@click.option("--together", is_flag=True, help="One list, nearest to the mean of all words.")
@neighbour_options
@model_option
@answer_options
def command(
    words: tuple[str, ...],
    together: bool,
    top_k: int,
    restrict_vocab: int | None,
    model: str,
    device: str,
    backend: str | None,
    as_json: bool,
) -> None:
    """Nearest neighbours of each WORD, by cosine; a WORD may be a sum, "king - man + woman".

    Without WORD it asks: a line is a word, several (nearest to their mean), or a sum; words with
    spaces go in double quotes. It reads lines from a pipe as well.
    """
    vectors = load_model(model, device, backend)
    options: dict[str, Any] = {"topn": top_k, "restrict_vocab": restrict_vocab}
    if not words:
        answer_lines(model, vectors, options, as_json)
        return
    if len(words) > 1 and any(word in SIGNS and word not in vectors for word in words):
        words = (" ".join(words),)  # a sum without its quotes
    if together:
        queries = [query_of(word, vectors) for word in words]
        positive = [word for query in queries for word in query[0]]
        negative = [word for query in queries for word in query[1]]
        records = [answer(" ".join(words), vectors, positive, negative, options)]
    elif len(words) == 1:
        records = [answer(words[0], vectors, *query_of(words[0], vectors), options)]
    else:
        records = [answer_or_error(word, vectors, options) for word in words]
    if as_json:
        print_json({"model": model, "queries": records})
    else:
        for record in records:
            print_record(record, heading=len(records) > 1)
    if any("error" in record for record in records):
        sys.exit(1)


def query_of(word: str, vectors: KeyedVectors) -> tuple[list[str], list[str]]:
    """(positive, negative) words of an argument: a word, or a sum."""
    is_sum = word not in vectors and any(c.isspace() for c in word.strip())
    return parse_sum(word, vectors) if is_sum else ([word], [])


def answer_lines(model: str, vectors: KeyedVectors, options: dict[str, Any], as_json: bool) -> None:
    """Answer each line of standard input; a line that cannot be answered does not end it."""
    person = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    records = []
    for line in _lines(person):
        try:
            positive, negative = parse_sum(line, vectors)
            if not positive + negative:
                raise InputError(f"{shown(line)} names no word")
            record = answer(line, vectors, positive, negative, options)
        except Xw2vError as error:
            record = {"query": line, "error": str(error)}
        if as_json:
            records.append(record)
        else:
            print_record(record, heading=not person)
    if as_json:
        print_json({"model": model, "queries": records})


def answer_or_error(word: str, vectors: KeyedVectors, options: dict[str, Any]) -> dict[str, Any]:
    """An answer to one argument of several; what is wrong with one costs no other its answer."""
    try:
        return answer(word, vectors, *query_of(word, vectors), options)
    except Xw2vError as error:
        return {"query": word, "error": str(error)}


def answer(
    query: str,
    vectors: KeyedVectors,
    positive: list[str],
    negative: list[str],
    options: dict[str, Any],
) -> dict[str, Any]:
    """An answer as JSON shows it."""
    neighbours = vectors.most_similar(positive, negative, **options)
    unseen = note_unseen(vectors, positive + negative)
    return {"query": query, "neighbours": as_records(neighbours)} | unseen


def print_record(record: dict[str, Any], heading: bool) -> None:
    """Print an answer, or why there is none, on standard error."""
    if "error" in record:
        click.echo(record["error"], err=True)
        return
    if heading:
        click.echo(record["query"])
    print_neighbours([(item["word"], item["cosine"]) for item in record["neighbours"]])


def _lines(person: bool) -> Iterator[str]:
    """Lines of standard input, with a prompt where a person types them, until it ends or a line is
    EXIT.
    """
    for line in _typed() if person else _piped():
        if line.strip() == LAST_LINE:
            return
        if line.strip():
            yield line.strip()


def _typed() -> Iterator[str]:
    with suppress(ImportError):  # not on Windows
        import readline  # noqa: F401  # gives input() a history and editing
    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            click.echo()
            return


def _piped() -> Iterator[str]:
    for number, line in enumerate(sys.stdin.buffer):
        yield line.decode("utf-8" if number else "utf-8-sig", "replace")
