"""xw2v analogy: A + B - C."""

from __future__ import annotations

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


@click.command()
@click.argument("a")
@click.argument("b")
@click.argument("c")
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
    a: str,
    b: str,
    c: str,
    method: str,
    top_k: int,
    restrict_vocab: int | None,
    model: str,
    device: str,
    backend: str | None,
    as_json: bool,
) -> None:
    """Words nearest to A + B - C: `xw2v analogy king woman man` asks what is to woman as king is to
    man.
    """
    vectors = load_model(model, device, backend)
    ask = vectors.most_similar if method == "add" else vectors.most_similar_cosmul
    found = ask([a, b], [c], topn=top_k, restrict_vocab=restrict_vocab)
    if as_json:
        score = "cosine" if method == "add" else "score"
        print_json(
            {
                "model": model,
                "positive": [a, b],
                "negative": [c],
                "neighbours": as_records(found, score),
            }
        )
    else:
        print_neighbours(found)
