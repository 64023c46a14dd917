"""Checkpoints: a run that goes on from one equals a run that never stopped, and no other run goes
on from it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import text

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.text.corpus import Corpus
from xw2v.training.checkpoint import (
    CheckpointFolder,
    DamagedError,
    NonFiniteError,
    decode,
    encode,
    read_table,
    write_table,
)
from xw2v.training.checkpointer import Checkpointer, CheckpointInterval
from xw2v.training.resume import check_texts, continued_settings, restored, what_changed
from xw2v.training.signals import StopSignals
from xw2v.training.trainer import State, Trainer

SMALL = {"vector_size": 8, "window": 3, "batch_tokens": 256, "epochs": 2, "min_count": 1}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.from_sentences([line.split() for line in text(6000).splitlines()], min_count=1)


@pytest.fixture(scope="module")
def held_out(corpus: Corpus) -> Corpus:
    lines = [line.split() for line in text(1000, seed=1).splitlines()]
    return Corpus.from_sentences(lines, vocabulary=corpus.vocabulary)


class Stop(Exception):
    pass


def keeper_of(trainer: Trainer, output: Path, every: str = "1") -> Checkpointer:
    folder = CheckpointFolder(output)
    return Checkpointer(
        trainer, folder, CheckpointInterval.parse(every), StopSignals(), print, {"init": None}
    )


def stopped_after(trainer: Trainer, output: Path, calls: int) -> None:
    """Train with a checkpoint after each step, and stop after so many of them."""
    checkpointer, left = keeper_of(trainer, output), calls

    def after_step(state: State) -> None:
        nonlocal left
        checkpointer.after_step(state)
        left -= 1
        if left == 0:
            raise Stop

    with pytest.raises(Stop):
        trainer.train(trainer.start(), after_step=after_step)


def resumed(trainer: Trainer, output: Path) -> State:
    checkpoint = CheckpointFolder(output).latest()
    assert checkpoint is not None
    return trainer.train(restored(checkpoint, trainer))


def assert_equal(backend: Backend, one: State, other: State) -> None:
    for table in ("center", "context"):
        mine, theirs = (backend.to_numpy(getattr(state.tables, table)) for state in (one, other))
        assert mine.tobytes() == theirs.tobytes()
    assert (one.epoch, one.step, one.steps, one.plans) == (
        other.epoch,
        other.step,
        other.steps,
        other.plans,
    )
    assert one.loss_history == other.loss_history
    assert one.validation_history == other.validation_history


def test_resumed_anywhere_equals_uninterrupted_on_every_backend(
    any_backend: Backend, corpus: Corpus, held_out: Corpus, tmp_path: Path
) -> None:
    trainer = Trainer(corpus, Settings(**SMALL), any_backend, held_out)
    whole = trainer.train(trainer.start())
    calls = whole.steps + 2
    places = {
        1,
        whole.steps // 2,
        whole.steps // 2 + 1,
        calls - 1,
        calls,
    }  # mid-epoch, around its end, the last two
    for place in sorted(places if any_backend.name == "numpy" else {whole.steps // 2 - 1}):
        output = tmp_path / str(place)
        stopped_after(trainer, output, place)
        assert_equal(any_backend, resumed(trainer, output), whole)


@pytest.mark.parametrize(
    "setting", [{"model": "cbow"}, {"tied": True}, {"weight_decay": 0.01}], ids=str
)
def test_resumed_equals_uninterrupted_in_every_mode(
    setting: dict[str, Any], corpus: Corpus, tmp_path: Path
) -> None:
    from xw2v.sgns.loading import load_backend

    trainer = Trainer(corpus, Settings(**SMALL | setting), load_backend())
    stopped_after(trainer, tmp_path, 11)
    assert_equal(trainer.backend, resumed(trainer, tmp_path), trainer.train(trainer.start()))


@pytest.fixture
def trainer(corpus: Corpus, numpy_backend: Backend) -> Trainer:
    return Trainer(corpus, Settings(**SMALL), numpy_backend)


@pytest.fixture(scope="module")
def numpy_backend() -> Backend:
    from xw2v.sgns.loading import load_backend

    return load_backend()


def test_the_last_two_are_kept_and_nothing_else_stays(trainer: Trainer, tmp_path: Path) -> None:
    leftover = tmp_path / "checkpoint" / ".epoch-000000-step-000000099.partial"
    leftover.mkdir(parents=True)
    stopped_after(trainer, tmp_path, 7)
    names = sorted(path.name for path in (tmp_path / "checkpoint").iterdir())
    assert names == ["epoch-000000-step-000000006", "epoch-000000-step-000000007"]


def test_no_pickle_and_no_stranger_in_the_files(trainer: Trainer, tmp_path: Path) -> None:
    stopped_after(trainer, tmp_path, 1)
    (folder,) = (tmp_path / "checkpoint").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "center.npy",
        "context.npy",
        "state.json",
    ]
    for name in ("center.npy", "context.npy"):
        assert np.load(folder / name, allow_pickle=False).dtype == np.float32


@pytest.mark.parametrize("file", ["state.json", "center.npy", "context.npy"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "empty"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    file: str, damage: str, trainer: Trainer, tmp_path: Path
) -> None:
    stopped_after(trainer, tmp_path, 9)
    before, last = sorted((tmp_path / "checkpoint").iterdir())
    spoil(last / file, damage)
    folder = CheckpointFolder(tmp_path)
    checkpoint = folder.latest()
    assert checkpoint is not None
    assert checkpoint.path == before
    assert len(folder.notices) == 1
    assert f"{last} is damaged ({file}" in folder.notices[0]
    whole = trainer.train(trainer.start())
    checkpointer = keeper_of(trainer, tmp_path)
    checkpointer.folder.latest()
    assert_equal(
        trainer.backend,
        trainer.train(restored(checkpoint, trainer), after_step=checkpointer.after_step),
        whole,
    )
    for path in (tmp_path / "checkpoint").iterdir():  # the damaged one is gone
        assert CheckpointFolder(tmp_path).latest() is not None, path


def test_all_damaged_is_an_error_with_what_to_do(trainer: Trainer, tmp_path: Path) -> None:
    stopped_after(trainer, tmp_path, 3)
    for path in (tmp_path / "checkpoint").iterdir():
        spoil(path / "center.npy", "flip")
    with pytest.raises(
        InputError, match=r"no checkpoint there is whole \(center.npy does not match.*leave out"
    ):
        CheckpointFolder(tmp_path).latest()


def spoil(path: Path, damage: str) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    if damage == "flip":
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    elif damage == "cut":
        path.write_bytes(data[:middle])
    elif damage == "remove":
        path.unlink()
    else:
        path.write_bytes(b"")


def rewritten(path: Path, **changes: Any) -> None:
    """Change entries of a state.json and put its checksum right."""
    content = json.loads((path / "state.json").read_text())
    del content["sha256"]
    (path / "state.json").write_bytes(encode(content | changes))


def test_a_newer_format_is_refused_by_name(trainer: Trainer, tmp_path: Path) -> None:
    stopped_after(trainer, tmp_path, 2)
    rewritten(sorted((tmp_path / "checkpoint").iterdir())[-1], format=2)
    with pytest.raises(InputError, match="its format is 2, and this version of xw2v reads 1"):
        CheckpointFolder(tmp_path).latest()


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../center.npy": "0" * 64}},
        {"files": {"/etc/passwd": "0" * 64}},
        {"state": {}},
        {"state": []},
        {"settings": None},
    ],
    ids=str,
)
def test_a_forged_state_is_damaged(
    changes: dict[str, Any], trainer: Trainer, tmp_path: Path
) -> None:
    stopped_after(trainer, tmp_path, 1)
    (path,) = (tmp_path / "checkpoint").iterdir()
    rewritten(path, **changes)
    with pytest.raises(InputError, match="no checkpoint there is whole"):
        CheckpointFolder(tmp_path).latest()


@pytest.mark.parametrize(
    ("counter", "value"),
    [
        ("step", -1),
        ("epoch", 1.5),
        ("loss_sum", float("nan")),
        ("loss_history", [[1]]),
        ("plans", []),
        ("step", True),
    ],
)
def test_forged_counters_are_damaged(
    counter: str, value: Any, trainer: Trainer, tmp_path: Path
) -> None:
    stopped_after(trainer, tmp_path, 1)
    (path,) = (tmp_path / "checkpoint").iterdir()
    content = json.loads((path / "state.json").read_text())
    del content["sha256"]
    content["state"][counter] = value
    with pytest.raises(DamagedError):
        decode(encode(content))


@pytest.mark.parametrize(
    "header",
    [
        {"descr": "<f4", "fortran_order": False, "shape": (2**40, 2**20)},
        {"descr": "<f4", "fortran_order": False, "shape": (-1, 8)},
        {"descr": "|O", "fortran_order": False, "shape": (4, 8)},
        {"descr": "<f8", "fortran_order": False, "shape": (4, 8)},
        {"descr": "<f4", "fortran_order": True, "shape": (4, 8)},
        {"descr": "<f4", "fortran_order": False, "shape": (32,)},
    ],
    ids=str,
)
def test_headers_that_promise_something_else_take_no_memory(
    header: dict[str, Any], tmp_path: Path
) -> None:
    with open(tmp_path / "center.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(128))
    with pytest.raises(DamagedError):
        read_table(tmp_path / "center.npy")


def test_tables_round_trip_and_numbers_that_are_none_are_not_saved(tmp_path: Path) -> None:
    table = np.random.default_rng(0).normal(size=(1000, 7)).astype(np.float32)
    write_table(tmp_path / "t.npy", table)
    assert (
        read_table(tmp_path / "t.npy").tobytes()
        == table.tobytes()
        == np.load(tmp_path / "t.npy").tobytes()
    )
    table[999, 6] = np.inf
    with pytest.raises(NonFiniteError):
        write_table(tmp_path / "t.npy", table)


def saved(trainer: Trainer, output: Path, calls: int = 3) -> Any:
    stopped_after(trainer, output, calls)
    return CheckpointFolder(output).latest()


def test_settings_that_are_not_given_are_the_checkpoints(trainer: Trainer, tmp_path: Path) -> None:
    settings = continued_settings(saved(trainer, tmp_path), {}, "options")
    assert settings.step_config() == trainer.settings.step_config()
    assert (settings.learning_rate, settings.rounded_batch, settings.epochs) == (
        trainer.settings.learning_rate,
        trainer.settings.rounded_batch,
        trainer.settings.epochs,
    )
    assert (
        continued_settings(
            saved(trainer, tmp_path), {"window": 3, "backend": "torch"}, "options"
        ).backend
        == "torch"
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"window": 4}, r"--window 4 \(there 3\)"),
        ({"seed": 2, "alpha": 0.01}, r"--alpha 0.01 .*--seed 2|--seed 2 .*--alpha 0.01"),
        ({"vector_size": 9}, r"--vector-size 9 \(there 8\)"),
        ({"model": "cbow"}, r"--model cbow \(there skipgram\)"),
        ({"epochs": 3}, r"--epochs 3 \(there 2\); epochs can be added to a finished run"),
        ({"token_pattern": "[a-z]+"}, r"--token-pattern"),
    ],
    ids=str,
)
def test_other_settings_are_refused_by_name(
    given: dict[str, Any], named: str, trainer: Trainer, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=named):
        continued_settings(saved(trainer, tmp_path), given, "options")


def test_fewer_epochs_than_a_finished_run_has_are_refused(trainer: Trainer, tmp_path: Path) -> None:
    checkpoint = saved(trainer, tmp_path, trainer.train(trainer.start()).steps + 2)
    with pytest.raises(InputError, match=r"--epochs 1 \(there 2\); it has 2 epochs behind it"):
        continued_settings(checkpoint, {"epochs": 1}, "options")


def test_another_version_that_cuts_batches_differently_is_refused(
    trainer: Trainer, tmp_path: Path
) -> None:
    checkpoint = saved(trainer, tmp_path)
    rewritten(checkpoint.path, step_config=checkpoint.content["step_config"] | {"block": 4})
    with pytest.raises(InputError, match="whose batches are cut differently"):
        continued_settings(CheckpointFolder(tmp_path).latest(), {}, "options")  # type: ignore[arg-type]


def test_another_version_of_a_library_is_told(trainer: Trainer, tmp_path: Path) -> None:
    checkpoint = saved(trainer, tmp_path)
    assert what_changed(checkpoint, trainer) is None
    rewritten(checkpoint.path, versions=checkpoint.content["versions"] | {"numpy": "1.0"})
    changed = what_changed(CheckpointFolder(tmp_path).latest(), trainer)  # type: ignore[arg-type]
    assert (
        changed
        == f"last bits may differ from those of a run in one go: numpy 1.0 then, {np.__version__} now"
    )


def test_another_step_is_told(trainer: Trainer, tmp_path: Path) -> None:
    """As of an installation that had a C compiler and one that had none."""
    checkpoint = saved(trainer, tmp_path)
    there = checkpoint.content["versions"]["step"]
    assert there == trainer.step.name
    rewritten(checkpoint.path, versions=checkpoint.content["versions"] | {"step": "another"})
    changed = what_changed(CheckpointFolder(tmp_path).latest(), trainer)  # type: ignore[arg-type]
    assert (
        changed
        == f"last bits may differ from those of a run in one go: step another then, {there} now"
    )


def test_another_text_is_refused(
    trainer: Trainer, corpus: Corpus, held_out: Corpus, tmp_path: Path
) -> None:
    checkpoint = saved(trainer, tmp_path)
    check_texts(checkpoint, corpus, None)
    with pytest.raises(InputError, match="belongs to another text: it is of token lists"):
        check_texts(checkpoint, held_out, None)
    with pytest.raises(InputError, match="a text was given now; resume with the same --val"):
        check_texts(checkpoint, corpus, held_out)


def test_added_epochs_have_the_rates_of_a_longer_run(
    corpus: Corpus, numpy_backend: Backend, tmp_path: Path
) -> None:
    """Of a run of 2 epochs and one of 4, the first two differ; the added two have the same rates
    and batches.
    """
    short = Trainer(corpus, Settings(**SMALL), numpy_backend)
    checkpoint = saved(short, tmp_path, short.train(short.start()).steps + 2)
    settings = continued_settings(checkpoint, {"epochs": 4}, "options")
    longer = Trainer(corpus, settings, numpy_backend)
    rates: list[float] = []
    state = restored(checkpoint, longer)
    longer.report_every = 1
    state = longer.train(state, lambda progress: rates.append(progress.alpha))
    assert (state.epoch, state.plans) == (4, [2, 4])
    assert rates[0] == pytest.approx(longer.alpha(0.5), rel=1e-2)
    assert rates == sorted(rates, reverse=True)
    assert settings.min_alpha < rates[-1] < longer.alpha(0.9)


def test_added_epochs_stopped_and_resumed_are_exact_too(
    corpus: Corpus, numpy_backend: Backend, tmp_path: Path
) -> None:
    short = Trainer(corpus, Settings(**SMALL), numpy_backend)
    checkpoint = saved(short, tmp_path, short.train(short.start()).steps + 2)
    longer = Trainer(
        corpus, continued_settings(checkpoint, {"epochs": 3}, "options"), numpy_backend
    )
    whole = longer.train(restored(checkpoint, longer))
    shutil.copytree(tmp_path, tmp_path / "copy")
    state, checkpointer = restored(checkpoint, longer), keeper_of(longer, tmp_path / "copy")
    calls = 0

    def after_step(state: State) -> None:
        nonlocal calls
        checkpointer.after_step(state)
        calls += 1
        if calls == 5:
            raise Stop

    with pytest.raises(Stop):
        longer.train(state, after_step=after_step)
    assert_equal(numpy_backend, resumed(longer, tmp_path / "copy"), whole)


@pytest.mark.parametrize(
    ("given", "steps", "seconds"),
    [("200", 200, None), ("10m", None, 600), ("0.5m", None, 30), (" 1 ", 1, None)],
)
def test_checkpoint_every_takes_steps_or_minutes(
    given: str, steps: int | None, seconds: float | None
) -> None:
    assert CheckpointInterval.parse(given) == CheckpointInterval(steps, seconds)


@pytest.mark.parametrize(
    "given", ["", "0", "-5", "10h", "m", "1e3", "0m", "ten", "١٠", "1" * 50, "1.5"]
)
def test_checkpoint_every_refuses_anything_else(given: str) -> None:
    with pytest.raises(
        UsageError, match=r"--checkpoint-every .*: give steps, such as 200, or minutes, such as 10m"
    ):
        CheckpointInterval.parse(given)
