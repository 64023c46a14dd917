"""Batches are a function of corpus, seed and epoch, and of nothing else; equal integers on every
backend.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import slow_low_discrepancy_uint32, small_config

from xw2v.sgns.backend import Backend
from xw2v.sgns.batches import REFERENCE_BATCHES, ArraySampler, Batches, extents
from xw2v.sgns.config import Shard
from xw2v.sgns.draws import Purpose, philox_uint64, stream_of
from xw2v.sgns.interface import Batch
from xw2v.sgns.loading import load_backend
from xw2v.sgns.sampling import RANGE, Sampling, alias_table, keep_thresholds
from xw2v.sgns.shards import MIN_PIECE_TOKENS
from xw2v.sgns.tokenstream import TokenStream, sentence_numbers

CONFIG = small_config()
T = 2 * CONFIG.group
lengths_lists = st.lists(st.integers(1, 30), min_size=1, max_size=30)


class Text:
    """A corpus of uneven words in sentences of given lengths; read-only, as a memory map would
    be.
    """

    def __init__(self, lengths: list[int], words: int = 20, distinct: bool = False) -> None:
        total = sum(lengths)
        rng = np.random.default_rng(total)
        drawn = np.arange(total) if distinct else np.minimum(rng.geometric(0.2, total), words) - 1
        self.ids = drawn.astype(np.int32)
        self.offsets = np.concatenate(([0], np.cumsum(lengths)))
        self.counts = np.bincount(self.ids, minlength=total if distinct else words)
        for array in (self.ids, self.offsets, self.counts):
            array.flags.writeable = False

    def batches(
        self,
        backend: Backend | None = None,
        *,
        sample: float = 0.05,
        seed: int = 3,
        cbow: bool = False,
        **options: Any,
    ) -> Batches:
        return Batches(
            backend or load_backend("numpy"),
            TokenStream(self.ids, self.offsets, self.counts),
            small_config(cbow=cbow),
            Sampling(sample, 0.75, seed),
            batch_tokens=T,
            **options,
        )


def slow_epoch(
    text: Text, epoch: int, seed: int = 3, sample: float = 0.05, cbow: bool = False
) -> list[tuple[int, Batch]]:
    """An epoch's batches a token and a draw at a time."""
    w, count = CONFIG.window, len(text.ids)
    thresholds = keep_thresholds(text.counts, sample)
    words = philox_uint64(seed, stream_of(Purpose.TOKENS, epoch), 0, count).tolist()
    kept = [p for p in range(count) if words[p] >> 32 < thresholds[text.ids[p]]]
    sentence = {p: int(np.searchsorted(text.offsets, p, side="right")) for p in kept}
    steps = -(-len(kept) // T)
    padded = len(kept) + (steps * T - len(kept))
    ids = [0] * w + [int(text.ids[p]) for p in kept] + [0] * (padded - len(kept) + w)
    left, right = [0] * padded, [0] * padded
    for i, p in enumerate(kept):
        size = ((words[p] % RANGE) * CONFIG.window >> 32) + 1
        for reach, step in ((left, -1), (right, 1)):
            j = i + step
            while 0 <= j < len(kept) and sentence[kept[j]] == sentence[p] and abs(j - i) <= size:
                reach[i] += 1
                j += step

    table, stream = alias_table(text.counts, 0.75), stream_of(Purpose.NEGATIVES, epoch)

    def draw(first: int, count: int) -> list[int]:
        negatives = []
        for position in range(first, first + count):
            number = slow_low_discrepancy_uint32(seed, stream, position)
            column, within = divmod(number * len(text.counts), RANGE)
            own = within < table.threshold[column]
            negatives.append(column if own else int(table.alias[column]))
        return negatives

    draws = T // CONFIG.group * CONFIG.shared_negatives
    batches = []
    for step in range(steps):
        negatives = draw(step * draws, draws)
        run = step - step % REFERENCE_BATCHES
        reference = draw(run * draws, REFERENCE_BATCHES * draws) if cbow else []
        centers = slice(step * T, (step + 1) * T)
        tokens = ids[step * T : (step + 1) * T + 2 * w]
        batches.append(
            (
                kept[step * T],
                Batch(
                    *map(np.array, (tokens, left[centers], right[centers])),
                    np.reshape(negatives, (-1, CONFIG.shared_negatives)),
                    np.array(reference, np.int64),
                ),
            )
        )
    return batches


def assert_same_batches(actual: Any, expected: Any, backend: Backend | None = None) -> None:
    pairs = list(zip(actual, expected, strict=True))
    for (position, batch), (expected_position, expected_batch) in pairs:
        assert position == expected_position
        for field, part, expected_part in zip(Batch._fields, batch, expected_batch, strict=True):
            host = backend.to_numpy(part) if backend else part
            assert host.dtype == np.int64
            np.testing.assert_array_equal(host, expected_part, err_msg=field)


@pytest.mark.parametrize("chunk_tokens", [7, 100, 10**6])
@pytest.mark.parametrize("epoch", [0, 4])
@pytest.mark.parametrize("cbow", [False, True])
def test_equal_to_the_slow_version(
    any_backend: Backend, chunk_tokens: int, epoch: int, cbow: bool
) -> None:
    text = Text([1, 1, 40, 3, 2, 17, 60, 1, 9] * 3)
    batches = text.batches(any_backend, chunk_tokens=chunk_tokens, cbow=cbow)
    expected = slow_epoch(text, epoch, cbow=cbow)
    assert len(expected) > REFERENCE_BATCHES
    assert_same_batches(batches.epoch(epoch), expected, any_backend)


@pytest.mark.parametrize("chunk_tokens", [50_001, 10**6])
def test_a_long_text_has_the_batches_of_array_operations(
    any_backend: Backend, chunk_tokens: int
) -> None:
    rng = np.random.default_rng(0)
    text = Text([*rng.geometric(0.07, 8000).tolist(), 3000])
    plain = text.batches(sample=0.02)
    sampling, purposes = Sampling(0.02, 0.75, 3), (Purpose.TOKENS, Purpose.NEGATIVES)
    stream = TokenStream(text.ids, text.offsets, text.counts)
    plain.sampler = ArraySampler(plain.backend, stream, CONFIG, sampling, purposes)
    batches = text.batches(any_backend, sample=0.02, chunk_tokens=chunk_tokens)
    assert_same_batches(batches.epoch(2), plain.epoch(2), any_backend)


@settings(deadline=None)
@given(lengths_lists, st.integers(1, 50), st.integers(0, 5), st.integers(0, 3), st.booleans())
def test_neither_chunks_nor_the_first_step_change_the_batches(
    lengths: list[int], chunk_tokens: int, first_step: int, epoch: int, cbow: bool
) -> None:
    text = Text(lengths)
    expected = list(text.batches(cbow=cbow).epoch(epoch))
    batches = text.batches(chunk_tokens=chunk_tokens, cbow=cbow)
    assert_same_batches(batches.epoch(epoch, first_step), expected[first_step:])
    assert_same_batches(expected, slow_epoch(text, epoch, cbow=cbow))


def pairs_of(batches: Any) -> Counter[tuple[int, int]]:
    """The (center, context) pairs of an epoch's batches, with how often each is there."""
    w, pairs = CONFIG.window, Counter[tuple[int, int]]()
    for _, batch in batches:
        for t, (left, right) in enumerate(zip(batch.left, batch.right, strict=True)):
            for j in (*range(t - left, t), *range(t + 1, t + right + 1)):
                pairs[int(batch.tokens[t + w]), int(batch.tokens[j + w])] += 1
    return pairs


@pytest.mark.parametrize("size", [2, 3, 7])
@pytest.mark.parametrize(
    "lengths", [[7, 1, 30, 3] * 200, [2], [1, 40], [600, 3] * 9, [9000]], ids=len
)
def test_the_shards_together_have_the_pairs_of_one_process(lengths: list[int], size: int) -> None:
    text = Text(lengths, distinct=True)
    shards = [text.batches(shard=Shard(rank, size)) for rank in range(size)]
    together = sum((pairs_of(shard.epoch(1)) for shard in shards), Counter())
    alone = pairs_of(text.batches().epoch(1))
    lost = (alone - together).total()
    assert together <= alone
    if max(lengths) <= MIN_PIECE_TOKENS:
        assert lost == 0
    else:  # pieces cut sentences that are longer than they are
        cuts = sum(lengths) // MIN_PIECE_TOKENS
        assert lost <= cuts * CONFIG.window * (CONFIG.window + 1)


@settings(deadline=None)
@given(lengths_lists, st.integers(1, 7), st.integers(0, 3), st.booleans())
def test_a_shard_goes_on_from_any_step(
    lengths: list[int], size: int, first_step: int, cbow: bool
) -> None:
    text = Text(lengths)
    for rank in range(size):
        shard = text.batches(shard=Shard(rank, size), cbow=cbow)
        assert_same_batches(shard.epoch(1, first_step), list(shard.epoch(1))[first_step:])


def test_shards_are_even_and_share_the_sequence_of_negatives() -> None:
    text, size = Text([20] * 4000), 4
    shards = [list(text.batches(shard=Shard(r, size)).epoch(0)) for r in range(size)]
    lengths = [len(shard) for shard in shards]
    assert max(lengths) - min(lengths) <= 1 + 0.05 * max(lengths)
    alone = [batch.negatives for _, batch in text.batches(sample=0).epoch(0)]
    for number in range(size * min(lengths)):
        dealt = shards[number % size][number // size][1].negatives
        np.testing.assert_array_equal(dealt, alone[number])


@pytest.mark.parametrize("size", [1, 3, 9])
def test_the_reference_of_a_shards_step_is_that_of_the_sequence(size: int) -> None:
    text = Text([20] * 400)
    alone = [batch for _, batch in text.batches(sample=0, cbow=True).epoch(0)]
    for rank in range(size):
        shard = text.batches(sample=0, cbow=True, shard=Shard(rank, size)).epoch(0)
        for number, (_, batch) in zip(range(rank, len(alone), size), shard, strict=False):
            np.testing.assert_array_equal(batch.reference, alone[number].reference)
            run = alone[number - number % REFERENCE_BATCHES :][:REFERENCE_BATCHES]
            drawn = np.concatenate([batch.negatives.ravel() for batch in run])
            np.testing.assert_array_equal(batch.reference[: len(drawn)], drawn)


@pytest.mark.parametrize("lengths", [[1, 2], [2], [400]])
def test_more_ranks_than_sentences(lengths: list[int]) -> None:
    shards = [Text(lengths).batches(sample=0, shard=Shard(rank, 8)) for rank in range(8)]
    batches = [list(shard.epoch(0)) for shard in shards]
    tokens = sum(np.count_nonzero(b.left + b.right) for each in batches for _, b in each)
    assert tokens == sum(length for length in lengths if length > 1)


@pytest.mark.parametrize(("rank", "size"), [(1, 1), (-1, 2), (0, 0)])
def test_a_rank_outside_its_shards_is_refused(rank: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"rank {rank} of a shard"):
        Shard(rank, size)


@settings(deadline=None)
@given(lengths_lists, st.integers(1, 50))
def test_no_pair_crosses_a_sentence_end_and_none_is_missed(
    lengths: list[int], chunk_tokens: int
) -> None:
    text, w = Text(lengths, distinct=True), CONFIG.window
    sentence = sentence_numbers(text.offsets, 0, len(text.ids))
    low = philox_uint64(3, stream_of(Purpose.TOKENS), 0, len(text.ids)) % RANGE
    sizes = low.astype(np.int64) * w // RANGE + 1
    expected = {
        (i, j)
        for i, size in enumerate(sizes.tolist())
        for j in range(i - size, i + size + 1)
        if 0 <= j < len(text.ids) and j != i and sentence[i] == sentence[j]
    }
    pairs = []
    for _, batch in text.batches(sample=0, chunk_tokens=chunk_tokens).epoch(0):
        for t, (left, right) in enumerate(
            zip(batch.left.tolist(), batch.right.tolist(), strict=True)
        ):
            around = batch.tokens[w + t - left : w + t + right + 1].tolist()
            pairs += [(around[left], other) for place, other in enumerate(around) if place != left]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected


@settings(deadline=None)
@given(lengths_lists, st.integers(1, 50))
def test_every_kept_token_is_a_center_once(lengths: list[int], chunk_tokens: int) -> None:
    text, w = Text(lengths, distinct=True), CONFIG.window
    batches = [batch for _, batch in text.batches(sample=0, chunk_tokens=chunk_tokens).epoch(0)]
    centers = np.concatenate([batch.tokens[w:-w] for batch in batches])
    np.testing.assert_array_equal(centers[: len(text.ids)], text.ids)
    padding = slice(len(text.ids), None)
    assert len(centers[padding]) < T
    reach = np.concatenate([batch.left + batch.right for batch in batches])
    assert not reach[padding].any()


def test_subsampling_keeps_words_at_their_rate() -> None:
    text = Text([20] * 2000, words=10)
    kept = sum(
        np.bincount(batch.tokens[CONFIG.window : -CONFIG.window], minlength=10)
        for epoch in range(5)
        for _, batch in text.batches(sample=0.01).epoch(epoch)
    )
    expected = 5 * text.counts * (keep_thresholds(text.counts, 0.01) / RANGE)
    assert (np.abs(kept - expected)[1:] < 5 * np.sqrt(expected)[1:]).all()  # row 0 also pads


def test_epochs_seeds_and_purposes_differ() -> None:
    text = Text([20] * 30)

    def first(epoch: int = 0, **changes: Any) -> list[int]:
        return next(text.batches(**changes).epoch(epoch))[1].negatives.ravel().tolist()

    validation = (Purpose.VALIDATION_TOKENS, Purpose.VALIDATION_NEGATIVES)
    drawn = [first(), first(epoch=1), first(seed=4), first(purposes=validation)]
    assert all(one != other for i, one in enumerate(drawn) for other in drawn[:i])


def test_a_corpus_of_which_nothing_is_kept_has_no_batches() -> None:
    text = Text([50], words=1)
    assert list(text.batches(sample=1e-12).epoch(0)) == []


@given(lengths_lists, st.data())
def test_sentence_numbers(lengths: list[int], data: st.DataObject) -> None:
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    start = data.draw(st.integers(0, sum(lengths) - 1))
    stop = data.draw(st.integers(start + 1, sum(lengths)))
    expected = np.repeat(np.arange(len(lengths)), lengths)[start:stop]
    np.testing.assert_array_equal(sentence_numbers(offsets, start, stop), expected)


@given(lengths_lists)
def test_extents_stop_at_sentence_ends(lengths: list[int]) -> None:
    import array_api_compat.numpy as xp

    size = np.random.default_rng(0).integers(0, 5, sum(lengths))
    before = np.concatenate([np.arange(n) for n in lengths])
    after = np.concatenate([np.arange(n)[::-1] for n in lengths])
    left, right = extents(xp, np.repeat(np.arange(len(lengths)), lengths), size)
    np.testing.assert_array_equal(left, np.minimum(size, before))
    np.testing.assert_array_equal(right, np.minimum(size, after))
