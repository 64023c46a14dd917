"""xw2v preprocess: text to a corpus folder for train."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from xw2v.cli import notify
from xw2v.cli.options import input_options, reading_bar, text_options, workers_option
from xw2v.settings import Settings


@click.command()
@input_options
@workers_option
@click.option(
    "--data-dir",
    "--output",
    "-o",
    "data_dir",
    metavar="FOLDER",
    required=True,
    help="Folder for corpus.bin, offsets.npy and vocab.json.",
)
@click.option(
    "--val-input",
    "--val",
    "val_input",
    metavar="PATH",
    multiple=True,
    help="Held-out text, put into FOLDER/validation.",
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
    help="Where there are more distinct words, drop rare ones on the way.  [default: 20 million]",
)
@click.option("--quiet", is_flag=True, help="Errors only.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print what was made as JSON on standard output."
)
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    data_dir: str,
    val_input: tuple[str, ...],
    min_count: int,
    max_vocab: int | None,
    distinct_limit: int | None,
    quiet: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Tokenise, count and number INPUT once, in bounded memory, into a folder that `xw2v train`
    takes.

    INPUT is what `xw2v train` takes: text files (also .gz, .bz2, .xz, .zst), folders, - for
    standard input, .arrow and .parquet files; without it, the corpora that train takes then.
    """
    from xw2v.storage.files import output_folder
    from xw2v.text.reading import preprocess
    from xw2v.text.vocabulary import DISTINCT_LIMIT, VocabularyLimits

    limits = VocabularyLimits(
        min_count=min_count,
        max_vocab=max_vocab,
        distinct_limit=DISTINCT_LIMIT if distinct_limit is None else distinct_limit,
    )
    options = text_options(**given)
    output_folder(data_dir)
    start = time.perf_counter()
    with reading_bar(quiet) as progress:
        made, held_out = preprocess(
            inputs, corpus, data_dir, options, limits, val_input=val_input, progress=progress
        )
    seconds = time.perf_counter() - start
    if not quiet:
        for notice in made.notices:
            notify(notice)
        click.echo(
            f"{made.description}: {made.raw_words:,} words in {len(made):,} sentences, vocabulary "
            f"of {len(made.vocabulary):,}, {len(made.ids):,} words kept; "
            f"{made.raw_words / seconds / 1e6:.1f} million words/s; corpus in {data_dir}",
            err=True,
        )
    if as_json:
        record = {
            "data_dir": data_dir,
            "raw_words": made.raw_words,
            "tokens": len(made.ids),
            "sentences": len(made),
            "vocabulary": len(made.vocabulary),
            "fingerprint": made.fingerprint,
            "validation_tokens": None if held_out is None else len(held_out.ids),
            "seconds": seconds,
        }
        click.echo(json.dumps(record))
