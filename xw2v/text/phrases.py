"""Phrases: frequent collocations joined into one word (Mikolov et al. 2013b, section 4).

Two words a, b that follow each other score

    (count(a b) - min_count) / (count(a) · count(b)) · V

V being the number of distinct words and pairs, which makes the threshold of one text do for
another; this is gensim's default score. Pairs above the threshold are joined from left to right,
and a further pass over the result joins longer phrases.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xw2v.errors import UsageError
from xw2v.text.encode import Encoder
from xw2v.text.spool import Chunk, Spool

PAIR_LIMIT = 40_000_000  # distinct pairs, 16 bytes each; beyond it the rarest are dropped
MERGE_PAIRS = 1 << 21  # that wait, besides as many as were merged, before they are merged


class PhraseText:
    """A text in which phrases are joined pass by pass.

    Args:
        encoder: what the text was added to; it must not have dropped words.
        delimiter: what joins the words of a phrase.
    """

    def __init__(self, encoder: Encoder, delimiter: str = "_") -> None:
        self.delimiter = delimiter
        self._index, self._spool = encoder.provisional()
        self.words = list(self._index)
        self._folder = encoder.folder
        self.notices: list[str] = []  # lines that a user should see

    def join(self, min_count: int, threshold: float) -> dict[str, float]:
        """Join the pairs that score above `threshold`.

        Args:
            min_count: the score's discount, 1 or more; pairs met so often or less stay apart.

        Returns:
            These phrases and their scores.

        Raises:
            UsageError: an option out of range.
        """
        if min_count < 1:
            raise UsageError(f"--min-count {min_count}: must be 1 or more")
        if not threshold >= 0:
            raise UsageError(f"--threshold {threshold}: must be 0 or more")
        counts = np.zeros(len(self.words), np.int64)
        pairs = PairCounts()
        for ids, ends in _complete_sentences(self._spool):
            np.add.at(counts, ids, 1)
            pairs.add(_pairs(ids, ends)[0])
        keys, together = pairs.totals()  # (P,), (P,)
        if pairs.dropped_up_to:
            self.notices.append(
                f"more than {pairs.limit:,} distinct pairs of words: on the way, those met "
                f"{pairs.dropped_up_to} times or fewer by then were dropped"
            )
        first, second = keys >> 32, keys & 0xFFFFFFFF
        distinct = int(np.count_nonzero(counts)) + pairs.distinct
        scores = (together - min_count) / (counts[first] * counts[second]) * distinct
        chosen = scores > threshold
        keys, scores = keys[chosen], scores[chosen]
        names = [
            self.words[a] + self.delimiter + self.words[b]
            for a, b in zip(first[chosen].tolist(), second[chosen].tolist(), strict=True)
        ]
        joined = np.fromiter((self._index[name] for name in names), np.int32, len(names))
        self.words = list(self._index)
        spool = Spool(self._folder)
        for ids, ends in _complete_sentences(self._spool):
            spool.append(*_joined(ids, ends, keys, joined))
        self._spool = spool
        return dict(zip(names, scores.tolist(), strict=True))

    def lines(self) -> Iterator[bytes]:
        """The text as UTF-8, a sentence a line, in chunks of many lines."""
        for ids, ends in _complete_sentences(self._spool):
            after = np.zeros(ids.size, np.int8)
            after[ends[ends > 0] - 1] = 1
            words = self.words
            chunk = "".join(
                words[i] + ("\n" if end else " ")
                for i, end in zip(ids.tolist(), after.tolist(), strict=True)
            )
            yield chunk.encode("utf-8", "surrogatepass")


class PairCounts:
    """How often each pair of words was met: sorted arrays, merged as they grow."""

    def __init__(self, limit: int = PAIR_LIMIT) -> None:
        self.limit = limit
        self.dropped_up_to = 0
        self.distinct = 0  # pairs met, those dropped since among them
        self._merged = (np.empty(0, np.int64), np.empty(0, np.int64))
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, keys: np.ndarray) -> None:
        """Count pairs, given as first << 32 | second, (n,) int64."""
        self._waiting.append(np.unique(keys, return_counts=True))
        if sum(keys.size for keys, _ in self._waiting) > self._merged[0].size + MERGE_PAIRS:
            self._merge()

    def _merge(self) -> None:
        before = self._merged[0].size
        keys = np.concatenate([self._merged[0], *(keys for keys, _ in self._waiting)])
        counts = np.concatenate([self._merged[1], *(counts for _, counts in self._waiting)])
        self._waiting = []
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        keys, counts = keys[starts], np.add.reduceat(counts, starts) if starts.size else counts
        self.distinct += keys.size - before
        while keys.size > self.limit:
            self.dropped_up_to += 1
            kept = counts > self.dropped_up_to
            keys, counts = keys[kept], counts[kept]
        self._merged = (keys, counts)

    def totals(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs in order, (P,), and their counts, (P,)."""
        self._merge()
        return self._merged


def _complete_sentences(spool: Spool) -> Iterator[Chunk]:
    """The chunks of a spool, cut anew so that each ends with a sentence."""
    rest = np.empty(0, np.int32)
    for ids, ends in spool:
        ids, ends = np.concatenate([rest, ids]), ends + rest.size
        last = int(ends[-1]) if ends.size else 0
        if last:
            yield ids[:last], ends
        rest = ids[last:]
    if rest.size:
        yield rest, np.array([rest.size])


def _pairs(ids: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs within sentences as first << 32 | second, and the places of their first words."""
    within = np.ones(max(0, ids.size - 1), bool)
    within[ends[(ends > 0) & (ends < ids.size)] - 1] = False
    at = np.flatnonzero(within)
    wide = ids.astype(np.int64)
    return wide[at] << 32 | wide[at + 1], at


def _joined(ids: np.ndarray, ends: np.ndarray, keys: np.ndarray, joined: np.ndarray) -> Chunk:
    """The chunk with the pairs `keys` (sorted) replaced by the words `joined`, left to right."""
    if not keys.size:
        return ids, ends
    pairs, at = _pairs(ids, ends)
    found = np.minimum(np.searchsorted(keys, pairs), keys.size - 1)
    hit = keys[found] == pairs
    at, found = at[hit], found[hit]
    starts = np.flatnonzero(np.diff(at, prepend=-2) > 1)  # of runs of overlapping pairs
    place_in_run = np.arange(at.size) - np.repeat(starts, np.diff(starts, append=at.size))
    taken = place_in_run % 2 == 0  # a pair that begins with the end of a joined one is left
    at, found = at[taken], found[taken]
    result = ids.copy()
    result[at] = joined[found]
    kept = np.ones(ids.size, bool)
    kept[at + 1] = False
    before = np.zeros(ids.size + 1, np.int64)
    np.cumsum(kept, out=before[1:])
    return result[kept], before[ends]
