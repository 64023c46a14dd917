"""A command as one of several ranks, as `mpiexec -n 4 xw2v train ...` starts them."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

from xw2v.cli import line_of
from xw2v.cluster.launcher import Launch, launched
from xw2v.cluster.ranks import Ranks
from xw2v.cluster.supervisor import end_with_supervisor, is_rank, supervise
from xw2v.errors import RunInterruptedError, Xw2vError

COMMON_ERROR_SECONDS = 3.0  # that others give rank 0 to report, and to end all


def launch_of_ranks() -> Launch | None:
    """How this process was launched as one rank of several; None where it is the only one.

    The process that the launcher started does not return from here: it starts the rank.
    """
    launch = launched(os.environ)
    if launch is None or launch.size == 1:
        return None
    if os.name == "posix":
        if not is_rank(os.environ):
            sys.exit(supervise(launch))
        end_with_supervisor(os.environ)
    return launch


def connect(launch: Launch) -> Ranks:
    """The ranks; an error of all of them is reported by rank 0."""
    from xw2v.cluster.mpi import connect as connect_mpi

    try:
        return connect_mpi(launch, os.environ)
    except Xw2vError as error:
        if launch.rank == 0:
            raise
        time.sleep(COMMON_ERROR_SECONDS)
        sys.exit(error.exit_code)


@contextmanager
def ending_together(ranks: Ranks) -> Iterator[None]:
    """End all ranks where this one fails, with a line that says which it was and why."""
    try:
        yield
    except RunInterruptedError as error:
        if ranks.rank == 0:
            raise
        sys.exit(error.exit_code)
    except BaseException as error:
        if ranks.rank > 0:
            time.sleep(COMMON_ERROR_SECONDS)
        code = _report(f"xw2v: rank {ranks.rank} on {platform.node()}", error)
        sys.stderr.flush()
        ranks.abort(code)


def _report(name: str, error: BaseException) -> int:
    """Say why a rank ends; returns the exit code."""
    if isinstance(error, Xw2vError):
        click.echo(f"{name}: {line_of(error)}", err=True)
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        click.echo(f"{name}: interrupted", err=True)
        return 130
    if isinstance(error, MemoryError):
        click.echo(f"{name}: out of memory; free some, or ask for less", err=True)
        return 1
    traceback.print_exception(error)
    click.echo(f"{name}: {type(error).__name__}", err=True)
    return 1
