"""The bench of speed beside quality, and the tools that write this repository's pages and try its
readers, rehearsed at tiny sizes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from benches import PNG, ROOT, fixture_of

compare, results, plots, tour = map(fixture_of, ("compare", "results", "plots", "tour"))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    words = np.array([f"{a}{b}" for a in "bdfgklmnpr" for b in "aeiou"])
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(rng.choice(words, 12)) + "\n" for _ in range(200)))
    return path


def run_of(
    contender: str, seed: int, speed: float, score: float | None, **settings: Any
) -> dict[str, Any]:
    common = {
        "vector_size": 100,
        "window": 5,
        "negative": 5,
        "sample": 1e-3,
        "epochs": 5,
        "alpha": 0.05,
    }
    text = {"fingerprint": settings.pop("text", "a"), "description": "text", "raw_words": 1000}
    result = {
        "contender": contender,
        "seed": seed,
        "words_per_second": speed,
        "peak_mb": 100.0,
        "settings": common | settings,
        "text": text,
    }
    return result if score is None else result | {"quality": {"MEN": score, "analogies": score / 2}}


# bench.compare


def test_runs_of_the_same_settings_are_named_by_their_contender_alone(results: ModuleType) -> None:
    runs = [
        run_of(name, seed, 1e5, 0.5, batch_tokens=512)
        for name in ("xw2v", "gensim")
        for seed in (1, 2)
    ]
    assert {label: len(group) for label, group in results.labelled(runs).items()} == {
        "xw2v": 2,
        "gensim": 2,
    }


def test_runs_are_told_apart_by_what_they_differ_in(results: ModuleType) -> None:
    runs = [
        run_of("xw2v", 1, 8e5, 0.6, vector_size=300, alpha=0.025),
        run_of("xw2v", 1, 9e5, 0.6, batch_tokens=512),
        run_of("xw2v", 1, 9e5, 0.6),
        run_of("gensim", 1, 2e5, 0.6),
    ]
    assert list(results.labelled(runs)) == [
        "xw2v, d 300, alpha 0.025",
        "xw2v, d 100, alpha 0.05, batch_tokens 512",
        "xw2v, d 100, alpha 0.05",
        "gensim, d 100, alpha 0.05",
    ]
    same = run_of("xw2v", 1, 9e5, 0.6, text="b")
    assert list(results.labelled([runs[2], same])) == [
        "xw2v, text (1,000 words) a",
        "xw2v, text (1,000 words) b",
    ]
    other = run_of("xw2v", 1, 9e5, 0.6, text="b")
    other["text"]["description"] = "another"
    assert list(results.labelled([runs[2], other])) == [
        "xw2v, text (1,000 words)",
        "xw2v, another (1,000 words)",
    ]


def test_gensim_beside_a_run_did_the_same_work_on_the_same_text(results: ModuleType) -> None:
    runs = [
        run_of("xw2v", 1, 8e5, 0.6, alpha=0.025),
        run_of("xw2v", 1, 3e5, 0.6, vector_size=300),
        run_of("gensim", 1, 1e5, 0.6, alpha=0.05),
        run_of("gensim", 1, 2e5, 0.6, alpha=0.025),
        run_of("gensim", 1, 4e5, 0.6, text="b", alpha=0.025),
    ]
    ratios = [line.split("|")[3].strip() for line in results.table(runs).splitlines()[2:]]
    assert ratios == ["4.00", "", "1.00", "1.00", "1.00"]
    older = [
        {name: run[name] for name in run if name not in ("settings", "text")}
        for run in runs[:1] + runs[2:3]
    ]
    assert (
        "| xw2v | 800,000 (800,000 - 800,000), 1 | 8.00 | 100 | 0.600 ± 0.000 |"
        in results.table(older)
    )


def test_the_verdict_names_what_is_below_by_more_than_the_spread(results: ModuleType) -> None:
    gensim = [run_of("gensim", seed, 1e5, score) for seed, score in ((1, 0.58), (2, 0.62))]
    near = [run_of("xw2v", 1, 9e5, 0.57)]
    far = [run_of("xw2v", 1, 9e5, 0.5)]
    assert results.verdict(near + gensim).endswith("more than its spread: nothing")
    assert "spread: MEN (0.500 against 0.600), analogies (0.250 against 0.300)" in results.verdict(
        far + gensim
    )
    assert results.verdict(near) == ""


def test_files_without_results_are_refused_in_a_line(results: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    for content in ("", "{", '[{"seed": 1}]', "[1]", '{"points": []}'):
        path.write_text(content)
        with pytest.raises(
            SystemExit, match=r"results\.json: no results of bench\.compare: ."
        ) as error:
            results.load_results([path])
        assert "\n" not in str(error.value)


def test_speed_against_quality_is_drawn(
    plots: ModuleType, results: ModuleType, tmp_path: Path
) -> None:
    runs = [
        run_of(name, seed, 1e5 * seed, 0.1 * seed) for name in ("xw2v", "gensim") for seed in (1, 2)
    ]
    runs += [run_of("per-pair loop", 1, 4e3, None)]
    plots.plot_comparison(tmp_path / "plot.png", results.labelled(runs))
    assert (tmp_path / "plot.png").read_bytes().startswith(PNG)
    with pytest.raises(SystemExit, match="not drawn, for no result has a score"):
        plots.plot_comparison(tmp_path / "none.png", results.labelled(runs[-1:]))


def test_a_comparison_is_printed_again_from_its_json(
    compare: ModuleType,
    text: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = text.parent
    (folder / "men3k.tsv").write_text(
        "".join(
            f"b{a}\td{b}\t{i}\n" for i, (a, b) in enumerate([("a", "e"), ("i", "o"), ("u", "a")])
        )
    )
    chosen = [
        "--contenders",
        "xw2v",
        "per-pair loop",
        "--seeds",
        "1",
        "--vector-size",
        "8",
        "--epochs",
        "1",
    ]
    found = str(folder / "found.json")
    call = [
        str(text),
        "--eval",
        str(folder),
        "--settings",
        '{"batch_tokens": 64}',
        "--json",
        found,
        *chosen,
    ]
    monkeypatch.setattr(sys, "argv", ["compare", *call])
    compare.main()
    printed = capsys.readouterr().out
    assert "| xw2v |" in printed
    assert "| per-pair loop (extrapolated) |" in printed
    first, loop = json.loads(Path(found).read_text())
    assert (first["settings"]["vector_size"], first["settings"]["batch_tokens"]) == (8, 64)
    assert "batch_tokens" not in loop["settings"]
    assert first["text"]["raw_words"] == 2400
    assert first["text"] == loop["text"]
    monkeypatch.setattr(
        sys, "argv", ["compare", "--from", found, "--plot", str(folder / "plot.png")]
    )
    compare.main()
    assert capsys.readouterr().out == printed
    assert (folder / "plot.png").read_bytes().startswith(PNG)


# bench.tour


def test_a_page_gets_the_outputs_of_its_commands(tour: ModuleType) -> None:
    other = "\n```sh\n$ a\n```\n"
    page = "Text\n\n```console\n$ a \\\n    b\nold 1\n$ c\n...\ntotal 2 of 9\n\nlast 3\n```\n"
    printed = {"a      b": "new 1\nnew 2\n", "c": "first 1\ntotal 4 of 9\nlast 5\n"}
    assert tour.with_outputs(page + other, printed.__getitem__) == (
        "Text\n\n```console\n$ a \\\n    b\nnew 1\nnew 2\n$ c\n...\ntotal 4 of 9\n\nlast 5\n```\n"
        f"{other}"
    )


# bench.fuzz_inputs


def test_a_short_fuzzing_run_of_the_inputs() -> None:
    """docs/reliability.md records the long runs."""
    pytest.importorskip("pyarrow")
    command = [sys.executable, "-m", "bench.fuzz_inputs", "--inputs", "1500", "--seed", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "1,500 inputs" in done.stdout
    assert "no failure" in done.stdout
