"""What the commands that ask vectors share: how they name a model, their options, and how they
print answers.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli import in_flags, notify
from xw2v.errors import InputError, UsageError, Xw2vError, shown
from xw2v.settings import SETTINGS

if TYPE_CHECKING:
    from xw2v.vectors.keyedvectors import KeyedVectors
    from xw2v.vectors.query import Neighbours

Command = Callable[..., Any]

DEFAULT_MODEL = "output"
MODEL_ARGUMENTS = ("model_argument", "model")  # names of parameters
MODEL_HELP = f"Model folder, or a file of vectors in any format.  [default: {DEFAULT_MODEL}]"


def model_option(command: Command) -> Command:
    """--model, for commands whose arguments are words."""
    return click.option("--model", default=DEFAULT_MODEL, metavar="PATH", help=MODEL_HELP)(command)


def model_argument(command: Command) -> Command:
    """MODEL as an argument or as --model; the function gets `model` either way."""

    @functools.wraps(command)
    def with_model(
        *args: Any, model_argument: str | None, model_option: str | None, **options: Any
    ) -> Any:
        return command(*args, model=chosen_model(model_argument, model_option), **options)

    argument = click.argument("model_argument", metavar="[MODEL]", required=False)
    option = click.option("--model", "model_option", metavar="PATH", help=MODEL_HELP)
    return argument(option(with_model))


def chosen_model(argument: str | None, option: str | None) -> str:
    """The model named as an argument or as an option; UsageError where both name one."""
    if argument is not None and option is not None:
        raise UsageError(
            f"the model is named twice, {argument} and --model {option}; leave one of them out"
        )
    return argument or option or DEFAULT_MODEL


def answer_options(command: Command) -> Command:
    """--device, --backend, --json."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option("--backend", metavar="NAME", help=SETTINGS["backend"].help),
        click.option(
            "--device",
            metavar="NAME",
            default="cpu",
            help=f"{in_flags(SETTINGS['device'].help)}  [default: cpu]",
        ),
    ):
        command = option(command)
    return command


def neighbour_options(command: Command) -> Command:
    """--top-k, --restrict-vocab."""
    restrict_vocab = click.option(
        "--restrict-vocab",
        type=click.IntRange(1),
        metavar="N",
        help="Answer from the first (most frequent) N words only.  [default: all]",
    )
    top_k = click.option(
        "--top-k",
        "--topn",
        "top_k",
        type=click.IntRange(1),
        default=10,
        help="How many.  [default: 10]",
    )
    return top_k(restrict_vocab(command))


class MultiValueCommand(click.Command):
    """Lets options that may be repeated take several values at once: `--pairs eval/*.tsv`.

    These are the options declared with `multiple=True` and a metavar that ends in `...`. The last
    of several values is MODEL where the command takes one, none is named otherwise, and the value
    names a model: `--pairs wordsim.tsv output`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        names = {name for option in self._multi_value_options() for name in option.opts}
        takes_model = any(parameter.name in MODEL_ARGUMENTS for parameter in self.params)
        runs: list[list[str]] = [[]]  # arguments, each run with the option that began it
        for arg in args:
            if arg.startswith("-") and arg != "-":
                runs.append([])
            runs[-1].append(arg)
        named = bool(runs[0]) or any(run[0].startswith("--model") for run in runs[1:])
        repeated = runs[0]
        for run in runs[1:]:
            option, *values = run
            if option not in names:
                repeated += run
                continue
            model = []
            if takes_model and not named and len(values) > 1 and names_model(values[-1]):
                model, named = [values.pop()], True
            repeated += [part for value in values for part in (option, value)] or [option]
            repeated += model
        return super().parse_args(ctx, repeated)

    def _multi_value_options(self) -> list[click.Option]:
        options = [parameter for parameter in self.params if isinstance(parameter, click.Option)]
        return [o for o in options if o.multiple and str(o.metavar).endswith("...")]


def names_model(value: str) -> bool:
    """Whether this is the path of a model folder, or of a file that only holds vectors."""
    from xw2v.vectors.formats import detect

    if not Path(value).exists():
        return False
    try:
        format, _ = detect(Path(value))
    except Xw2vError:
        return False
    return Path(value).is_dir() or format not in ("glove", "projector")  # pairs look like these


def check_no_model(option: str, values: Sequence[str]) -> None:
    """Refuse a model folder among the values of an option that takes several: it was to be MODEL.

    Raises UsageError.
    """
    for value in values:
        if (Path(value) / "vocab.json").is_file():
            raise UsageError(
                f"{option} {value}: is a model folder; name it before {option}, or with --model"
            )


def load_model(model: str, device: str = "cpu", backend: str | None = None) -> KeyedVectors:
    """The vectors of `model`, answering on a device. Raises InputError where there are none."""
    from xw2v.vectors.keyedvectors import KeyedVectors

    if not Path(model).exists():
        raise missing_model(model)
    return KeyedVectors.load(model).to_device(device, backend, notify)


def missing_model(model: str) -> InputError:
    """The error for a model that is not there, with the names beside it that look like it."""
    from xw2v.vectors.spelling import nearest_spellings

    path = Path(model)
    beside: list[str] = []
    with suppress(OSError):
        beside = [other.name for other in path.parent.iterdir()]
    near = [str(path.with_name(name)) for name in nearest_spellings(path.name, sorted(beside))]
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    else:
        hint = "train a model (xw2v train) or name one with --model"
    return InputError(f"no such file or folder; {hint}", path=model)


def note_unseen(vectors: KeyedVectors, words: Iterable[str]) -> dict[str, list[str]]:
    """Say on standard error which of `words` were never seen and have the vectors of their n-grams.

    Returns:
        What JSON says of them: "unseen", the list of them; nothing for vectors without n-grams.
    """
    if vectors.subwords is None:
        return {}
    composed = [word for word in dict.fromkeys(words) if vectors.is_composed(word)]
    for word in composed:
        click.echo(f"xw2v: {shown(word)} was not seen; its vector is that of its n-grams", err=True)
    return {"unseen": composed}


def as_records(neighbours: Neighbours, score: str = "cosine") -> list[dict[str, Any]]:
    """Neighbours as JSON shows them."""
    return [{"word": word, score: value} for word, value in neighbours]


def print_neighbours(neighbours: Sequence[tuple[str, float]]) -> None:
    """A neighbour a line, its score first; on standard error that there is none."""
    if not neighbours:
        click.echo("there is no other word to answer with", err=True)
    for word, score in neighbours:
        click.echo(f"{score:8.4f}  {word}")


def print_json(value: Any) -> None:
    """One JSON object on standard output; a NaN is null."""
    click.echo(json.dumps(_nan_as_null(value), ensure_ascii=False))


def _nan_as_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nan_as_null(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_nan_as_null(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value
