"""Any number of threads gives the same run, to the bit: vectors, losses and checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xw2v_numpy
from runs import (
    EXACT,
    POSIX,
    SMALL_RUN,
    assert_same_state,
    command,
    done,
    killed_at,
    run,
    stopped_after,
)

from xw2v.settings import Settings
from xw2v.sgns.loading import load_backend
from xw2v.storage import cgroups, cores
from xw2v.text.corpus import Corpus
from xw2v.training.checkpoint import CheckpointFolder
from xw2v.training.resume import continued_settings, restored
from xw2v.training.trainer import Trainer


@pytest.fixture
def sixteen_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a larger machine, where as many threads are started as are asked for."""
    monkeypatch.setattr(xw2v_numpy, "available_cores", lambda: 16)


def trainer_with(workers: int, corpus: Corpus, held_out: Corpus, **changes: Any) -> Trainer:
    settings = Settings(**SMALL_RUN | changes)
    return Trainer(corpus, settings, load_backend(workers=workers), held_out)


@pytest.mark.usefixtures("sixteen_cores")
@pytest.mark.parametrize(
    "changes",
    [{}, {"vector_size": 50}, {"vector_size": 300}, {"model": "cbow"}, {"tied": True}],
    ids=str,
)
def test_any_number_of_workers_gives_the_same_run(
    changes: dict[str, Any], small_corpus: Corpus, held_out: Corpus
) -> None:
    one = trainer_with(1, small_corpus, held_out, **changes)
    expected = one.train(one.start())
    assert len(expected.validation_history) == 2
    for workers in (2, 3, 5, 16):
        trainer = trainer_with(workers, small_corpus, held_out, **changes)
        assert trainer.backend.workers == workers
        assert_same_state(trainer.backend, trainer.train(trainer.start()), expected)


@pytest.mark.usefixtures("sixteen_cores")
def test_a_run_goes_on_with_other_workers(
    small_corpus: Corpus, held_out: Corpus, tmp_path: Path
) -> None:
    one = trainer_with(1, small_corpus, held_out)
    expected = one.train(one.start())
    for before, after in ((4, 2), (1, 16), (3, 1)):
        output = tmp_path / f"{before} {after}"
        stopped_after(trainer_with(before, small_corpus, held_out), output, 17)
        checkpoint = CheckpointFolder(output).latest()
        assert checkpoint is not None
        assert continued_settings(checkpoint, {"workers": after}).workers == after
        trainer = trainer_with(after, small_corpus, held_out)
        state = trainer.train(restored(checkpoint, trainer))
        assert_same_state(trainer.backend, state, expected)


@POSIX
def test_a_killed_run_goes_on_with_other_workers_on_the_command_line(
    words_file: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    line = command(words_file, "--quiet", output=str(output), checkpoint_every="10")
    run(killed_at(100, output, [*line, "--workers", "2"]))
    assert not (output / "run.json").exists()
    done(run([*line, "--workers", "1", "--resume"]))
    for name in EXACT:
        assert (output / name).read_bytes() == (uninterrupted / name).read_bytes(), name
    record = json.loads((output / "run.json").read_text())
    assert record["settings"]["workers"] == 1


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "max 100000"}, 8),
        ({}, 8),
    ],
)
def test_a_container_s_share_of_time_limits_the_cores(
    files: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(cgroups, "CGROUPS", tmp_path)
    monkeypatch.setattr(cgroups, "OWN_CGROUPS", tmp_path / "none")
    assert cores.available_cores() == expected


def test_more_workers_than_cores_are_no_more_threads() -> None:
    backend = load_backend(workers=4096)
    assert backend.workers == cores.available_cores()
