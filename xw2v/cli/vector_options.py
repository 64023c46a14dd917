"""What the commands that ask vectors something share: their options, and how they print
neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xw2v.errors import InputError

if TYPE_CHECKING:
    from xw2v.vectors.keyedvectors import KeyedVectors, Neighbours

MODEL_HELP = "Model folder, or a file of vectors in any format.  [default: output]"


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--model, --device, --backend, --json."""
    for option in reversed(
        (
            click.option("--model", default="output", metavar="PATH", help=MODEL_HELP),
            click.option(
                "--device",
                default="cpu",
                help="Where to compute: cpu, cuda or auto.  [default: cpu]",
            ),
            click.option("--backend", default=None, help="Array library: numpy, cupy or torch."),
            click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        )
    ):
        command = option(command)
    return command


def neighbour_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--top-k, --restrict-vocab."""
    for option in reversed(
        (
            click.option(
                "--top-k",
                "--topn",
                "top_k",
                type=click.IntRange(1),
                default=10,
                help="How many.  [default: 10]",
            ),
            click.option(
                "--restrict-vocab",
                type=click.IntRange(1),
                metavar="N",
                help="Answer from the first (most frequent) N words only.",
            ),
        )
    ):
        command = option(command)
    return command


def load_model(model: str, device: str = "cpu", backend: str | None = None) -> KeyedVectors:
    """The vectors of `model`, answering on a device. Raises InputError where there are none."""
    from xw2v.vectors.keyedvectors import KeyedVectors

    if not Path(model).exists():
        raise InputError(
            f"{model}: no such file or folder; train a model (xw2v train) or name one with --model"
        )
    return KeyedVectors.load(model).to_device(device, backend)


def as_records(neighbours: Neighbours, score: str = "cosine") -> list[dict[str, Any]]:
    """Neighbours as JSON shows them."""
    return [{"word": word, score: value} for word, value in neighbours]


def print_neighbours(neighbours: Neighbours) -> None:
    """A neighbour a line, its score first."""
    for word, score in neighbours:
        click.echo(f"{score:8.4f}  {word}")


def print_json(value: Any) -> None:
    """One JSON object on standard output; a number that is not one (NaN) is null."""
    click.echo(json.dumps(_finite(value), ensure_ascii=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and value != value else value
