"""`xw2v train` under an MPI launcher: one rank of several. Rank 0 reads checkpoints, writes and
prints; all read the text, train their shards of it and combine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xw2v.cluster.ranks import Ranks, cores_of
from xw2v.config import TrainOptions
from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.sgns.config import Shard
from xw2v.sgns.tables import tables_of
from xw2v.storage.diskspace import shown_bytes
from xw2v.training.callbacks import Callback
from xw2v.training.checkpointer import Checkpointer, FileWatch
from xw2v.training.command import TrainCommand
from xw2v.training.console import Console
from xw2v.training.memory import check_memory, needed
from xw2v.training.output import Plot
from xw2v.training.reach import reach_of
from xw2v.training.replica_tables import distinct
from xw2v.training.replicas import Replicas
from xw2v.training.resume import check_texts
from xw2v.training.run import Run, has_plain_step, open_backend, prepare
from xw2v.training.schema import from_json
from xw2v.training.session import PreparedRun, TrainingSession
from xw2v.training.signals import StopSignals
from xw2v.training.state import Counters, State
from xw2v.training.trainer import Trainer
from xw2v.version import __version__


class ReplicaTraining(TrainCommand):
    """What `xw2v train` does as one rank of several; see `TrainCommand`.

    Args:
        ranks: all of them.

    Raises:
        UsageError: text from standard input, which only one rank could read.
    """

    def __init__(
        self,
        options: TrainOptions,
        settings: Mapping[str, Any],
        console: Console,
        plot: Plot,
        ranks: Ranks,
    ) -> None:
        super().__init__(options, settings, console, plot)
        if "-" in options.input or options.val == "-":
            raise UsageError(
                "standard input reaches one rank only; write the text into a folder with "
                "xw2v preprocess, and give that"
            )
        self.ranks = ranks

    def run(self, signals: StopSignals) -> Run | None:
        """Train, and write the output folder at rank 0; None at the others."""
        given = {"version": __version__, "settings": dict(self._given)}
        must_agree(self.ranks, given, "start the same command with the same xw2v everywhere")
        if self.ranks.rank == 0:
            return super().run(signals)
        session = self._session()
        session.train(session.prepare(), signals)
        return None

    def _session(self) -> TrainingSession:
        return ReplicaSession(**vars(super()._session()), ranks=self.ranks)


@dataclass(frozen=True, kw_only=True)
class ReplicaSession(TrainingSession):
    """How a rank is prepared and trained; see `TrainingSession`.

    Attributes:
        ranks: all of them.
    """

    ranks: Ranks

    # --- prepare ---------------------------------------------------------------------------------

    def prepare(self) -> PreparedRun:
        say, ranks = self.console.say, self.ranks
        is_first = ranks.rank == 0
        checkpoint = self._checkpoint() if is_first else None
        warm_start = None
        if is_first and self.warm_start is not None:
            warm_start = self.warm_start()
        chosen = dataclasses.asdict(self._settings(checkpoint, warm_start)) if is_first else None
        settings = Settings.from_mapping(ranks.broadcast(chosen, None))
        if settings.subword is not None:
            raise UsageError(
                "several ranks do not combine the vectors of n-grams; train in one process, or "
                "leave it out",
                setting="subword",
                value=settings.subword,
            )
        if settings.patience is not None:
            raise UsageError(
                "several ranks do not stop early; train in one process, or leave it out",
                setting="patience",
                value=settings.patience,
            )
        if settings.combine_overlap and not ranks.allows_threads:
            raise UsageError(
                "this MPI can be called by a program's first thread alone; leave it out, or take "
                "an MPI with MPI_THREAD_SERIALIZED, such as mpich",
                setting="combine_overlap",
            )
        backend, settings = open_backend(self._on_this_machine(settings), say)
        corpus, validation = self.texts(settings)
        must_agree(
            ranks,
            {"text": corpus.fingerprint},
            "give all the same text, in a folder that they share",
        )
        if checkpoint is not None:
            check_texts(checkpoint, corpus, validation)
        reaching = dataclasses.replace(settings, window=reach_of(settings, corpus, validation))
        check_memory(
            reaching,
            len(corpus.vocabulary),
            runs=ranks.local_size,
            is_replica=True,
            is_plain=has_plain_step(backend, reaching),
        )
        shard = Shard(ranks.rank, ranks.size)
        held_out = validation if is_first else None
        trainer = prepare(corpus, settings, held_out, backend, say, shard=shard)
        if checkpoint is not None:
            state = self._restored(trainer, checkpoint)
        elif is_first:
            state = self._started(trainer, warm_start)
        else:
            state = trainer.start()
        self._say_plan(trainer)
        return PreparedRun(trainer, self._shared(trainer, state), warm_start)

    def _on_this_machine(self, settings: Settings) -> Settings:
        """The settings with this rank's share of the cores, and its GPU."""
        ranks = self.ranks
        workers = settings.workers or cores_of(ranks)
        device = settings.device
        if device == "cuda" and ranks.local_size > 1:
            device = f"cuda:{ranks.local_rank % _gpus()}"
        return dataclasses.replace(settings, workers=workers, device=device)

    def _shared(self, trainer: Trainer, state: State) -> State:
        """The state of rank 0, at each rank."""
        names = [field.name for field in dataclasses.fields(Counters)]
        counters = self.ranks.broadcast({name: getattr(state, name) for name in names}, None)
        tables = [trainer.backend.to_numpy(table) for table in distinct(state.tables)]
        tables = [table if table.flags.writeable else table.copy() for table in tables]
        for table in tables:
            self.ranks.broadcast_array(table)
        tied = trainer.settings.tied
        on_device = tables_of(trainer.backend, tables[0], tables[-1], tied=tied)
        return State(tables=on_device, **vars(from_json(Counters, counters)))

    def _say_plan(self, trainer: Trainer) -> None:
        settings, ranks = trainer.settings, self.ranks
        size = needed(settings, len(trainer.corpus.vocabulary), is_replica=True)
        threads = trainer.backend.workers
        self.console.say(
            f"{ranks.size} ranks, {ranks.local_size} on this machine, each with "
            f"{threads} thread{'s' * (threads > 1)} and up to {shown_bytes(size)} of memory"
        )

    # --- train -----------------------------------------------------------------------------------

    def _watchers(
        self, trainer: Trainer, signals: StopSignals | None, checkpointer: Checkpointer | None
    ) -> list[Callback]:
        assert signals is not None
        assert checkpointer is not None
        return [FileWatch(trainer), Replicas(trainer, self.ranks, signals, checkpointer)]


def must_agree(ranks: Ranks, own: dict[str, Any], remedy: str) -> None:
    """Raise InputError where a rank's values are not those of rank 0."""
    there = ranks.gather(own, None)
    for rank, values in enumerate(there):
        for name, value in there[0].items():
            if values.get(name) != value:
                what = _difference(values.get(name), value)
                raise InputError(f"rank {rank} has another {name} than rank 0: {what}; {remedy}")


def _difference(one: Any, other: Any) -> str:
    """The values, or of mappings the entries, that differ."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return f"{one!r:.60}, not {other!r:.60}"
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return ", ".join(
        f"`{name}` {one.get(name)!r:.40}, not {other.get(name)!r:.40}" for name in names
    )


def _gpus() -> int:
    """GPUs that this process sees."""
    try:
        import cupy

        return max(int(cupy.cuda.runtime.getDeviceCount()), 1)
    except Exception:  # there is none, which the backend will say
        return 1
