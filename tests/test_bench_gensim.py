"""The benches beside gensim by xw2v.gensim, rehearsed at tiny sizes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent

pytest.importorskip("gensim")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    words = np.array([f"{a}{b}" for a in "bdfgklmnpr" for b in "aeiou"])
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(rng.choice(words, 12)) + "\n" for _ in range(200)))
    (tmp_path / "wordsim353.tsv").write_text("ba\tda\t5\nde\tfi\t1\nga\tro\t3\n")
    return path


def bench(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_is_run_by_both_and_compared(text: Path) -> None:
    found = text.parent / "found.json"
    shown = bench(
        *("bench.gensim_script", text, "--eval", text.parent),
        *("--seeds", "1", "--workers", "1", "--json", found),
    )
    results = json.loads(found.read_text())
    assert [(result["contender"], result["model"]) for result in results] == [
        ("xw2v", "cbow"),
        ("gensim", "cbow"),
        ("xw2v", "skipgram"),
        ("gensim", "skipgram"),
    ]
    for result in results:
        assert result["words_per_second"] == pytest.approx(5 * 2400 / result["seconds"])
        assert "WS-353" in result["quality"]
    assert shown.count("x gensim") == 2
    assert "xw2v: below the mean of gensim" in shown
    assert bench("bench.gensim_script", "--from", found) == shown


def test_phrases_are_compared(text: Path) -> None:
    shown = bench("bench.gensim_phrases", text, "--runs", "1")
    assert "2,400 tokens, 200 sentences" in shown
    assert shown.count("| all three |") == 3
    assert shown.count("| join one sentence a call |") == 3
