"""xw2v phrases: join frequent collocations in a text."""

from __future__ import annotations

import json
import sys
from heapq import nlargest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xw2v.cli.options import input_options, reading_bar, text_options
from xw2v.cli.targets import check_target
from xw2v.errors import UsageError

if TYPE_CHECKING:
    from xw2v.text.phrases import PhraseText

MIN_COUNT, THRESHOLD = 5, 10.0  # gensim's
NO_LIMIT = 2**31  # distinct words: every one is written, so none may be dropped


@click.command()
@input_options
@click.option(
    "-o",
    "--output",
    "out",
    metavar="OUT",
    required=True,
    help="File to write; - is standard output.",
)
@click.option(
    "--min-count",
    type=int,
    default=MIN_COUNT,
    show_default=True,
    help="Pairs met so often or less stay apart.",
)
@click.option(
    "--threshold",
    type=float,
    default=THRESHOLD,
    show_default=True,
    help="Join pairs that score higher: a higher threshold, fewer phrases.",
)
@click.option(
    "--passes", type=int, default=1, show_default=True, help="2 joins new_york city too, and so on."
)
@click.option("--delimiter", default="_", show_default=True, help="Joins the words of a phrase.")
@click.option("--force", is_flag=True, help="Replace the file of -o where it exists.")
@click.option("--quiet", is_flag=True, help="Errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print the phrases and their scores as JSON.")
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    text_column: str,
    token_pattern: str | None,
    lowercase: bool | None,
    out: str,
    min_count: int,
    threshold: float,
    passes: int,
    delimiter: str,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write INPUT as tokens, a sentence a line, with frequent collocations joined: new york ->
    new_york.

    The score is that of Mikolov et al. 2013 in gensim's form. Train on the result with a token
    pattern that takes the delimiter too, such as --token-pattern "[a-z'_]+".
    """
    if passes < 1:
        raise UsageError(f"--passes {passes}: must be 1 or more")
    if not delimiter or not delimiter.isprintable() or delimiter.strip() != delimiter:
        raise UsageError(f"--delimiter {delimiter!r}: give visible characters")
    if as_json and out == "-":
        raise UsageError("--json and -o - both want standard output; give OUT a name")
    if out != "-":
        check_target(Path(out), map(Path, inputs), force)
    from xw2v.text.encode import Encoder
    from xw2v.text.inputs import find_sources
    from xw2v.text.phrases import PhraseText
    from xw2v.text.reading import encode

    encoder = Encoder(
        text_options(text_column, token_pattern, lowercase).tokenizer(), distinct_limit=NO_LIMIT
    )
    found = find_sources(inputs, corpus, text_column)
    with reading_bar(quiet) as progress:
        encode(found, encoder, progress)
    text = PhraseText(encoder, delimiter)
    phrases: dict[str, float] = {}
    for _ in range(passes):
        phrases |= text.join(min_count, threshold)
    write_lines(text, out)
    if not quiet:
        for notice in [*found.notices, *text.notices]:
            click.echo(f"xw2v: {notice}", err=True)
        best = ", ".join(nlargest(8, phrases, key=phrases.__getitem__))
        click.echo(
            f"{found.description}: {len(phrases):,} phrases{': ' if best else ''}{best}", err=True
        )
    if as_json:
        click.echo(json.dumps({"output": out, "phrases": phrases}, ensure_ascii=False))


def write_lines(text: PhraseText, out: str) -> None:
    """Write the text into the file `out`; - is standard output."""
    from xw2v.storage.packing import packed_write

    if out == "-":
        sys.stdout.buffer.writelines(text.lines())
        sys.stdout.buffer.flush()
    else:
        with packed_write(out) as file:
            file.writelines(text.lines())
