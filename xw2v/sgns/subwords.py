"""Words whose input vectors are composed of several rows: their own and those of their n-grams
(Bojanowski et al. 2017, "Enriching word vectors with subword information").

A word's vector x is the mean of its rows. The distinct words of a batch are few, so each one's
vector is composed once; any step is taken on the composed vectors; and what it changed in a word,
Δ, is distributed once, all of it to each of the word's rows. So a word whose rows are in no other
word of the batch moves by Δ, as without n-grams.

Where words share rows, a word also moves by what others do: by the mean, over its rows r, of the
sums of Δ(v) over the words v of r. The step has damped and bounded each word alone
(`xw2v.sgns.update`), so both are repeated here for what comes together:

    z′ = mean over r of Σ z(v),    m = mean over r of Σ ‖Δ(v)‖
    Δ ← (Δ + (φ(z′)/φ(z) − 1) (Δ·û) û) · min(1, τ (‖x‖ + ρ) / m)

with û and z as there. CBOW is bounded only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xw2v.sgns.array import Array, device_of, dot_rows, namespace_of, safe_divisor, take_rows
from xw2v.sgns.backend import Backend
from xw2v.sgns.composition import center_ids
from xw2v.sgns.config import StepConfig
from xw2v.sgns.interface import Batch, Composer, Step, SubwordIndex, Tables
from xw2v.sgns.pairs import sigmoid
from xw2v.sgns.step import step_for
from xw2v.sgns.update import MIN_Z, row_norms

CHUNK_ENTRIES = 1 << 16  # rows that are gathered at a time where all words are composed


class SubwordStep:
    """A step on words that are composed of several rows; see `xw2v.sgns.interface.Step`.

    Its tables are (V + B, D), the rows that words are composed of, and (V, D).
    """

    def __init__(self, backend: Backend, config: StepConfig, index: SubwordIndex) -> None:
        self.step: Step = step_for(backend, config)
        self.composer: Composer = backend.own_composer(config, index, self.step) or PlainComposer(
            backend, config, index
        )
        self.name = f"{self.step.name}, words composed by the {self.composer.name} one"

    def __call__(
        self, tables: Tables[Array], batch: Batch[Array], alpha: float, *, measure: bool = False
    ) -> Array | float | None:
        words = Tables(self.composer.compose(tables, batch), tables.context)
        loss = self.step(words, batch, alpha, measure=measure)
        self.composer.distribute(tables, alpha)
        return loss

    def loss(self, tables: Tables[Array], batch: Batch[Array]) -> Array | float:
        words = Tables(self.composer.compose(tables, batch), tables.context)
        return self.step.loss(words, batch)


class _Composed(NamedTuple):
    """The U distinct input words of a batch, and their E entries: a word and one of its rows.

    Attributes:
        words: (U,) ids.
        word: (E,) number in 0 .. U - 1 of each entry's word.
        rows: (E,) row of each entry.
        counts: (U,) entries of each word.
        vectors: (U, D) before the step.
        pairs: (U,) positive pairs of each word; None where nothing is damped.
        mean: (D,) ū, the mean of the negatives' rows; None where nothing is damped.
    """

    words: Array
    word: Array
    rows: Array
    counts: Array
    vectors: Array
    pairs: Array | None
    mean: Array | None


class PlainComposer:
    """See `xw2v.sgns.interface.Composer`; in standard Array API calls only."""

    name = "plain"

    def __init__(self, backend: Backend, config: StepConfig, index: SubwordIndex) -> None:
        self.backend = backend
        self.config = config
        self.vocab_size = index.vocab_size
        self._offsets = backend.from_numpy(np.asarray(index.offsets, np.int64))
        self._rows = backend.from_numpy(np.asarray(index.rows, np.int64))
        self._table: Array | None = None  # (V, D)
        self._composed: _Composed | None = None

    def compose(self, tables: Tables[Array], batch: Batch[Array]) -> Array:
        xp, (V, D) = namespace_of(tables.center), (self.vocab_size, tables.center.shape[1])
        if self._table is None or self._table.dtype != tables.center.dtype:
            self._table = xp.zeros(
                (V, D), dtype=tables.center.dtype, device=device_of(tables.center)
            )
        tokens = batch.tokens if self.config.cbow else center_ids(self.config, batch)
        words, slot = xp.unique_inverse(tokens)
        slot, U = xp.reshape(slot, (-1,)), words.shape[0]
        word, rows, counts = self._entries(words)
        vectors = self._sums(word, take_rows(tables.center, rows), U)  # (U, D)
        vectors = vectors / xp.astype(counts, vectors.dtype)[:, None]
        self.backend.scatter_add(self._table, words, -take_rows(self._table, words))  # exactly 0
        self.backend.scatter_add(self._table, words, vectors)  # so that nothing earlier is left
        pairs = mean = None
        if not self.config.cbow:
            of_tokens = xp.astype(batch.left + batch.right, vectors.dtype)  # (T,)
            pairs = self._sums(slot, of_tokens[:, None], U)[:, 0]
            N = take_rows(tables.context, batch.negatives)  # (T/g, K, D)
            weight = xp.sum(xp.reshape(of_tokens, (N.shape[0], -1)), axis=1)  # (T/g,)
            mean = xp.sum(weight[:, None] * xp.mean(N, axis=1), axis=0) / safe_divisor(
                xp.sum(weight)
            )
        self._composed = _Composed(words, word, rows, counts, vectors, pairs, mean)
        return self._table

    def distribute(self, tables: Tables[Array], alpha: float) -> None:
        assert self._composed is not None
        assert self._table is not None
        composed = self._composed
        xp, config = namespace_of(tables.center), self.config
        change = take_rows(self._table, composed.words) - composed.vectors  # (U, D)
        moved = self._shared(composed, row_norms(change))  # (U,)
        if composed.mean is not None:
            change = change + self._damping(composed, change, alpha)
        limit = config.trust_ratio * (row_norms(composed.vectors) + config.trust_floor)
        over = moved > limit
        scale = xp.where(over, limit / xp.where(over, moved, xp.ones_like(moved)), 1.0)
        updates = take_rows(scale[:, None] * change, composed.word)  # (E, D)
        self.backend.scatter_add(tables.center, composed.rows, updates)

    def _damping(self, composed: _Composed, change: Array, alpha: float) -> Array:
        """What damping adds to the changes (U, D) because words share rows."""
        xp, mean, pairs = namespace_of(change), composed.mean, composed.pairs
        assert mean is not None
        assert pairs is not None
        squared_norm = xp.sum(mean * mean)
        sigma = sigmoid(dot_rows(composed.vectors, mean))  # (U,)
        curvature = self.config.curvature + self.config.negative * sigma * (1 - sigma)
        z = alpha * squared_norm * curvature * pairs
        factor = phi(self._shared(composed, z)) / phi(z) - 1
        along = dot_rows(change, mean) / safe_divisor(squared_norm)
        return (factor * along)[:, None] * mean

    def _entries(self, words: Array) -> tuple[Array, Array, Array]:
        """(word, rows, counts) of `_Composed` for words (U,)."""
        xp = namespace_of(words)
        first = xp.take(self._offsets, words)
        counts = xp.take(self._offsets, words + 1) - first  # (U,)
        ends = xp.cumulative_sum(counts)
        entry = xp.arange(int(ends[-1]), device=device_of(words))  # (E,)
        word = xp.searchsorted(ends, entry, side="right")
        rows = xp.take(self._rows, entry + xp.take(first - (ends - counts), word))
        return word, rows, counts

    def _shared(self, composed: _Composed, values: Array) -> Array:
        """The mean over each word's rows of the sums of `values` (U,) over the words of a row."""
        xp = namespace_of(values)
        _, slot = xp.unique_inverse(composed.rows)
        slot = xp.reshape(slot, (-1,))  # (E,)
        of_rows = self._sums(slot, xp.take(values, composed.word)[:, None], slot.shape[0])
        of_words = self._sums(composed.word, take_rows(of_rows, slot), values.shape[0])
        shared: Array = of_words[:, 0] / xp.astype(composed.counts, values.dtype)
        return shared

    def _sums(self, slots: Array, values: Array, count: int) -> Array:
        """The sums (count, n) of values (E, n) by their slots (E,)."""
        xp = namespace_of(values)
        total = xp.zeros((count, values.shape[1]), dtype=values.dtype, device=device_of(values))
        self.backend.scatter_add(total, slots, values)
        return total


def phi(z: Array) -> Array:
    """φ(z) = (1 − e^(−z)) / z."""
    xp = namespace_of(z)
    z = xp.where(z > MIN_Z, z, xp.full_like(z, MIN_Z))
    return -xp.expm1(-z) / z


def composed_vectors(index: SubwordIndex, table: np.ndarray) -> np.ndarray:
    """The vectors (V, D) of all words, on the host.

    Args:
        table: (V + B, D) the rows that they are composed of.
    """
    vectors = np.empty((index.vocab_size, table.shape[1]), table.dtype)
    first = 0
    while first < index.vocab_size:
        start = index.offsets[first]
        last = max(int(np.searchsorted(index.offsets, start + CHUNK_ENTRIES)) - 1, first + 1)
        rows = table[index.rows[start : index.offsets[last]]]
        sums = np.add.reduceat(rows, index.offsets[first:last] - start, axis=0)
        counts = np.diff(index.offsets[first : last + 1])
        vectors[first:last] = sums / counts[:, None].astype(table.dtype)
        first = last
    return vectors
