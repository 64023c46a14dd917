"""The GPU benchmark runs, rehearsed on NumPy at small sizes, and says so where there is no GPU."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

from xw2v.errors import MissingDependencyError
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


def test_the_gpu_bench_measures_and_prints_a_table(bench: ModuleType) -> None:
    numpy = load_backend("numpy")
    text, topical = bench.zipf_text(500, 30_000), bench.topical_text(2000, 60_000, 20)
    result = bench.measure({"numpy": numpy, "again": numpy}, numpy, text, topical, 20)
    result |= {"device": "none", "versions": "none", "parity": "none", "memory": "none"}
    lines = bench.table(result).splitlines()
    rows = [row["backend"] for row in result["speed"]]
    assert rows == ["again", "again, CBOW", "numpy, CBOW", "numpy"]
    assert all(row["words_per_second"] > 0 and row["step_us"] > 0 for row in result["speed"])
    assert all(0 <= score <= 1 for scores in result["quality"].values() for score in scores)
    assert result["with_ngrams"]["words_per_second"] > 0
    assert len(lines) == 12
    assert json.loads(json.dumps(result)) == result


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
