"""Giving a complete file or folder its name."""

from __future__ import annotations

import os
import time

WAIT_SECONDS = 2.0  # that a scanner or an indexer may hold a new file
PAUSE_SECONDS = 0.05
HELD = (5, 32)  # Windows' ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION


def rename(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Rename a file or folder, in place of a file of that name.

    Windows refuses this while any process has one of them open, as virus scanners and indexers have
    new files for a moment: there the rename is tried again for WAIT_SECONDS.

    Raises:
        OSError: it cannot be renamed.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            os.replace(source, target)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in HELD or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return
