"""The bench of cost as work grows, rehearsed at tiny sizes."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from benches import PNG, fixture_of

scaling, scaling_corpora, scaling_report = map(
    fixture_of, ("scaling", "scaling_corpora", "scaling_report")
)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    words = np.array([f"{a}{b}" for a in "bdfgklmnpr" for b in "aeiou"])
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(rng.choice(words, 12)) + "\n" for _ in range(200)))
    return path


def test_a_repeated_text_is_the_text_over_and_over(scaling_corpora: ModuleType) -> None:
    ids, offsets = np.arange(10, dtype=np.int32), np.array([0, 3, 4, 10])
    for tokens in (1, 3, 4, 9, 10, 11, 20, 47):
        pieces = list(scaling_corpora.repeated(ids, offsets, tokens))
        assert np.array_equal(
            np.concatenate([piece for piece, _ in pieces]), np.resize(ids, tokens)
        )
        ends = np.concatenate([ends for _, ends in pieces])
        all_ends = {end + start for start in range(0, tokens, 10) for end in (3, 4, 10)}
        assert ends.tolist() == sorted({end for end in all_ends if end < tokens} | {tokens})


def test_exponents_are_those_of_power_laws(scaling_report: ModuleType) -> None:
    sizes = np.array([10.0, 30.0, 100.0])
    for power in (0.0, 0.5, 1.0, 2.0):
        pairs = list(zip(sizes, 7 * sizes**power, strict=True))
        assert scaling_report.exponent(pairs) == pytest.approx(power)
    assert np.isnan(scaling_report.exponent([(1.0, 1.0)]))


def point_of(variable: str, size: int, ns: float, peak: float = 100.0) -> dict[str, Any]:
    slices = [
        {"ns": ns, "step_ns": 0.9 * ns, "peak_mb": peak, "mapped_mb": 20.0, "tables_mb": 10.0}
    ]
    return {"variable": variable, "size": size, "slices": slices, "whole": None}


def test_what_is_worse_than_linear_is_named(scaling_report: ModuleType) -> None:
    linear = [point_of("window", size, 7.0 * size) for size in (2, 5, 10)]
    square = [point_of("negative", size, size**2, peak=size**2) for size in (2, 5, 10)]
    shown, fine = scaling_report.growth(linear)
    assert fine
    assert "| window | 1.00 | 1.00 | 0.00 | 0.00 |" in shown
    shown, fine = scaling_report.growth(linear + square)
    assert not fine
    assert (
        "Grows faster than linearly: time against negative (2.00), memory against negative (2.00)."
        in shown
    )


def test_steps_that_do_something_for_each_row_are_reported(scaling_report: ModuleType) -> None:
    points = [point_of("vocabulary", 100, 1000), point_of("vocabulary", 10_000, 1800)]
    shown, fine = scaling_report.vocabulary_growth(points, point_of("padded", 10_000, 1010))
    assert fine
    assert "10,000 words against 100 (100 times as many): a token takes 1.80 times as long" in shown
    assert "nothing a step does grows" in shown
    shown, fine = scaling_report.vocabulary_growth(points, point_of("padded", 10_000, 1700))
    assert not fine
    assert "SOMETHING A STEP DOES GROWS" in shown


def test_rounds_go_through_all_points_and_wholes_without_time_are_left_out(
    scaling: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[str, int, float | None]] = []

    def run_child(folder: Path, job: Any, seconds: float | None, budget: Any) -> dict[str, Any]:
        calls.append((job.corpus, job.window, seconds))
        return {"ns": 1000.0, "step_ns": 900.0, "wall_ns": 1000.0, "peak_mb": 1.0}

    monkeypatch.setattr(scaling, "run_child", run_child)
    variables = {"tokens": (1_000_000, 10**9), "vocabulary": (100, 1000), "window": (2, 5)}
    found = scaling.measure(tmp_path, variables, 0.5, 2, scaling.Budget(100))
    first = [
        ("tokens 1000000", 5, 0.5),
        ("tokens 1000000000", 5, 0.5),
        ("vocabulary 100", 5, 0.5),
        ("vocabulary 1000", 5, 0.5),
        ("tokens 1000000", 2, 0.5),
        ("padded", 5, 0.5),
    ]
    assert calls == [*first, ("tokens 1000000", 5, None), *first[::-1]]
    wholes = {
        (point["variable"], point["size"]): point["whole"] is not None for point in found["points"]
    }
    assert [key for key, whole in wholes.items() if whole] == [("tokens", 1_000_000)]
    assert all(len(point["slices"]) == 2 for point in [*found["points"], found["padded"]])


def test_scaling_measures_prints_and_draws(
    scaling: ModuleType,
    scaling_corpora: ModuleType,
    text: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiny = {"tokens": (1000, 5000), "vocabulary": (50, 500), "vector_size": (50, 100)}
    monkeypatch.setattr(scaling, "QUICK", tiny)
    monkeypatch.setattr(scaling, "QUICK_SECONDS", 0.01)
    monkeypatch.setattr(scaling, "QUICK_ROUNDS", 1)
    monkeypatch.setattr(scaling, "BASE_TOKENS", 1000)
    monkeypatch.setattr(scaling_corpora, "BASE_TOKENS", 1000)
    monkeypatch.setattr(scaling_corpora, "ZIPF_TOKENS", 2000)
    found, drawn = text.parent / "found.json", text.parent / "plot.png"
    code = scaling.main([str(text), "--quick", "--json", str(found)])
    printed = capsys.readouterr().out
    assert [printed.count(f"\n| {name} |") for name in ("tokens", "vocabulary", "vector size")] == [
        2,
        2,
        2,
    ]
    result = json.loads(found.read_text())
    assert len(result["points"]) == 6
    for point in result["points"]:
        (piece,) = point["slices"]
        assert 0 < piece["step_ns"] < piece["ns"]
        assert piece["peak_mb"] > piece["tables_mb"] > 0
        assert (point["whole"] is not None) == (point["variable"] == "tokens")
    assert result["points"][1]["whole"]["steps"] >= 1
    assert scaling.main(["--from", str(found), "--plot", str(drawn)]) == code
    assert capsys.readouterr().out == printed
    assert drawn.read_bytes().startswith(PNG)
    found.write_text("[]")
    with pytest.raises(SystemExit, match=r"no result of bench\.scaling"):
        scaling.main(["--from", str(found)])


def test_a_file_without_a_folder_is_refused_before_the_work(
    scaling: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        scaling.main(["text.txt", "--json", str(tmp_path / "none" / "found.json")])
    assert "no such folder" in capsys.readouterr().err
