"""What differs between Linux, macOS and Windows (docs/platforms.md): on the system itself, and
simulated on another.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import EXACT, SMALL_RUN, command, done, last_line, run, start, wait_for

from xw2v.errors import InputError, OutputError
from xw2v.settings import Settings
from xw2v.storage import machine, renames
from xw2v.storage.files import atomic_write
from xw2v.text.corpus import Corpus
from xw2v.training import output as outputs
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.memory import available
from xw2v.training.run import run_training
from xw2v.training.signals import SIGNALS, StopSignals

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = sys.platform == "win32"
Refuse = Callable[[int, Path], None]


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Refuse so many times, as Windows does, to rename a file to a path."""
    monkeypatch.setattr(renames, "WAIT_SECONDS", 0.2)
    monkeypatch.setattr(renames, "PAUSE_SECONDS", 0.01)
    replace = os.replace

    def refusing(times: int, path: Path) -> None:
        left = [times]

        def held(source: Any, target: Any) -> None:
            if Path(target) == path and left[0]:
                left[0] -= 1
                error = PermissionError(13, "Access is denied", str(source))
                error.winerror = 5  # type: ignore[attr-defined, unused-ignore]
                raise error
            replace(source, target)

        monkeypatch.setattr(os, "replace", held)

    return refusing


def test_a_file_that_a_scanner_holds_for_a_moment_gets_its_name(
    refuse: Refuse, tmp_path: Path
) -> None:
    refuse(3, tmp_path / "file")
    with atomic_write(tmp_path / "file") as file:
        file.write(b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_file_that_stays_open_elsewhere_is_reported_and_stays_what_it_was(
    refuse: Refuse, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    refuse(10**9, tmp_path / "file")
    with (
        pytest.raises(InputError, match=r"file: cannot be written \(Access is denied\)$"),
        atomic_write(tmp_path / "file") as file,
    ):
        file.write(b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_other_refusals_are_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(renames.time, "sleep", lambda seconds: pytest.fail("waits"))
    with pytest.raises(FileNotFoundError):
        renames.rename(tmp_path / "none", tmp_path / "file")


def test_a_file_that_is_open_here_is_replaced_where_the_system_can(tmp_path: Path) -> None:
    """Readers keep the file that they opened."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with open(path, "rb") as reader:
        if WINDOWS:
            with pytest.raises(InputError, match="cannot be written"), atomic_write(path) as file:
                file.write(b"new")
        else:
            with atomic_write(path) as file:
                file.write(b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == (b"old" if WINDOWS else b"new")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["vectors.txt", "center.npy", "run.json"])
def test_files_that_a_notebook_holds_get_their_places_when_it_lets_go(
    name: str, refuse: Refuse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    corpus = Corpus.from_sentences([["a", "b", "c", "d"] * 5] * 20, min_count=1)
    trained = run_training(corpus, Settings(**SMALL_RUN))
    outputs.write_run(tmp_path, trained)
    refuse(10**9, tmp_path / "previous" / name)
    with pytest.raises(OutputError, match=r"cannot be moved to their places \(Access is denied\)"):
        outputs.write_run(tmp_path, trained)
    monkeypatch.undo()
    outputs.finish_writing(tmp_path)
    assert outputs.is_written(tmp_path, trained.record)
    for file in EXACT:
        assert (tmp_path / file).read_bytes() == (tmp_path / "previous" / file).read_bytes()


WITHOUT_POSIX = """
import fcntl, os, signal, subprocess, sys, types
import numpy  # while it and those above can see what this system is
lockf, exclusive = fcntl.lockf, fcntl.LOCK_EX | fcntl.LOCK_NB
msvcrt = types.ModuleType("msvcrt")
msvcrt.LK_NBLCK = 2
msvcrt.locking = lambda file, mode, size: lockf(file, exclusive, size, 0, os.SEEK_CUR)
sys.modules["msvcrt"] = msvcrt
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in dir(os):
    if name.startswith(("sched_", "pread", "pwrite", "getuid", "geteuid", "uname", "fork")):
        delattr(os, name)
    if name.startswith(("sysconf", "killpg", "mkfifo", "setsid", "getpgid", "statvfs", "wait")):
        delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE"):
    delattr(signal, name)
from xw2v.cli import main
main()
"""


def without_posix(line: list[str]) -> list[str]:
    """A command without the functions that Windows lacks."""
    return line if WINDOWS else [line[0], "-c", WITHOUT_POSIX, *line[3:]]


def test_a_run_needs_nothing_that_windows_lacks(words_file: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    done(run(command(words_file, output=str(here), epochs="1")))
    done(run(without_posix(command(words_file, output=str(there), epochs="1"))))
    for name in EXACT:
        assert (here / name).read_bytes() == (there / name).read_bytes()
    asked = [sys.executable, "-m", "xw2v", "similar", "ba", "--model", str(there)]
    assert done(run(without_posix(asked))) == done(run(asked))


def test_a_locked_byte_keeps_a_second_run_out(words_file: Path, tmp_path: Path) -> None:
    line = without_posix(command(words_file, "--checkpoint-every", "20", output=str(tmp_path)))
    line[line.index("--epochs") + 1] = "2000"
    first = start(line)
    try:
        wait_for(lambda: bool(CheckpointFolder(tmp_path).names()), first)
        code, _, error = run(without_posix(command(words_file, output=str(tmp_path))))
    finally:
        first.kill()
        first.communicate()
    assert (code, "another run is writing there; wait for it" in last_line(error)) == (1, True)
    done(run(without_posix(command(words_file, output=str(tmp_path)))))


@pytest.mark.parametrize("number", SIGNALS)
def test_every_signal_that_can_end_a_run_is_noted_first(number: signal.Signals) -> None:
    said: list[str] = []
    with StopSignals(said.append) as signals, signals.deferred():
        signal.raise_signal(number)
        assert signals.received
    assert said[0].startswith(number.name)
    assert not WINDOWS or signal.Signals["SIGBREAK"] in SIGNALS


def test_memory_is_what_the_system_reports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reported = machine.machine_memory()
    assert reported is not None
    assert 2**27 < reported[0] < 2**46
    left = available()
    assert left is not None
    assert left[0] <= reported[0] + 2**30  # it changes
    monkeypatch.setattr(machine, "MEMINFO", tmp_path / "none")
    if not WINDOWS:  # as on macOS
        total = machine.machine_memory()
        assert total is not None
        assert total[0] >= reported[0]
        assert total[1] == "all of this machine"
        monkeypatch.delattr(os, "sysconf")
        assert machine.machine_memory() is None


RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?", re.IGNORECASE)
LONGEST = 120  # characters, of Windows' 260 with the folder that a user chose


def is_portable(path: Path) -> bool:
    """Whether every system can hold a relative path."""
    return len(str(path)) <= LONGEST and not any(
        RESERVED.fullmatch(part) or re.search(r'[<>:"|?*\\\x00-\x1f\x7f-\uffff]|[. ]$', part)
        for part in path.parts
    )


def test_every_name_is_one_on_every_file_system(words_file: Path, tmp_path: Path) -> None:
    """Of the sources and of what a run writes: none differ by case alone, and none are reserved."""
    written = tmp_path / "output"
    done(run(command(words_file, output=str(written), epochs="1")))
    for folder in (ROOT / "xw2v", ROOT / "backends", ROOT / "tests", ROOT / "docs", written):
        files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
        assert not [path for path in files if not is_portable(path)]
        assert len({str(path).lower() for path in files}) == len(files)
    assert not is_portable(Path("a/Aux.txt"))
    assert not is_portable(Path("a/b:c"))


def trained_center(sentences: list[list[str]]) -> np.ndarray:
    """The center vectors (V, D) of a small run with two threads."""
    corpus = Corpus.from_sentences(sentences, min_count=1)
    return run_training(corpus, Settings(workers=2, **SMALL_RUN)).parameters.center


def test_a_spawned_process_trains_to_the_same_bits() -> None:
    sentences = [[f"w{i % 7}" for i in range(k, k + 20)] for k in range(50)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(trained_center, (sentences,))
    np.testing.assert_array_equal(there, trained_center(sentences))


def test_lines_that_end_as_on_windows_are_the_same_text(words_file: Path, tmp_path: Path) -> None:
    text = words_file.read_bytes().replace(b"\r\n", b"\n")
    kept = []
    for ending in (b"\n", b"\r\n"):
        (tmp_path / "text.txt").write_bytes(text.replace(b"\n", ending))
        line = [sys.executable, "-m", "xw2v", "preprocess", str(tmp_path / "text.txt")]
        done(run([*line, "--data-dir", str(tmp_path / "data")]))
        names = ("corpus.bin", "offsets.npy", "vocab.json")
        kept.append([(tmp_path / "data" / name).read_bytes() for name in names])
    assert kept[0] == kept[1]
