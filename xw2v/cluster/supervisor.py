"""A process above each rank, that says which rank was killed, and how.

Launchers end all ranks when one dies, but name it at best by a process number. So the process that
the launcher starts only starts the rank, passes signals on to it, and reports how it ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType

from xw2v.cluster.launcher import Launch

CHILD_VARIABLE = "XW2V_SUPERVISED"  # in a rank's environment: the process number of its supervisor
PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal that a process gets when its parent ends
MODULE = "xw2v"  # that a rank runs
ORPHAN_CHECK_SECONDS = 1.0


def is_rank(environment: Mapping[str, str]) -> bool:
    """Whether this process is a rank that a supervisor started."""
    return CHILD_VARIABLE in environment


def supervise(launch: Launch) -> int:
    """Run this command once more, as a rank, and return its exit code."""
    environment = os.environ | {CHILD_VARIABLE: str(os.getpid())}
    rank = subprocess.Popen(
        [sys.executable, "-m", MODULE, *sys.argv[1:]],
        env=environment,
        close_fds=False,  # MPICH's launcher speaks through one that it left open
        start_new_session=True,  # signals of the terminal reach it through here, once
    )

    def pass_on(number: int, frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            rank.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    code = rank.wait()
    if code >= 0:
        return code
    line = f"xw2v: rank {launch.rank} (process {rank.pid} on {os.uname().nodename}) was killed by "
    line += signal.Signals(-code).name
    if -code == signal.SIGKILL:
        line += ", as the system does where memory runs out"
    line += "; all ranks end. The same command goes on from the last checkpoint by resuming\n"
    os.write(2, line.encode())
    return 128 - code


def end_with_supervisor(environment: Mapping[str, str]) -> None:
    """Let this rank end when its supervisor is killed, which cannot pass that on."""
    supervisor = int(environment[CHILD_VARIABLE])
    if sys.platform == "linux":  # also where this process is stopped
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(ORPHAN_CHECK_SECONDS)
        os._exit(128 + signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
