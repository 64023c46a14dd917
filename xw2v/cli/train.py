"""xw2v train: from text to a folder of vectors."""

from __future__ import annotations

import dataclasses
import json
import sys
import tomllib
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli.options import input_options
from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings, flag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xw2v.run import Run
    from xw2v.trainer import Progress

SAMPLE_WORDS = 6  # words shown with their neighbours at the end
OF_INPUT = ("token_pattern", "lowercase")  # settings whose options are those of reading text
TYPES = {"int": int, "float": float, "str": str}


def setting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for each field of Settings; one that is not given stays None, so that a file can set it."""
    for each in reversed(dataclasses.fields(Settings)):
        if each.name in OF_INPUT:
            continue
        kind = str(each.type).partition(" | ")[0]
        shown = "" if each.default in (None, False) else f"  [default: {each.default}]"
        if kind == "bool":
            option = click.option(flag(each.name), each.name, is_flag=True, default=None, help=each.metadata["help"])
        else:
            option = click.option(
                flag(each.name),
                *each.metadata["flags"],
                each.name,
                type=click.Choice(each.metadata["choices"]) if each.metadata["choices"] else TYPES[kind],
                default=None,
                help=each.metadata["help"] + shown,
            )
        command = option(command)
    return command


@click.command()
@input_options
@setting_options
@click.option("--val", "validation", type=click.Path(), help="Held-out text: its loss after each epoch.")
@click.option("--output", default="output", help="Folder for the vectors.  [default: output]")
@click.option("--config", type=click.Path(), help="TOML file of settings; options given here win.")
@click.option("--quiet", is_flag=True, help="No progress, no neighbours: errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print run.json's content on standard output.")
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    text_column: str,
    token_pattern: str | None,
    lowercase: bool | None,
    validation: str | None,
    output: str,
    config: str | None,
    quiet: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Learn word vectors from INPUT: text files, folders, - for standard input, .arrow or .parquet files, or a
    folder written by `xw2v preprocess`.

    Without INPUT: the NLTK corpora Brown, Reuters and Gutenberg where they are installed, else the
    documentation that comes with Python.
    """
    given |= {"token_pattern": token_pattern, "lowercase": lowercase}
    values = read_config(config) if config else {}
    values |= {name: value for name, value in given.items() if value is not None}
    settings = Settings.from_mapping(values, config or "options")

    from xw2v.files import output_folder
    from xw2v.output import write_run
    from xw2v.read import open_corpus, read_corpus_with, validation_of
    from xw2v.run import run_training

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    output_folder(output)
    pattern = {"token_pattern": settings.token_pattern, "lowercase": settings.lowercase}
    text = open_corpus(
        inputs,
        corpus=corpus,
        text_column=text_column,
        min_count=settings.min_count,
        max_vocab=settings.max_vocab,
        **pattern,
    )
    for notice in text.notices:
        say(notice)
    say(
        f"{text.description}: {text.raw_words:,} words, {len(text.offsets) - 1:,} sentences, "
        f"vocabulary of {len(text.vocabulary.words):,}"
    )
    held_out = validation_of(inputs)
    if validation is not None:
        held_out = read_corpus_with(text.vocabulary, [validation], text_column=text_column, **pattern)
    with progress_bar(text.raw_words * settings.epochs, quiet) as report:
        run = run_training(text, settings, held_out, report)
    write_run(output, run)
    record = run.record
    say(
        f"{record['words_per_second'] / 1e6:.2f} million words/s over {settings.epochs} epochs, "
        f"final loss {record['final_loss']:.4f}; vectors in {output}"
    )
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))
    elif not quiet:
        show_neighbours(run)


def read_config(path: str) -> dict[str, Any]:
    """The settings of a TOML file; InputError if it cannot be read or is no TOML."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"--config {path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path}: not TOML: {error}") from None


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
            bar.set_postfix_str(f"{speed}, loss {progress.loss:.4f}, alpha {progress.alpha:.4f}", refresh=False)
            bar.update(int(progress.done * words) - bar.n)

        yield report
        bar.update(words - bar.n)


def show_neighbours(run: Run) -> None:
    """A few words of the corpus with their nearest neighbours, so that a person sees what was learned."""
    from xw2v.keyedvectors import KeyedVectors

    vectors = KeyedVectors(run.vocabulary.words, run.center, run.vocabulary.counts)
    for word in telling_words(run):
        neighbours = ", ".join(neighbour for neighbour, _ in vectors.most_similar(word, topn=5))
        click.echo(f"{word}: {neighbours}")


def telling_words(run: Run) -> list[str]:
    """Frequent words with distinct neighbourhoods: of the 100th to 1,000th, those most like their nearest."""
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
