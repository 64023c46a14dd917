"""What run.json and checkpoints say about a run."""

from __future__ import annotations

import dataclasses
import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self

from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.interface import Step
from xw2v.text.corpus import Corpus
from xw2v.text.figures import sentence_lengths
from xw2v.training.schema import from_json
from xw2v.training.state import Counters, State
from xw2v.training.trainer import Trainer
from xw2v.version import __version__

TABLE_FILES = ("center.npy", "context.npy")  # the second is not there where the tables are tied
BEST = "best_"  # begins the files of the tables of the best epoch, where it is not the last one


@dataclass(frozen=True)
class CorpusRecord:
    """A corpus in numbers.

    Attributes:
        description: one line about where the text is from.
        fingerprint: SHA-256 over ids, offsets and words.
        raw_words: tokens before the vocabulary was cut.
        token_rule: the setting `tokens` or, where it is given, `token_pattern`, as it was applied.
        coverage: letters and digits of the text and those outside its words.
        tokens: those with a row in the tables.
    """

    description: str
    fingerprint: str
    raw_words: int
    token_rule: str
    coverage: dict[str, Any]
    tokens: int
    sentences: int
    vocabulary: int

    @classmethod
    def of(cls, corpus: Corpus) -> Self:
        return cls(
            description=corpus.description,
            fingerprint=corpus.fingerprint,
            raw_words=corpus.raw_words,
            token_rule=token_rule(corpus),
            coverage=dict(corpus.coverage),
            tokens=len(corpus.ids),
            sentences=len(corpus),
            vocabulary=len(corpus.vocabulary),
        )


def token_rule(corpus: Corpus) -> str:
    """What a corpus says of its rule of tokens: "" where that is not known."""
    if not corpus.settings:
        return ""
    return str(corpus.settings.get("token_pattern") or corpus.settings.get("tokens") or "ascii")


@dataclass(frozen=True, kw_only=True)
class CheckpointRecord:
    """What a checkpoint's state.json holds, besides its format and its own checksum.

    Attributes:
        settings: every resolved setting.
        validation: fingerprint of the validation text, if there is one.
        init: fingerprint of the vectors that the run started from, if there are any.
        ranks: processes that trained, each on its part of every epoch.
        files: SHA-256 of each file of the tables, by name.
    """

    settings: dict[str, Any]
    step_config: dict[str, Any]
    corpus: CorpusRecord
    validation: str | None
    init: str | None
    versions: dict[str, str]
    device: str
    ranks: int
    state: Counters
    files: dict[str, str]

    @classmethod
    def of(cls, trainer: Trainer, state: State, init: str | None) -> Self:
        """The record of a run at `state`, as yet without files."""
        validation = trainer.validation
        names = [each.name for each in dataclasses.fields(Counters)]
        return cls(
            settings=resolved(trainer.settings),
            step_config=dataclasses.asdict(trainer.step_config),
            corpus=CorpusRecord.of(trainer.corpus),
            validation=None if validation is None else validation.fingerprint,
            init=init,
            versions=versions(trainer.backend, trainer.step),
            device=trainer.backend.device_model,
            ranks=trainer.shard.size,
            state=Counters(**{name: getattr(state, name) for name in names}),
            files={},
        )

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """The record that JSON holds; ValueError, with the reason, where it holds none."""
        record = from_json(cls, content)
        state = record.state
        if min(state.epoch, state.step, state.steps, state.pairs, state.seconds) < 0:
            raise ValueError("has a negative counter")
        if record.ranks < 1:
            raise ValueError("field 'ranks' is not positive")
        if not state.plans or min(state.plans) < 1:
            raise ValueError("field 'state.plans' has no positive numbers of epochs")
        files = {name for name in record.files if not name.startswith(BEST)}
        best = {name.removeprefix(BEST) for name in set(record.files) - files}
        if files not in ({TABLE_FILES[0]}, set(TABLE_FILES)) or best not in (set(), files):
            raise ValueError("lists unexpected files")
        return record


def resolved(settings: Settings) -> dict[str, Any]:
    """Every setting by name, with the numbers that defaults stand for."""
    return dataclasses.asdict(settings) | {
        "alpha": settings.learning_rate,
        "cbow_gradient": settings.context_gradient if settings.model == "cbow" else None,
        "batch_tokens": tuning.batch_tokens(settings),
        "shared_negatives": tuning.shared_negatives(settings),
    }


def versions(backend: Backend, step: Step) -> dict[str, str]:
    """Versions of what a run's numbers depend on, and which step computes them."""
    libraries = {library: version(library) for library in ("numpy", "scipy", "array-api-compat")}
    return {
        "xw2v": __version__,
        "python": platform.python_version(),
        **libraries,
        **backend.versions(),
        "step": step.name,
    }


def run_record(trainer: Trainer, state: State) -> dict[str, Any]:
    """What run.json holds: every resolved setting, versions, device, corpus, speed and losses."""
    corpus, settings, backend = trainer.corpus, trainer.settings, trainer.backend
    words = corpus.raw_words * max(state.epoch, 1)
    return {
        "format": "xw2v run 1",
        "settings": resolved(settings)
        | {
            "backend": backend.name,
            "device": backend.device_name,
            "workers": backend.workers,
        },
        "step_config": dataclasses.asdict(trainer.step_config),
        "versions": versions(backend, trainer.step),
        "machine": f"{platform.system()} {platform.machine()}",
        "device": backend.device_model,
        "corpus": dataclasses.asdict(CorpusRecord.of(corpus))
        | {"sentence_lengths": sentence_lengths(corpus.offsets)},
        "ngram_rows": 0 if trainer.index is None else len(trainer.index.buckets),
        "epochs_asked": state.plans,
        "ranks": trainer.shard.size,
        "epochs_trained": state.epoch,
        "best_epoch": None if state.best is None else state.best_epoch,
        "steps": state.steps,
        "train_seconds": round(state.seconds, 3),
        "words_per_second": round(words / max(state.seconds, 1e-9), 1),
        "final_loss": last_epoch_loss(state, max(state.epoch, 1)),
        "validation_loss": _validation_loss(state),
    }


def _validation_loss(state: State) -> float | None:
    """That of the tables which are written."""
    if not state.validation_history:
        return None
    return state.validation_history[-1 if state.best is None else state.best_epoch - 1]


def last_epoch_loss(state: Counters, epochs: int) -> float | None:
    """Mean training loss per positive pair over the last of the run's epochs.

    A text is rarely uniform, so that single intervals say less. An interval belongs to the epoch of
    its middle; where the last epoch has none, the last interval's loss is the answer, and None
    where there is no interval at all.
    """
    if not state.loss_history:
        return None
    first = state.steps * (1 - 1 / epochs)
    starts = [0, *(end for end, _ in state.loss_history)]
    losses = [
        loss
        for start, (end, loss) in zip(starts, state.loss_history, strict=False)
        if (start + end) / 2 >= first
    ]
    return sum(losses) / len(losses) if losses else state.loss_history[-1][1]


def is_best(state: Counters) -> bool:
    """Whether a state is that after the best epoch."""
    return state.step == 0 and state.epoch == state.best_epoch > 0


def describe_progress(state: Counters) -> str:
    """How far a state is, in words."""
    if state.step == 0:
        return f"the end of epoch {state.epoch}" if state.epoch else "the beginning"
    return f"epoch {state.epoch + 1}, step {state.step:,}"
