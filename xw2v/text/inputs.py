"""What a user names, as sources: files, folders, standard input, `corpus`, the default text."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from xw2v.errors import InputError, MissingFileError, UsageError
from xw2v.storage.files import reason
from xw2v.text import nltk_source
from xw2v.text.arrowfiles import ArrowFile
from xw2v.text.csvfiles import delimiter_of
from xw2v.text.docs_source import DocsSource
from xw2v.text.jsonlines import named_json_lines
from xw2v.text.sources import Source, described
from xw2v.text.textfiles import STANDARD_INPUT, TextFile

TABLE_SUFFIXES = (".arrow", ".parquet")
# of a set of data, beside its files
_DESCRIPTION = re.compile(r"(readme|licen[cs]e)\b.*|.*\.md|dataset_\w+\.json", re.IGNORECASE)
# files that only folders of vectors have: those of a model, and of the embedding projector
VECTORS = ({"center.npy", "vocab.json"}, {"vectors.tsv", "metadata.tsv"})


class ResolvedInputs(NamedTuple):
    """What `input` and `corpus` name.

    Attributes:
        sources: in the order in which they are read.
        description: one line about them all.
        notices: lines that a user should see.
    """

    sources: list[Source]
    description: str
    notices: list[str]


def find_sources(names: Sequence[str], corpus: str | None, text_column: str) -> ResolvedInputs:
    """The sources of `input` and of `corpus`; with neither, the default text.

    Raises:
        InputError: a file or folder is not there.
        UsageError: an unknown `corpus`.
    """
    sources: list[Source] = sources_of(names, text_column)
    titles = [described([_title(name) for name in names])] if names else []
    notices: list[str] = []
    if corpus is None and not names:
        installed = [name for name in nltk_source.DEFAULT if nltk_source.present(name)]
        missing = [name for name in nltk_source.DEFAULT if name not in installed]
        corpus = f"nltk:{','.join(installed)}" if installed else "docs"
        if missing:
            chosen = nltk_source.description(installed) if installed else DocsSource.description
            absent = described([name.capitalize() for name in missing])
            notices.append(
                f"no text named, and NLTK has no {absent} here: reading {chosen}; "
                "get them with xw2v download nltk, or name your own text"
            )
    if corpus == "docs":
        sources.append(DocsSource())
        titles.append(DocsSource.description)
    elif corpus is not None and (corpus == "nltk" or corpus.startswith("nltk:")):
        chosen_names = nltk_source.parse(corpus)
        sources += [nltk_source.NltkCorpus(name) for name in chosen_names]
        titles.append(nltk_source.description(chosen_names))
    elif corpus is not None:
        raise UsageError("choose nltk, nltk:brown,reuters or docs", setting="corpus", value=corpus)
    return ResolvedInputs(sources, described(titles), notices)


def _title(name: str) -> str:
    if name == STANDARD_INPUT:
        return "standard input"
    return os.path.basename(name.rstrip("/")) or name


def sources_of(inputs: Sequence[str], text_column: str) -> list[Source]:
    """The sources of INPUT arguments: files, folders of files, and - for standard input.

    Raises InputError for what is not there and for folders without text.
    """
    if list(inputs).count(STANDARD_INPUT) > 1:
        raise UsageError("- (standard input) can be read once; give it once")
    sources: list[Source] = []
    for name in inputs:
        paths = files_of(name) if name != STANDARD_INPUT and os.path.isdir(name) else [name]
        for path in paths:
            if path != STANDARD_INPUT and not os.path.exists(path):
                raise MissingFileError("no such file or folder", path=path)
            sources.append(_source_of(path, text_column))
    return sources


def _source_of(path: str, text_column: str) -> Source:
    if path.lower().endswith(TABLE_SUFFIXES):
        return ArrowFile(path, text_column)
    return TextFile(path, text_column)


def files_of(folder: str) -> list[str]:
    """All files in a folder and its folders, in order of their names; hidden ones are left out.

    Links to folders are followed, but none is read twice. Where there are Arrow or Parquet files,
    only these count: what lies beside them describes them; beside JSON Lines and CSV, README and
    the like are left out. Of a folder of Hugging Face's datasets, that is what they hold, without
    what was cached.

    Raises:
        InputError: a folder cannot be read, holds no text, or vectors.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: this folder cannot be read ({reason(error)})")

    found, seen = [], {os.path.realpath(folder)}
    for root, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and _is_new(os.path.join(root, name), seen)
        ]
        if any(folder <= {*names} for folder in VECTORS):
            raise InputError(f"{root}: holds vectors (a model), not text; name the files to read")
        names = _listed(root, names) or names
        found += [os.path.join(root, name) for name in names if not name.startswith(".")]
    tables = [path for path in found if path.lower().endswith(TABLE_SUFFIXES)]
    tables = [path for path in tables if not os.path.basename(path).startswith("cache-")] or tables
    if any(named_json_lines(path) or delimiter_of(path) for path in found):
        found = [path for path in found if not _DESCRIPTION.fullmatch(os.path.basename(path))]
    if not found:
        raise InputError(f"{folder}: no text in this folder (hidden files do not count)")
    return sorted(tables or found, key=lambda path: Path(path).parts)


def _is_new(folder: str, seen: set[str]) -> bool:
    """Whether a folder, perhaps a link to one, was not met before; notes it."""
    real = os.path.realpath(folder)
    is_new = real not in seen
    seen.add(real)
    return is_new


def _listed(folder: str, names: list[str]) -> list[str]:
    """The files that a folder's state.json, of Hugging Face's datasets, says belong to it."""
    if "state.json" not in names:
        return []
    try:
        with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
            listed = {str(entry["filename"]) for entry in json.load(file)["_data_files"]}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return [name for name in names if name in listed]
