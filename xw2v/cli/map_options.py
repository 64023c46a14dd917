"""What plot and report share: the words and the method of a map, and the check of files to
write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xw2v.cli.targets import check_target
from xw2v.cli.vector_options import check_no_model
from xw2v.errors import InputError, UsageError

if TYPE_CHECKING:
    from xw2v.vectors.keyedvectors import KeyedVectors

Command = Callable[..., Any]

WORDS = 1000
MAX_WORDS = 20000  # of a map that a browser still moves smoothly


def map_options(command: Command) -> Command:
    """--top, --projection, --seed."""
    words = click.option(
        "--top",
        "--words",
        "words",
        type=click.IntRange(1, MAX_WORDS),
        metavar="N",
        help=f"The map shows the N most frequent words.  [default: {WORDS}]",
    )
    method = click.option(
        "--projection",
        "--method",
        "method",
        type=click.Choice(["pca", "tsne", "umap"]),
        help="Projection of the vectors onto the plane.  "
        "[default: tsne where scikit-learn is installed, else pca]",
    )
    seed = click.option(
        "--seed",
        type=click.IntRange(0),
        default=1,
        help="Seed of t-SNE and UMAP: the same seed gives the same map.  [default: 1]",
    )
    return words(method(seed(command)))


def method_or_best(method: str | None, words: int) -> str:
    """The method asked for, or the best one for so many words; prints a line where a better one
    could be installed.
    """
    from xw2v.pictures.projection import MIN_WORDS, best_method

    if method is not None:
        return method
    best = best_method(words)
    if best == "pca" and words >= MIN_WORDS:
        click.echo(
            'a map by PCA; one by t-SNE keeps neighbours together better: pip install "xw2v[tsne]"',
            err=True,
        )
    return best


def map_words(
    vectors: KeyedVectors, words: int | None, chosen: Sequence[str], words_file: str | None
) -> int | list[str]:
    """How many of the most frequent words a map shows, or which ones.

    Raises:
        UsageError: both were asked for. UnknownWordError: an unknown `--word`. InputError: a file
            without a known word in it; single unknown words of a file are left out, with a line
            about them.
    """
    if not chosen and words_file is None:
        return WORDS if words is None else words
    if words is not None:
        raise UsageError(
            "--words N shows the most frequent words; give either it or --word and --words-file"
        )
    for word in chosen:
        check_word(vectors, word)
    listed = read_words(Path(words_file)) if words_file is not None else []
    known = [word for word in listed if word in vectors]
    if listed and not known:
        raise InputError(f"{words_file}: none of its {len(listed):,} words is in the vocabulary")
    missing = [word for word in listed if word not in vectors]
    if missing:
        few = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        click.echo(
            f"{words_file}: {len(missing):,} of its words are not in the vocabulary: {few}",
            err=True,
        )
    which = list(dict.fromkeys([*chosen, *known]))
    if len(which) > MAX_WORDS:
        raise InputError(f"{words_file}: {len(which):,} words; a map shows at most {MAX_WORDS:,}")
    return which


def check_word(vectors: KeyedVectors, word: str) -> None:
    """Refuse a `--word` that has no vector, before any work.

    Raises:
        UsageError: it is a model folder.
        UnknownWordError: otherwise, with the nearest spellings.
    """
    if word not in vectors:
        check_no_model("--word", [word])
        vectors.get_index(word)


def read_words(path: Path) -> list[str]:
    """The words of a text file, one a line. Raises InputError where there are none."""
    from xw2v.storage.files import damage_reported, decompressed, open_binary
    from xw2v.text.foreign import HEAD_BYTES, refuse_foreign

    with open_binary(path) as raw, damage_reported(str(path)):
        data = decompressed(raw, str(path), unzips=True).read()
    refuse_foreign(data[:HEAD_BYTES], str(path))
    try:
        words = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8; save the list of words as UTF-8"
        ) from None
    words = [word for word in words if word]
    if not words:
        raise InputError(f"{path}: no words in it; write one a line")
    return words


def check_output(
    target: Path, suffixes: tuple[str, ...], inputs: Iterable[Path], *, default: bool, force: bool
) -> None:
    """Refuse, before any work, a name with another suffix and a file that may not be replaced.

    Args:
        inputs: files that the command reads.
        default: whether the name is the command's own, which it may replace.
        force: replace any file but an input.
    """
    if target.suffix.lower() not in suffixes:
        raise UsageError(f"{target}: give a name that ends in {' or '.join(suffixes)}")
    if not target.parent.is_dir():
        raise InputError(f"{target}: there is no folder {target.parent}; make it first")
    if target.is_dir():
        raise InputError("is a folder; give the name of a file", path=target)
    check_target(target, inputs, default or force)


def map_paths(model: Path) -> list[Path]:
    """map.png and map.html in a model folder, or beside a file of vectors with its name before."""
    names = ("map.png", "map.html")
    if model.is_dir():
        return [model / name for name in names]
    return [model.with_name(f"{model.name}.{name}") for name in names]


def report_path(folder: Path) -> Path:
    return folder / "report.html"


def print_outdated(model: Path, current: str) -> None:
    """A line about maps and a report beside a model that show earlier vectors.

    Args:
        model: a folder or a file of vectors.
        current: the stamp of its vectors now; see `xw2v.pictures.stamp`.
    """
    from xw2v.pictures.stamp import outdated

    for command, paths in (("plot", map_paths(model)), ("report", [report_path(model)])):
        old = outdated(paths, current)
        if old:
            names = " and ".join(map(str, old))
            verb = "show" if len(old) > 1 else "shows"
            click.echo(
                f"{names} {verb} earlier vectors; make new: xw2v {command} {model}", err=True
            )
