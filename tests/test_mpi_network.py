"""Ranks in two network namespaces, joined by a virtual cable: as on two machines, over TCP.

Needs root, `ip`, and MPICH (whose launcher takes a command in place of ssh). Delay and loss are put
on the cable where the kernel has netem.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from runs import EXACT, done, wait_for
from test_mpi import MOST_SECONDS, MPIEXEC, ended, launched, pytestmark, train

from xw2v.training.checkpoint import CheckpointFolder

__all__ = ["pytestmark"]

DEVICE = "xw2v0"  # one end of the cable, in each namespace


class Machines(NamedTuple):
    """Two network namespaces.

    Attributes:
        names: of the namespaces.
        command: that enters the namespace of an address, as ssh does.
    """

    names: tuple[str, str]
    command: Path

    def launched(self, line: list[str], **environment: str) -> subprocess.Popen[str]:
        """Start a command as two ranks, one in each."""
        settings = {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": DEVICE, "MPIR_CVAR_NOLOCAL": "1"}
        launcher = ["-launcher", "ssh", "-launcher-exec", str(self.command), "-iface", DEVICE]
        hosts = ["-hosts", "10.99.7.1,10.99.7.2", "-ppn", "1", "-n", "2"]
        return subprocess.Popen(
            ["ip", "netns", "exec", self.names[0], str(MPIEXEC), *launcher, *hosts, *line],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | settings | environment,
        )

    def bytes_sent(self) -> int:
        """By the first, over the cable."""
        file = f"/sys/class/net/{DEVICE}/statistics/tx_bytes"
        return int(ip("netns", "exec", self.names[0], "cat", file))


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and ip")
    names = f"xw2v-a{os.getpid()}", f"xw2v-b{os.getpid()}"
    command = tmp_path / "enter"
    command.write_text(
        "#!/bin/sh\n"
        'while [ "${1#-}" != "$1" ]; do shift; done\n'
        f'case "$1" in 10.99.7.1) name={names[0]};; *) name={names[1]};; esac\n'
        'shift\nexec ip netns exec "$name" sh -c "$*"\n'
    )
    command.chmod(0o755)
    try:
        for name in names:
            ip("netns", "add", name)
        cable = ["type", "veth", "peer", "name", DEVICE, "netns", names[1]]
        ip("link", "add", DEVICE, "netns", names[0], *cable)
        for number, name in enumerate(names, 1):
            ip("-n", name, "addr", "add", f"10.99.7.{number}/24", "dev", DEVICE)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", DEVICE, "up")
        for name in names:
            while "state UP" not in ip("-n", name, "link", "show", DEVICE):
                time.sleep(0.05)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
    else:
        yield Machines(names, command)
    finally:
        for name in names:
            inside = subprocess.run(
                ["ip", "netns", "pids", name], check=False, capture_output=True, text=True
            )
            for process in inside.stdout.split():
                with suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def slow_cable(machines: Machines) -> None:
    """Delay and loss, where the kernel has them."""
    line = ["tc", "qdisc", "add", "dev", DEVICE, "root", "netem", "delay", "2ms", "loss", "1%"]
    for name in machines.names:
        subprocess.run(["ip", "netns", "exec", name, *line], check=False, capture_output=True)


@pytest.mark.slow
def test_two_machines_give_the_bits_of_one(
    machines: Machines, words_file: Path, tmp_path: Path
) -> None:
    slow_cable(machines)
    one, two = tmp_path / "one", tmp_path / "two"
    done(ended(launched(2, train(words_file, one))))
    error = done(ended(machines.launched(train(words_file, two))))
    assert "2 ranks" in error
    assert machines.bytes_sent() > 200_000
    for name in EXACT:
        assert (one / name).read_bytes() == (two / name).read_bytes()


@pytest.mark.slow
def test_a_machine_that_is_cut_off_ends_all_by_its_name(
    machines: Machines, words_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    line = train(words_file, output, "--checkpoint-every", "16", epochs="4000")
    process = machines.launched(line, XW2V_RANK_TIMEOUT="5")
    wait_for(lambda: bool(CheckpointFolder(output).names()), process)
    ip("-n", machines.names[1], "link", "set", DEVICE, "down")
    with suppress(subprocess.TimeoutExpired):  # mpiexec may wait for the other until TCP gives up
        process.wait(MOST_SECONDS / 2)
    process.kill()
    _, error = process.communicate()
    assert re.search(r"nothing from rank 1 \(process \d+ on \S+\) for \d+ seconds", error), error
