"""The GPU benchmark runs, rehearsed on NumPy at small sizes, and says so where there is no GPU."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from cuda_on_cpu import CpuCupyBackend

from xw2v import tuning
from xw2v.errors import MissingDependencyError
from xw2v.settings import Settings
from xw2v.sgns.loading import load_backend


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parent.parent))
    module = importlib.import_module("bench.gpu")
    for name, value in {
        "VECTOR_SIZES": (8,),
        "BATCH_TOKENS": (512,),
        "CBOW_SIZES": (8,),
        "CBOW_BATCHES": (512,),
        "SECONDS": 0.02,
        "REPEATS": 1,
        "COPIED_BYTES": 2**20,
        "PLAIN_SIZE": 4,
        "PLAIN_BATCH": 2048,
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


def test_the_gpu_bench_measures_and_prints_a_table(bench: ModuleType, tmp_path: Path) -> None:
    numpy = load_backend("numpy")
    text, topical = bench.zipf_text(500, 30_000), bench.topical_text(2000, 60_000, 20)
    file = tmp_path / "figures.json"
    quality = importlib.import_module("bench.gpu_quality")
    result = quality.Measured(file)
    bench.measure_speeds({"numpy": numpy, "again": numpy}, numpy, text, result)
    quality.measure_topical({"cpu": (numpy, 512), "numpy": (numpy, 2048)}, topical, 20, result)
    times = {"kernels": {"pair_gradients": 50.0}, "step": 90.0, "host": 20.0}
    of_step = {"model": "skipgram", "vector_size": 8, "batch_tokens": 512}
    result.note(device="none", versions="none", parity="none", memory="none")
    result.note(kernels=[of_step | times])
    lines = bench.table(result).splitlines()
    rows = [row["backend"] for row in result["speed"]]
    assert rows == ["numpy", "numpy, CBOW", "again", "again, CBOW"]
    assert all(row["words_per_second"] > 0 and row["step_us"] > 0 for row in result["speed"])
    assert all(0 <= score <= 1 for scores in result["quality"].values() for score in scores)
    assert result["with_ngrams"]["words_per_second"] > 0
    assert len(lines) == 13
    assert json.loads(file.read_text(encoding="utf-8")) == result


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_gpu_bench_times_every_kernel(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """On the emulated device, with each graph run once in place of being replayed."""
    kernels, own = importlib.import_module("bench.gpu_kernels"), CpuCupyBackend()
    launched: list[list[str]] = []

    def run(launch: Callable[[], None]) -> float:
        own.kernels(np.float32).launched.clear()
        launch()
        launched.append(list(own.kernels(np.float32).launched))
        return float(len(launched[-1]))

    monkeypatch.setattr(kernels, "replayed", run)
    monkeypatch.setattr(kernels, "STEPS", 2)
    config = tuning.step_config(Settings(model=model))
    times = kernels.kernel_times(own, bench.zipf_text(500, 4000), config, 8, 512)
    assert times.kernels == dict.fromkeys(times.kernels, 1.0)  # each one launch a step
    assert times.step == len(times.kernels) == 3
    assert launched[0] == []
    assert times.host > 0


def test_the_gpu_bench_trains_on_a_text(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = " ".join(f"w{i % 7} v{i % 11}" for i in range(200))
    (tmp_path / "text.txt").write_text(f"{words}\n" * 20, encoding="utf-8")
    pairs = "".join(f"w{i}\tv{i}\t{i}\n" for i in range(7))
    (tmp_path / "men3k.tsv").write_text(pairs, encoding="utf-8")
    quality = importlib.import_module("bench.gpu_quality")
    monkeypatch.setattr(quality, "TRAINED", ({"epochs": 1}, {"epochs": 1, "model": "cbow"}))
    result = quality.Measured(None)
    quality.measure_trained([str(tmp_path / "text.txt")], tmp_path, "cpu", result)
    lines = quality.trained_lines(result["trained"])
    assert len(result["trained"]) == 2 * len(quality.SEEDS)
    assert len(lines) == 2
    assert all("Mwords/s; MEN" in line for line in lines)


def test_as_good_is_no_lower_than_the_spread_of_the_reference(bench: ModuleType) -> None:
    others = [0.5, 0.5, 0.6]
    assert bench.as_good([0.45, 0.44, 0.46], others)
    assert bench.as_good([0.9], others)
    assert not bench.as_good([0.43], others)


def test_without_a_gpu_nothing_is_measured(
    bench: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        load_backend("cupy", "cuda")
    except MissingDependencyError:
        assert bench.main([]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "no CUDA device: not measured" in printed.err
    else:
        pytest.skip("there is a GPU")
