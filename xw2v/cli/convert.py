"""xw2v convert: vectors to another file format."""

from __future__ import annotations

from pathlib import Path

import click

from xw2v.cli.targets import check_file_name, check_folder_name, check_target
from xw2v.cli.vector_options import MODEL_HELP, chosen_model, print_json
from xw2v.errors import UsageError
from xw2v.vectors.formats import FORMATS, SYNONYMS, format_name, makes_folder

CHOICES = click.Choice([*FORMATS, *SYNONYMS])


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="[MODEL] OUT")
@click.option("--model", "model_option", metavar="PATH", help=MODEL_HELP)
@click.option("--to", "to_format", type=CHOICES, required=True, help="Format to write.")
@click.option(
    "--from",
    "from_format",
    type=CHOICES,
    help="Format of MODEL.  [default: found from its content]",
)
@click.option(
    "--limit",
    "--restrict-vocab",
    "limit",
    type=click.IntRange(1),
    metavar="N",
    help="Only the first (most frequent) N words.",
)
@click.option(
    "--encoding", metavar="NAME", default="utf-8", help="Of the words of MODEL.  [default: utf-8]"
)
@click.option(
    "--unicode-errors",
    type=click.Choice(["strict", "replace", "ignore"]),
    default="strict",
    help="What to do with words that are not in that encoding.  [default: strict]",
)
@click.option(
    "--lenient",
    is_flag=True,
    help="Of text, skip lines that cannot be read, and say how many; take any separators.",
)
@click.option("--force", is_flag=True, help="Replace OUT where it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    paths: tuple[str, ...],
    model_option: str | None,
    to_format: str,
    from_format: str | None,
    limit: int | None,
    encoding: str,
    unicode_errors: str,
    lenient: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write the vectors of MODEL (by default the folder output) to OUT in another format, exact in
    float32.

    npy and projector make a folder of OUT, the other formats a file.
    """
    from xw2v.vectors.formats import detect, files_of, read_vectors, write_vectors

    if len(paths) > 2:
        raise UsageError(f"{len(paths)} arguments: give MODEL and OUT, or OUT alone with --model")
    *first, out = paths
    model = chosen_model(first[0] if first else None, model_option)
    to_format = format_name(to_format)
    (check_folder_name if makes_folder(to_format) else check_file_name)(out)
    found, file = (from_format, Path(model)) if from_format else detect(Path(model), lenient)
    for target in files_of(Path(out), to_format):
        check_target(target, files_of(file, format_name(found)), force)
    loaded = read_vectors(file, found, limit, encoding, unicode_errors, lenient)
    write_vectors(Path(out), loaded, to_format)
    words, size = loaded.vectors.shape
    if as_json:
        print_json(
            {
                "model": model,
                "out": out,
                "format": to_format,
                "words": words,
                "vector_size": size,
                "skipped_lines": loaded.skipped,
            }
        )
    else:
        click.echo(f"{out}: {words:,} words, {size} dimensions, {to_format}", err=True)
