"""xw2v plot: a map of the words, as a picture and as a page to explore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli.map_options import (
    check_output,
    map_options,
    map_paths,
    map_words,
    method_or_best,
    print_outdated,
)
from xw2v.cli.vector_options import MultiValueCommand, load_model, model_argument, print_json

if TYPE_CHECKING:
    from xw2v.pictures.wordmap import WordMap


@click.command(cls=MultiValueCommand)
@model_argument
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="A .png or .html file to write; may be given twice.  "
    "[default: map.png and map.html beside the model]",
)
@click.option("--word", "chosen", multiple=True, metavar="WORD ...", help="Show these words.")
@click.option("--words-file", metavar="FILE", help="Show the words of this file, one a line.")
@map_options
@click.option("--force", is_flag=True, help="Replace the files of -o where they exist.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    model: str,
    outputs: tuple[str, ...],
    chosen: tuple[str, ...],
    words_file: str | None,
    words: int | None,
    method: str | None,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """A map of the words of MODEL (by default the folder output): similar words lie close together.

    The .png has as many labels as there is room for. The .html is one file that needs no network:
    search, zoom, see a word's neighbours and try analogies.
    """
    from xw2v.pictures.wordmap import word_map

    targets = [Path(each) for each in outputs] or map_paths(Path(model))
    inputs = [Path(each) for each in (model, words_file) if each and Path(each).is_file()]
    for target in targets:
        check_output(target, (".png", ".html"), inputs, default=not outputs, force=force)
    vectors = load_model(model)
    which = map_words(vectors, words, chosen, words_file)
    count = min(which, len(vectors)) if isinstance(which, int) else len(which)
    drawn = word_map(vectors, which, method_or_best(method, count), seed)
    captions = captions_of(Path(model))
    written = {}
    for target in sorted(targets, key=is_picture):  # which may lack its library
        written[target] = write_map(target, drawn, *captions)
        if not as_json:
            print_written(written[target], drawn)
    if as_json:
        print_json(
            {
                "model": model,
                "method": drawn.method,
                "seed": seed,
                "words": len(drawn.words),
                "files": [written[target] for target in targets],
            }
        )
        return
    print_outdated(Path(model), drawn.stamp)


def is_picture(target: Path) -> bool:
    """Whether a map is written as a picture, rather than as a page."""
    return target.suffix.lower() == ".png"


def print_written(record: dict[str, Any], drawn: WordMap) -> None:
    """A line about a file, and one about words that it could not show as they are."""
    labels = f", {record['labels']:,} of them labelled" if "labels" in record else ""
    click.echo(f"{record['path']}: {len(drawn.words):,} words by {drawn.method}{labels}", err=True)
    boxes = record.get("without_font")
    if boxes:
        few = ", ".join(boxes[:5]) + (", …" if len(boxes) > 5 else "")
        click.echo(
            f"{record['path']}: no font for {len(boxes):,} of its words ({few}), which show boxes; "
            "install one for their script, such as Noto Sans, or see the .html",
            err=True,
        )


def captions_of(model: Path) -> tuple[str, str]:
    """Title and subtitle: the text and the settings of a run, or the name of the vectors."""
    from xw2v.pictures.captions import corpus_name, settings_line
    from xw2v.training.run_folder import is_run_folder, read_record

    if is_run_folder(model):
        record = read_record(model)
        return corpus_name(record, model), settings_line(record)
    return model.resolve().name, ""


def write_map(target: Path, drawn: WordMap, title: str, subtitle: str) -> dict[str, Any]:
    """Write a map in the format that the name says; returns what was written, for --json."""
    from xw2v.storage.files import atomic_write

    with atomic_write(target) as file:
        if is_picture(target):
            from xw2v.pictures.wordmap_png import draw_png

            summary = draw_png(file, drawn, title, subtitle)
            return {
                "path": str(target),
                "labels": summary.labelled,
                "without_font": summary.without_font,
            }
        from xw2v.pictures.wordmap_page import map_page

        file.write(map_page(drawn, title, subtitle))
        return {"path": str(target)}
