"""From token ids to batches: subsampling, windows and negatives, in large chunks on the backend's
device.

Everything drawn is a function of (seed, epoch, position), so the batches of an epoch are the same
on every backend, however large the chunks are in which the corpus is read, and from whichever step
on. Of several replicas each makes the batches of its own part of the text (`xw2v.sgns.shards`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple

from xw2v.sgns.array import Array, Namespace
from xw2v.sgns.backend import Backend
from xw2v.sgns.config import SINGLE_PROCESS, Shard, StepConfig
from xw2v.sgns.draws import (
    Purpose,
    low_discrepancy_uint32,
    random_uint32_halves,
    stream_of,
)
from xw2v.sgns.interface import Batch, Purposes, Sampler, Stretch
from xw2v.sgns.sampling import (
    AliasTable,
    Sampling,
    alias_table,
    keep_thresholds,
    sample_word_ids,
    window_sizes,
)
from xw2v.sgns.shards import pieces_of
from xw2v.sgns.tokenstream import TokenStream

REFERENCE_BATCHES = 4  # the control variate's reference is drawn for as many batches at once


class ArraySampler:
    """The sampler in array operations, on ids and draws from the host; see `Sampler`.

    Args:
        backend: where the arrays are.
        stream: the corpus.
        config: sizes of windows.
        sampling: how tokens and negatives are drawn.
        purposes: the streams that they are drawn from.
    """

    def __init__(
        self,
        backend: Backend,
        stream: TokenStream,
        config: StepConfig,
        sampling: Sampling,
        purposes: Purposes,
    ) -> None:
        self.backend = backend
        self.config = config
        self._seed = sampling.seed
        self._window = sampling.window or config.window
        self._token_purpose, self._negative_purpose = purposes
        self._stream = stream
        self._thresholds = backend.from_numpy(keep_thresholds(stream.counts, sampling.sample))
        aliases = alias_table(stream.counts, sampling.ns_exponent)
        self._aliases = AliasTable(*map(backend.from_numpy, aliases))

    def extend(
        self, epoch: int, before: Stretch[Array], start: int, stop: int, padding: int
    ) -> Stretch[Array]:
        xp: Namespace = self.backend.xp
        parts = before[:4], self._subsample(epoch, start, stop), self._padding(padding, stop)
        ids, sentence, size, position = (xp.concat(arrays) for arrays in zip(*parts, strict=True))
        return Stretch(ids, sentence, size, position, *extents(xp, sentence, size))

    def _subsample(self, epoch: int, start: int, stop: int) -> tuple[Array, Array, Array, Array]:
        """Ids, sentences, window sizes and positions of the tokens that are kept."""
        xp, onto = self.backend.xp, self.backend.from_numpy
        stream = stream_of(self._token_purpose, epoch)
        drawn = random_uint32_halves(self._seed, stream, start, stop - start)
        ids, sentence, keep_draw, size_draw = map(onto, (*self._stream.read(start, stop), *drawn))
        kept = xp.nonzero(keep_draw < xp.take(self._thresholds, ids))[0]
        sizes = window_sizes(xp.take(size_draw, kept), self._window, self.config.fixed_window)
        return xp.take(ids, kept), xp.take(sentence, kept), sizes, kept + start

    def _padding(self, count: int, position: int) -> tuple[Array, Array, Array, Array]:
        xp, like = self.backend.xp, {"dtype": self.backend.xp.int64, "device": self.backend.device}
        zeros = xp.zeros(count, **like)
        return zeros, xp.full(count, -1, **like), zeros, xp.full(count, position, **like)

    def negatives(self, epoch: int, first: int, count: int) -> Array:
        stream = stream_of(self._negative_purpose, epoch)
        draws = low_discrepancy_uint32(self._seed, stream, first, count)
        return sample_word_ids(self.backend.xp, self._aliases, self.backend.from_numpy(draws))


class Batches:
    """The batches of a corpus, epoch by epoch.

    Args:
        backend: where they are made.
        stream: the corpus.
        config: sizes of windows, groups and shared negatives.
        sampling: how tokens and negatives are drawn.
        batch_tokens: T, a multiple of the config's group.
        purposes: the streams that tokens and negatives are drawn from.
        chunk_tokens: tokens read at a time, by default the backend's; the batches do not depend on
            it.
        shard: the part of the text to make them of.
    """

    def __init__(
        self,
        backend: Backend,
        stream: TokenStream,
        config: StepConfig,
        sampling: Sampling,
        *,
        batch_tokens: int,
        purposes: Purposes = (Purpose.TOKENS, Purpose.NEGATIVES),
        chunk_tokens: int | None = None,
        shard: Shard = SINGLE_PROCESS,
    ) -> None:
        self.backend = backend
        self.config = config
        own: Sampler | None = backend.own_sampler(stream, config, sampling, purposes)
        self.sampler: Sampler = own or ArraySampler(backend, stream, config, sampling, purposes)
        self.batch_tokens = batch_tokens
        self.tokens = len(stream)
        self._offsets = stream.offsets
        self.chunk_tokens = chunk_tokens or backend.chunk_tokens
        self.shard = shard
        nothing = backend.xp.zeros(0, dtype=backend.xp.int64, device=backend.device)
        self._nothing: Array = nothing

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[tuple[int, Batch[Array]]]:
        """The shard's batches of an epoch in order, from its step `first_step` on.

        Yields:
            The corpus position of a batch's first token, and the batch. The last one is padded to T
            tokens.
        """
        T, w = self.batch_tokens, self.config.window
        nothing = Stretch(*(self._nothing for _ in Stretch._fields))
        stretch = self.sampler.extend(epoch, nothing, 0, 0, w)
        step = 0
        for piece in pieces_of(self._offsets, self.tokens, self.shard, self.chunk_tokens):
            padding = w if piece.cut else 0
            stretch = self.sampler.extend(epoch, stretch, piece.start, piece.stop, padding)
            n_batches = (stretch.ids.shape[0] - 2 * w) // T
            if n_batches > 0:
                yield from self._cut(stretch, epoch, step, n_batches, first_step)
                step += n_batches
                stretch = Stretch(*(part[n_batches * T :] for part in stretch))
        centers = stretch.ids.shape[0] - w  # those that no batch has had as centers yet
        if centers > 0:
            n_batches = -(-centers // T)
            end = self.tokens
            stretch = self.sampler.extend(epoch, stretch, end, end, n_batches * T - centers + w)
            yield from self._cut(stretch, epoch, step, n_batches, first_step)

    def _cut(
        self, stretch: Stretch[Array], epoch: int, step: int, n_batches: int, first_step: int
    ) -> Iterator[tuple[int, Batch[Array]]]:
        """The batches of a stretch that begins w tokens before the first center of step `step`."""
        T, w = self.batch_tokens, self.config.window
        skipped = max(first_step - step, 0)
        if skipped >= n_batches:
            return
        drawn = self._negatives(epoch, step + skipped, n_batches - skipped)
        positions = self.backend.to_numpy(stretch.position[w : w + n_batches * T : T]).tolist()
        for i, (negatives, reference) in enumerate(drawn, skipped):
            centers = slice(w + i * T, w + (i + 1) * T)
            tokens = stretch.ids[i * T : (i + 1) * T + 2 * w]
            left, right = stretch.left[centers], stretch.right[centers]
            yield positions[i], Batch(tokens, left, right, negatives, reference)

    def _negatives(self, epoch: int, step: int, n_batches: int) -> Iterator[tuple[Array, Array]]:
        """The negatives (groups, K) and the reference (R,) of a shard's steps from `step` on.

        The sequence is dealt to the ranks a step at a time, so that together they draw all of it.
        The reference is the run of REFERENCE_BATCHES batches' draws that a step's own are among.
        """
        xp, cbow, (rank, size) = self.backend.xp, self.config.cbow, astuple(self.shard)
        groups, K = self.batch_tokens // self.config.group, self.config.shared_negatives
        batches = REFERENCE_BATCHES if cbow else 1  # of a run
        numbers = range(step * size + rank, (step + n_batches) * size, size)  # in the sequence
        runs = sorted({number // batches for number in numbers})
        draws = batches * groups * K  # of a run
        if len(runs) == runs[-1] + 1 - runs[0]:
            drawn = self.sampler.negatives(epoch, runs[0] * draws, len(runs) * draws)
        else:
            drawn = xp.concat([self.sampler.negatives(epoch, run * draws, draws) for run in runs])
        of_batch = xp.reshape(drawn, (len(runs) * batches, groups, K))
        rows, row, reference = {run: row for row, run in enumerate(runs)}, -1, self._nothing
        for number in numbers:  # slices cost a GPU's library microseconds: one for each batch
            previous, row = row, rows[number // batches]
            if cbow and row != previous:
                reference = drawn[row * draws : (row + 1) * draws]
            yield of_batch[row * batches + number % batches, ...], reference


def extents(xp: Namespace, sentence: Array, size: Array) -> tuple[Array, Array]:
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
    starts = xp.nonzero(begins)[0]  # (sentences,)
    ends = xp.concat([starts[1:], xp.full_like(starts[:1], count)])  # (sentences,)
    run = xp.cumulative_sum(xp.astype(begins, xp.int64)) - 1  # (L,): index of a token's sentence
    left = xp.minimum(size, index - xp.take(starts, run))
    return left, xp.minimum(size, xp.take(ends, run) - 1 - index)
