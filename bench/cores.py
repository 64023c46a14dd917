"""How a step is shared among cores: measured on those there are, modelled for more.
python -m bench.cores TEXT [--json FILE] [--plot FILE.png]

Each unit of a step's phases (groups and numbering, means, sections of the update) is timed with one
thread, over many steps of real batches, cut as it is for N threads. Units are then handed out in
order to whichever is free first, as team.h does, with the phases' barriers between them: the step's
time is what that takes, plus a barrier's cost a phase. Between two steps, batches are made, which
threads share by MAKING_UNITS, and the interpreter does what it does. What the model leaves out is
that cores share caches and the memory's bandwidth. Beside it stands what was measured with as many
threads as this machine has cores.
"""

from __future__ import annotations

import argparse
import heapq
import json
import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from xw2v_numpy.compiled import CompiledStep
from xw2v_numpy.kernels import cut_for
from xw2v_numpy.team import Team

from xw2v import tuning
from xw2v.settings import Settings
from xw2v.sgns.batches import Batches
from xw2v.sgns.config import ModelShape
from xw2v.sgns.loading import load_backend
from xw2v.sgns.sampling import Sampling
from xw2v.sgns.tables import initial_tables
from xw2v.sgns.tokenstream import TokenStream
from xw2v.storage.cores import available_cores
from xw2v.text.reading import open_corpus

MAKING_UNITS = 16  # of a chunk of tokens, see sampling.c
BARRIER_NS = 300  # of two threads on this kind of machine some 100; more for more
STEPS, WARM_UP = 300, 60
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


class Steps:
    """Real batches of a text, stepped with a given number of threads."""

    def __init__(self, text: str, settings: Settings) -> None:
        corpus = open_corpus([text])
        self.settings, self.config = settings, tuning.step_config(settings)
        self.stream = TokenStream(corpus.ids, corpus.offsets, corpus.vocabulary.counts)
        self.shape = ModelShape.of_words(len(corpus.vocabulary), settings.vector_size)

    def making(self) -> float:
        """Nanoseconds that making a batch takes one thread."""
        sampling = Sampling(self.settings.sample, self.settings.ns_exponent, self.settings.seed)
        made = Batches(
            load_backend(workers=1),
            self.stream,
            self.config,
            sampling,
            batch_tokens=tuning.batch_tokens(self.settings),
        )
        began = time.perf_counter_ns()
        batches = sum(1 for _ in made.epoch(0))
        return (time.perf_counter_ns() - began) / batches

    def run(
        self,
        workers: int,
        traced: bool = False,
        split: bool | None = None,
        cut: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Nanoseconds of each step, of each unit of each step, and between two steps."""
        backend, settings = load_backend(workers=workers), self.settings
        sampling = Sampling(settings.sample, settings.ns_exponent, settings.seed)
        batch_tokens = tuning.batch_tokens(settings)
        made = Batches(backend, self.stream, self.config, sampling, batch_tokens=batch_tokens)
        batches = (batch for epoch in count() for batch in made.epoch(epoch))
        tables = initial_tables(backend, self.shape, settings.seed)
        step = CompiledStep(self.config, Team(workers), split, cut)
        trace = np.zeros(10_000, np.int64)
        times, units, began = [], [], time.perf_counter_ns()
        for number in range(STEPS):
            _, batch = next(batches)
            if traced:
                step.team.trace(trace)
            before = time.perf_counter_ns()
            step(tables, batch, settings.learning_rate)
            times.append(time.perf_counter_ns() - before)
            if traced:
                units.append(trace[: np.flatnonzero(trace)[-1] + 1].copy())
                step.team.trace(None)
            if number == WARM_UP:
                began = time.perf_counter_ns()
        wall = (time.perf_counter_ns() - began) / (STEPS - WARM_UP)
        kept = np.array(times[WARM_UP:])
        return kept, np.array(units[WARM_UP:]), wall - float(kept.mean())


def measured(text: str, vector_size: int, rounds: int) -> dict[str, Any]:
    """Everything for one vector size."""
    steps = Steps(text, Settings(vector_size=vector_size))
    groups = tuning.batch_tokens(steps.settings) // steps.config.group
    workers = [*range(1, available_cores() + 1)]
    step_ns: dict[int, list[float]] = {n: [] for n in workers}
    between_ns: list[float] = []  # with one thread
    making_ns: list[float] = []
    cuts = [(split, n) for split in (False, True) for n in MODELLED]
    traces: dict[tuple[bool, int], list[np.ndarray]] = {cut: [] for cut in cuts}
    for _ in range(rounds):
        for n in workers:
            times, _, between = steps.run(n)
            step_ns[n].append(float(np.median(times)))
            if n == 1:
                between_ns.append(between)
        making_ns.append(steps.making())
        for cut in traces:
            traces[cut].append(steps.run(1, True, *cut)[1])
    phases = {cut: phases_of(np.concatenate(traces[cut]), groups, *cut) for cut in traces}
    whole, split_up = phases[False, 1], phases[True, 1]
    between, making = float(np.median(between_ns)), float(np.median(making_ns))
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
        "between_steps_us": round(between / 1000, 1),
        "making_us": round(making / 1000, 1),
        "efficiency": {n: round(one / n / t, 3) for n, t in model.items()},
        "efficiency_of_training": {
            n: round(
                (one + between) / n / (t + between - making + making / min(n, MAKING_UNITS)), 3
            )
            for n, t in model.items()
        },
    }


def phases_of(traces: np.ndarray, groups: int, split: bool, cut: int) -> dict[str, np.ndarray]:
    """Nanoseconds of the units of each phase, from (steps, units) as they were noted."""
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
