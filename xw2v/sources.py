"""Where text comes from: what a user names, as sources that give it in pieces.

A source gives blocks of running text (bytes) or documents that come as tokens (lists of strings). This module
says which inputs there are; `textfiles`, `arrowfiles`, `nltk_source` and `docs_source` read them.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

from xw2v.errors import InputError, UsageError
from xw2v.files import reason

Piece = bytes | list[str]
ARROW = (".arrow", ".parquet")
STANDARD_INPUT = "-"


class Source(ABC):
    """Text that can be read.

    description: what to call it in a log line. total, done: how much there is and how much was read, in bytes
    of the file where that is known (total 0 where it is not).
    """

    description: str
    total: int = 0
    done: int = 0

    @abstractmethod
    def pieces(self, at_blanks: bool) -> Iterator[Piece]:
        """The text, from its beginning: UTF-8 blocks or documents that come as tokens.

        A block ends at a line end or, with `at_blanks`, at a blank where a line is long; the last one ends with
        a line end. Raises InputError where the source cannot be read.
        """


def sources_of(inputs: Sequence[str], text_column: str) -> list[Source]:
    """The sources of INPUT arguments: files, folders of files, and - for standard input.

    Raises InputError for what is not there and for folders without text.
    """
    from xw2v.arrowfiles import ArrowFile
    from xw2v.textfiles import TextFile

    if list(inputs).count(STANDARD_INPUT) > 1:
        raise UsageError("- (standard input) can be read once; give it once")
    sources: list[Source] = []
    for name in inputs:
        paths = files_of(name) if name != STANDARD_INPUT and os.path.isdir(name) else [name]
        for path in paths:
            if path != STANDARD_INPUT and not os.path.exists(path):
                raise InputError(f"{path}: no such file or folder")
            arrow = path.lower().endswith(ARROW)
            sources.append(ArrowFile(path, text_column) if arrow else TextFile(path))
    return sources


def files_of(folder: str) -> list[str]:
    """All files in a folder and the folders in it, in order of their names; hidden ones are left out.

    Where there are Arrow or Parquet files, only these count: what lies beside them describes them.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: this folder cannot be read ({reason(error)})")

    found = []
    for here, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names = [name for name in names if not name.startswith(".")]
        tables = [name for name in names if name.lower().endswith(ARROW)]
        found += [os.path.join(here, name) for name in tables or names]
    if not found:
        raise InputError(f"{folder}: no text in this folder (hidden files do not count)")
    return sorted(found, key=lambda path: Path(path).parts)


def described(names: Sequence[str]) -> str:
    """Names as English: "a", "a and b", "a, b and c", "a, b, c and 5 more"."""
    names = list(names)
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
