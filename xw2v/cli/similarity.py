"""xw2v similarity: cosine and Euclidean distance of two words."""

from __future__ import annotations

import click

from xw2v.cli.vector_options import (
    answer_options,
    load_model,
    model_option,
    note_unseen,
    print_json,
)


@click.command()
@click.argument("a")
@click.argument("b")
@model_option
@answer_options
def command(a: str, b: str, model: str, device: str, backend: str | None, as_json: bool) -> None:
    """Cosine and Euclidean distance of the words A and B, and B's rank among the neighbours of
    A.
    """
    vectors = load_model(model, device, backend)
    cosine, distance = vectors.similarity(a, b), vectors.euclidean_distance(a, b)
    rank = vectors.rank(a, b)
    unseen = note_unseen(vectors, (a, b))
    if as_json:
        record = {"model": model, "a": a, "b": b, "cosine": cosine, "euclidean": distance}
        print_json(record | {"rank": rank} | unseen)
        return
    click.echo(f"cosine similarity   {cosine:.4f}")
    click.echo(f"Euclidean distance  {distance:.4f}")
    click.echo(f"rank of {b!r} among the neighbours of {a!r}: {rank} of {len(vectors) - 1}")
