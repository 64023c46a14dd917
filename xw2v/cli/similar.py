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
    print_json,
    print_neighbours,
)
from xw2v.errors import UnknownWordError

if TYPE_CHECKING:
    from xw2v.vectors.keyedvectors import KeyedVectors

PROMPT = "word (or: king - man + woman; Ctrl-D ends) > "
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
    """Nearest neighbours of each WORD, by cosine.

    Without WORD it asks: a line is a word, several (nearest to their mean), or a sum such as
    "king - man + woman". It reads lines from a pipe as well.
    """
    vectors = load_model(model, device, backend)
    if not words:
        answers = []
        for line in _lines(as_json):
            answer = _answer(vectors, line, top_k, restrict_vocab)
            answers.append(answer)
            if not as_json:
                _print_answer(answer)
        if as_json:
            print_json({"model": model, "queries": answers})
        return
    for word in words:
        vectors.get_index(word)  # an unknown word stops the command before it prints anything
    queries = [list(words)] if together else [[word] for word in words]
    answers = [
        _record(
            " ".join(query), vectors.most_similar(query, topn=top_k, restrict_vocab=restrict_vocab)
        )
        for query in queries
    ]
    if as_json:
        print_json({"model": model, "queries": answers})
        return
    for answer in answers:
        if len(answers) > 1:
            click.echo(answer["query"])
        _print_answer(answer)


def _record(query: str, neighbours: list[tuple[str, float]]) -> dict[str, Any]:
    return {"query": query, "neighbours": as_records(neighbours)}


def _print_answer(answer: dict[str, Any]) -> None:
    if "error" in answer:
        click.echo(answer["error"], err=True)
    else:
        print_neighbours([(each["word"], each["cosine"]) for each in answer["neighbours"]])


def _lines(as_json: bool) -> Iterator[str]:
    """Lines of standard input, with a prompt where a person types them, until it ends or says
    EXIT.
    """
    person = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
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
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace")


def _answer(
    vectors: KeyedVectors, line: str, top_k: int, restrict_vocab: int | None
) -> dict[str, Any]:
    positive, negative = parse_sum(line, vectors)
    try:
        found = vectors.most_similar(positive, negative, topn=top_k, restrict_vocab=restrict_vocab)
    except UnknownWordError as error:  # at a prompt one mistyped word does not end the session
        return {"query": line, "error": str(error)}
    return _record(line, found)


def parse_sum(line: str, vectors: KeyedVectors) -> tuple[list[str], list[str]]:
    """(positive, negative) words of a line such as `king - man + woman` or `king woman -man`."""
    positive: list[str] = []
    negative: list[str] = []
    sign = positive
    for part in line.split():
        if part in ("+", "-"):
            sign = negative if part == "-" else positive
            continue
        if part[0] in "+-" and part not in vectors:
            sign, part = negative if part[0] == "-" else positive, part[1:]
        sign.append(part)
        sign = positive
    return positive, negative
