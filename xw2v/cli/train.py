"""xw2v train: from text to a folder of vectors."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from xw2v.cli.options import input_options, reading_bar
from xw2v.config import read_config
from xw2v.settings import Settings, flag
from xw2v.training.signals import StopSignals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xw2v.training.run import Run
    from xw2v.training.trainer import Progress

SAMPLE_WORDS = 6  # words shown with their neighbours at the end
# settings whose options are those of reading text
OF_INPUT = ("tokens", "token_pattern", "lowercase", "keep_digits")
TYPES = {"int": int, "float": float, "str": str}


def setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for each field of Settings; one that is not given stays None, so that a file can
    set it.
    """
    for each in reversed(dataclasses.fields(Settings)):
        if each.name in OF_INPUT:
            continue
        kind = str(each.type).partition(" | ")[0]
        shown = "" if each.default in (None, False) else f"  [default: {each.default}]"
        if kind == "bool":
            option = click.option(
                flag(each.name), each.name, is_flag=True, default=None, help=each.metadata["help"]
            )
        else:
            option = click.option(
                flag(each.name),
                *each.metadata["flags"],
                each.name,
                type=click.Choice(each.metadata["choices"])
                if each.metadata["choices"]
                else TYPES[kind],
                default=None,
                help=each.metadata["help"] + shown,
            )
        command = option(command)
    return command


@click.command()
@input_options
@setting_options
@click.option("--val", type=click.Path(), help="Held-out text: its loss after each epoch.")
@click.option("--output", help="Folder for the vectors.  [default: output]")
@click.option(
    "--init", metavar="FILE", help="Start from these vectors, in any format, or a run's folder."
)
@click.option(
    "--init-keep", is_flag=True, help="Keep words of the --init file that the text lacks."
)
@click.option(
    "--checkpoint-every", metavar="N|Nm", help="Save every N steps or N minutes.  [default: 10m]"
)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in the output folder.")
@click.option("--config", metavar="FILE", help="TOML file of options; those given here win.")
@click.option("--quiet", is_flag=True, help="No progress, no neighbours: errors only.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print run.json's content on standard output."
)
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    text_column: str,
    val: str | None,
    output: str | None,
    init: str | None,
    init_keep: bool,
    checkpoint_every: str | None,
    resume: bool,
    config: str | None,
    quiet: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Learn word vectors from INPUT: text files, folders, - for standard input, .arrow or .parquet
    files, or a folder written by `xw2v preprocess`.

    Without INPUT: the NLTK corpora Brown, Reuters and Gutenberg where they are installed, else the
    documentation that comes with Python. `--resume` takes settings that are not given from the
    checkpoint; with more --epochs than a finished run had, it adds them.
    """
    settings, options = read_config(config) if config else ({}, {})
    if inputs or corpus is not None:  # both say what text, so that either wins over both
        options = {
            name: value for name, value in options.items() if name not in ("input", "corpus")
        }
    options |= {
        name: value
        for name, value in {
            "input": list(inputs) or None,
            "corpus": corpus,
            "text_column": text_column if given_here("text_column") else None,
            "val": val,
            "output": output,
            "init": init,
            "checkpoint_every": checkpoint_every,
        }.items()
        if value is not None
    }
    settings |= {name: value for name, value in given.items() if value is not None}

    # Many small products: more BLAS threads would only wait for each other, and their number could
    # change bits.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xw2v.pictures.loss_curve import plot_loss
    from xw2v.training.command import TrainCommand

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    job = TrainCommand(
        options,
        settings,
        config or "options",
        resume=resume,
        keep=init_keep,
        say=say,
        plot=plot_loss,
    )
    with StopSignals(lambda line: say_at_once(line, quiet)) as signals:
        run = job.run(
            signals,
            progress=lambda words: progress_bar(words, quiet),
            reading=lambda: reading_bar(quiet),
        )
        if as_json:
            click.echo(json.dumps(run.record, ensure_ascii=False))
        elif not quiet:
            show_neighbours(run)


def given_here(name: str) -> bool:
    """Whether an option stands on the command line, rather than having its default."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def say_at_once(line: str, quiet: bool) -> None:
    """A line from within a signal handler, where buffered streams may not be touched."""
    if not quiet:
        os.write(2, f"{line}\n".encode())


@contextmanager
def progress_bar(words: int, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A bar over the run's words on standard error, where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    form = "{l_bar}{bar}| {n_fmt}/{total_fmt} words [{elapsed}<{remaining}{postfix}]"
    with tqdm(total=words, unit_scale=True, bar_format=form, file=sys.stderr) as bar:

        def report(progress: Progress) -> None:
            speed = f"{progress.words_per_second / 1e6:.2f} M words/s"
            bar.set_postfix_str(
                f"{speed}, loss {progress.loss:.4f}, alpha {progress.alpha:.4f}", refresh=False
            )
            bar.update(int(progress.done * words) - bar.n)

        yield report
        bar.update(words - bar.n)


def show_neighbours(run: Run) -> None:
    """A few words of the corpus with their nearest neighbours, so that a person sees what was
    learned.
    """
    from xw2v.vectors.keyedvectors import KeyedVectors

    vectors = KeyedVectors(run.vocabulary.words, run.center, run.vocabulary.counts)
    for word in telling_words(run):
        neighbours = ", ".join(neighbour for neighbour, _ in vectors.most_similar(word, topn=5))
        click.echo(f"{word}: {neighbours}")


def telling_words(run: Run) -> list[str]:
    """Frequent words with distinct neighbourhoods: of the 100th to 1,000th, those most like their
    nearest.
    """
    import numpy as np

    first, last = (100, 1000) if len(run.vocabulary.words) > 2000 else (0, 1000)
    rows = run.center[first:last]
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)  # (n, D)
    nearest = np.sort(unit @ unit.T, axis=1)[:, -5:-1].mean(axis=1)
    chosen: list[int] = []
    for row in np.argsort(-nearest, kind="stable").tolist():
        if all(unit[row] @ unit[other] < 0.5 for other in chosen):
            chosen.append(row)
        if len(chosen) == SAMPLE_WORDS:
            break
    return [run.vocabulary.words[first + row] for row in chosen]
