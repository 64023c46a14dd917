"""How a step is shared among cores: measured on those there are, modelled for more.
python -m bench.cores TEXT [--json FILE] [--plot FILE.png]

Steps are taken as a training takes them, up to 32 a call. Each unit of their phases (checks, groups
and numbering, means, sections of the update) is timed with one thread, over many real batches, cut
as it is for N threads. Units are then handed out in order to whichever is free first, as team.h
does, with the phases' barriers between them. What a call takes beyond its units is one thread's;
so is what passes between two calls, but for the units of making batches, which are timed, too. What
the model leaves out is that cores share caches and the memory's bandwidth, and that a unit does not
take the same time in every step. Beside it stands what was measured with as many threads as this
machine has cores.
"""

from __future__ import annotations

import argparse
import heapq
import json
import time
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from xw2v_numpy import NumpyBackend
from xw2v_numpy.compiled import CompiledStep
from xw2v_numpy.kernels import cut_for
from xw2v_numpy.team import Team

from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.batches import Batches
from xw2v.sgns.config import ModelShape
from xw2v.sgns.interface import PlannedStep
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tables import initial_tables
from xw2v.sgns.tokenstream import TokenStream
from xw2v.storage.cores import available_cores
from xw2v.text.reading import open_corpus
from xw2v.training.pace import MAX_STEPS_A_CALL

MAKING_UNITS = 16  # of a chunk of tokens, see sampling.c
BARRIER_NS = 300  # of two threads on this kind of machine some 100; more for more
CALLS, WARM_UP = 12, 2
MODELLED = (1, 2, 4, 8, 16, 32, 64)


def makespan(units: list[np.ndarray], threads: int) -> float:
    """Nanoseconds that phases of units take, one phase after the other, handed out in order."""
    total = 0.0
    for phase in units:
        free = [0.0] * threads
        for unit in phase:
            heapq.heapreplace(free, free[0] + float(unit))
        total += max(free) + (BARRIER_NS if threads > 1 else 0)
    return total


class Times(NamedTuple):
    """Nanoseconds a step.

    Attributes:
        call: (calls,) of a call.
        units: (calls, units) of its units; zeros where they are not traced.
        between: from one call to the next, when batches are made.
        making: of the units of that; zero where they are not traced.
    """

    call: np.ndarray
    units: np.ndarray
    between: float
    making: float


class Steps:
    """Real batches of a text, stepped with a given number of threads."""

    def __init__(self, text: str, settings: Settings) -> None:
        corpus = open_corpus([text])
        step = NumpyBackend(workers=1).own_step(tuning.step_config(settings))
        assert isinstance(step, CompiledStep)
        self.settings, self.config = (
            settings,
            step.config,
        )  # with operands rounded as it rounds them
        self.stream = TokenStream(corpus.ids, corpus.offsets, corpus.vocabulary.counts)
        self.shape = ModelShape.of_words(len(corpus.vocabulary), settings.vector_size)

    def run(
        self,
        workers: int,
        traced: bool = False,
        split: bool | None = None,
        cut: int | None = None,
    ) -> Times:
        """What steps take; see `CompiledStep` for the arguments."""
        backend, settings = NumpyBackend(workers=workers), self.settings
        sampling = Sampling(settings.sample, settings.ns_exponent, settings.seed)
        batch_tokens = tuning.batch_tokens(settings)
        made = Batches(backend, self.stream, self.config, sampling, batch_tokens=batch_tokens)
        planned = (
            PlannedStep(batch, settings.learning_rate, False)
            for epoch in count()
            for _, batch in made.epoch(epoch)
        )
        tables = initial_tables(backend, self.shape, settings.seed)
        step = CompiledStep(self.config, Team(workers), split, cut)
        units, making = np.zeros((CALLS, 10_000), np.int64), np.zeros(10_000, np.int64)
        calls, betweens = np.zeros(CALLS), np.zeros(CALLS)
        for number in range(CALLS):
            began = time.perf_counter_ns()
            if traced and number == WARM_UP:
                backend.team.trace(making)
            steps = list(islice(planned, MAX_STEPS_A_CALL))
            if traced:
                step.team.trace(units[number])
            before = time.perf_counter_ns()
            step.run(tables, steps)
            calls[number] = time.perf_counter_ns() - before
            betweens[number] = before - began
        for team in (backend.team, step.team):
            team.trace(None)
        kept = units[WARM_UP:, : np.flatnonzero(units[-1])[-1] + 1] if traced else units[WARM_UP:]
        return Times(
            call=calls[WARM_UP:] / MAX_STEPS_A_CALL,
            units=kept / MAX_STEPS_A_CALL,
            between=float(betweens[WARM_UP:].mean()) / MAX_STEPS_A_CALL,
            making=float(making.sum()) / MAX_STEPS_A_CALL / (CALLS - WARM_UP),
        )


def measured(text: str, vector_size: int, rounds: int) -> dict[str, Any]:
    """Everything for one vector size."""
    steps = Steps(text, Settings(vector_size=vector_size))
    groups = tuning.batch_tokens(steps.settings) // steps.config.group
    workers = [*range(1, available_cores() + 1)]
    step_ns: dict[int, list[float]] = {n: [] for n in workers}
    cuts = [(split, n) for split in (False, True) for n in MODELLED]
    traces: dict[tuple[bool, int], list[Times]] = {cut: [] for cut in cuts}
    for _ in range(rounds):
        for n in workers:
            step_ns[n].append(float(np.median(steps.run(n).call)))
        for cut in traces:
            traces[cut].append(steps.run(1, True, *cut))
    all_units = {cut: np.concatenate([t.units for t in times]) for cut, times in traces.items()}
    phases = {cut: phases_of(units, groups, *cut) for cut, units in all_units.items()}
    whole, split_up = phases[False, 1], phases[True, 1]
    times = [each for times in traces.values() for each in times]
    # of the same calls, since a busy machine's clock tells nothing of two minutes ago
    serial = float(np.median(np.concatenate([t.call - t.units.sum(axis=1) for t in times])))
    between = float(np.median([t.between for t in times]))
    making = float(np.median([t.making for t in times]))
    one = makespan(list(whole.values()), 1)
    model = {
        n: min(makespan([*of_cut.values()], n) for (_, cut), of_cut in phases.items() if cut == n)
        for n in MODELLED
    }
    return {
        "vector_size": vector_size,
        "step_us": {n: round(float(np.median(v)) / 1000, 1) for n, v in step_ns.items()},
        "phases_us": {name: round(float(units.sum()) / 1000, 1) for name, units in whole.items()},
        "sliced_us": {name: round(float(v.sum()) / 1000, 1) for name, v in split_up.items()},
        "serial_us": round(serial / 1000, 1),
        "between_calls_us": round(between / 1000, 1),
        "making_us": round(making / 1000, 1),
        "efficiency": {n: round(one / n / t, 3) for n, t in model.items()},
        "efficiency_of_training": {
            n: round(
                (one + serial + between)
                / n
                / (t + serial + between - making + making / min(n, MAKING_UNITS)),
                3,
            )
            for n, t in model.items()
        },
    }


def phases_of(traces: np.ndarray, groups: int, split: bool, cut: int) -> dict[str, np.ndarray]:
    """Nanoseconds of the units of each phase, from (calls, units) as they were noted: the checks of
    a call's batches are among its first units.
    """
    units = np.median(traces, axis=0)
    parts, sections_a_part = cut_for(cut)
    numbered, sections = 2 * parts, 2 * parts * sections_a_part  # of two tables
    phases = {"means": units[-sections - 1 : -sections], "update": units[-sections:]}
    rest = units[: -sections - 1]
    if not split:
        assert len(rest) == groups + numbered
        return {"groups and numbering": rest} | phases
    slices = (len(rest) - numbered) // 3
    names = {
        "gather and numbering": rest[: slices + numbered],
        "hidden gradients": rest[slices + numbered : 2 * slices + numbered],
        "distribute": rest[2 * slices + numbered :],
    }
    return names | phases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("text")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--vector-sizes", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="speed by threads")
    given = parser.parse_args()
    results = [measured(given.text, size, given.rounds) for size in given.vector_sizes]
    if given.plot:
        from bench.plots import plot_cores

        plot_cores(given.plot, results)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for result in results:
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
