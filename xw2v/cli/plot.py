"""xw2v plot: a map of the words, as a picture and as a page to explore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xw2v.cli.map_options import check_output, map_options, map_words, method_or_best
from xw2v.cli.vector_options import MultiValueCommand, load_model, print_json
from xw2v.errors import UsageError

if TYPE_CHECKING:
    from xw2v.pictures.wordmap import WordMap

NAMES = ("map.png", "map.html")


@click.command(cls=MultiValueCommand)
@click.argument("model", default="output")
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

    targets = [Path(each) for each in outputs] or default_outputs(Path(model))
    for target in targets:
        check_output(target, (".png", ".html"), default=not outputs, force=force)
    vectors = load_model(model)
    which = map_words(vectors, words, chosen, words_file)
    count = min(which, len(vectors)) if isinstance(which, int) else len(which)
    drawn = word_map(vectors, which, method_or_best(method, count), seed)
    title = title_of(Path(model))
    written = [write_map(target, drawn, title) for target in targets]
    if as_json:
        print_json(
            {
                "model": model,
                "method": drawn.method,
                "seed": seed,
                "words": len(drawn.words),
                "files": written,
            }
        )
        return
    for each in written:
        labels = f", {each['labels']:,} of them labelled" if "labels" in each else ""
        click.echo(
            f"{each['path']}: {len(drawn.words):,} words by {drawn.method}{labels}", err=True
        )


def default_outputs(model: Path) -> list[Path]:
    """map.png and map.html in a model folder, or beside a file of vectors with its name before."""
    if model.is_dir():
        return [model / name for name in NAMES]
    return [model.with_name(f"{model.name}.{name}") for name in NAMES]


def title_of(model: Path) -> str:
    """What the text of a run was, or the name of the vectors."""
    from xw2v.training.run_folder import is_run_folder, read_record

    if is_run_folder(model):
        description = read_record(model).get("corpus", {}).get("description")
        if isinstance(description, str) and description:
            return description
    return model.resolve().name


def write_map(target: Path, drawn: WordMap, title: str) -> dict[str, object]:
    """Write a map in the format that the name says, and tell what was written."""
    from xw2v.storage.files import atomic_write

    if target.suffix.lower() == ".png":
        from xw2v.pictures.wordmap_png import draw_png

        with atomic_write(target) as file:
            labels = draw_png(file, drawn, title)
        return {"path": str(target), "labels": labels}
    if target.suffix.lower() == ".html":
        from xw2v.pictures.wordmap_page import map_page

        with atomic_write(target) as file:
            file.write(map_page(drawn, title))
        return {"path": str(target)}
    raise UsageError(f"{target}: give a name that ends in .png or .html")
