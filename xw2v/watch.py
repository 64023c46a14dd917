"""Files that must stay as they are while they are in use."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from xw2v.corpus import Corpus
from xw2v.errors import InputError
from xw2v.files import seen


class FileWatch:
    """Memory-mapped files, looked at between steps.

    A file that is cut short under its memory map would end the process without a word, and one that is
    written anew would mix two texts. One replaced by another file does no harm: the map keeps the old one.
    """

    def __init__(self, arrays: Iterable[np.ndarray] = ()) -> None:
        self._files: list[tuple[int, str, tuple[int, int]]] = []
        for array in arrays:
            path = getattr(array, "filename", None)
            if path is not None and os.name == "posix":
                descriptor = os.open(path, os.O_RDONLY)
                self._files.append((descriptor, str(path), seen(descriptor)))

    def check(self) -> None:
        """Raise InputError if a file was changed."""
        for descriptor, path, before in self._files:
            if seen(descriptor) != before:
                raise InputError(
                    f"{path}: changed while it was trained on; put it back as it was and --resume, or begin anew"
                )

    def close(self) -> None:
        for descriptor, _, _ in self._files:
            os.close(descriptor)
        self._files = []


def arrays_of(*corpora: Corpus | None) -> list[np.ndarray]:
    """The arrays of corpora that may be memory maps."""
    return [array for corpus in corpora if corpus is not None for array in (corpus.ids, corpus.offsets)]
