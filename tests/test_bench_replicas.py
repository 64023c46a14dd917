"""The bench of replicas, rehearsed at a tiny size."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest
from runs import text

from xw2v.text.corpus import Corpus

ROOT = Path(__file__).resolve().parent.parent


def test_replicas_are_simulated_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    replicas = importlib.import_module("bench.replicas")
    scores = dict.fromkeys(replicas.SCORES, 0.5)
    monkeypatch.setattr(replicas, "quality", lambda vectors, folder: scores)
    words, results = tmp_path / "words.txt", tmp_path / "results.json"
    words.write_text(text(2400))
    line = ["replicas", str(words), "--eval", str(tmp_path), "--epochs", "1", "--ranks", "1", "2"]
    line += ["--rules", "curvature", "agreement", "mean", "sum", "--json", str(results)]
    monkeypatch.setattr(sys, "argv", [*line, "--plot", str(tmp_path / "plot.png")])
    replicas.main()
    assert capsys.readouterr().out.count("\n| 2 | ") == 4
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    found = [json.loads(line) for line in results.read_text().splitlines()]
    assert [each["bytes"] > 0 for each in found] == [False] * 4 + [True] * 4


def test_a_shuffled_text_has_the_same_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    replicas = importlib.import_module("bench.replicas")
    monkeypatch.setattr(replicas, "BLOCK_TOKENS", 50)
    corpus = Corpus.from_sentences([line.split() for line in text(2000).splitlines()], min_count=1)
    one, other = (replicas.shuffled(corpus, seed) for seed in (1, 2))

    def sentences(of: Corpus) -> list[list[str]]:
        return [of.sentence(s) for s in range(len(of))]

    assert sentences(one) != sentences(other)
    assert sorted(sentences(one)) == sorted(sentences(other)) == sorted(sentences(corpus))
