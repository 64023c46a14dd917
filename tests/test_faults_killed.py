"""A run that is killed at any moment, and goes on from there (docs/reliability.md)."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from runs import EXACT, POSIX, command, killed_at, result, run

from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.output import FILES, finish_writing


@pytest.fixture(scope="module")
def operations(words_file: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many operations on files a run does."""
    output = tmp_path_factory.mktemp("operations") / "output"
    line = command(words_file, "--quiet", output=str(output), checkpoint_every="10")
    code, _, error = run(killed_at(0, output, line))
    assert (code, error) == (0, "")
    return int(Path(f"{output}.operations").read_text())


@POSIX
@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.9, 0.97])
def test_killed_at_any_operation_on_files_and_resumed(
    share: float, operations: int, words_file: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    """bench/kill.py does the same many times, and at random times."""
    output = tmp_path / "output"
    line = command(words_file, "--quiet", output=str(output), checkpoint_every="10")
    code, _, _ = run(killed_at(round(share * operations), output, line))
    assert code == -signal.SIGKILL
    written = (output / "run.json").exists()
    assert not written or all((output / name).exists() for name in EXACT)
    code, _, error = run([*line, "--resume"])
    assert (code, error) == (0, "")
    assert result(output) == result(uninterrupted)
    assert len(CheckpointFolder(output).names()) == 1


@pytest.mark.parametrize("placed", range(len(FILES) + 1))
@pytest.mark.parametrize("stage", ["complete", "placing"])
def test_output_files_move_to_their_places_from_wherever_that_stopped(
    stage: str, placed: int, tmp_path: Path
) -> None:
    """After a kill between any two renames, the new run is in the folder and the earlier one in
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
