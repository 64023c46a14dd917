"""Run xw2v, and kill it (SIGKILL) as it is about to do its Nth operation on files in a folder.

    python tests/killed_at.py N FOLDER train ...

An operation is opening a file for writing, making, renaming or removing one. N = 0 kills nothing
and writes the number of operations to FOLDER.operations.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree")


def main() -> None:
    number, folder = int(sys.argv[1]), os.path.abspath(sys.argv[2])
    sys.argv[1:] = sys.argv[3:]
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "open":
            _, mode, flags = arguments
            if not (set("wxa+") & set(mode) if mode else flags & (os.O_WRONLY | os.O_RDWR)):
                return
        elif event not in CHANGES:
            return
        if isinstance(arguments[0], int) or not os.path.abspath(
            os.fsdecode(arguments[0])
        ).startswith(folder):
            return
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    from xw2v.cli import main

    sys.addaudithook(hook)
    try:
        main()
    finally:
        if number == 0:
            operations = count
            Path(f"{folder}.operations").write_text(str(operations))


if __name__ == "__main__":
    main()
