"""How many steps are taken a call, and after which callbacks are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from runs import SMALL_RUN

from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.training import pace
from xw2v.training.callbacks import NOT_DUE, Callback
from xw2v.training.run import run_training
from xw2v.training.state import State


class StepsSeen(Callback):
    """Notes the steps after which it is called."""

    def __init__(self, interval: int | None = None) -> None:
        self.interval = interval
        self.seen: list[int] = []

    def on_step(self, state: State) -> None:
        self.seen.append(state.steps)

    def steps_until_due(self, state: State) -> int:
        if self.interval is None:
            return super().steps_until_due(state)
        return self.interval - state.steps % self.interval


def test_a_callback_is_called_after_every_step_or_at_least_when_it_asked_to_be(
    small_corpus: Corpus,
) -> None:
    settings = Settings(**SMALL_RUN)
    every, seldom, never = StepsSeen(), StepsSeen(5), StepsSeen(NOT_DUE)
    run = run_training(small_corpus, settings, callbacks=[every])
    steps = run.record["steps"]
    assert every.seen == list(range(1, steps + 1))
    other = run_training(small_corpus, settings, callbacks=[seldom])
    assert set(range(5, steps + 1, 5)) <= set(seldom.seen)
    alone = run_training(small_corpus, settings, callbacks=[never])
    np.testing.assert_array_equal(run.vectors, other.vectors)
    np.testing.assert_array_equal(run.vectors, alone.vectors)
    assert run.loss_history == other.loss_history == alone.loss_history


class OneStep:
    """A step that cannot be taken several times a call."""

    name = "one"

    def __call__(self, *given: Any, **options: Any) -> None: ...

    def loss(self, *given: Any) -> float:
        return 0.0


class Steps(OneStep):
    """One that can."""

    def run(self, *given: Any) -> list[None]:
        return []


def test_no_call_takes_longer_than_a_person_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now[0])
    one = pace.Pace(OneStep())
    assert [one.next_steps(9) for _ in range(3)] == [1, 1, 1]
    of_calls = pace.Pace(Steps())
    assert of_calls.next_steps(99) == 1  # nothing is known yet
    now[0] += 1e-4
    assert of_calls.next_steps(99) == pace.MAX_STEPS_A_CALL
    now[0] += pace.MAX_STEPS_A_CALL * pace.MAX_SECONDS_A_CALL / 3.5
    assert of_calls.next_steps(99) == 3
    assert of_calls.next_steps(2) == 2  # something else is due
    now[0] += 2 * 5 * pace.MAX_SECONDS_A_CALL
    assert of_calls.next_steps(99) == 1
