"""What a checkpoint must agree with to be continued, and how a run goes on from one.

Settings that are not given are the checkpoint's; those given must agree with it where they matter.
The one exception is on purpose: a finished run takes more epochs. They run at the learning rates
that they have in a run of that many epochs, so α climbs once, to where its straight line to
`min_alpha` passes, and descends.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np

from xw2v import tuning
from xw2v.errors import InputError, UsageError
from xw2v.settings import SETTINGS, Settings
from xw2v.sgns.interface import Tables
from xw2v.sgns.tables import tables_of
from xw2v.text.corpus import Corpus
from xw2v.training.checkpoint import Checkpoint
from xw2v.training.record import BEST, CorpusRecord, is_best, resolved, versions
from xw2v.training.state import State
from xw2v.training.trainer import Trainer

FREE = ("device", "backend", "deterministic", "workers")  # settings that may change between runs
NEW_RUN = "or leave out `resume` to start a new run"


def continued_settings(checkpoint: Checkpoint, given: dict[str, Any]) -> Settings:
    """The settings a run goes on with: the checkpoint's, `given` ones (by name) checked against
    them.

    Raises:
        InputError: settings that matter differ, with their names and values, or the checkpoint's
        are invalid.
        UsageError: settings given are out of range.
    """
    path, record = checkpoint.path, checkpoint.record
    stored = {name: value for name, value in record.settings.items() if name in SETTINGS}
    try:
        before = Settings.from_mapping(stored)
    except UsageError as error:
        raise InputError(f"its settings cannot be used: {error}", path=path) from None
    now = Settings.from_mapping(stored | given)
    finished = record.state.epoch >= before.epochs
    may_change = {*FREE, "patience"} if before.patience and now.patience else set(FREE)
    old, new = resolved(before), resolved(now)
    differ = [
        f"`{name}` {new[name]} (there {old[name]})"
        for name in old
        if name not in may_change
        and old[name] != new[name]
        and not (name == "epochs" and finished and new[name] > old[name])
    ]
    if differ:
        hint = ""
        since_best = record.state.epoch - record.state.best_epoch
        if before.patience is not None and not finished and since_best >= before.patience:
            hint = f"; it ended by `patience` {before.patience}, and a higher one trains it further"
        elif old["epochs"] != new["epochs"]:
            hint = (
                f"; it has {old['epochs']} epochs behind it"
                if finished
                else "; epochs can be added to a finished run"
            )
        raise InputError(
            f"was made with other settings: {', '.join(differ)}{hint}; resume with the same ones, "
            f"{NEW_RUN}",
            path=path,
        )
    expected = dataclasses.asdict(tuning.step_config(before))
    expected["window"] = record.step_config.get("window")  # which follows the text, too
    if record.step_config != expected:
        raise InputError(
            f"was made by xw2v {record.versions.get('xw2v')}, whose batches are cut differently; "
            f"resume with that version, {NEW_RUN}",
            path=path,
        )
    return now


def check_texts(checkpoint: Checkpoint, corpus: Corpus, validation: Corpus | None) -> None:
    """Raise InputError unless the texts are those that the checkpoint was made with."""
    path, record = checkpoint.path, checkpoint.record
    there, here = record.corpus, CorpusRecord.of(corpus)
    if there.fingerprint != here.fingerprint:
        raise InputError(
            f"belongs to another text: it is of {there.description} ({there.tokens:,} tokens, "
            f"{there.vocabulary:,} words), and this is {here.description} ({here.tokens:,} tokens, "
            f"{here.vocabulary:,} words); name the same `input`, {NEW_RUN}",
            path=path,
        )
    if record.validation != (None if validation is None else validation.fingerprint):
        given = "another text" if validation is not None and record.validation else "a text"
        what = f"{given} was given now" if validation is not None else "no text was given now"
        raise InputError(
            f"validation text differs: {what}; resume with the same `validation`, {NEW_RUN}",
            path=path,
        )


def what_changed(checkpoint: Checkpoint, trainer: Trainer) -> str | None:
    """A line on versions and devices that are not those the checkpoint was made with, if any."""
    there = checkpoint.record.versions | {"device": checkpoint.record.device}
    here = versions(trainer.backend, trainer.step) | {"device": trainer.backend.device_model}
    there |= {"ranks": str(checkpoint.record.ranks)}
    here |= {"ranks": str(trainer.shard.size)}
    changed = [
        f"{name} {there.get(name)} then, {here[name]} now"
        for name in here
        if there.get(name) != here[name]
    ]
    if not changed:
        return None
    return f"last bits may differ from those of an uninterrupted run: {'; '.join(changed)}"


def restored(checkpoint: Checkpoint, trainer: Trainer) -> State:
    """The state that a checkpoint holds, its tables on the trainer's device; InputError where sizes
    differ.
    """
    tables, counters = checkpoint.tables(), checkpoint.record.state
    settings, shape = trainer.settings, trainer.shape
    expected = {"center": (shape.input_rows, shape.dim)}
    if not settings.tied:
        expected["context"] = (shape.output_rows, shape.dim)
    if any(name.startswith(BEST) for name in tables):
        expected |= {BEST + name: size for name, size in expected.items()}
    if {name: table.shape for name, table in tables.items()} != expected:
        sizes = " and ".join(f"{rows:,} x {dim}" for rows, dim in dict.fromkeys(expected.values()))
        raise InputError(f"its tables are not {sizes}; leave out `resume`", path=checkpoint.path)
    on_device = tables_of(
        trainer.backend, tables["center"], tables.get("context"), tied=settings.tied
    )
    state = State(tables=on_device, **copy.deepcopy(vars(counters)))
    if settings.patience is not None and state.best_epoch:
        state.best = _best(checkpoint, trainer, state, tables)
    state.step = state.step * checkpoint.record.ranks // trainer.shard.size
    if state.plans[-1] != settings.epochs:
        state.plans.append(settings.epochs)
    return state


def _best(
    checkpoint: Checkpoint, trainer: Trainer, state: State, tables: dict[str, np.ndarray]
) -> Tables[np.ndarray]:
    """The tables of the best epoch."""
    if is_best(state):
        return trainer.copied(state.tables)
    if BEST + "center" not in tables:
        raise InputError(
            "lacks the tables of its best epoch; leave out `resume`", path=checkpoint.path
        )
    center = tables[BEST + "center"]
    return Tables(center, tables.get(BEST + "context", center))
