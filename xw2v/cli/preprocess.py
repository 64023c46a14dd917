"""xw2v preprocess: text to a corpus folder for train."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import click

from xw2v.cli.options import input_options, reading_bar
from xw2v.errors import UsageError
from xw2v.settings import Settings


@click.command()
@input_options
@click.option(
    "--data-dir",
    metavar="DIR",
    required=True,
    help="Folder for corpus.bin, offsets.npy and vocab.json.",
)
@click.option(
    "--val-input", metavar="FILE", multiple=True, help="Held-out text, put into DIR/validation."
)
@click.option(
    "--min-count",
    type=int,
    default=Settings.min_count,
    show_default=True,
    help="Leave out words that occur fewer times.",
)
@click.option(
    "--max-vocab",
    metavar="N",
    type=int,
    help="Keep the N - 1 most frequent words; the rest become <UNK>.",
)
@click.option(
    "--distinct-limit",
    metavar="N",
    type=int,
    help="Drop rare words on the way where there are more distinct words than this.  [default: 20 million]",
)
@click.option("--quiet", is_flag=True, help="Errors only.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print what was made as JSON on standard output."
)
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    text_column: str,
    token_pattern: str | None,
    lowercase: bool | None,
    data_dir: str,
    val_input: tuple[str, ...],
    min_count: int,
    max_vocab: int | None,
    distinct_limit: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Tokenise, count and number INPUT once, in bounded memory, into a folder for `xw2v train DIR`.

    INPUT is what `xw2v train` takes: text files (also .gz, .bz2, .xz, .zst), folders, - for
    standard input, .arrow and .parquet files; without it, the corpora that train takes then.
    """
    if distinct_limit is not None and distinct_limit < 1000:
        raise UsageError(f"--distinct-limit {distinct_limit}: must be 1000 or more")
    from xw2v.storage.files import output_folder
    from xw2v.text.corpus_folder import VALIDATION, remove_corpus
    from xw2v.text.encode import DISTINCT_LIMIT
    from xw2v.text.reading import open_corpus, read_corpus_with

    pattern: dict[str, Any] = {
        "token_pattern": Settings.token_pattern if token_pattern is None else token_pattern,
        "lowercase": Settings.lowercase if lowercase is None else lowercase,
    }
    output_folder(data_dir)
    start = time.perf_counter()
    with reading_bar(quiet) as progress:
        read = open_corpus(
            inputs,
            corpus,
            text_column=text_column,
            min_count=min_count,
            max_vocab=max_vocab,
            progress=progress,
            folder=data_dir,
            **pattern,
            distinct_limit=distinct_limit or DISTINCT_LIMIT,
        )
        seconds = time.perf_counter() - start
        held_out, folder = None, os.path.join(data_dir, VALIDATION)
        if not val_input:
            remove_corpus(folder)  # of an earlier run, with its vocabulary
        else:
            held_out = read_corpus_with(
                read.vocabulary,
                val_input,
                text_column=text_column,
                progress=progress,
                folder=folder,
                **pattern,
            )
    if not quiet:
        for notice in read.notices:
            click.echo(f"xw2v: {notice}", err=True)
        click.echo(
            f"{read.description}: {read.raw_words:,} words in {len(read):,} sentences, vocabulary of "
            f"{len(read.vocabulary):,}, {len(read.ids):,} words kept; "
            f"{read.raw_words / seconds / 1e6:.1f} million words/s; corpus in {data_dir}",
            err=True,
        )
    if as_json:
        made = {
            "data_dir": data_dir,
            "raw_words": read.raw_words,
            "tokens": len(read.ids),
            "sentences": len(read),
            "vocabulary": len(read.vocabulary),
            "fingerprint": read.fingerprint,
            "validation_tokens": None if held_out is None else len(held_out.ids),
            "seconds": seconds,
        }
        click.echo(json.dumps(made))
