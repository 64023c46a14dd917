"""What a checkpoint must agree with to be continued, and how a run goes on from one.

Settings that are not given are the checkpoint's; those given must agree with it where they matter.
The one exception is on purpose: a finished run takes more epochs. They run at the learning rates
that they have in a run of that many epochs, so α climbs once, to where its straight line to
--min-alpha passes, and descends.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings, flag
from xw2v.sgns.tables import tables_of
from xw2v.text.corpus import Corpus
from xw2v.training.checkpoint import Checkpoint
from xw2v.training.run import about_corpus, resolved, versions
from xw2v.training.trainer import State, Trainer

FREE = ("device", "backend", "deterministic", "workers")  # settings that may change between runs
COUNTERS = [each.name for each in dataclasses.fields(State) if each.name != "tables"]


def continued_settings(checkpoint: Checkpoint, given: dict[str, Any], where: str) -> Settings:
    """The settings a run goes on with: the checkpoint's, `given` ones (by name, from `where`)
    checked against them.

    Raises:
        InputError: settings that matter differ, with their names and values, or the checkpoint's
        are none.
    """
    path, content = checkpoint.path, checkpoint.content
    known = {each.name for each in dataclasses.fields(Settings)}
    stored = {name: value for name, value in content["settings"].items() if name in known}
    try:
        before = Settings.from_mapping(stored, str(path))
    except UsageError as error:
        raise InputError(f"{path}: its settings cannot be used: {error}") from None
    now = Settings.from_mapping(stored | given, where)
    finished = content["state"]["epoch"] >= before.epochs
    old, new = resolved(before), resolved(now)
    differ = [
        f"{flag(name)} {new[name]} (there {old[name]})"
        for name in old
        if name not in FREE
        and old[name] != new[name]
        and not (name == "epochs" and finished and new[name] > old[name])
    ]
    if differ:
        hint = ""
        if old["epochs"] != new["epochs"]:
            hint = (
                "; epochs can be added to a finished run"
                if not finished
                else f"; it has {old['epochs']} epochs behind it"
            )
        raise InputError(
            f"{path}: was made with other settings: {', '.join(differ)}{hint}; resume with the same ones, or leave out "
            "--resume to begin anew"
        )
    if content["step_config"] != dataclasses.asdict(before.step_config()):
        raise InputError(
            f"{path}: was made by xw2v {content['versions'].get('xw2v')}, whose batches are cut differently; resume "
            "with that version, or leave out --resume to begin anew"
        )
    return now


def check_texts(checkpoint: Checkpoint, corpus: Corpus, validation: Corpus | None) -> None:
    """Raise InputError unless the texts are those that the checkpoint was made with."""
    path, content = checkpoint.path, checkpoint.content
    about = content["corpus"]
    if about["fingerprint"] != corpus.fingerprint:
        raise InputError(
            f"{path}: belongs to another text: it is of {about['description']} ({about['tokens']:,} tokens, "
            f"{about['vocabulary']:,} words), and this is {corpus.description} ({len(corpus.ids):,} tokens, "
            f"{len(corpus.vocabulary):,} words); name the same INPUT, or leave out --resume to begin anew"
        )
    if content["validation"] != (None if validation is None else validation.fingerprint):
        given = "another text" if validation is not None and content["validation"] else "a text"
        what = f"{given} was given now" if validation is not None else "no text was given now"
        raise InputError(
            f"{path}: validation text differs: {what}; resume with the same --val, or leave out --resume to begin anew"
        )


def what_changed(checkpoint: Checkpoint, trainer: Trainer) -> str | None:
    """A line on versions and devices that are not those the checkpoint was made with, if any."""
    there = checkpoint.content["versions"] | {"device": checkpoint.content["device"]}
    here = versions(trainer.backend, trainer.step) | {"device": str(trainer.backend.device)}
    changed = [
        f"{name} {there.get(name)} then, {here[name]} now"
        for name in here
        if there.get(name) != here[name]
    ]
    return (
        f"last bits may differ from those of a run in one go: {'; '.join(changed)}"
        if changed
        else None
    )


def content_of(trainer: Trainer, state: State, about: dict[str, Any]) -> dict[str, Any]:
    """What a checkpoint's state.json holds of a run, besides `about`."""
    validation = trainer.validation
    return {
        "settings": resolved(trainer.settings),
        "step_config": dataclasses.asdict(trainer.step_config),
        "corpus": about_corpus(trainer.corpus),
        "validation": None if validation is None else validation.fingerprint,
        "versions": versions(trainer.backend, trainer.step),
        "device": str(trainer.backend.device),
        **about,
        "state": {name: getattr(state, name) for name in COUNTERS},
    }


def restored(checkpoint: Checkpoint, trainer: Trainer) -> State:
    """The state that a checkpoint holds, its tables on the trainer's device; InputError where sizes
    differ.
    """
    tables, counters = checkpoint.tables(), checkpoint.content["state"]
    settings = trainer.settings
    shape = len(trainer.corpus.vocabulary), settings.vector_size
    names = {"center"} if settings.tied else {"center", "context"}
    if tables.keys() != names or any(table.shape != shape for table in tables.values()):
        raise InputError(
            f"{checkpoint.path}: its tables are not {shape[0]:,} x {shape[1]}; leave out --resume"
        )
    on_device = tables_of(
        trainer.backend, tables["center"], tables.get("context"), tied=settings.tied
    )
    state = State(on_device, **{name: counters[name] for name in COUNTERS})
    state.loss_history = [(steps, loss) for steps, loss in state.loss_history]
    if state.plans[-1] != settings.epochs:
        state.plans.append(settings.epochs)
    return state
