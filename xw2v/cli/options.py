"""What the commands that read text share: their options, and the bar shown while it is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from xw2v.settings import Settings

if TYPE_CHECKING:
    from xw2v.text.options import TextOptions
    from xw2v.text.reading import Progress

Command = TypeVar("Command", bound=Callable[..., Any])


def input_options(command: Command) -> Command:
    """INPUT ..., --corpus, --text-column, --token-pattern and --no-lowercase.

    The function gets inputs, corpus, text_column, token_pattern and lowercase; the last two are
    None where they are not given.
    """
    for option in reversed(
        (
            click.argument("inputs", metavar="[INPUT]...", nargs=-1),
            click.option(
                "--corpus",
                metavar="NAME",
                help="Built-in text: nltk, nltk:brown,reuters,... or docs.",
            ),
            click.option(
                "--text-column",
                metavar="NAME",
                default="text",
                show_default=True,
                help="Column of .arrow and .parquet files that holds the text.",
            ),
            click.option(
                "--token-pattern",
                metavar="REGEX",
                help=f"Regular expression of a token.  [default: {Settings.token_pattern}]",
            ),
            click.option(
                "--no-lowercase", "lowercase", flag_value=False, default=None, help="Keep capitals."
            ),
        )
    ):
        command = option(command)
    return command


def text_options(
    text_column: str, token_pattern: str | None, lowercase: bool | None
) -> TextOptions:
    """What the options of `input_options` say about how text is read."""
    from xw2v.text.options import TextOptions

    given = {"token_pattern": token_pattern, "lowercase": lowercase}
    return TextOptions(
        text_column=text_column,
        **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
    )


@contextmanager
def reading_bar(quiet: bool) -> Iterator[Progress | None]:
    """A bar on standard error, if that is a terminal, while text is read; yields its callback."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(unit=" words", unit_scale=True, desc="reading", leave=False, file=sys.stderr) as bar:

        def report(words: int, share: float | None) -> None:
            if share:
                bar.total = int(words / share)
            bar.update(words - bar.n)

        yield report
