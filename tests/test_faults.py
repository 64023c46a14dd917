"""What goes wrong around a run: it is told in one line, and what was saved stays
(docs/reliability.md).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import EXACT, command, killed_at, result, run, start, text

from xw2v.errors import InputError, Interrupted, TrainingError
from xw2v.pictures.loss_curve import plot_loss
from xw2v.settings import Settings
from xw2v.sgns.interface import Step, StepConfig
from xw2v.storage.files import unchanged
from xw2v.storage.lock import folder_lock
from xw2v.text.corpus import Corpus
from xw2v.training import memory
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval
from xw2v.training.command import TrainCommand
from xw2v.training.output import FILES, finish_writing
from xw2v.training.run import prepare
from xw2v.training.signals import StopSignals
from xw2v.training.trainer import State

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and limits")
TOKENS = 20_000


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "words.txt"
    path.write_text(text(TOKENS))
    return path


@pytest.fixture(scope="module")
def whole(words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run that nothing happened to."""
    output = tmp_path_factory.mktemp("whole") / "output"
    code, _, error = run(command(words, "--quiet", output=str(output), checkpoint_every="10"))
    assert (code, error) == (0, "")
    return output


def long_run(words: Path, output: Path, **given: str) -> subprocess.Popen[str]:
    """A run that would take minutes, a moment after its first checkpoint."""
    process = start(
        command(words, output=str(output), **{"epochs": "2000", "checkpoint_every": "20"} | given)
    )
    wait_for(lambda: bool(CheckpointFolder(output).names()), process)
    return process


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    for _ in range(3000):
        if condition():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("waited for a minute")


def last_line(error: str) -> str:
    """The last line of standard error; no traceback may stand there."""
    assert "Traceback" not in error
    return error.strip().splitlines()[-1]


# --- killed --------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.9, 0.97])
def test_killed_at_any_operation_on_files_and_resumed(
    share: float, words: Path, whole: Path, tmp_path: Path
) -> None:
    """bench/kill.py does the same many times, and at random times."""
    line = command(words, "--quiet", output=str(tmp_path / "output"), checkpoint_every="10")
    count = tmp_path / "count"
    if not (words.parent / "operations").exists():
        assert (
            run(
                killed_at(
                    0, count, command(words, "--quiet", output=str(count), checkpoint_every="10")
                )
            )[0]
            == 0
        )
        (tmp_path / "count.operations").rename(words.parent / "operations")
    operations = int((words.parent / "operations").read_text())
    code, _, _ = run(killed_at(round(share * operations), tmp_path / "output", line))
    assert code == -signal.SIGKILL
    written = (tmp_path / "output" / "run.json").exists()
    assert not written or all((tmp_path / "output" / name).exists() for name in EXACT)
    code, _, error = run([*line, "--resume"])
    assert (code, error) == (0, "")
    assert result(tmp_path / "output") == result(whole)
    assert len(CheckpointFolder(tmp_path / "output").names()) == 1


@pytest.mark.parametrize("placed", range(len(FILES) + 1))
@pytest.mark.parametrize("stage", ["complete", "placing"])
def test_output_files_move_to_their_places_from_wherever_that_stopped(
    stage: str, placed: int, tmp_path: Path
) -> None:
    """After a kill between any two renames, the new run stands in the folder and the earlier one in
    previous/.
    """
    (tmp_path / "previous").mkdir()
    new, old = tmp_path / f".{stage}", tmp_path / "previous"
    new.mkdir()
    for number, name in enumerate(FILES):
        if stage == "complete":  # run.json moves first
            (old if number >= placed else tmp_path).joinpath(name).write_text("old")
            (new / name).write_text("new")
        else:
            (old / name).write_text("old")
            (tmp_path if number < placed else new).joinpath(name).write_text("new")
    finish_writing(tmp_path)
    assert {(tmp_path / name).read_text() for name in FILES} == {"new"}
    assert {(old / name).read_text() for name in FILES} == {"old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "previous"])


# --- signals -------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_saved_with_130(
    number: signal.Signals, words: Path, whole: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    process = long_run(words, output)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "saved: the same command with --resume goes on from here" in last_line(error)
    checkpoint = CheckpointFolder(output).latest()
    assert checkpoint is not None
    state = checkpoint.content["state"]
    assert f"epoch {state['epoch'] + 1}, step {state['step']:,}" in error or state["step"] == 0


@POSIX
def test_a_signal_before_training_ends_with_130(tmp_path: Path) -> None:
    line = command("-", output=str(tmp_path / "output"))
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for((tmp_path / "output" / ".lock").exists, process)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.strip()) == (130, "xw2v: interrupted")


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_second_ends_at_once(number: signal.Signals) -> None:
    before, said = signal.getsignal(number), []
    with StopSignals(said.append) as signals:
        signals.defer = True
        os.kill(os.getpid(), number)
        assert signals.received
        assert "once more stops at once" in said[0]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


class Dropping:
    """Its finalizer gets a signal, and Python drops the KeyboardInterrupt that is raised there."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


def test_after_a_signal_that_python_dropped_an_error_is_an_interrupt() -> None:
    """As where it came while `-` was opened, whose text then ends, and has no words in it."""

    def reading_nothing() -> None:
        with StopSignals() as signals:
            Dropping()
            assert signals.received
            raise InputError("no words in it")

    with pytest.raises(KeyboardInterrupt):
        reading_nothing()


def test_other_exceptions_that_python_drops_are_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    told: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.append(str(what.exc_value)))
    with StopSignals():
        Broken()
    assert told == ["broken"]


def test_a_signal_that_python_dropped_ends_the_run_at_its_first_step(
    words: Path, tmp_path: Path
) -> None:
    @contextmanager
    def reading() -> Iterator[None]:
        yield
        Dropping()

    options = {"input": [str(words)], "output": str(tmp_path)}
    job = TrainCommand(
        options, {}, "options", resume=False, keep=False, say=lambda line: None, plot=plot_loss
    )
    with pytest.raises(Interrupted, match="step 1; saved"), StopSignals() as signals:
        job.run(signals, progress=lambda words: nullcontext(), reading=reading)
    assert CheckpointFolder(tmp_path).latest() is not None


# --- disks ---------------------------------------------------------------------------------------------------


@POSIX
def test_files_that_cannot_grow_leave_the_earlier_run(
    words: Path, whole: Path, tmp_path: Path
) -> None:
    """RLIMIT_FSIZE: no checkpoint fits, training goes on, and the output cannot be written."""
    output = tmp_path / "output"
    shutil.copytree(whole, output)
    line = command(words, output=str(output), vector_size="600")
    code, _, error = run(["sh", "-c", 'ulimit -f 300; exec "$0" "$@"', *line])
    assert code == 1
    assert "cannot be written (File too large); training goes on" in error
    assert last_line(error).startswith(f"xw2v: {output}: the vectors cannot be written")
    assert "(File too large)" in last_line(error)
    assert result(output) == result(whole)
    assert not [path for path in output.rglob(".*") if path.name != ".lock"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB; skips where none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("mounting a disk takes root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_leaves_the_earlier_run(words: Path, whole: Path, small_disk: Path) -> None:
    output = small_disk / "output"
    code, _, error = run(command(words, output=str(output)))
    assert code == 0
    before = result(output)
    code, _, error = run(command(words, output=str(output), vector_size="800", epochs="1"))
    assert code == 1
    assert "cannot be written (No space left on device); training goes on" in error
    assert "No space left on device" in last_line(error)
    assert result(output) == before


def test_a_disk_that_fills_and_empties_costs_nothing(
    words: Path, whole: Path, small_disk: Path
) -> None:
    """Checkpoints fail while the disk is full; there is room again for the output, which is
    exact.
    """
    output, ballast = small_disk / "output", small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    line = command(words, output=str(output), checkpoint_every="10")
    process = start(line)
    assert process.stderr is not None
    for told in process.stderr:
        if "no checkpoint" in told:
            break
    ballast.unlink()
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert result(output) == result(whole)


def test_a_read_only_disk_is_told_before_the_text_is_read(words: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, _, error = run(command(words, output=str(small_disk / "output")))
    assert code == 1
    assert error.startswith(
        f"xw2v: {small_disk / 'output'}: this folder cannot be written (Read-only file system)"
    )
    assert len(error.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(words: Path, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir(mode=0o500)
    code, _, error = run(command(words, output=str(tmp_path / "output")))
    assert (code, len(error.splitlines())) == (1, 1)
    assert "this folder cannot be written (Permission denied)" in error


# --- two runs in one folder
# --------------------------------------------------------------------------------------


@POSIX
def test_a_second_run_in_a_folder_is_refused_and_a_killed_one_leaves_no_lock(
    words: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    process = long_run(words, output)
    code, _, error = run(command(words, output=str(output)))
    assert (code, error) == (
        1,
        f"xw2v: {output}: another run (process {process.pid}) is writing there; wait for it or name another --output\n",
    )
    process.kill()
    process.communicate()
    with folder_lock(output):
        pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), folder_lock(tmp_path):
        raise ZeroDivisionError
    with (
        folder_lock(tmp_path),
        pytest.raises(InputError, match="another run"),
        folder_lock(tmp_path),
    ):
        pass


# --- memory ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [2**27, 2**29, 2**30])
def test_memory_that_would_not_suffice_is_told_with_what_would(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, words = Settings(vector_size=1000), 1_000_000
    monkeypatch.setattr(memory, "available", lambda: (limit, "a test"))
    with pytest.raises(
        InputError, match=r"need .* GiB of memory, and .* are left \(a test\)"
    ) as error:
        memory.check_memory(settings, words)
    size, most = (
        re.search(r"--vector-size (\d+)", str(error.value)),
        re.search(r"--max-vocab (\d+)", str(error.value)),
    )
    assert most or limit == 2**27
    if size:
        memory.check_memory(Settings(vector_size=int(size[1])), words)
    if most:
        memory.check_memory(settings, int(most[1]))
        with pytest.raises(InputError):
            memory.check_memory(settings, int(most[1]) + 1)
    memory.check_memory(Settings(vector_size=10), 100)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc"
)
def test_the_estimate_is_above_what_a_run_takes_and_not_far() -> None:
    """Peak memory of a real run, over what it took before it began to train."""
    script = (
        "import re\n"
        "from xw2v.text.corpus import Corpus; from xw2v.training.memory import needed\n"
        "from xw2v.training.run import run_training; from xw2v.settings import Settings\n"
        # not ru_maxrss, which a child process begins with its parent's
        "peak = lambda: 1024 * int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])\n"
        "words = [f'w{i}' for i in range(60_000)]\n"
        "corpus = Corpus.from_sentences([words[i:i + 20] for i in range(0, len(words), 20)], min_count=1)\n"
        "settings, before = Settings(vector_size=500, epochs=1), peak()\n"
        "run = run_training(corpus, settings)\n"
        "combined = (run.center + run.context) / 2  # as it is written\n"
        "print(peak() - before, needed(settings, len(words)))\n"
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    taken, estimate = map(int, told.stdout.split())
    assert 0.5 * estimate < taken < estimate


@POSIX
def test_a_limit_of_the_address_space_is_told_before_the_run(words: Path, tmp_path: Path) -> None:
    line = command(words, output=str(tmp_path / "output"), vector_size="65536", batch_tokens="1024")
    code, _, error = run(["sh", "-c", 'ulimit -v 900000; exec "$0" "$@"', *line])
    assert code == 1
    assert "of memory, and" in last_line(error)
    assert "(ulimit -v)" in last_line(error)


# --- files that change
# ---------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("change", ["cut", "touch"])
def test_a_corpus_folder_that_changes_under_a_run_stops_it(
    change: str, words: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "corpus"
    Corpus.from_sentences([line.split() for line in words.read_text().splitlines()]).save(folder)
    process = long_run(folder, tmp_path / "output")
    if change == "cut":
        os.truncate(folder / "corpus.bin", 400)
    else:
        os.utime(folder / "offsets.npy")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "changed while it was in use" in last_line(error)
    assert CheckpointFolder(tmp_path / "output").latest() is not None


def test_a_corpus_folder_that_is_replaced_does_no_harm(words: Path, tmp_path: Path) -> None:
    lines = [line.split() for line in words.read_text().splitlines()]
    Corpus.from_sentences(lines).save(tmp_path / "corpus")
    corpus = Corpus.open(tmp_path / "corpus")
    ids = corpus.ids[:]
    Corpus.from_sentences(lines[:10], min_count=1).save(
        tmp_path / "corpus"
    )  # written beside and renamed
    corpus.check()
    assert (corpus.ids[:] == ids).all()


@pytest.mark.parametrize("change", ["cut", "append"])
def test_a_text_that_changes_while_it_is_read_is_an_error(change: str, tmp_path: Path) -> None:
    from xw2v.text.textfiles import TextFile

    path = tmp_path / "words.txt"
    path.write_text("some words in a line\n" * 50_000)
    pieces = TextFile(str(path)).chunks(True)
    next(pieces)
    if change == "cut":
        os.truncate(path, 300_000)
    else:
        with path.open("a") as file:
            file.write("more\n")
    with pytest.raises(InputError, match=r"words.txt: changed while it was read; wait"):
        list(pieces)


@pytest.mark.parametrize("pattern", ["[a-z']+", r"\w+"])
def test_a_packed_file_of_one_endless_word_takes_no_memory(
    pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """70 MB packed into 70 kB; with a pattern that needs whole lines the limit is higher."""
    import gzip

    from texts import open_text

    from xw2v.text import textfiles

    (tmp_path / "bomb.txt").write_bytes(gzip.compress(bytes([97]) * 70_000_000))
    monkeypatch.setattr(textfiles, "MAX_LINE_BYTES", 1 << 26)
    with pytest.raises(InputError, match=r"bomb.txt:1: 64 MiB without a"):
        open_text([tmp_path / "bomb.txt"], token_pattern=pattern)


def test_pipes_and_devices_may_change(tmp_path: Path) -> None:
    with open(os.devnull, "rb") as file, unchanged(file, os.devnull) as check:
        check()


# --- numbers that are none
# -----------------------------------------------------------------------------------------


def spoiling(what: str, at: int) -> Callable[[State], None]:
    """An observer that puts a NaN into a table, or into the sum of losses, after so many steps."""

    def after_step(state: State) -> None:
        if state.steps == at:
            if what == "loss":
                state.loss_sum = np.inf
            else:
                getattr(state.tables, what)[0] = np.nan

    return after_step


@pytest.mark.parametrize("what", ["center", "context", "loss"])
def test_numbers_that_are_none_stop_a_run_and_leave_the_last_good_checkpoint(
    what: str, tmp_path: Path
) -> None:
    corpus = Corpus.from_sentences([line.split() for line in text(6000).splitlines()])
    trainer = prepare(corpus, Settings(vector_size=8, window=3, batch_tokens=256, epochs=4))
    folder = CheckpointFolder(tmp_path)
    checkpointer = Checkpointer(
        trainer, folder, CheckpointInterval(steps=5), StopSignals(), print, {"init": None}
    )
    spoil = spoiling(what, 17)

    def after_step(state: State) -> None:
        spoil(state)
        checkpointer.after_step(state)

    with pytest.raises(
        TrainingError,
        match=r"by step (18|19|20) .*training diverged.*give a smaller --alpha than 0\.",
    ):
        trainer.train(trainer.start(), after_step=after_step)
    checkpoint = folder.latest()
    assert checkpoint is not None
    assert checkpoint.content["state"]["steps"] <= 16
    assert all(np.isfinite(table).all() for table in checkpoint.tables().values())


def test_a_diverging_command_names_the_step_and_the_checkpoint(
    words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xw2v_numpy import NumpyBackend

    from xw2v.cli import main

    steps = 0
    sound_step = NumpyBackend.step

    def step(self: NumpyBackend, step_config: StepConfig) -> Step:
        sound = sound_step(self, step_config)

        def diverging(*arguments: Any, measure: bool) -> Any:
            nonlocal steps
            steps += 1
            loss = sound(*arguments, measure=measure)
            return loss if loss is None or steps < 40 else loss * np.nan

        return diverging

    monkeypatch.setattr(NumpyBackend, "step", step)
    monkeypatch.setattr(
        sys, "argv", command(words, output=str(tmp_path), checkpoint_every="10", alpha="0.5")[2:]
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    error = last_line(capsys.readouterr().err)
    assert re.search(
        r"the loss became nan by step 4\d \(epoch [12] of 3\): training diverged", error
    )
    assert "give a smaller --alpha than 0.5 or a smaller --bound than" in error
    assert re.search(r"the last good checkpoint is .*epoch-00000[01]-step-0000000\d\d$", error)
