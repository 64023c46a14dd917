"""What examples of gensim's take from `gensim.test.utils`: nine short texts, and names of files
to write to.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["common_texts", "get_tmpfile", "temporary_file"]

common_texts = [
    line.split()
    for line in (
        "human interface computer",
        "survey user computer system response time",
        "eps user interface system",
        "system human system eps",
        "user response time",
        "trees",
        "graph trees",
        "graph minors trees",
        "graph minors survey",
    )
]


def get_tmpfile(suffix: str) -> str:
    """The path of a file of this name in a new folder of temporary files."""
    return str(Path(tempfile.mkdtemp()) / suffix)


@contextmanager
def temporary_file(name: str = "") -> Iterator[str]:
    """The path of a file of this name in a folder of its own, which goes away at the end."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield str(folder / name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
