"""xw2v vector: the vectors of words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from xw2v.cli.vector_options import load_model, model_option, note_unseen, print_json
from xw2v.errors import UnknownWordError

ONE_A_LINE = "; a line is one word: tr -s ' ' '\\n' makes lines of words"


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORD ...")
@click.option("--unit", is_flag=True, help="Scale each vector to norm 1.")
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(words: tuple[str, ...], unit: bool, model: str, as_json: bool) -> None:
    """The vector of each WORD, a line of the word and its numbers, as in vectors.txt.

    With - as a WORD, words are read from standard input, one a line. Words that are unknown are
    reported, the others printed, and the command then ends with 1. Of a model with n-grams, words
    that were never seen have vectors, too.
    """
    vectors = load_model(model)
    found: list[str] = []
    records: list[dict[str, Any]] = []
    n_unknown = 0
    for word in _words(words):
        try:
            vector = vectors.get_vector(word, norm=unit)
        except UnknownWordError as error:
            hint = ONE_A_LINE if " " in word else ""
            click.echo(f"xw2v: {error}{hint}", err=True)
            n_unknown += 1
            continue
        found.append(word)
        numbers = [str(number) for number in vector]  # the fewest digits that are exact in float32
        if as_json:
            records.append({"word": word, "vector": [float(number) for number in numbers]})
        else:
            click.echo(f"{word} {' '.join(numbers)}")
    unseen = note_unseen(vectors, found)
    if as_json:
        record = {"model": model, "vector_size": vectors.vector_size, "vectors": records}
        print_json(record | unseen)
    if n_unknown:
        sys.exit(1)


def _words(words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        if word != "-":
            yield word
            continue
        for number, line in enumerate(sys.stdin.buffer):
            text = line.decode("utf-8" if number else "utf-8-sig", "replace").rstrip("\r\n")
            if text:
                yield text
