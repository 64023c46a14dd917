"""What the kernels of a CUDA step take, apart from each other and from the host that launches them.

Steps on several batches are captured as a CUDA graph, in which each kernel follows the one before
without the host, and replayed: with all kernels, or with those of one name alone.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from xw2v_cupy import CupyBackend
from xw2v_cupy.step import CupyStep

from bench.synthetic import Text, batches_of
from xw2v.sgns.config import ModelShape, StepConfig
from xw2v.sgns.tables import initial_tables

STEPS, REPLAYS, REPEATS = 16, 10, 5


class KernelTimes(NamedTuple):
    """Microseconds of a step, medians.

    Attributes:
        kernels: by name, of one each, without what they keep of each other in the caches.
        step: of all, one after the other.
        host: what the host takes to launch them.
    """

    kernels: dict[str, float]
    step: float
    host: float


def kernel_times(
    backend: CupyBackend,
    text: Text,
    step_config: StepConfig,
    vector_size: int,
    batch_tokens: int,
) -> KernelTimes:
    """The times of a step on Zipf text, in its first batches."""
    kernels, names, chosen = backend.kernels("float32"), dict[str, None](), ""
    runner_of = kernels.runner

    def filtered(name: str, shared_bytes: int) -> Callable[[int, int], None]:
        run = runner_of(name, shared_bytes)
        names[name] = None
        return lambda *arguments: run(*arguments) if chosen in ("", name) else None

    shape = ModelShape.of_words(len(text.counts), vector_size)
    tables = initial_tables(backend, shape, seed=1)
    stream = batches_of(backend, text, step_config, batch_tokens).epoch(0)
    batches = [batch for _, batch in islice(stream, STEPS)]
    step = CupyStep(step_config, backend.kernels)

    def steps() -> None:
        for batch in batches:
            step(tables, batch, 0.01)

    def forget() -> None:  # or a replay would find its rows moved already
        for sums in (step.sums.center, step.sums.context):
            stamps: Any = sums.stamps
            stamps.fill(0)

    def forget_and_step() -> None:
        forget()
        steps()

    kernels.runner = filtered  # type: ignore[method-assign]
    try:
        steps()  # the first prepares its launches
    finally:
        del kernels.runner
    forget_and_step()
    host = []
    for _ in range(REPEATS):
        backend.synchronize()
        began = time.perf_counter()
        steps()
        host.append((time.perf_counter() - began) / len(batches) * 1e6)
    of_forgetting, times = replayed(forget), {}
    for chosen in (*names, ""):
        times[chosen] = (replayed(forget_and_step) - of_forgetting) / len(batches)
    return KernelTimes({name: times[name] for name in names}, times[""], statistics.median(host))


def replayed(launch: Callable[[], Any]) -> float:
    """Microseconds of what is launched, replayed as a graph: median."""
    import cupy

    stream = cupy.cuda.Stream(non_blocking=True)
    times: list[float] = []
    cupy.cuda.Device().synchronize()
    with stream:
        stream.begin_capture()
        launch()
        graph = stream.end_capture()
    for _ in range(REPLAYS + 2):  # the first two warm up
        begin, end = cupy.cuda.Event(), cupy.cuda.Event()
        begin.record(stream)
        graph.launch(stream)
        end.record(stream)
        end.synchronize()
        times.append(cupy.cuda.get_elapsed_time(begin, end) * 1e3)
    return statistics.median(times[2:])
