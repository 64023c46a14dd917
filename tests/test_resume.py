"""Resuming: a run that goes on from a checkpoint equals a run that never stopped, and no other run
goes on from it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import SMALL_RUN, assert_same_state, checkpointer_of, rewritten, stopped_after

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.loading import load_backend
from xw2v.text.corpus import Corpus
from xw2v.training import checkpointer
from xw2v.training.callbacks import ProgressReport
from xw2v.training.checkpoint import (
    CheckpointFolder,
)
from xw2v.training.checkpointer import CheckpointInterval
from xw2v.training.resume import check_texts, continued_settings, restored, what_changed
from xw2v.training.state import State
from xw2v.training.trainer import Trainer
from xw2v.tuning import batch_tokens, step_config


def resumed(small_trainer: Trainer, output: Path) -> State:
    checkpoint = CheckpointFolder(output).latest()
    assert checkpoint is not None
    return small_trainer.train(restored(checkpoint, small_trainer))


def test_resumed_anywhere_equals_uninterrupted_on_every_backend(
    any_backend: Backend, small_corpus: Corpus, held_out: Corpus, tmp_path: Path
) -> None:
    trainer = Trainer(small_corpus, Settings(**SMALL_RUN), any_backend, held_out)
    uninterrupted = trainer.train(trainer.start())
    calls = uninterrupted.steps + 2
    places = {
        1,
        uninterrupted.steps // 2,
        uninterrupted.steps // 2 + 1,
        calls - 1,
        calls,
    }  # mid-epoch, around its end, the last two
    for place in sorted(places if any_backend.name == "numpy" else {uninterrupted.steps // 2 - 1}):
        output = tmp_path / str(place)
        stopped_after(trainer, output, place)
        assert_same_state(any_backend, resumed(trainer, output), uninterrupted)


@pytest.mark.parametrize(
    "setting",
    [
        {"model": "cbow"},
        {"model": "cbow", "cbow_gradient": "mean"},
        {"model": "cbow", "cbow_mean": False, "tied": True},
        {"tied": True},
        {"weight_decay": 0.01},
    ],
    ids=str,
)
def test_resumed_equals_uninterrupted_in_every_mode(
    setting: dict[str, Any], small_corpus: Corpus, tmp_path: Path
) -> None:
    trainer = Trainer(small_corpus, Settings(**SMALL_RUN | setting), load_backend())
    stopped_after(trainer, tmp_path, 11)
    assert_same_state(trainer.backend, resumed(trainer, tmp_path), trainer.train(trainer.start()))


def test_settings_that_are_not_given_are_the_checkpoints(
    small_trainer: Trainer, tmp_path: Path
) -> None:
    settings = continued_settings(stopped_after(small_trainer, tmp_path, 3), {})
    assert step_config(settings) == step_config(small_trainer.settings)
    assert (settings.learning_rate, batch_tokens(settings), settings.epochs) == (
        small_trainer.settings.learning_rate,
        batch_tokens(small_trainer.settings),
        small_trainer.settings.epochs,
    )
    assert (
        continued_settings(
            stopped_after(small_trainer, tmp_path, 3), {"window": 3, "backend": "torch"}
        ).backend
        == "torch"
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"window": 4}, r"`window` 4 \(there 3\)"),
        ({"seed": 2, "alpha": 0.01}, r"`alpha` 0.01 .*`seed` 2|`seed` 2 .*`alpha` 0.01"),
        ({"vector_size": 9}, r"`vector_size` 9 \(there 8\)"),
        ({"model": "cbow"}, r"`model` cbow \(there skipgram\)"),
        ({"model": "cbow", "cbow_gradient": "mean"}, r"`cbow_gradient` mean \(there None\)"),
        ({"model": "cbow", "cbow_mean": False}, r"`cbow_mean` False \(there True\)"),
        ({"epochs": 3}, r"`epochs` 3 \(there 2\); epochs can be added to a finished run"),
        ({"token_pattern": "[a-z]+"}, r"`token_pattern`"),
    ],
    ids=str,
)
def test_other_settings_are_refused_by_name(
    given: dict[str, Any], named: str, small_trainer: Trainer, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=named):
        continued_settings(stopped_after(small_trainer, tmp_path, 3), given)


def test_fewer_epochs_than_a_finished_run_has_are_refused(
    small_trainer: Trainer, tmp_path: Path
) -> None:
    checkpoint = stopped_after(
        small_trainer, tmp_path, small_trainer.train(small_trainer.start()).steps + 2
    )
    with pytest.raises(InputError, match=r"`epochs` 1 \(there 2\); it has 2 epochs behind it"):
        continued_settings(checkpoint, {"epochs": 1})


def test_another_version_that_cuts_batches_differently_is_refused(
    small_trainer: Trainer, tmp_path: Path
) -> None:
    checkpoint = stopped_after(small_trainer, tmp_path, 3)
    rewritten(checkpoint.path, step_config=checkpoint.record.step_config | {"block": 4})
    with pytest.raises(InputError, match="whose batches are cut differently"):
        continued_settings(CheckpointFolder(tmp_path).latest(), {})  # type: ignore[arg-type]


def test_another_version_of_a_library_is_reported(small_trainer: Trainer, tmp_path: Path) -> None:
    checkpoint = stopped_after(small_trainer, tmp_path, 3)
    assert what_changed(checkpoint, small_trainer) is None
    rewritten(checkpoint.path, versions=checkpoint.record.versions | {"numpy": "1.0"})
    changed = what_changed(CheckpointFolder(tmp_path).latest(), small_trainer)  # type: ignore[arg-type]
    assert changed is not None
    assert changed.endswith(f"an uninterrupted run: numpy 1.0 then, {np.__version__} now")


def test_another_step_is_reported(small_trainer: Trainer, tmp_path: Path) -> None:
    """As of an installation that had a C compiler and one that had none."""
    checkpoint = stopped_after(small_trainer, tmp_path, 3)
    there = checkpoint.record.versions["step"]
    assert there == small_trainer.step.name
    rewritten(checkpoint.path, versions=checkpoint.record.versions | {"step": "another"})
    changed = what_changed(CheckpointFolder(tmp_path).latest(), small_trainer)  # type: ignore[arg-type]
    assert changed is not None
    assert changed.endswith(f"an uninterrupted run: step another then, {there} now")


def test_another_text_is_refused(
    small_trainer: Trainer, small_corpus: Corpus, held_out: Corpus, tmp_path: Path
) -> None:
    checkpoint = stopped_after(small_trainer, tmp_path, 3)
    check_texts(checkpoint, small_corpus, None)
    with pytest.raises(InputError, match="belongs to another text: it is of token lists"):
        check_texts(checkpoint, held_out, None)
    with pytest.raises(InputError, match="a text was given now; resume with the same `validation`"):
        check_texts(checkpoint, small_corpus, held_out)


def test_added_epochs_have_the_rates_of_a_longer_run(small_corpus: Corpus, tmp_path: Path) -> None:
    """Of a run of 2 epochs and one of 4, the first two differ; the added two have the same rates
    and batches.
    """
    short = Trainer(small_corpus, Settings(**SMALL_RUN), load_backend())
    checkpoint = stopped_after(short, tmp_path, short.train(short.start()).steps + 2)
    settings = continued_settings(checkpoint, {"epochs": 4})
    longer = Trainer(small_corpus, settings, load_backend())
    rates: list[float] = []
    state = restored(checkpoint, longer)
    longer.interval_steps = 1
    state = longer.train(state, [ProgressReport(lambda progress: rates.append(progress.alpha))])
    assert (state.epoch, state.plans) == (4, [2, 4])
    assert rates[0] == pytest.approx(longer.learning_rate(0.5), rel=1e-2)
    assert rates == sorted(rates, reverse=True)
    assert settings.min_alpha < rates[-1] < longer.learning_rate(0.9)


def test_added_epochs_stopped_and_resumed_are_exact_too(
    small_corpus: Corpus, tmp_path: Path
) -> None:
    short = Trainer(small_corpus, Settings(**SMALL_RUN), load_backend())
    checkpoint = stopped_after(short, tmp_path, short.train(short.start()).steps + 2)
    longer = Trainer(small_corpus, continued_settings(checkpoint, {"epochs": 3}), load_backend())
    uninterrupted = longer.train(restored(checkpoint, longer))
    shutil.copytree(tmp_path, tmp_path / "copy")
    stopped_after(longer, tmp_path / "copy", 5, restored(checkpoint, longer))
    assert_same_state(load_backend(), resumed(longer, tmp_path / "copy"), uninterrupted)


@pytest.mark.parametrize(
    ("given", "steps", "seconds"),
    [
        ("200", 200, None),
        ("10m", None, 600),
        ("0.5m", None, 30),
        ("30s", None, 30),
        ("1.5h", None, 5400),
        (" 1 ", 1, None),
    ],
)
def test_checkpoint_every_takes_steps_or_a_time(
    given: str, steps: int | None, seconds: float | None
) -> None:
    assert CheckpointInterval.parse(given) == CheckpointInterval(steps, seconds)


@pytest.mark.parametrize(
    "given", ["", "0", "-5", "10d", "m", "1e3", "0m", "ten", "١٠", "1" * 50, "1.5"]
)
def test_checkpoint_every_refuses_anything_else(given: str) -> None:
    with pytest.raises(
        UsageError,
        match=r"checkpoint_every=.*: give steps, such as 200, or a time, such as 30s, 10m or 1h",
    ):
        CheckpointInterval.parse(given)


@pytest.mark.parametrize(("bytes_per_second", "epochs"), [(1e12, [1, 2]), (1.0, [2])])
def test_epochs_shorter_than_a_hundred_writings_are_not_saved_but_the_last_is(
    bytes_per_second: float,
    epochs: list[int],
    small_trainer: Trainer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also the first one's end, when no checkpoint has shown yet how long it takes."""
    monkeypatch.setattr(checkpointer, "FIRST_BYTES_PER_SECOND", bytes_per_second)
    watch = checkpointer_of(small_trainer, tmp_path, "1h")
    watch._saved_at -= 100  # so that what a writing takes here does not matter
    small_trainer.train(small_trainer.start(), [watch])
    saved = [int(name.split("-")[1]) for name in CheckpointFolder(tmp_path).names()]
    assert saved == epochs
