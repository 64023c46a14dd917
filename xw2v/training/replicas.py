"""Training as one of several replicas: a callback that combines them, and keeps them in step.

Ranks count steps alike. One that has no batches left in an epoch goes on counting, and taking part
in the combines, until nobody has any; so a rank may even have no text at all. After a combine of
all rows the replicas are equal, and what rank 0 holds is the run: only there is it saved or
stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xw2v import tuning
from xw2v.cluster.ranks import Ranks
from xw2v.errors import RunInterruptedError
from xw2v.sgns.combine_schedule import combine_schedule, interval_of, kept_tokens, shares
from xw2v.training.callbacks import Callback
from xw2v.training.checkpointer import Checkpointer, StopOnSignal
from xw2v.training.replica_tables import ReplicaTables, distinct
from xw2v.training.replica_terms import CombineTerms
from xw2v.training.shared_tables import SharedTables, shared_tables
from xw2v.training.signals import StopSignals
from xw2v.training.state import State
from xw2v.training.trainer import Trainer


class Notice(NamedTuple):
    """What ranks let each other know at each combine.

    Attributes:
        is_done: whether it has no batches left in the epoch.
        is_stopped: whether a signal asked it to stop.
        wants_save: whether a checkpoint is due; rank 0 decides.
    """

    is_done: bool
    is_stopped: bool
    wants_save: bool


class Replicas(Callback):
    """Combines the replicas of all ranks in the course of training.

    Args:
        trainer: of this rank's shard.
        ranks: all of them.
        signals: that ask this rank to stop.
        checkpointer: saves the run; used by rank 0.
    """

    def __init__(
        self, trainer: Trainer, ranks: Ranks, signals: StopSignals, checkpointer: Checkpointer
    ) -> None:
        settings, counts = trainer.settings, trainer.corpus.vocabulary.counts
        self.schedule = combine_schedule(
            counts,
            trainer.step_config,
            trainer.sampling,
            tuning.batch_tokens(settings),
            settings.combine_interval or interval_of(ranks.size, settings.combine_overlap),
        )
        self._terms = CombineTerms(
            shares(counts, trainer.sampling),
            (self.schedule.center_pairs, self.schedule.context_pairs),
        )
        self.tables = ReplicaTables(ranks, trainer.backend, self._terms)
        self._shared: SharedTables | None = None
        kept = kept_tokens(counts, trainer.sampling)
        self._epoch_steps = kept / (tuning.batch_tokens(settings) * ranks.size)  # about
        self._overlaps = settings.combine_overlap and ranks.size > 1
        self._trainer = trainer
        self._ranks = ranks
        self._signals = signals
        self._checkpointer = checkpointer
        self._stop = StopOnSignal(signals, checkpointer)
        self._is_stopped = False

    def on_train_begin(self, state: State) -> None:
        self._checkpointer.on_train_begin(state)
        if not self._overlaps:
            tables = distinct(state.tables)
            self._shared = shared_tables(self._ranks, self._terms, self.tables.combiner, tables)
        if self._shared is None:
            self.tables.begin(state.tables)
        else:
            state.tables = self._shared.tables

    def on_step(self, state: State) -> None:
        if self.schedule.is_due(state.step):
            self._combine_due(state, is_done=False)

    def steps_until_due(self, state: State) -> int:
        return self.schedule.interval - state.step % self.schedule.interval

    def on_batches_end(self, state: State) -> None:
        """Take part until all ranks have trained on all of their batches, and combine all rows."""
        interval, notices = self.schedule.interval, [Notice(False, False, False)]
        while not all(notice.is_done for notice in notices):
            idle = interval - state.step % interval  # steps that others may still have
            state.step += idle
            state.steps += idle
            notices = self._combine_due(state, is_done=True)
        notices = self._combine(state, [table.shape[0] for table in distinct(state.tables)], True)
        self._is_stopped = any(notice.is_stopped for notice in notices)

    def on_epoch_end(self, state: State) -> None:
        if self._ranks.rank == 0:
            self._checkpointer.on_epoch_end(state)
        self._stop_if(state, self._is_stopped)
        self._ranks.wait()

    def _combine_due(self, state: State, is_done: bool) -> list[Notice]:
        """Combine what is due, and where that is all, save or stop if somebody wants it.

        Returns:
            What the ranks let each other know; nothing where that is still under way.
        """
        due = self.schedule.due(state.step)
        self.tables.end_combine(state.tables)
        if self._overlaps and not is_done and not self.schedule.is_whole(state.step):
            self.tables.begin_combine(
                state.tables, due, self._alpha(state), self._numbers(state, is_done)
            )
            return []
        notices = self._combine(state, due, is_done)
        if self.schedule.is_whole(state.step):
            self._stop_if(state, any(notice.is_stopped for notice in notices))
            if notices[0].wants_save:
                self._save(state)
        return notices

    def _combine(self, state: State, due: Sequence[int], is_done: bool) -> list[Notice]:
        numbers = self._numbers(state, is_done)
        if self._shared is None:
            heard = self.tables.combine(state.tables, due, self._alpha(state), numbers)
        else:
            heard = self._shared.combine(due, self._alpha(state), numbers)
        if due[0] == state.tables.center.shape[0]:  # from here a run may be resumed
            self._terms.reset()
        return [Notice(*map(bool, flags)) for flags in heard]

    def _numbers(self, state: State, is_done: bool) -> list[int]:
        """This rank's notice, as it is sent."""
        wants_save = self._ranks.rank == 0 and self._checkpointer.is_due(state)
        return [int(flag) for flag in Notice(is_done, self._signals.received, wants_save)]

    def _alpha(self, state: State) -> float:
        """The learning rate, about: a function of steps alone, which all ranks count alike."""
        share = min(state.step / max(self._epoch_steps, 1), 1)
        return self._trainer.learning_rate((state.epoch + share) / self._trainer.settings.epochs)

    def _save(self, state: State) -> None:
        if self._ranks.rank == 0:
            self._checkpointer.save(state)
        self._ranks.wait()

    def _stop_if(self, state: State, is_stopped: bool) -> None:
        """Save and end the run at all ranks, if one was asked to."""
        if not is_stopped:
            return
        try:
            if self._ranks.rank == 0:
                self._signals.received = True  # also where it was another rank's signal
                self._stop.on_step(state)
        finally:
            self._ranks.wait()
        raise RunInterruptedError("interrupted")
