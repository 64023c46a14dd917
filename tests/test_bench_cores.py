"""The model of many cores, rehearsed at a tiny size."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from benches import PNG, fixture_of
from xw2v_numpy.compiled import is_built

cores = fixture_of("cores")


def test_units_go_to_whoever_is_free_phase_after_phase(cores: ModuleType) -> None:
    equal, uneven = np.full(8, 1000), np.array([1000, 5000, 1000, 1000])
    assert cores.makespan([equal, uneven], 1) == 16_000  # one thread waits for nobody
    assert cores.makespan([equal], 2) == 4000 + cores.BARRIER_NS
    assert cores.makespan([uneven], 2) == 5000 + cores.BARRIER_NS  # the longest unit binds
    assert cores.makespan([equal, uneven], 4) == 2000 + 5000 + 2 * cores.BARRIER_NS


@pytest.mark.skipif(not is_built(), reason="no compiled step here")
def test_steps_are_timed_modelled_and_drawn(
    cores: ModuleType, small_text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"CALLS": 3, "WARM_UP": 1, "MODELLED": (1, 2, 16)}.items():
        monkeypatch.setattr(cores, name, value)
    results, plot = tmp_path / "results.json", tmp_path / "plot.png"
    line = ["cores", str(small_text), "--rounds", "1", "--vector-sizes", "8"]
    monkeypatch.setattr(sys, "argv", [*line, "--json", str(results), "--plot", str(plot)])
    cores.main()
    (found,) = json.loads(results.read_text())
    assert plot.read_bytes().startswith(PNG)
    assert set(found["phases_us"]) == {"groups and numbering", "means", "update"}
    assert min([*found["phases_us"].values(), *found["sliced_us"].values()]) > 0
    # what is timed is what a step takes, but for the noise of a busy machine
    assert found["serial_us"] > 0
    assert 0 < found["making_us"] < found["between_calls_us"]
    timed = sum(found["phases_us"].values()) + found["serial_us"]
    assert timed / 4 < found["step_us"]["1"] < 4 * timed
    for kind in ("efficiency", "efficiency_of_training"):
        assert list(found[kind]) == ["1", "2", "16"]
        assert found[kind]["1"] >= 1  # of the better of two ways to cut a step
        assert 0 < found[kind]["16"] < 1
