"""xw2v analogy: A + B - C."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from xw2v.errors import UsageError

if TYPE_CHECKING:
    from xw2v.vectors.keyedvectors import KeyedVectors


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="A B C | SUM")
@click.option(
    "--method",
    type=click.Choice(["add", "mul"]),
    default="add",
    help="3CosAdd (nearest to A + B - C) or 3CosMul (Levy and Goldberg 2014).  [default: add]",
)
@neighbour_options
@model_option
@answer_options
def command(
    words: tuple[str, ...],
    method: str,
    top_k: int,
    restrict_vocab: int | None,
    model: str,
    device: str,
    backend: str | None,
    as_json: bool,
) -> None:
    """Words nearest to A + B - C: `xw2v analogy king woman man` asks what is to woman as king is to
    man. The same as a sum: `xw2v analogy king - man + woman`.
    """
    vectors = load_model(model, device, backend)
    positive, negative = sum_of(words, vectors)
    ask = vectors.most_similar if method == "add" else vectors.most_similar_cosmul
    found = ask(positive, negative, topn=top_k, restrict_vocab=restrict_vocab)
    unseen = note_unseen(vectors, positive + negative)
    if not as_json:
        print_neighbours(found)
        return
    print_json(
        {
            "model": model,
            "positive": positive,
            "negative": negative,
            "neighbours": as_records(found, "cosine" if method == "add" else "score"),
        }
        | unseen
    )


def sum_of(words: tuple[str, ...], vectors: KeyedVectors) -> tuple[list[str], list[str]]:
    """(positive, negative) words: A B C is A + B - C, anything else a sum with its signs.

    Raises UsageError for words that are neither.
    """
    is_list = len(words) > 1 and not any(word in SIGNS for word in words)
    if is_list and len(words) == 3:
        return [words[0], words[1]], [words[2]]
    positive, negative = parse_sum(" ".join(words), vectors)
    if is_list or len(positive) + len(negative) < 2:
        raise UsageError(
            "give three words A B C (A + B - C), or a sum with its signs: king - man + woman"
        )
    return positive, negative
