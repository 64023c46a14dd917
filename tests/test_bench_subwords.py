"""The comparison of words of n-grams with gensim's FastText and fastText: resumable, and fair."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from benches import fixture_of

subwords = fixture_of("subwords")
PAIRS = [("walking", "walked"), ("talked", "talking"), ("jumper", "walkers"), ("walk", "xyz")]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    words = np.array([a + b for a in ("walk", "talk", "jump") for b in ("", "ed", "ing", "er")])
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(rng.choice(words, 12)) + "\n" for _ in range(100)))
    lines = [f"{a}\t{b}\t{score}\n" for score, (a, b) in enumerate(PAIRS)]
    for name in ("rw", "men3k"):
        (tmp_path / f"{name}.tsv").write_text("".join(lines))
    return path


def called(subwords: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["subwords", *arguments])
    subwords.main()


def test_a_run_has_scores_with_and_without_unseen_words(
    subwords: ModuleType,
    text: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = json.dumps(subwords.SHARED | {"vector_size": 8, "epochs": 1})
    child = ["--child", "xw2v", "--seed", "3", "--settings", settings]
    called(subwords, monkeypatch, str(text), "--eval", str(text.parent), *child)
    result = json.loads(capsys.readouterr().out)
    assert result["words_per_second"] > 0
    assert set(result["quality"]) == {"MEN", "RW", "RW all"}
    assert result["quality"]["MEN"] == result["quality"]["RW"] != result["quality"]["RW all"]


def test_an_interrupted_comparison_goes_on_where_it_was(
    subwords: ModuleType,
    text: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made: list[str] = []
    fingerprint = subwords.fingerprint([str(text)])

    def result_of(command: list[str], name: str) -> dict[str, Any]:
        if len(made) == 4:
            raise KeyboardInterrupt
        made.append(name)
        settings = json.loads(command[command.index("--settings") + 1])
        score = 0.5 if "xw2v" in name else 0.4 + settings["alpha"]
        return {
            "settings": settings,
            "text": {"fingerprint": fingerprint, "description": "text", "raw_words": 1000},
            "words_per_second": 1e5,
            "peak_mb": 100.0,
            "quality": {"MEN": score, "RW all": 2 * score - 0.43},
        }

    monkeypatch.setattr(subwords, "result_of", result_of)
    call = [str(text), "--eval", str(text.parent), "--json", str(text.parent / "found.json")]
    call += ["--variant", '{"alpha": 0.1}']
    with pytest.raises(KeyboardInterrupt):
        called(subwords, monkeypatch, *call)
    made.append("interrupted")
    called(subwords, monkeypatch, *call)
    assert len(made) == 1 + 3 * 5
    printed = capsys.readouterr().out
    assert "| gensim, alpha 0.025 | 100,000 (100,000 - 100,000), 3 |" in printed
    assert "xw2v, alpha 0.05: below gensim, alpha 0.05 by more than its spread: nothing" in printed
    called(subwords, monkeypatch, *call)
    assert capsys.readouterr().out == printed
