"""From token ids to batches: subsampling, windows and negatives, in large pieces on the backend's
device.

Everything drawn is a function of (seed, epoch, position), so the batches of an epoch are the same
on every backend, however large the pieces are in which the corpus is read, and from whichever step
on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from xw2v.sgns.backend import Backend
from xw2v.sgns.draws import Purpose, stream_of
from xw2v.sgns.interface import Batch, StepConfig
from xw2v.sgns.sampling import (
    AliasTable,
    alias_table,
    keep_thresholds,
    sample_word_ids,
    window_sizes,
)
from xw2v.storage.filearray import FileArray

Array = Any


class Kept(NamedTuple):
    """A stretch of the token stream after subsampling; arrays of one length, int64.

    Attributes:
        ids: rows of the vocabulary.
        sentence: number of the sentence each token stands in; windows stop where it changes.
        size: each token's window size; 0 for padding, which is in no window of its own.
        position: index of each token in the corpus.
    """

    ids: Array
    sentence: Array
    size: Array
    position: Array


class Batches:
    """The batches of a corpus, epoch by epoch.

    Args:
        backend: where they are made.
        ids, offsets: (N,) word ids and (S + 1,) sentence starts of the corpus.
        counts: (V,) occurrences of each word.
        config: sizes of windows, groups and shared negatives.
        batch_tokens: T, a multiple of the config's group.
        sample, ns_exponent: of subsampling and of negative sampling.
        seed: of all draws.
        purposes: the streams that tokens and negatives are drawn from.
        piece: tokens read at a time, by default the backend's; the batches do not depend on it.
    """

    def __init__(
        self,
        backend: Backend,
        ids: np.ndarray | FileArray,
        offsets: np.ndarray | FileArray,
        counts: np.ndarray,
        config: StepConfig,
        *,
        batch_tokens: int,
        sample: float,
        ns_exponent: float,
        seed: int,
        purposes: tuple[Purpose, Purpose] = (Purpose.TOKENS, Purpose.NEGATIVES),
        piece: int | None = None,
    ) -> None:
        self.backend, self.config, self.batch_tokens, self.seed = (
            backend,
            config,
            batch_tokens,
            seed,
        )
        self.tokens, self.piece, self.purposes = len(ids), piece or backend.piece, purposes
        self._read = backend.reader(ids, offsets)
        self._thresholds = backend.from_numpy(keep_thresholds(counts, sample))
        self._aliases = AliasTable(*map(backend.from_numpy, alias_table(counts, ns_exponent)))

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[tuple[int, Batch]]:
        """The batches of an epoch in order, from its step `first_step` on.

        Yields:
            The corpus position of a batch's first token, and the batch. The last one is padded to T
            tokens.
        """
        T, w = self.batch_tokens, self.config.window
        stretch = self._padding(w)
        step = 0
        for start in range(0, self.tokens, self.piece):
            stretch = self._join(
                stretch, self._keep(epoch, start, min(start + self.piece, self.tokens))
            )
            whole = (stretch.ids.shape[0] - 2 * w) // T
            if whole > 0:
                yield from self._cut(stretch, epoch, step, whole, first_step)
                step += whole
                stretch = Kept(*(part[whole * T :] for part in stretch))
        centers = stretch.ids.shape[0] - w  # those no batch has had as centers yet
        if centers > 0:
            whole = -(-centers // T)
            stretch = self._join(stretch, self._padding(whole * T - centers + w))
            yield from self._cut(stretch, epoch, step, whole, first_step)

    def _keep(self, epoch: int, start: int, stop: int) -> Kept:
        """Tokens start .. stop of the corpus that survive subsampling."""
        backend, xp = self.backend, self.backend.xp
        ids, sentence = self._read(start, stop)
        stream = stream_of(self.purposes[0], epoch)
        keep_draw, size_draw = backend.random_uint32_halves(self.seed, stream, start, stop - start)
        kept = xp.nonzero(keep_draw < xp.take(self._thresholds, ids))[0]
        return Kept(
            xp.take(ids, kept),
            xp.take(sentence, kept),
            window_sizes(xp.take(size_draw, kept), self.config.window),
            kept + start,
        )

    def _padding(self, count: int) -> Kept:
        """`count` tokens of no sentence and no window."""
        xp, where = self.backend.xp, {"dtype": self.backend.xp.int64, "device": self.backend.device}
        zeros = xp.zeros(count, **where)
        return Kept(zeros, xp.full(count, -1, **where), zeros, xp.full(count, self.tokens, **where))

    def _join(self, first: Kept, second: Kept) -> Kept:
        return Kept(*(self.backend.xp.concat(parts) for parts in zip(first, second, strict=True)))

    def _cut(
        self, stretch: Kept, epoch: int, step: int, whole: int, first_step: int
    ) -> Iterator[tuple[int, Batch]]:
        """The `whole` batches of a stretch that begins w tokens before the first center of step
        `step`.
        """
        T, w, xp = self.batch_tokens, self.config.window, self.backend.xp
        skipped = max(first_step - step, 0)
        if skipped >= whole:
            return
        left, right = extents(xp, stretch.sentence, stretch.size)
        groups, shared = T // self.config.group, self.config.shared
        per_batch = groups * shared
        draws = self.backend.low_discrepancy_uint32(
            self.seed,
            stream_of(self.purposes[1], epoch),
            (step + skipped) * per_batch,
            (whole - skipped) * per_batch,
        )
        negatives = xp.reshape(sample_word_ids(xp, self._aliases, draws), (-1, groups, shared))
        positions = self.backend.to_numpy(stretch.position[w : w + whole * T : T]).tolist()
        for i in range(skipped, whole):
            centers = slice(w + i * T, w + (i + 1) * T)
            tokens = stretch.ids[i * T : (i + 1) * T + 2 * w]
            yield (
                positions[i],
                Batch(tokens, left[centers], right[centers], negatives[i - skipped, ...]),
            )


def read_from_host(
    backend: Backend,
    ids: np.ndarray | FileArray,
    offsets: np.ndarray | FileArray,
    start: int,
    stop: int,
) -> tuple[Array, Array]:
    """Word ids and sentence numbers of the tokens start .. stop: see `Backend.reader`."""
    piece, sentence = np.array(ids[start:stop], np.int64), sentence_numbers(offsets, start, stop)
    return backend.from_numpy(piece), backend.from_numpy(sentence)


def sentence_numbers(offsets: np.ndarray | FileArray, start: int, stop: int) -> np.ndarray:
    """The number of the sentence each of the tokens start .. stop stands in: (stop - start,)
    int64.
    """
    first, last = (
        bisect_right(offsets, start) - 1,
        bisect_left(offsets, stop),
    )  # reads a few numbers of a file
    bounds = np.clip(offsets[first : last + 1], start, stop)
    return np.repeat(np.arange(first, last), np.diff(bounds))


def extents(xp: Any, sentence: Array, size: Array) -> tuple[Array, Array]:
    """How far each token's window reaches within its sentence.

    Args:
        sentence: (L,) sentence numbers, equal ones adjacent.
        size: (L,) window sizes.

    Returns:
        left, right: (L,) numbers of context words at either side. A sentence that goes on outside
        the stretch counts as if it ended there.
    """
    count = sentence.shape[0]
    index = xp.arange(count, device=getattr(sentence, "device", None))
    begins = xp.concat([xp.ones_like(sentence[:1], dtype=xp.bool), sentence[1:] != sentence[:-1]])
    starts = xp.nonzero(begins)[0]  # (runs,)
    ends = xp.concat([starts[1:], xp.full_like(starts[:1], count)])  # (runs,)
    run = xp.cumulative_sum(xp.astype(begins, xp.int64)) - 1  # (L,)
    return (
        xp.minimum(size, index - xp.take(starts, run)),
        xp.minimum(size, xp.take(ends, run) - 1 - index),
    )
