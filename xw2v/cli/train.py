"""xw2v train: from text to a folder of vectors."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from xw2v.cli import drop, in_flags
from xw2v.cli.map_options import print_outdated
from xw2v.cli.options import input_options, reading_bar
from xw2v.config import OPTIONS, TrainOptions, read_config
from xw2v.errors import UsageError
from xw2v.option import Option
from xw2v.settings import FOREIGN_OPTIONS, SETTINGS, flag
from xw2v.training.console import Console, training_bar
from xw2v.training.signals import StopSignals

if TYPE_CHECKING:
    from xw2v.cluster.ranks import Ranks
    from xw2v.text.encode import Progress as ReadingProgress
    from xw2v.training.callbacks import Progress

SHORT = {"output": ("-o",)}  # flags of one letter

# those of reading text
INPUT_OPTIONS = (
    *("input", "corpus", "text_column"),
    *("tokens", "token_pattern", "lowercase", "keep_digits", "split_sentences"),
)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A click option for each setting and each other option, besides those of reading text.

    One that is not given stays None, so that a file can set it.
    """
    tables = {**SETTINGS, **OPTIONS}
    for name in reversed([name for name in tables if name not in INPUT_OPTIONS]):
        command = _click_option(tables[name])(command)
    return command


def _click_option(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    if option.kind is bool:
        flags = (
            flag(option.name) if option.off is None else f"{flag(option.name)}/{flag(option.off)}"
        )
        return click.option(
            flags, option.name, is_flag=True, default=None, help=in_flags(option.help)
        )
    shown = "" if option.default is None else f"  [default: {option.default}]"
    return click.option(
        flag(option.name),
        *map(flag, option.aliases),
        *SHORT.get(option.name, ()),
        option.name,
        type=click.Choice(option.choices) if option.choices else option.kind,
        metavar=option.metavar,
        default=None,
        help=in_flags(option.help) + shown,
    )


class TrainCommandLine(click.Command):
    """Says what options of other word2vec programs are called here, also after a single dash."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            for option in (arg.partition("=")[0] for arg in given if arg.startswith("-")):
                name = option.lstrip("-").replace("-", "_")
                single = not option.startswith("--")
                own = single and (name in SETTINGS or name in OPTIONS)
                hint = f"it is {flag(name)} here" if own else FOREIGN_OPTIONS.get(name)
                if hint and (single or option == error.option_name):
                    raise UsageError(f"there is no option {option}; {hint}") from None
            raise


@click.command(cls=TrainCommandLine)
@input_options
@table_options
@click.option("--config", metavar="FILE", help="TOML file of options; those given here win.")
def command(inputs: tuple[str, ...], config: str | None, **given: Any) -> None:
    """Learn word vectors from INPUT: text files, folders, - for standard input, .arrow or .parquet
    files, or a folder written by `xw2v preprocess`.

    Without INPUT: the NLTK corpora Brown, Reuters and Gutenberg where they are installed, else the
    documentation that comes with Python. `--resume` takes settings that are not given from the
    checkpoint; with more --epochs than a finished run had, it adds them.
    """
    from xw2v.cli.ranks import connect, ending_together, launch_of_ranks

    launch = launch_of_ranks()
    if launch is None:
        _train(inputs, config, given)
        return
    ranks = connect(launch)
    with ending_together(ranks):
        _train(inputs, config, given, ranks)


def _train(
    inputs: tuple[str, ...], config: str | None, given: dict[str, Any], ranks: Ranks | None = None
) -> None:
    """Train, and show how it went.

    Args:
        ranks: those of several processes that train together; of them rank 0 shows it.
    """
    from xw2v.pictures.loss_curve import plot_loss
    from xw2v.pictures.stamp import stamp_for
    from xw2v.training.samples import sample_neighbours

    settings, options = read_config(config) if config else ({}, {})
    if not _is_given("text_column"):
        del given["text_column"]
    if inputs or given["corpus"] is not None:  # both say what text, so that either wins over both
        options.pop("input", None)
        options.pop("corpus", None)
    given = {name: value for name, value in given.items() if value is not None}
    settings |= {name: value for name, value in given.items() if name in SETTINGS}
    options |= {name: value for name, value in given.items() if name in OPTIONS}
    if inputs:
        options["input"] = inputs

    chosen = TrainOptions(**options)
    console = TerminalConsole(chosen.quiet or (ranks is not None and ranks.rank > 0))
    if ranks is None:
        from xw2v.training.command import TrainCommand

        training = TrainCommand(chosen, settings, console, plot_loss)
    else:
        from xw2v.training.replica_command import ReplicaTraining

        training = ReplicaTraining(chosen, settings, console, plot_loss, ranks)
    with StopSignals(console.say_at_once) as signals:
        run = training.run(signals)
        if run is None:
            return
        if chosen.json:
            click.echo(json.dumps(run.record, ensure_ascii=False))
        elif not chosen.quiet:
            vectors = run.keyed_vectors()
            try:
                for word, neighbours in sample_neighbours(vectors):
                    click.echo(f"{word}: {', '.join(neighbours)}")
            except OSError:  # nobody reads them; the vectors are written all the same
                drop(sys.stdout)
            print_outdated(Path(chosen.output), stamp_for(vectors.index_to_key, vectors.vectors))


def _is_given(name: str) -> bool:
    """Whether an option is on the command line, rather than having its default."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


class TerminalConsole(Console):
    """Lines and, where it is a terminal, bars on standard error."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    def say(self, line: str) -> None:
        if not self._quiet:
            try:
                click.echo(in_flags(line), err=True)
            except OSError:  # nobody reads it; the run is worth more
                drop(sys.stderr)

    def say_at_once(self, line: str) -> None:
        """A line from within a signal handler, where buffered streams may not be touched."""
        if not self._quiet:
            os.write(2, f"{line}\n".encode())

    def reading(self) -> AbstractContextManager[ReadingProgress | None]:
        return reading_bar(self._quiet)

    def training(self, words: int) -> AbstractContextManager[Callable[[Progress], None] | None]:
        return nullcontext() if self._quiet or not sys.stderr.isatty() else training_bar(words)
