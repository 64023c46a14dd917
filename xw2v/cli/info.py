"""xw2v info: what is in a model folder, a file of vectors or a corpus folder, or what a training
would see of a text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from xw2v.cli import notify
from xw2v.cli.options import input_options, reading_bar, text_options, workers_option
from xw2v.cli.vector_options import MODEL_HELP, chosen_model, missing_model, print_json
from xw2v.errors import FileFormatError
from xw2v.settings import SETTINGS, Settings

FREQUENT = 10  # words shown


@click.command()
@input_options
@workers_option
@click.option("--model", metavar="PATH", help=MODEL_HELP)
@click.option("--min-count", type=int, help=SETTINGS["min_count"].help + "  [default: 5]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    inputs: tuple[str, ...],
    corpus: str | None,
    model: str | None,
    min_count: int | None,
    as_json: bool,
    **given: Any,
) -> None:
    """What is in a model (by default the folder output), a file of vectors or a corpus folder; or
    what a training would see of INPUT, text as `xw2v train` takes it.

    Of a text: words, sentences, letters outside the words, the vocabulary at several minimum
    counts, what subsampling leaves, and the time and memory that a training would take, judged by
    a short one.
    """
    from xw2v.text.corpus_folder import is_corpus_folder

    named = inputs[0] if len(inputs) == 1 else None
    place = Path(chosen_model(named, model))
    of_text = {**given, "min_count": min_count, "text_column": None}
    is_asked_of_text = place.is_file() and any(value is not None for value in of_text.values())
    named_text = len(inputs) > 1 or is_asked_of_text or is_text(place, named)
    if model is None and (corpus is not None or named_text):
        record = text_record(inputs, corpus, min_count, given)
    elif not place.exists():
        raise missing_model(str(place))
    else:
        record = corpus_record(place) if is_corpus_folder(place) else vectors_record(place)
    if as_json:
        print_json(record)
    else:
        print_record(record)


def is_text(place: Path, named: str | None) -> bool:
    """Whether an argument names text, rather than vectors or a corpus folder."""
    from xw2v.text.corpus_folder import is_corpus_folder
    from xw2v.vectors.formats import detect, is_vectors

    if named == "-":
        return True
    if not place.exists() or is_corpus_folder(place):
        return False
    return not is_vectors(place) or (detect(place)[0] == "glove" and has_whole_numbers(place))


def has_whole_numbers(place: Path) -> bool:
    """Whether the numbers that end the first line are whole ones, as in text that ends in years."""
    from xw2v.storage.files import decompressed, open_binary

    with open_binary(place) as raw:
        first = decompressed(raw, str(place)).readline(1 << 16)
    return b"." not in first.partition(b" ")[2]


def text_record(
    inputs: tuple[str, ...], corpus: str | None, min_count: int | None, given: dict[str, Any]
) -> dict[str, Any]:
    """What a training would see of a text."""
    from xw2v.text.reading import open_corpus
    from xw2v.text.vocabulary import VocabularyLimits
    from xw2v.training.preview import preview

    settings = Settings() if min_count is None else Settings(min_count=min_count)
    with reading_bar(quiet=False) as progress:
        text = open_corpus(
            inputs,
            corpus,
            text_options(**given),
            VocabularyLimits(min_count=1),
            progress=progress,
        )
    for notice in text.notices:
        notify(notice)
    return {"path": " ".join(inputs) or corpus, "kind": "text", **preview(text, settings)}


def corpus_record(folder: Path) -> dict[str, Any]:
    """What a folder of `xw2v preprocess` holds."""
    from xw2v.text.corpus import Corpus

    corpus = Corpus.open(folder)
    return {
        "path": str(folder),
        "kind": "corpus",
        "description": corpus.description,
        "raw_words": corpus.raw_words,
        "tokens": len(corpus.ids),
        "sentences": len(corpus),
        "words": len(corpus.vocabulary),
        "fingerprint": corpus.fingerprint,
        "settings": dict(corpus.settings),
        "files": sizes(folder),
        "frequent": frequent(corpus.vocabulary.words, corpus.vocabulary.counts),
    }


def vectors_record(place: Path) -> dict[str, Any]:
    """What a model folder or a file of vectors holds, with the settings of the run that made it."""
    from xw2v.vectors.formats import detect, read_vectors

    format, _ = detect(place)
    loaded = read_vectors(place)
    words, size = loaded.vectors.shape
    record: dict[str, Any] = {
        "path": str(place),
        "kind": "model" if place.is_dir() else "vectors",
        "format": format,
        "words": words,
        "vector_size": size,
        "tokens": None if loaded.counts is None else int(loaded.counts.sum()),
    }
    if loaded.trained_as is not None and format == "fasttext-bin":
        record["trained"] = vars(loaded.trained_as)
    if loaded.subwords is not None:
        rule = vars(loaded.subwords.rule)
        record["n_grams"] = rule | {"vectors": len(loaded.subwords.rows)}
    run = place / "run.json"
    if run.is_file():
        try:
            record["run"] = json.loads(run.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise FileFormatError(
                f"cannot be read as JSON: {str(error).splitlines()[0]}", path=run
            ) from None
    record["files"] = sizes(place)
    record["frequent"] = frequent(loaded.words, loaded.counts)
    return record


def sizes(place: Path) -> dict[str, int]:
    """Bytes of a file, or of each file in a folder."""
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    return {file.name: file.stat().st_size for file in files if file.is_file()}


def frequent(words: list[str], counts: Any) -> list[dict[str, Any]]:
    """The first words, with their counts where those are known."""
    shown = [None] * FREQUENT if counts is None else counts[:FREQUENT].tolist()
    return [{"word": word, "count": count} for word, count in zip(words, shown, strict=False)]


def print_record(record: dict[str, Any], indent: str = "") -> None:
    """`name  value` lines; what is nested comes indented below its name."""
    width = max(
        (len(name) for name, value in record.items() if not isinstance(value, dict)), default=0
    )
    for name, value in record.items():
        if name == "frequent":
            words = ", ".join(
                w["word"] + (f" ({w['count']:,})" if w["count"] else "") for w in value
            )
            click.echo(f"{name:{width}}  {words}")
        elif isinstance(value, dict):
            if value:
                click.echo(f"{indent}{name}")
                print_record(value, indent + "  ")
        elif value is not None:
            shown = (
                f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
            )
            click.echo(f"{indent}{name:{width}}  {shown}")
