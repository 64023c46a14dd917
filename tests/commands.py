"""Commands that ask vectors, run in this process."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from xw2v.cli import main


@dataclass
class Finished:
    """What a command left."""

    stdout: str
    stderr: str


def xw2v(
    *arguments: object, stdin: str = "", code: int = 0, folder: Path | None = None
) -> Finished:
    """Run the command line in this process, as the script `xw2v` does, and check its exit code."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["xw2v", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        if folder:
            patch.chdir(folder)
        status: object = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code
    assert status == code, err.getvalue()
    return Finished(out.getvalue(), err.getvalue())
