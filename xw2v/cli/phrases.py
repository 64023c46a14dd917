"""xw2v phrases: join frequent collocations in a text."""

from __future__ import annotations

import json
import sys
from heapq import nlargest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli import notify
from xw2v.cli.options import input_options, reading_bar, text_options, workers_option
from xw2v.cli.targets import check_target
from xw2v.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xw2v.text.options import TextOptions
    from xw2v.text.phrase_model import PhraseModel
    from xw2v.text.phrases import PhraseText


MIN_COUNT = 5  # gensim's
NO_LIMIT = 2**31  # distinct words: every one is written, so none may be dropped


@click.command()
@input_options
@workers_option
@click.option(
    "-o",
    "--output",
    "out",
    metavar="OUT",
    required=True,
    help="File to write; - is standard output.",
)
@click.option(
    "--scoring",
    type=click.Choice(["default", "npmi"]),
    help="What makes a phrase: the score of Mikolov et al. 2013, or normalised pointwise mutual "
    "information.  [default: default]",
)
@click.option(
    "--min-count",
    type=int,
    help="Pairs that occur so often or less (npmi: less often) stay apart.  [default: 5]",
)
@click.option(
    "--threshold",
    type=float,
    help="Join pairs that score higher: a higher threshold, fewer phrases.  "
    "[default: 10; npmi 0.5, of -1 to 1]",
)
@click.option("--passes", type=int, help="2 joins new_york city too, and so on.  [default: 1]")
@click.option("--delimiter", help="Joins the words of a phrase.  [default: _]")
@click.option(
    "--connector-words",
    metavar="FILE",
    help="Words, one a line, that join others: bank_of_america. english: a list of them.",
)
@click.option("--save", metavar="FILE", help="Write the phrases as JSON, for --load.")
@click.option("--load", metavar="FILE", help="Join these phrases, instead of looking for some.")
@click.option("--force", is_flag=True, help="Replace the files of -o and --save where they exist.")
@click.option("--quiet", is_flag=True, help="Errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print the phrases and their scores as JSON.")
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    out: str,
    scoring: str | None,
    min_count: int | None,
    threshold: float | None,
    passes: int | None,
    delimiter: str | None,
    connector_words: str | None,
    save: str | None,
    load: str | None,
    force: bool,
    quiet: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Write INPUT as words, a sentence a line, with frequent collocations joined: new york ->
    new_york.

    `xw2v train OUT` takes the words as they stand there.
    """
    learning = {
        "scoring": scoring,
        "min_count": min_count,
        "threshold": threshold,
        "passes": passes,
        "delimiter": delimiter,
        "connector_words": connector_words,
    }
    check_usage(out, load, as_json, learning)
    for target in (out, save):
        if target is not None and target != "-":
            check_target(Path(target), map(Path, inputs), force)
    from xw2v.text.encode import Encoder
    from xw2v.text.inputs import find_sources
    from xw2v.text.phrase_model import PhraseModel
    from xw2v.text.phrases import SCORINGS, PhraseText
    from xw2v.text.reading import encode, resolved_options

    loaded = None if load is None else PhraseModel.load(load)
    options, notices = resolved_options(
        text_options(**given), inputs, None if loaded is None else loaded.options
    )
    model = loaded or new_model(connector_words, delimiter, options)
    found = find_sources(inputs, corpus, options.text_column)
    encoder = Encoder(options.rule(), distinct_limit=NO_LIMIT, threads=options.threads)
    with reading_bar(quiet) as progress:
        encode(found, encoder, progress, options.split_sentences)
    text = PhraseText(encoder, model.delimiter, model.connector_words)
    if load is not None:
        model.apply(text)
    else:
        scoring = scoring or "default"
        if threshold is None:
            threshold = SCORINGS[scoring]
        model.learn(text, passes or 1, min_count or MIN_COUNT, threshold, scoring)
    write_lines(text, out)
    if save is not None:
        model.save(save)
    if not quiet:
        for notice in [*found.notices, *notices, *encoder.notices, *text.notices]:
            notify(notice)
        scores = model.scores
        best = ", ".join(nlargest(8, scores, key=scores.__getitem__))
        click.echo(
            f"{found.description}: {len(scores):,} phrases{': ' if best else ''}{best}", err=True
        )
    if as_json:
        click.echo(json.dumps({"output": out, "phrases": model.scores}, ensure_ascii=False))


def check_usage(out: str, load: str | None, as_json: bool, learning: dict[str, Any]) -> None:
    """Raise UsageError for options out of range or at odds."""
    for name in ("passes", "min_count"):
        if learning[name] is not None and learning[name] < 1:
            raise UsageError("must be 1 or more", setting=name, value=learning[name])
    if as_json and out == "-":
        raise UsageError("--json and -o - both want standard output; give OUT a name")
    if load is not None:
        for name, value in learning.items():
            if value is not None:
                raise UsageError("leave this out with --load", setting=name, value=value)


def new_model(
    connector_words: str | None, delimiter: str | None, options: TextOptions
) -> PhraseModel:
    """No phrases yet."""
    from xw2v.text.phrase_model import PhraseModel
    from xw2v.text.phrases import ENGLISH_CONNECTOR_WORDS

    connectors: Iterable[str] = ()
    if connector_words == "english":
        connectors = ENGLISH_CONNECTOR_WORDS
    elif connector_words is not None:
        connectors = read_words(connector_words)
    return PhraseModel(
        "_" if delimiter is None else delimiter, tuple(connectors), settings=options.record()
    )


def read_words(path: str) -> list[str]:
    """The words of a file, one a line."""
    from xw2v.storage.files import open_binary

    with open_binary(path) as file:
        try:
            return file.read().decode("utf-8-sig").split()
        except UnicodeDecodeError:
            raise InputError("not UTF-8", path=path) from None


def write_lines(text: PhraseText, out: str) -> None:
    """Write the text into the file `out`, marked as words; - is standard output."""
    from xw2v.storage.packing import packed_write
    from xw2v.text.token_marks import mark_as_tokens

    if out == "-":
        sys.stdout.buffer.writelines(text.lines())
        sys.stdout.buffer.flush()
    else:
        with packed_write(out) as file:
            file.writelines(text.lines())
        mark_as_tokens(out)
