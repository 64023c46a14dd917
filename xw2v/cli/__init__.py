"""The command line: which module holds which command, and how errors become exit codes.

A command's module is imported only when that command runs, so `xw2v --help` needs nothing but
click. Module `xw2v.cli.NAME` defines a click command called `command`.
"""

import codecs
import io
import json
import os
import re
import shlex
import sys
from contextlib import suppress
from importlib import import_module
from typing import TextIO

import click

from xw2v.config import OPTIONS
from xw2v.errors import Xw2vError, represented
from xw2v.settings import SETTINGS, flag
from xw2v.version import __version__

# name -> the line that `xw2v --help` shows
COMMANDS = {
    "train": "Learn word vectors (the main job).",
    "preprocess": "Text -> corpus.bin, offsets.npy, vocab.json.",
    "phrases": "Join frequent collocations: new york -> new_york.",
    "similar": "Nearest neighbours of words.",
    "analogy": "A + B - C.",
    "similarity": "Cosine and Euclidean distance of two words.",
    "vector": "The vectors of words.",
    "evaluate": "Scores on word-similarity and analogy test sets.",
    "convert": "Vectors to another file format.",
    "plot": "A map of the words, as PNG or as a page to explore.",
    "report": "One HTML page about a finished run.",
    "info": "What is in a model, a corpus folder, or a text.",
    "download": "Fetch the NLTK corpora.",
}


# how the help shows a value, where an option does not say
METAVARS = {
    type(click.INT): "N",
    click.IntRange: "N",
    type(click.FLOAT): "NUMBER",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            from difflib import get_close_matches

            if near := get_close_matches(name, COMMANDS, 1):
                ctx.fail(f"No such command {name!r} (did you mean {near[0]}?)")
            return None
        command = import_module(f"xw2v.cli.{name}").command
        assert isinstance(command, click.Command)
        for option in command.params:
            if option.metavar is None:
                option.metavar = METAVARS.get(type(option.type))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="xw2v")
def cli() -> None:
    """Word vectors from your own text: skip-gram with negative sampling on the CPU or a GPU."""


# settings whose flags are not their names, and arguments of Python that are flags of one command
FLAGS = {
    "lowercase": "--no-lowercase",
    "validation": "--val",
    "input": "INPUT",
    "config": "--config",
    "method": "--method",
    "lenient": "xw2v convert --lenient",
}


def in_flags(text: str) -> str:
    """A text for the command line: names of settings in backquotes become flags."""
    return re.sub(r"`([a-z_]+)`", lambda name: flag_of(name[1]) or name[0], text)


def notify(notice: str) -> None:
    """Show a notice of the library on standard error."""
    click.echo(f"xw2v: {in_flags(notice)}", err=True)


def flag_of(name: str) -> str | None:
    """The flag of a setting or option; None for any other name."""
    known = name in SETTINGS or name in OPTIONS
    return FLAGS.get(name) or (flag(name) if known else None)


def line_of(error: Xw2vError) -> str:
    """The one line of an error, with the flag of the setting that it is about."""
    if error.setting is None:
        return in_flags(str(error))
    given = flag_of(error.setting) or error.setting
    option = SETTINGS.get(error.setting)
    if option is not None and option.off is not None and error.value is False:
        given = flag(option.off)
    if isinstance(error.value, str):
        given += f" {shlex.quote(error.value)[:200]}"
    elif error.value is not ... and not isinstance(error.value, bool):
        given += f" {represented(error.value)}"
    return in_flags(" ".join(f"{given}: {error.message}".splitlines()))


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that a stream cannot write: escapes, which also JSON reads."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def write_any_text() -> None:
    """Let standard output take any text, whatever its encoding."""
    codecs.register_error("xw2v.escaped", _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="xw2v.escaped")


def drop(stream: TextIO) -> None:
    """Write nothing more to a standard stream, where that failed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main() -> None:
    """Run the command line; exit 0 done, 1 bad input or failed run, 2 wrong usage, 130
    interrupted.
    """
    write_any_text()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:  # click's own checks of options and arguments
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "xw2v"
        message = " ".join(error.format_message().split()).rstrip(".")
        click.echo(f"xw2v: {message}; {path} --help shows what there is", err=True)
        sys.exit(error.exit_code)
    except Xw2vError as error:
        click.echo(f"xw2v: {line_of(error)}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("xw2v: interrupted", err=True)
        with suppress(OSError):
            sys.stdout.flush()
        # Not sys.exit: where the interrupt passed through an exec (as a dataclass was made, say),
        # CPython remembers it as unhandled, and ends by SIGINT whatever the exit code.
        os._exit(130)
    except BrokenPipeError:  # the reader of our standard output went away: xw2v similar ... | head
        drop(sys.stdout)
        sys.exit(1)
    except OSError as error:  # such as standard output on a full disk
        drop(sys.stdout)
        click.echo(
            f"xw2v: {error.filename or 'standard output'}: {error.strerror or error}", err=True
        )
        sys.exit(1)
    except MemoryError as error:
        click.echo(
            f"xw2v: out of memory ({error or 'no more was given'}); free some, or ask for less",
            err=True,
        )
        sys.exit(1)
