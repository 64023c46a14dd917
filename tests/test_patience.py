"""Patience: a run ends once its validation loss no longer falls, with the vectors of the best
epoch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import xw2v
from fits import HELD_OUT, TEXT, TINY, At, Fail, assert_equal, fail

from xw2v import InputError, KeyedVectors, UsageError, Word2Vec
from xw2v.training.checkpoint import CheckpointFolder

# random words: there is nothing to learn, so that the loss of other text soon rises
FALLING: dict[str, Any] = TINY | {"epochs": 30, "alpha": 0.2, "vector_size": 32, "patience": 2}


def test_a_loss_that_no_longer_falls_ends_a_run(tmp_path: Path) -> None:
    # random words: there is nothing to learn, so that the loss of other text soon rises
    model = Word2Vec(**FALLING).fit(TEXT, HELD_OUT, checkpoint=tmp_path)
    losses, record = model.validation_history, model.run.record
    epochs = len(losses)
    assert 3 <= epochs < 30
    assert record["epochs_trained"] == epochs
    assert record["best_epoch"] == epochs - 2 == 1 + losses.index(min(losses))
    assert record["validation_loss"] == min(losses)
    again = Word2Vec(**FALLING).fit(TEXT, HELD_OUT, checkpoint=tmp_path, resume=True)
    assert_equal(again, model)
    with pytest.raises(InputError, match="ended by `patience` 2, and a higher one"):
        Word2Vec(**FALLING | {"epochs": 40}).fit(TEXT, HELD_OUT, checkpoint=tmp_path, resume=True)
    longer = FALLING | {"patience": 4}
    more = Word2Vec(**longer).fit(TEXT, HELD_OUT, checkpoint=tmp_path, resume=True)
    assert_equal(more, Word2Vec(**longer).fit(TEXT, HELD_OUT))


class Vectors:
    """Notes the vectors after each epoch, and at the end."""

    def __init__(self) -> None:
        self.after: list[np.ndarray] = []

    def on_epoch_end(self, model: Word2Vec) -> None:
        self.after.append(model.wv.vectors.copy())

    on_train_end = on_epoch_end


@pytest.mark.parametrize("options", [{}, {"tied": True}, {"subword": "3-4"}, {"model": "cbow"}])
def test_the_vectors_are_those_of_the_epoch_with_the_lowest_validation_loss(
    options: dict[str, Any], tmp_path: Path
) -> None:
    seen = Vectors()
    model = Word2Vec(**FALLING, **options).fit(TEXT, HELD_OUT, callbacks=[seen])
    *after, at_end = seen.after
    best = model.run.record["best_epoch"]
    assert 1 <= best < len(after)
    np.testing.assert_array_equal(model.wv.vectors, after[best - 1])
    np.testing.assert_array_equal(at_end, after[best - 1])
    assert not np.array_equal(after[-1], after[best - 1])
    model.save(tmp_path)
    np.testing.assert_array_equal(Word2Vec.load(tmp_path).wv.vectors, model.wv.vectors)


def test_where_the_loss_falls_to_the_end_the_vectors_are_the_last() -> None:
    plain = Word2Vec(**TINY).fit(TEXT, TEXT)
    assert plain.run.record["best_epoch"] is None
    patient = Word2Vec(**TINY, patience=1).fit(TEXT, TEXT)
    assert patient.run.record["best_epoch"] == patient.run.record["epochs_trained"] == 3
    assert_equal(patient, plain)


@pytest.mark.parametrize("step", [40, 55, 63, 80])
def test_a_run_that_ends_early_is_resumed_bit_for_bit(step: int, tmp_path: Path) -> None:
    whole = Word2Vec(**FALLING).fit(TEXT, HELD_OUT)
    with pytest.raises(Fail):
        Word2Vec(**FALLING).fit(
            TEXT,
            HELD_OUT,
            callbacks=[At(step, fail)],
            checkpoint=tmp_path,
            checkpoint_every=7,
        )
    resumed = Word2Vec(**FALLING).fit(TEXT, HELD_OUT, checkpoint=tmp_path, resume=True)
    assert_equal(resumed, whole)
    assert resumed.run.record["best_epoch"] == whole.run.record["best_epoch"]


def test_patience_needs_a_text_whose_loss_is_watched() -> None:
    with pytest.raises(UsageError, match="`validation`"):
        Word2Vec(**TINY, patience=2).fit(TEXT)
    with pytest.raises(UsageError, match="at least 1"):
        Word2Vec(patience=0)


def test_a_checkpoint_without_its_best_tables_is_refused(tmp_path: Path) -> None:
    Word2Vec(**FALLING).fit(TEXT, HELD_OUT, checkpoint=tmp_path)
    checkpoint = CheckpointFolder(tmp_path).latest()
    assert checkpoint is not None
    assert set(checkpoint.record.files) == {
        *("center.npy", "context.npy", "best_center.npy", "best_context.npy")
    }
    (checkpoint.path / "best_center.npy").unlink()
    with pytest.raises(InputError, match=r"best_center\.npy"):
        Word2Vec(**FALLING).fit(TEXT, HELD_OUT, checkpoint=tmp_path, resume=True)


def test_patience_begins_with_a_run(tmp_path: Path) -> None:
    Word2Vec(**TINY).fit(TEXT, HELD_OUT, checkpoint=tmp_path)
    with pytest.raises(InputError, match=r"`patience` 2 \(there None\)"):
        Word2Vec(**TINY, patience=2).fit(TEXT, HELD_OUT, checkpoint=tmp_path, resume=True)


def test_patience_of_the_command_line(tmp_path: Path) -> None:
    for name, lines in {"text.txt": TEXT, "held_out.txt": HELD_OUT}.items():
        (tmp_path / name).write_text("".join(" ".join(line) + "\n" for line in lines))
    model = Word2Vec(**FALLING, tokens="raw").fit(tmp_path / "text.txt", tmp_path / "held_out.txt")
    options = [f"--{name.replace('_', '-')}={value}" for name, value in FALLING.items()]
    command = ["train", "text.txt", "--tokens", "raw", *options]
    done = xw2v(*command, "--val", "held_out.txt", folder=tmp_path)
    record = json.loads((tmp_path / "output/run.json").read_text())
    assert record["best_epoch"] == model.run.record["best_epoch"]
    loss = f"validation loss {min(model.validation_history):.4f}"
    assert f"{loss} (the lowest, of epoch {record['best_epoch']})" in done.stderr
    found = KeyedVectors.load(tmp_path / "output")
    np.testing.assert_array_equal(found.vectors, model.wv.vectors)
    refused = xw2v(*command, folder=tmp_path, code=2)
    assert "--patience 2: give the text whose loss is watched as --val" in refused.stderr
