"""Windows as wide as a basket reach over the longest sentence, however wide they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import Xw2v

from xw2v import Word2Vec
from xw2v.errors import InputError, OutOfMemoryError
from xw2v.settings import SETTINGS
from xw2v.sgns.config import StepConfig
from xw2v.training.reach import MAX_REACH, WIDE_WINDOW, longest_sentence

LONGEST = 50
WIDEST = int(SETTINGS["window"].high or 0)
SMALL: dict[str, Any] = {"vector_size": 8, "min_count": 1, "epochs": 1, "shared_negatives": 16}


def baskets(count: int = 100, longest: int = LONGEST, seed: int = 0) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    sizes = [*rng.integers(2, longest, count), longest]
    return [[f"item{i}" for i in rng.integers(0, 40, size)] for size in sizes]


def trained(window: int, **settings: Any) -> np.ndarray:
    return Word2Vec(window=window, **SMALL, **settings).fit(baskets()).wv.vectors


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("window", [WIDE_WINDOW + 1, 10**6, WIDEST])
def test_a_window_wider_than_every_sentence_is_one_of_the_longest(window: int, model: str) -> None:
    as_wide = trained(LONGEST - 1, fixed_window=True, model=model)
    assert np.array_equal(trained(window, fixed_window=True, model=model), as_wide)


def test_the_widths_of_very_wide_windows_hardly_ever_cut_a_sentence() -> None:
    assert np.array_equal(trained(WIDEST), trained(LONGEST - 1, fixed_window=True))


def test_the_plain_step_reaches_as_far(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = trained(WIDEST)
    monkeypatch.setattr("xw2v_numpy.compiled.is_available", lambda config: False)
    np.testing.assert_allclose(trained(WIDEST), compiled, rtol=1e-3, atol=1e-5)


def test_validation_sentences_may_be_longer() -> None:
    model = Word2Vec(window=WIDEST, **SMALL)
    model.fit(baskets(), validation=baskets(20, longest=3 * LONGEST, seed=1))
    assert model.run.record["step_config"]["window"] == 3 * LONGEST - 1
    assert model.run.record["settings"]["window"] == WIDEST
    assert len(model.run.validation_history) == 1


def test_the_longest_sentence_is_found_in_any_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    from xw2v.text.corpus import Corpus

    corpus = Corpus.from_sentences(baskets(), min_count=1)
    for sentences in (1, 2, 7, 1000):
        monkeypatch.setattr("xw2v.training.reach.CHUNK_SENTENCES", sentences)
        assert longest_sentence(corpus) == LONGEST


def test_a_text_without_line_ends_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(InputError, match="window=1000000: the longest sentence has 200,002 words"):
        Word2Vec(window=10**6, **SMALL).fit([["a", "b"] * (MAX_REACH + 1)])


def test_a_batch_of_too_many_places_is_refused() -> None:
    from xw2v_numpy.compiled import CompiledStep, is_built

    from xw2v.sgns.interface import Batch, Tables

    if not is_built():
        pytest.skip("the step is not compiled here")
    T, w = 1 << 22, MAX_REACH
    config = StepConfig(window=w, group=64, shared_negatives=8)
    table, ids = np.zeros((2, 4), np.float32), np.broadcast_to(np.int64(0), T + 2 * w)
    negatives = np.broadcast_to(np.int64(0), (T // 64, 8))
    step = CompiledStep(config)
    with pytest.raises(OutOfMemoryError, match="smaller `batch_tokens` or `window`"):
        step(Tables(table, table.copy()), Batch(ids, ids[:T], ids[:T], negatives, ids[:0]), 0.1)


def test_a_wide_window_is_resumed_with_more_epochs(tmp_path: Path, xw2v: Xw2v) -> None:
    text = tmp_path / "text"
    text.write_text("".join(" ".join(basket) + "\n" for basket in baskets()))
    options = f"--window {WIDEST} --min-count 1 --vector-size 8 --tokens raw --resume".split()
    output = ["--output", str(tmp_path / "output")]
    for epochs in ("1", "2"):
        line = ["python", "-m", "xw2v", "train", str(text), *options, *output, "--epochs", epochs]
        code, _, error = xw2v(line)
        assert code == 0, error
