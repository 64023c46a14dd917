"""Measures training on one CUDA device: `python -m bench.gpu`, some minutes, nothing needed from
outside; with a text and test sets also the quality of vectors on those.

Measures words per second over vector and batch sizes, the bytes a step moves per second against
those of a plain copy, what each kernel takes, memory, the quality of vectors against the CPU's on
the same text, and runs the parity tests on the device. Prints a table. What is measured is in the
JSON file at once. Without a CUDA device it says so and exits with 1.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from xw2v_cupy import CupyBackend

from bench.gpu_bytes import step_bytes
from bench.gpu_kernels import kernel_times
from bench.gpu_quality import Measured, measure_topical, measure_trained, trained_lines
from bench.results import as_good
from bench.synthetic import Text, batches_of, endless, ngram_index, topical_text, zipf_text
from xw2v import tuning
from xw2v.errors import MissingDependencyError
from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import ModelShape, RunShape, StepConfig
from xw2v.sgns.interface import Batch, Step, SubwordIndex
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import step_for
from xw2v.sgns.subwords import SubwordStep
from xw2v.sgns.tables import initial_tables

VECTOR_SIZES = (100, 300)
BATCH_TOKENS = (2048, 4096, 8192, 16384, 32768, 65536)
CBOW_SIZES, CBOW_BATCHES = (100, 300), (2048, 4096, 16384)
PLAIN_SIZE, PLAIN_BATCH = 100, 16384  # what is varied one thing at a time
SECONDS, REPEATS = 0.25, 3  # measured at a time, and how often
PARITY_SECONDS = 180  # at most, for the tests
SPEED_SECONDS = 240  # after which no further speed is measured
COPIED_BYTES = 2**32  # many times the second-level cache
PARITY_TESTS = ("test_backend_parity", "test_batches", "test_step", "test_update", "test_subwords")


class ProductsBackend(CupyBackend):
    """The CUDA backend with its step by cuBLAS's products."""

    def own_step(self, config: StepConfig, *, fused: bool = False) -> Step | None:
        return super().own_step(config, fused=fused)


class Speed(NamedTuple):
    """Medians: raw words a second with the making of batches, and microseconds of a step alone."""

    words_per_second: float
    step_us: float


def measure_speed(
    backend: Backend,
    text: Text,
    step_config: StepConfig,
    vector_size: int,
    batch_tokens: int,
    index: SubwordIndex | None = None,
) -> Speed:
    """The speed of training; index: the rows of each word, where they are several."""
    V = len(text.counts)
    shape = ModelShape(V if index is None else index.input_rows, V, vector_size)
    tables = initial_tables(backend, shape, seed=1)
    step: Step = step_for(backend, step_config)
    if index is not None:
        step = SubwordStep(backend, step_config, index)
    stream = endless(batches_of(backend, text, step_config, batch_tokens), len(text.ids))
    batch: Batch[Any] | None = None
    rates, times = [], []
    for repeat in range(REPEATS + 1):  # the first warms up
        first, began = None, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            position, batch = next(stream)
            first = position if first is None else first
            step(tables, batch, 0.01)
        backend.synchronize()
        elapsed = time.perf_counter() - began
        assert batch is not None
        assert first is not None
        steps, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS / 2:
            step(tables, batch, 0.01)
            steps += 1
        backend.synchronize()
        if repeat:
            rates.append((position - first) / elapsed)
            times.append((time.perf_counter() - began) / steps * 1e6)
    return Speed(statistics.median(rates), statistics.median(times))


def copy_bytes_per_second(backend: Backend) -> float:
    """What a plain copy on the device reads and writes a second: median of several."""
    xp = backend.xp
    source, copied = (
        xp.zeros(COPIED_BYTES // 4, dtype=xp.float32, device=backend.device) for _ in range(2)
    )
    times = []
    for _ in range(10):
        backend.synchronize()
        began = time.perf_counter()
        copied[...] = source
        backend.synchronize()
        times.append(time.perf_counter() - began)
    return 2 * COPIED_BYTES / statistics.median(times)


def parity(device: str) -> str:
    """The last line of the parity tests on the device."""
    root = Path(__file__).resolve().parent.parent
    files = [str(root / "tests" / f"{name}.py") for name in PARITY_TESTS]
    environment = os.environ | {"XW2V_BACKENDS": f"cupy:{device}"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        *files,
    ]
    options: dict[str, Any] = {
        "env": environment,
        "cwd": root,
        "capture_output": True,
        "text": True,
    }
    try:
        done = subprocess.run(command, timeout=PARITY_SECONDS, check=False, **options)
    except subprocess.TimeoutExpired:
        return f"not done in {PARITY_SECONDS} s"
    return str((done.stdout.strip().splitlines() or ["no output"])[-1])


def measure_speeds(backends: dict[str, Backend], cpu: Backend, text: Text, to: Measured) -> None:
    """Speeds. The first backend is the one in question, the others second opinions."""
    (name, own), *others = backends.items()
    rows: list[dict[str, Any]] = []
    copied, began = copy_bytes_per_second(own), time.perf_counter()
    to.note(copy_bytes_per_second=copied, speed=rows)

    def add(label: str, backend: Backend, size: int, batch_tokens: int, cbow: bool = False) -> None:
        if time.perf_counter() - began > SPEED_SECONDS:
            print(
                f"{label}, {size} dimensions, {batch_tokens} tokens: no time left, not measured",
                file=sys.stderr,
            )
            return
        model: Any = "cbow" if cbow else "skipgram"
        step_config = tuning.step_config(Settings(vector_size=size, model=model))
        batch = next(batches_of(cpu, text, step_config, batch_tokens).epoch(0))[1]
        speed = measure_speed(backend, text, step_config, size, batch_tokens)
        moved, least = (
            count / speed.step_us * 1e6
            for count in step_bytes(
                step_config, size, batch, not isinstance(backend, ProductsBackend)
            )
        )
        figures = {"words_per_second": speed.words_per_second, "step_us": speed.step_us}
        shares = {"moved_of_copy": moved / copied, "least_of_copy": least / copied}
        own_row = {"backend": label, "vector_size": size, "batch_tokens": batch_tokens}
        rows.append(own_row | figures | shares)
        to.note(speed=rows)

    for size, batch_tokens in product(VECTOR_SIZES, BATCH_TOKENS):
        add(name, own, size, batch_tokens)
    for size, batch_tokens in product(CBOW_SIZES, CBOW_BATCHES):
        add(f"{name}, CBOW", own, size, batch_tokens, cbow=True)
    for label, backend in others:
        add(label, backend, PLAIN_SIZE, PLAIN_BATCH)
        if not isinstance(backend, ProductsBackend):  # CBOW has no step by products
            add(f"{label}, CBOW", backend, PLAIN_SIZE, CBOW_BATCHES[0], cbow=True)
    plain = tuning.step_config(Settings(vector_size=PLAIN_SIZE))
    index = ngram_index(len(text.counts))
    with_ngrams = measure_speed(own, text, plain, PLAIN_SIZE, PLAIN_BATCH, index)
    to.note(with_ngrams=with_ngrams._asdict())


def measure_kernels(own: CupyBackend, text: Text, to: Measured) -> None:
    """What each kernel takes, in training's own batches."""
    settings = [
        Settings(vector_size=size, model=model, device="cuda")
        for model in ("skipgram", "cbow")
        for size in CBOW_SIZES
    ]
    times = []
    for each in settings:
        T, D = tuning.batch_tokens(each), each.vector_size
        found = kernel_times(own, text, tuning.step_config(each), D, T)
        row = {"model": each.model, "vector_size": D, "batch_tokens": T}
        times.append(row | found._asdict())
        to.note(kernels=times)


def table(result: dict[str, Any]) -> str:
    """The result for people."""
    lines = [f"{result['device']}, {result['versions']}; parity: {result['parity']}"]
    lines.append(
        f"copy: {result['copy_bytes_per_second'] / 1e12:.2f} TB/s; memory: {result['memory']}"
    )
    lines.append(
        f"{'backend':<26}{'size':>6}{'batch':>8}{'Mwords/s':>10}{'step us':>10}"
        f"{'moved':>8}{'least':>8}"
    )
    lines += [
        f"{row['backend']:<26}{row['vector_size']:>6}{row['batch_tokens']:>8}"
        f"{row['words_per_second'] / 1e6:>10.2f}{row['step_us']:>10.1f}"
        f"{row['moved_of_copy']:>8.1%}{row['least_of_copy']:>8.1%}"
        for row in result["speed"]
    ]
    lines.append(
        "moved, least: bytes a second of a step, and those it must move, as shares of a copy's"
    )
    for row in result.get("kernels", []):
        parts = ", ".join(f"{name} {us:.1f}" for name, us in row["kernels"].items())
        lines.append(
            f"{row['model']}, size {row['vector_size']}, batch {row['batch_tokens']}: kernels "
            f"{row['step']:.1f} us a step ({parts}), host {row['host']:.1f} us"
        )
    ngrams = result["with_ngrams"]
    lines.append(
        f"with n-grams, size {PLAIN_SIZE}, batch {PLAIN_BATCH}: "
        f"{ngrams['words_per_second'] / 1e6:.2f} Mwords/s, step {ngrams['step_us']:.1f} us"
    )
    for name, scores in result["quality"].items():
        spread = f"{min(scores):.3f} to {max(scores):.3f}"
        lines.append(
            f"quality {name}: {statistics.mean(scores):.3f} ({spread}, {len(scores)} seeds)"
        )
    cpu, own = result["quality"].values()
    answer = "yes" if as_good(own, cpu) else "NO"
    lines.append(f"as good as the CPU's, or below by no more than its spread: {answer}")
    return "\n".join(lines + trained_lines(result.get("trained", [])))


def backends_on(device: str) -> tuple[dict[str, Backend], str]:
    """The backend in question and second opinions, by label; and their libraries' versions."""
    import cupy

    backends: dict[str, Backend] = {
        "cupy": CupyBackend(device),
        "cupy products": ProductsBackend(device),
        "cupy deterministic": CupyBackend(device, deterministic=True),
    }
    versions = f"CuPy {cupy.__version__}, CUDA {cupy.cuda.runtime.runtimeGetVersion()}"
    try:
        backends["torch"] = load_backend("torch", device)
    except MissingDependencyError as error:
        print(f"torch: not measured ({error})", file=sys.stderr)
    else:
        import torch

        versions += f", torch {torch.__version__}"
    return backends, f"{versions}, Python {platform.python_version()}"


def measure_all(options: argparse.Namespace) -> dict[str, Any]:
    """Everything, in the order of what the rest is worth without."""
    import cupy

    result, began = Measured(options.json), time.perf_counter()
    backends, versions = backends_on(options.device)
    own = backends["cupy"]
    assert isinstance(own, CupyBackend)
    shape = RunShape(
        ModelShape.of_words(200_000, PLAIN_SIZE),
        batch_tokens=PLAIN_BATCH,
        tokens=20_000_000,
        sentences=1_000_000,
    )
    result.note(
        date=time.strftime("%Y-%m-%d"),
        device=own.gpu_model(),
        versions=versions,
        memory=own.plan(tuning.step_config(Settings()), shape),
        parity="not asked for",
    )
    topics, cpu = 50, load_backend("numpy")
    text, topical = zipf_text(200_000, 20_000_000), topical_text(5000, 1_500_000, topics)
    measure_speeds(backends, cpu, text, result)
    measure_kernels(own, text, result)
    both = {
        "cpu": (cpu, tuning.batch_tokens(Settings())),
        "cupy": (own, tuning.batch_tokens(Settings(device="cuda"))),
    }
    measure_topical(both, topical, topics, result)
    if options.text:
        measure_trained(options.text, options.eval, options.device, result)
    if not options.no_parity:
        result.note(parity=parity(options.device))
    result.note(
        pool_bytes=cupy.get_default_memory_pool().total_bytes(),
        seconds=time.perf_counter() - began,
    )
    return result


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("text", nargs="*", help="text files to train on as well")
    parser.add_argument("--eval", type=Path, help="folder of test sets, for the text")
    parser.add_argument("--device", default="cuda", help="cuda or cuda:N")
    parser.add_argument("--json", type=Path, help="file for the figures, from the first on")
    parser.add_argument("--no-parity", action="store_true", help="leave the parity tests out")
    options = parser.parse_args(arguments)
    if bool(options.text) != bool(options.eval):
        parser.error("give both a text and --eval, the folder of test sets, or neither")
    try:
        load_backend("cupy", options.device)
    except MissingDependencyError as error:
        print(f"no CUDA device: not measured ({error})", file=sys.stderr)
        return 1
    print(table(measure_all(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
