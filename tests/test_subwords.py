"""Words composed of their own rows and those of their n-grams, around any step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import assert_rows_close, onto, random_batch, small_config
from xw2v_numpy.compiled import CompiledStep
from xw2v_numpy.subwords import CompiledComposer, load_subwords
from xw2v_numpy.team import Team

from xw2v.sgns.backend import Backend
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, SubwordIndex, Tables
from xw2v.sgns.loading import load_backend
from xw2v.sgns.step import PlainStep
from xw2v.sgns.subwords import PlainComposer, SubwordStep, composed_vectors

WORDS, BUCKETS, DIM = 50, 30, 8
NUMPY = load_backend("numpy", deterministic=True)  # products of full precision
built = pytest.mark.skipif(load_subwords() is None, reason="no compiled composer is installed")
SIZES: list[dict[str, Any]] = [
    {},
    {"trust_ratio": 0.01, "trust_floor": 0.0},  # every word is bounded
    {"trust_ratio": 1.0, "trust_floor": 99.0},  # and none is
    {"curvature": 50.0},  # every word is damped
    {"cbow": True, "weight_decay": 0.1},
]
each_size = pytest.mark.parametrize("sizes", SIZES, ids=str)


def random_index(rng: np.random.Generator, words: int = WORDS) -> SubwordIndex:
    """Words of 1 to 9 rows, some of them twice; the last one has its own row alone."""
    counts = np.append(rng.integers(0, 9, words - 1), 0)
    parts = [
        np.append(word, words + rng.integers(0, BUCKETS, count))
        for word, count in enumerate(counts)
    ]
    offsets = np.concatenate([[0], np.cumsum(counts + 1)])
    return SubwordIndex(offsets, np.concatenate(parts).astype(np.int32), np.arange(BUCKETS))


def random_tables(rng: np.random.Generator, dtype: Any = np.float64) -> Tables[np.ndarray]:
    center = rng.normal(0, 0.7, (WORDS + BUCKETS, DIM)).astype(dtype)
    return Tables(center, rng.normal(0, 0.7, (WORDS, DIM)).astype(dtype))


def rows_of(index: SubwordIndex, word: int) -> list[int]:
    rows: list[int] = index.rows[index.offsets[word] : index.offsets[word + 1]].tolist()
    return rows


def slow_step(
    config: StepConfig, index: SubwordIndex, tables: Tables[np.ndarray], batch: Batch, alpha: float
) -> Tables[np.ndarray]:
    """The rule of `xw2v.sgns.subwords`, a word and a row at a time, around the plain step."""
    words = np.stack([tables.center[rows_of(index, v)].mean(axis=0) for v in range(WORDS)])
    moved = Tables(words.copy(), tables.context.copy())
    PlainStep(NUMPY, config)(moved, batch, alpha)
    change, w = moved.center - words, config.window
    centers = batch.tokens.tolist()[w : len(batch.tokens) - w]
    touched = set(batch.tokens.tolist() if config.cbow else centers)
    pairs, weights = dict.fromkeys(touched, 0), np.zeros(len(batch.negatives))
    for t, word in enumerate([] if config.cbow else centers):
        pairs[word] += int(batch.left[t] + batch.right[t])
        weights[t // config.group] += batch.left[t] + batch.right[t]
    means = np.asarray([tables.context[group].mean(axis=0) for group in batch.negatives])
    mean = (weights @ means) / weights.sum() if weights.sum() else np.zeros(DIM)
    z = {}
    for word in touched:
        sigma = 1 / (1 + np.exp(-words[word] @ mean))
        curvature = config.curvature + config.negative * sigma * (1 - sigma)
        z[word] = alpha * (mean @ mean) * curvature * pairs[word]
    sums = np.zeros((WORDS + BUCKETS, 2))
    for word in touched:
        for row in rows_of(index, word):
            sums[row] += z[word], np.linalg.norm(change[word])
    center = tables.center.copy()
    for word in touched:
        together, moved_together = sums[rows_of(index, word)].mean(axis=0)
        delta = change[word]
        if mean.any():
            factor = slow_phi(together) / slow_phi(z[word]) - 1
            delta = delta + factor * (delta @ mean) / (mean @ mean) * mean
        limit = config.trust_ratio * (np.linalg.norm(words[word]) + config.trust_floor)
        for row in rows_of(index, word):
            center[row] += delta * min(1, limit / moved_together if moved_together else 1)
    return Tables(center, moved.context)


def slow_phi(z: float) -> float:
    return float(-np.expm1(-z) / z) if z else 1.0


def with_plain_parts(backend: Backend, config: StepConfig, index: SubwordIndex) -> SubwordStep:
    step = SubwordStep(backend, config, index)
    step.step, step.composer = PlainStep(backend, config), PlainComposer(backend, config, index)
    return step


@each_size
def test_the_plain_composer_equals_the_loop_over_words(
    any_backend: Backend, sizes: dict[str, Any]
) -> None:
    backend, config, rng = any_backend, small_config(**sizes), np.random.default_rng(0)
    index, tables = random_index(rng), random_tables(rng)
    step = with_plain_parts(backend, config, index)
    for _ in range(2):
        batch = random_batch(rng, config, WORDS, 64)
        expected = slow_step(config, index, tables, batch, 0.3)
        there = onto(backend, tables)
        step(there, Batch(*map(backend.from_numpy, batch)), 0.3)
        for table, rows in zip(there, expected, strict=True):
            assert_rows_close(backend.to_numpy(table), rows, 1e-9)
        tables = expected


@each_size
def test_a_backends_own_composer_equals_the_plain_one(
    any_backend: Backend, sizes: dict[str, Any]
) -> None:
    """And in a fixed order, where a backend has one, gives the same bits again."""
    backend, config, rng = any_backend, small_config(**sizes), np.random.default_rng(6)
    index, tables = random_index(rng), random_tables(rng, np.float32)
    plain = with_plain_parts(NUMPY, config, index)
    batch = random_batch(rng, config, WORDS, 64)
    expected = Tables(*(table.astype(np.float64) for table in tables))
    plain(expected, batch, 0.3)
    there = Batch(*map(backend.from_numpy, batch))
    runs = []
    for _ in range(2):
        moved = onto(backend, tables)
        SubwordStep(backend, config, index)(moved, there, 0.3)
        runs.append([backend.to_numpy(table) for table in moved])
        for table, rows in zip(runs[-1], expected, strict=True):
            assert_rows_close(table, rows, 2e-5)
    if backend.deterministic or backend.device_name == "cpu":
        np.testing.assert_array_equal(runs[0][0], runs[1][0])


@built
@each_size
def test_the_compiled_composer_equals_the_plain_one(sizes: dict[str, Any]) -> None:
    config, rng = small_config(**sizes), np.random.default_rng(1)
    index = random_index(rng)
    step, plain = SubwordStep(NUMPY, config, index), with_plain_parts(NUMPY, config, index)
    assert step.composer.name == "compiled"
    tables = random_tables(rng, np.float32)
    for tokens in (64, 16, 128):
        batch = random_batch(rng, config, WORDS, tokens)
        expected = Tables(*(table.astype(np.float64) for table in tables))
        loss = plain(expected, batch, 0.3, measure=True)
        assert step.loss(tables, batch) == pytest.approx(loss, rel=1e-5)
        assert step(tables, batch, 0.3, measure=True) == pytest.approx(loss, rel=1e-5)
        for table, rows in zip(tables, expected, strict=True):
            assert_rows_close(table, rows, 2e-5)


@built
@each_size
def test_any_number_of_threads_gives_the_same_bits(sizes: dict[str, Any]) -> None:
    config, rng = small_config(**sizes), np.random.default_rng(2)
    index, start = random_index(rng), random_tables(rng, np.float32)
    batches = [random_batch(rng, config, WORDS, 256) for _ in range(3)]
    results = []
    for threads in (1, 2, 3, 7):
        step, tables = SubwordStep(NUMPY, config, index), Tables(*(t.copy() for t in start))
        step.step = compiled = CompiledStep(config, Team(threads))
        step.composer = CompiledComposer(config, index, compiled)
        for batch in batches:
            step(tables, batch, 0.3)
        results.append(tables)
    for tables in results[1:]:
        np.testing.assert_array_equal(tables.center, results[0].center)
        np.testing.assert_array_equal(tables.context, results[0].context)


def test_words_without_n_grams_train_as_words_do() -> None:
    """What is shared by no other word is neither damped nor bounded a second time."""
    config, rng = small_config(), np.random.default_rng(3)
    tables = Tables(*(rng.normal(0, 0.7, (WORDS, DIM)) for _ in range(2)))
    alone = SubwordIndex(np.arange(WORDS + 1), np.arange(WORDS, dtype=np.int32), np.arange(0))
    expected = Tables(tables.center.copy(), tables.context.copy())
    batch = random_batch(rng, config, WORDS, 64)
    with_plain_parts(NUMPY, config, alone)(tables, batch, 0.3)
    PlainStep(NUMPY, config)(expected, batch, 0.3)
    assert_rows_close(tables.center, expected.center, 1e-9)


def test_all_words_are_composed_as_those_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xw2v.sgns.subwords.CHUNK_ENTRIES", 20)
    rng = np.random.default_rng(4)
    index, tables = random_index(rng), random_tables(rng)
    expected = np.stack([tables.center[rows_of(index, v)].mean(axis=0) for v in range(WORDS)])
    np.testing.assert_allclose(composed_vectors(index, tables.center), expected, rtol=1e-12)


@built
def test_the_compiled_composer_refuses_what_does_not_fit() -> None:
    config, rng = small_config(), np.random.default_rng(5)
    index, tables = random_index(rng), random_tables(rng, np.float32)
    composer = CompiledComposer(config, index, CompiledStep(config))
    batch = random_batch(rng, config, WORDS, 32)
    outside = batch.tokens.copy()
    outside[10] = WORDS
    with pytest.raises(IndexError, match=r"not in 0 \.\. 49"):
        composer.compose(tables, batch._replace(tokens=outside))
    before = tables.center.copy()
    with pytest.raises(IndexError, match=r"not in 0 \.\. 49"):
        SubwordStep(NUMPY, config, index)(
            tables, batch._replace(negatives=batch.negatives - WORDS), 0.3
        )
    np.testing.assert_array_equal(tables.center, before)
    with pytest.raises(ValueError, match="float32"):
        composer.compose(random_tables(rng), batch)
    with pytest.raises(ValueError, match=r"\(80, 8\)"):
        composer.compose(Tables(tables.context, tables.context), batch)
    with pytest.raises(ValueError, match="do not fit"):
        composer.compose(tables, batch._replace(left=batch.left[:-1]))
    with pytest.raises(ValueError, match="rows outside"):
        CompiledComposer(config, index._replace(rows=index.rows + 40), CompiledStep(config))
