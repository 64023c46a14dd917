"""Ranks under mpiexec: the bits of ranks that are threads, and an end for all when one ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from runs import EXACT, command, done, result, wait_for

from xw2v.cluster.ranks import Ranks
from xw2v.cluster.threads import on_ranks
from xw2v.config import TrainOptions
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.console import Console
from xw2v.training.replica_command import ReplicaTraining
from xw2v.training.run import Run
from xw2v.training.signals import StopSignals

MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")
pytestmark = [
    pytest.mark.mpi,
    pytest.mark.skipif(
        find_spec("mpi4py") is None or MPIEXEC is None, reason="no mpi4py, or no mpiexec"
    ),
]
MOST_SECONDS = 60  # until all ranks have ended, docs/cluster.md


def launched(size: int, line: list[str], **environment: str) -> subprocess.Popen[str]:
    """Start a command as ranks."""
    return subprocess.Popen(
        [str(MPIEXEC), "-n", str(size), *line],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def ended(process: subprocess.Popen[str], seconds: float = 600) -> tuple[int, str, str]:
    out, error = process.communicate(timeout=seconds)
    return process.returncode, out, error


def train(words_file: Path, output: Path, *more: str, **given: str) -> list[str]:
    options = {"combine_interval": "1", "workers": "1", "epochs": "2"} | given
    return command(words_file, *more, output=str(output), **options)


def ranks_of(output: Path) -> dict[int, int]:
    """Process numbers of the ranks of a run, by those of their supervisors."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            line = (status.parent / "cmdline").read_bytes().decode().split("\0")
            parent = re.search(r"PPid:\s*(\d+)", status.read_text())
        except OSError:
            continue
        if str(output) in line and "xw2v" in line and parent is not None:
            found[int(status.parent.name)] = int(parent[1])
    return {rank: parent for rank, parent in found.items() if parent in found}


def long_run(words_file: Path, output: Path, **environment: str) -> subprocess.Popen[str]:
    """Four ranks, a moment after their first checkpoint in a run that would take minutes."""
    line = train(words_file, output, "--checkpoint-every", "16", epochs="4000")
    process = launched(4, line, **environment)
    wait_for(lambda: bool(CheckpointFolder(output).names()), process)
    return process


@pytest.mark.parametrize("overlap", [False, True])
def test_ranks_give_the_bits_of_threads_every_time(
    overlap: bool, words_file: Path, tmp_path: Path
) -> None:
    option = ["--combine-overlap"] if overlap else []
    for output in (tmp_path / "one", tmp_path / "two"):
        error = done(ended(launched(2, train(words_file, output, *option))))
        assert error.count("2 ranks, 2 on this machine") == 1
    assert result(tmp_path / "one") == result(tmp_path / "two")

    def work(ranks: Ranks) -> Run | None:
        options = TrainOptions(input=(str(words_file),), output=str(tmp_path / "threads"))
        settings = {"vector_size": 16, "window": 3, "batch_tokens": 256, "epochs": 2}
        settings |= {"combine_interval": 1, "workers": 1, "combine_overlap": overlap}
        training = ReplicaTraining(options, settings, Console(), lambda *_: None, ranks)
        return training.run(StopSignals())

    on_ranks(2, work)
    assert result(tmp_path / "threads") == result(tmp_path / "one")
    assert json.loads((tmp_path / "one" / "run.json").read_text())["ranks"] == 2


def test_one_rank_gives_the_bits_of_a_run_without_mpi(words_file: Path, tmp_path: Path) -> None:
    done(ended(launched(1, train(words_file, tmp_path / "mpi"))))
    subprocess.run(train(words_file, tmp_path / "alone", "--quiet"), check=True)
    assert result(tmp_path / "mpi") == result(tmp_path / "alone")


def test_ranks_preprocess_to_the_bytes_of_one_process(words_file: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "xw2v", "preprocess", str(words_file), "--data-dir"]
    error = done(ended(launched(2, [*line, str(tmp_path / "ranks")])))
    assert error.count("corpus in") == 1
    subprocess.run([*line, str(tmp_path / "alone"), "--quiet"], check=True)
    names = [path.name for path in (tmp_path / "alone").iterdir()]
    assert "corpus.bin" in names
    for name in names:
        there, alone = (tmp_path / folder / name for folder in ("ranks", "alone"))
        assert there.read_bytes() == alone.read_bytes()


def test_a_killed_rank_ends_all_by_its_name(words_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    process = long_run(words_file, output)
    ranks = sorted(ranks_of(output))
    assert len(ranks) == 4
    os.kill(ranks[2], signal.SIGKILL)
    code, _, error = ended(process, MOST_SECONDS)
    assert code != 0
    assert re.search(rf"xw2v: rank \d \(process {ranks[2]} on \S+\) was killed by SIGKILL", error)
    wait_for_none(output)


def wait_for_none(output: Path) -> None:
    for _ in range(200):
        if not ranks_of(output):
            return
        time.sleep(0.05)
    raise AssertionError("ranks are left")


@pytest.fixture(scope="module")
def whole(words_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of two ranks that nothing happened to."""
    output = tmp_path_factory.mktemp("whole")
    done(ended(launched(2, train(words_file, output, epochs="100"))))
    return output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_or_killed_and_resumed_to_the_same_bits(
    number: signal.Signals, whole: Path, words_file: Path, tmp_path: Path
) -> None:
    line = train(words_file, tmp_path, "--checkpoint-every", "16", epochs="100")
    process = launched(2, line)
    wait_for(lambda: bool(CheckpointFolder(tmp_path).names()), process)
    if number == signal.SIGKILL:
        os.kill(min(ranks_of(tmp_path)), number)
    else:
        process.send_signal(number)
    code, _, error = ended(process)
    assert code != 0
    if number == signal.SIGINT:
        assert error.count("interrupted at") == 1
        assert "saved: run it again with --resume" in error
    wait_for_none(tmp_path)
    error = done(ended(launched(2, [*line, "--resume"])))
    assert "going on from epoch-" in error
    for name in EXACT:
        assert (whole / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_rank_that_is_stopped_ends_all_by_its_name(words_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    process = long_run(words_file, output, XW2V_RANK_TIMEOUT="3")
    ranks = sorted(ranks_of(output))
    os.kill(ranks[1], signal.SIGSTOP)
    code, _, error = ended(process, MOST_SECONDS)
    assert code != 0
    assert re.search(rf"nothing from .*\(process {ranks[1]} on \S+\) for \d+ seconds", error)
    wait_for_none(output)


def test_other_settings_and_other_texts_are_refused(words_file: Path, tmp_path: Path) -> None:
    for change, words in (
        (["--negative", "3"], "rank 1 has another settings than rank 0: --negative 3"),
        ([str(Path(__file__))], "rank 1 has another text than rank 0"),
    ):
        one = train(words_file, tmp_path / "output")
        code, _, error = ended(launched(1, [*one, ":", "-n", "1", *one, *change]))
        assert code != 0
        assert f"xw2v: rank 0 on {os.uname().nodename}: {words}" in error


@pytest.mark.parametrize(
    "environment",
    [
        {"SLURM_STEP_ID": "0", "SLURM_NTASKS": "4", "SLURM_PROCID": "0"},
        {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"},
    ],
    ids=lambda environment: next(reversed(environment)),
)
def test_single_programs_that_should_be_ranks_are_refused(
    environment: dict[str, str], words_file: Path, tmp_path: Path
) -> None:
    line = train(words_file, tmp_path / "output")
    done = subprocess.run(
        line, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "says that 4 ranks were started" in done.stderr
    assert "srun --mpi=pmix" in done.stderr
    assert not (tmp_path / "output").exists()


def test_long_messages_go_in_pieces(tmp_path: Path) -> None:
    script = tmp_path / "pieces.py"
    script.write_text(
        "import numpy as np\n"
        "from mpi4py import MPI\n"
        "from xw2v.cluster.mpi import MpiRanks\n"
        "ranks = MpiRanks(MPI.COMM_WORLD, piece_bytes=1000)\n"
        "def message(a, b):\n"
        "    rng = np.random.default_rng(10 * a + b)\n"
        "    return rng.integers(0, 256, 999 * a + 1001 * b, np.uint8)\n"
        "outgoing = [message(ranks.rank, other) for other in range(ranks.size)]\n"
        "for other, received in enumerate(ranks.exchange(outgoing)):\n"
        "    assert (received == message(other, ranks.rank)).all()\n"
        "array = np.full((1000, 3), ranks.rank, np.float32)\n"
        "ranks.broadcast_array(array)\n"
        "assert not array.any()\n"
        "there = ranks.gather(ranks.rank)\n"
        f"open({str(tmp_path)!r} + f'/{{ranks.rank}}', 'x').write(str(there))\n"
    )
    code, _, error = ended(launched(3, [sys.executable, str(script)]))
    assert code == 0, error
    assert [(tmp_path / str(rank)).read_text() for rank in range(3)] == 3 * ["[0, 1, 2]"]
