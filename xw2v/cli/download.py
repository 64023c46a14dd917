"""xw2v download: fetch the NLTK corpora."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from xw2v.errors import InputError, UsageError


@click.command()
@click.argument("what", metavar="nltk[:NAME,...]")
@click.option(
    "--dir",
    "--output",
    "-o",
    "folder",
    metavar="FOLDER",
    help="Where to put them.  [default: NLTK's own folder, ~/nltk_data]",
)
@click.option("--quiet", is_flag=True, help="Errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print what was fetched as JSON.")
def command(what: str, folder: str | None, quiet: bool, as_json: bool) -> None:
    """Fetch NLTK's corpora: Brown, Reuters and Gutenberg, or those that nltk:NAME,NAME names.

    Brown and Reuters are for non-commercial use and for research; Gutenberg's books are in the
    public domain.
    """
    if what != "nltk" and not what.startswith("nltk:"):
        raise UsageError(f"{what}: xw2v downloads nltk or nltk:NAME,NAME")
    from xw2v.text.nltk_source import parse

    names = parse(what)
    from nltk.downloader import Downloader

    downloader = Downloader(download_dir=folder) if folder else Downloader()
    target = folder or downloader.default_download_dir()
    for name in names:
        fetch(downloader, name, target, quiet)
    if not quiet:
        click.echo(f"{', '.join(names)} in {target}: xw2v train --corpus {what}", err=True)
    if as_json:
        click.echo(json.dumps({"corpora": names, "folder": target}))


def fetch(downloader: Any, name: str, target: str, quiet: bool) -> None:
    """Fetch one corpus, with a bar if standard error is a terminal; InputError if that fails."""
    bar = None
    if not quiet and sys.stderr.isatty():
        from tqdm import tqdm

        bar = tqdm(total=100, desc=name, unit="%", file=sys.stderr)
    try:
        for message in downloader.incr_download(name, download_dir=target):
            kind = type(message).__name__
            if kind == "ErrorMessage":
                text = " ".join(str(message.message).split())
                raise InputError(f"{name}: cannot be fetched: {text}; is the network there?")
            if kind == "ProgressMessage" and bar is not None:
                bar.update(message.progress - bar.n)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name}: cannot be fetched: {error}") from None
    finally:
        if bar is not None:
            bar.close()
