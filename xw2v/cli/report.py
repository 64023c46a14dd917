"""xw2v report: one HTML page about a finished run."""

from __future__ import annotations

from pathlib import Path

import click

from xw2v.cli.map_options import (
    WORDS,
    check_output,
    check_word,
    map_options,
    method_or_best,
    print_outdated,
    report_path,
)
from xw2v.cli.vector_options import (
    MultiValueCommand,
    check_no_model,
    load_model,
    model_argument,
    print_json,
)
from xw2v.errors import InputError


@click.command(cls=MultiValueCommand)
@model_argument
@click.option(
    "-o", "--output", metavar="FILE.html", help="File to write.  [default: report.html in MODEL]"
)
@click.option(
    "--pairs",
    multiple=True,
    metavar="FILE ...",
    help="Similarity sets to evaluate on, as in xw2v evaluate.",
)
@click.option("--analogies", multiple=True, metavar="FILE ...", help="Analogy sets to evaluate on.")
@click.option(
    "--restrict-vocab",
    type=click.IntRange(1),
    default=30000,
    metavar="N",
    help="Evaluate among the first (most frequent) N words.  [default: 30000]",
)
@click.option(
    "--word",
    "chosen",
    multiple=True,
    metavar="WORD ...",
    help="Show the neighbours of these words.",
)
@map_options
@click.option("--force", is_flag=True, help="Replace the file of -o where it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    model: str,
    output: str | None,
    pairs: tuple[str, ...],
    analogies: tuple[str, ...],
    restrict_vocab: int,
    chosen: tuple[str, ...],
    words: int | None,
    method: str | None,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    """A page about the run whose output folder is MODEL (by default the folder output).

    Settings, figures of the text, loss curves, neighbours, scores on test sets, and a map to
    explore: one file that needs no network.
    """
    from xw2v.pictures.report import report_page
    from xw2v.pictures.report_vectors import Scores
    from xw2v.pictures.wordmap import word_map
    from xw2v.storage.files import atomic_write
    from xw2v.training.run_folder import read_record
    from xw2v.vectors.evaluation import word_analogies, word_pairs
    from xw2v.vectors.testsets import read_analogies, read_pairs

    check_no_model("--pairs", pairs)
    check_no_model("--analogies", analogies)
    folder = Path(model)
    if not folder.exists():
        raise InputError(
            f"{model}: no such folder; give the output folder of a finished xw2v train"
        )
    read_record(folder)  # a folder without one stops the command before its work
    target = Path(output) if output else report_path(folder)
    inputs = [Path(each) for each in (*pairs, *analogies) if Path(each).is_file()]
    check_output(target, (".html",), inputs, default=output is None, force=force)
    pair_sets = [read_pairs(Path(path)) for path in pairs]
    analogy_sets = [read_analogies(Path(path)) for path in analogies]
    vectors = load_model(model)
    for word in chosen:
        check_word(vectors, word)
    scores = Scores(
        min(restrict_vocab, len(vectors)),
        [word_pairs(vectors, each, restrict_vocab) for each in pair_sets],
        [word_analogies(vectors, each, restrict_vocab) for each in analogy_sets],
    )
    count = min(words or WORDS, len(vectors))
    drawn = word_map(vectors, count, method_or_best(method, count), seed)
    with atomic_write(target) as file:
        file.write(report_page(folder, vectors, drawn, scores, chosen))
    if as_json:
        print_json(
            {"model": model, "path": str(target), "method": drawn.method, "words": len(drawn.words)}
        )
    else:
        click.echo(f"{target}: the report of this run", err=True)
        print_outdated(folder, drawn.stamp)
