"""xw2v preprocess: text to a corpus folder for train."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli import notify
from xw2v.cli.options import input_options, reading_bar, text_options, workers_option
from xw2v.settings import Settings

if TYPE_CHECKING:
    from xw2v.cluster.ranks import Ranks
    from xw2v.text.corpus import Corpus


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
def command(**given: Any) -> None:
    """Tokenise, count and number INPUT once, in bounded memory, into a folder that `xw2v train`
    takes.

    INPUT is what `xw2v train` takes: text files (also .gz, .bz2, .xz, .zst), folders, - for
    standard input, .arrow and .parquet files; without it, the corpora that train takes then.
    """
    from xw2v.cli.ranks import connect, ending_together, launch_of_ranks

    launch = launch_of_ranks()
    if launch is None:
        _preprocess(None, **given)
        return
    ranks = connect(launch)
    with ending_together(ranks):
        _preprocess(ranks, **given)


def _preprocess(
    ranks: Ranks | None,
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
    """The command.

    Args:
        ranks: those of several processes that read a part each; of them rank 0 shows it.
    """
    from xw2v.cluster.preprocessing import preprocess_by_ranks
    from xw2v.cluster.ranks import cores_of
    from xw2v.storage.files import output_folder
    from xw2v.text.reading import preprocess
    from xw2v.text.vocabulary import DISTINCT_LIMIT, VocabularyLimits

    limits = VocabularyLimits(
        min_count=min_count,
        max_vocab=max_vocab,
        distinct_limit=DISTINCT_LIMIT if distinct_limit is None else distinct_limit,
    )
    start = time.perf_counter()
    if ranks is None:
        options = text_options(**given)
        output_folder(data_dir)
        with reading_bar(quiet) as progress:
            made, held_out = preprocess(
                inputs, corpus, data_dir, options, limits, val_input=val_input, progress=progress
            )
    else:
        given["workers"] = given["workers"] or cores_of(ranks)
        options = text_options(**given)
        if ranks.rank == 0:
            output_folder(data_dir)
        with reading_bar(quiet or ranks.rank > 0) as progress:
            result = preprocess_by_ranks(
                ranks, inputs, corpus, data_dir, options, limits,
                val_input=val_input, progress=progress,
            )  # fmt: skip
        if result is None:
            return
        made, held_out = result
    _show(made, held_out, data_dir, time.perf_counter() - start, quiet, as_json)


def _show(
    made: Corpus,
    held_out: Corpus | None,
    data_dir: str,
    seconds: float,
    quiet: bool,
    as_json: bool,
) -> None:
    """Say what was made."""
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
