"""How often each pair of words occurs, in bounded memory."""

from __future__ import annotations

import numpy as np

PAIR_LIMIT = 40_000_000  # distinct pairs, 16 bytes each; beyond it the rarest are dropped
MERGE_PAIRS = 1 << 21  # that wait, besides as many as were merged, before they are merged


class PairCounts:
    """How often each pair of words occurs: sorted arrays, merged as they grow."""

    def __init__(self, limit: int = PAIR_LIMIT) -> None:
        self.limit = limit
        self.dropped_up_to = 0
        self.distinct = 0  # pairs seen, those dropped since among them
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
