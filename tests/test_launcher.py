"""What launchers say, and what is done without MPI."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from runs import POSIX, command, done, run

from xw2v.cluster import mpi
from xw2v.cluster.launcher import Launch, launched
from xw2v.errors import MissingDependencyError

RANK_2 = {"PMI_SIZE": "4", "PMI_RANK": "2"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (RANK_2, Launch(4, 2, "PMI_SIZE")),
        ({"OMPI_COMM_WORLD_SIZE": "3", "OMPI_COMM_WORLD_RANK": "0"} | RANK_2,
         Launch(3, 0, "OMPI_COMM_WORLD_SIZE")),
        ({"SLURM_NTASKS": "8", "SLURM_PROCID": "0"}, None),
        ({"SLURM_NTASKS": "8", "SLURM_PROCID": "5", "SLURM_STEP_ID": "0"},
         Launch(8, 5, "SLURM_NTASKS")),
        ({"SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1",
          "SLURM_STEP_ID": "3"}, Launch(2, 1, "SLURM_STEP_NUM_TASKS")),
        ({"SLURM_NTASKS": "8", "SLURM_PROCID": "0", "SLURM_STEP_ID": "0"} | RANK_2,
         Launch(4, 2, "PMI_SIZE")),
        ({"PMI_SIZE": "four", "PMI_RANK": "0"}, None),
    ],
)  # fmt: skip
def test_launchers_are_known_by_their_variables(
    environment: dict[str, str], expected: Launch | None
) -> None:
    assert launched(environment) == expected


def test_a_run_by_itself_imports_no_mpi(words_file: Path, tmp_path: Path) -> None:
    line = command(words_file, "--quiet", output=str(tmp_path), epochs="1")
    script = (
        "import sys, xw2v.cli\n"
        "xw2v.cli.main()\n"
        "mpi = {'mpi4py', 'xw2v.cluster.mpi', 'xw2v.training.replica_command'}\n"
        "assert not mpi & {*sys.modules}"
    )
    done(run([sys.executable, "-c", script, *line[3:]]))


def test_ranks_without_mpi4py_are_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(MissingDependencyError, match="pip install mpi4py mpich"):
        mpi.connect(Launch(4, 0, "PMI_SIZE"), {})


@POSIX
@pytest.mark.parametrize("rank", ["0", "1"])
@pytest.mark.parametrize("preprocesses", [False, True])
def test_an_error_of_all_ranks_is_reported_once(
    rank: str, preprocesses: bool, words_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "mpi4py.py").write_text("raise ImportError('no MPI')")
    environment = os.environ | {"PMI_SIZE": "2", "PMI_RANK": rank, "PYTHONPATH": str(tmp_path)}
    line = command(words_file, output=str(tmp_path / "output"))
    if preprocesses:
        line = [sys.executable, "-m", "xw2v", "preprocess", str(words_file), "--data-dir"]
        line.append(str(tmp_path / "output"))
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("PMI_SIZE says that 2 ranks were started") == (rank == "0")
    assert not (tmp_path / "output").exists()


SUPERVISED = """
import os, signal, sys, time
import xw2v.cluster.supervisor as supervisor
from xw2v.cluster.launcher import Launch
if supervisor.is_rank(os.environ):
    supervisor.end_with_supervisor(os.environ)
    {rank}
    sys.exit(0)
sys.exit(supervisor.supervise(Launch(4, 3, "PMI_SIZE")))
"""


def supervised(tmp_path: Path, rank: str) -> subprocess.Popen[str]:
    """A supervisor and its rank, which does what `rank` says; its package is a stand-in."""
    package = tmp_path / "xw2v_stand_in"
    package.mkdir()
    script = SUPERVISED.format(rank=rank)
    (package / "__main__.py").write_text(script)
    start = script.replace("import xw2v.cluster", "import subprocess, xw2v.cluster", 1)
    start = start.replace(
        "sys.exit(supervisor.supervise",
        "supervisor.MODULE = 'xw2v_stand_in'\nsys.exit(supervisor.supervise",
    )
    return subprocess.Popen(
        [sys.executable, "-c", start],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@POSIX
def test_a_killed_rank_is_named_by_its_supervisor(tmp_path: Path) -> None:
    process = supervised(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL
    assert error.startswith("xw2v: rank 3 (process ")
    assert "was killed by SIGKILL" in error


@POSIX
def test_exit_codes_and_signals_pass_through_a_supervisor(tmp_path: Path) -> None:
    wait = (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); "
        "print('ready', flush=True); time.sleep(60)"
    )
    process = supervised(tmp_path, wait)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (7, "")


@POSIX
def test_a_rank_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    process = supervised(tmp_path, "print(os.getpid(), flush=True); time.sleep(60)")
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdecimal()
    process.kill()
    process.communicate(timeout=30)  # returns when the rank, too, has closed the pipes
