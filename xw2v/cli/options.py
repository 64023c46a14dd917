"""What the commands that read text share: their options, and the bar shown while it is read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import click

from xw2v.training import console

if TYPE_CHECKING:
    from xw2v.text.encode import Progress
    from xw2v.text.options import TextOptions

TOKENS = ("ascii", "words", "raw")
Command = TypeVar("Command", bound=Callable[..., Any])


def input_options(command: Command) -> Command:
    """INPUT ..., --corpus, --text-column, and the options of `rule_options`.

    The function gets inputs, corpus and text_column, and the others by the names of settings,
    each None where it is not given.
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
                help="Column of tables, or key of JSON Lines, that holds the text or its tokens.",
            ),
            click.option(
                "--tokens",
                type=click.Choice(TOKENS),
                help="What a word is: ascii, [a-z']+ of lower-cased text; words, those of any "
                "language; raw, whatever stands between whitespace.  [default: ascii; raw for what "
                "xw2v phrases wrote]",
            ),
            click.option(
                "--token-pattern", metavar="REGEX", help="Regular expression of a token instead."
            ),
            click.option(
                "--lowercase/--no-lowercase",
                default=None,
                help="Lower-case text.  [default: yes, but not with --tokens raw]",
            ),
            click.option(
                "--keep-digits",
                is_flag=True,
                default=None,
                help="With --tokens words, numbers are words, too.",
            ),
            click.option(
                "--split-sentences",
                is_flag=True,
                default=None,
                help="Lines are paragraphs: part them into sentences at their final punctuation.",
            ),
        )
    ):
        command = option(command)
    return command


def workers_option(command: Command) -> Command:
    """--workers, of commands that read text and do not train."""
    return click.option(
        "--workers",
        type=int,
        help="Threads that read; the words do not depend on their number.  [default: all cores]",
    )(command)


def text_options(**given: Any) -> TextOptions:
    """What the options of `input_options` say about how text is read, from what is given."""
    from xw2v.text.options import TextOptions

    return TextOptions(**{name: value for name, value in given.items() if value is not None})


def reading_bar(quiet: bool) -> AbstractContextManager[Progress | None]:
    """A bar on standard error, if that is a terminal, while text is read; yields its callback."""
    return nullcontext() if quiet or not sys.stderr.isatty() else console.reading_bar()
