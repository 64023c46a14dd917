"""Chunks of text scanned by several threads, taken back in their order.

The scanners share the cache of known words. Whoever takes a chunk back looks up the distinct words
that the cache did not hold, in order of appearance, so that ids do not depend on which thread
scanned what, and inserts them; then a thread puts them in their places and counts the chunk's ids.
The interpreter's lock is released in the compiled loops, where nearly all of the time goes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from xw2v.storage.native import NativeLibrary
from xw2v.text.scan import MAX_SCAN_TOKENS, Found, Scanner, WordCache
from xw2v.text.spool import Chunk, joined, nonempty
from xw2v.text.tokens import Losses, TokenRule

WAITING_CHUNKS = 2  # of each thread, scanned or to be scanned, and likewise counted


class ScannedChunk(NamedTuple):
    """What a thread found in a chunk.

    Attributes:
        text: the chunk.
        parts: the tokens.
        losses: what was left out.
    """

    text: bytes
    parts: list[Found]
    losses: Losses

    @property
    def new_words(self) -> int:
        """At most so many are not in the index of all words."""
        return sum(len(part.misses.words) for part in self.parts if part.misses is not None)


class ScanTeam:
    """Threads that scan chunks of text and count what was found.

    Args:
        library: the compiled loops.
        rule: one that `scan.is_fast`.
        cache: of known words.
        threads: how many.
    """

    def __init__(
        self, library: NativeLibrary, rule: TokenRule, cache: WordCache, threads: int
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="xw2v-scan")
        self._library = library
        self._rule = rule
        self._cache = cache
        self._scanners: list[Scanner] = []  # that no thread is using
        self._counts: list[np.ndarray] = []  # likewise
        self._scanning: deque[Future[ScannedChunk]] = deque()
        self._counting: deque[Future[Chunk]] = deque()
        self._max_waiting = WAITING_CHUNKS * threads

    def add(self, chunk: bytes) -> Iterator[ScannedChunk]:
        """Give a chunk to a thread; yields earlier ones that are due, in their order."""
        self._scanning.append(self._pool.submit(self._scanned, chunk))
        if len(self._scanning) > self._max_waiting:
            yield self._scanning.popleft().result()

    def rest(self) -> Iterator[ScannedChunk]:
        """The chunks that were not yet taken back, in their order."""
        while self._scanning:
            yield self._scanning.popleft().result()

    def count(
        self, found: ScannedChunk, ids_of_misses: list[np.ndarray | None], distinct: int
    ) -> Iterator[Chunk]:
        """Have a thread number and count a chunk; yields ids and ends of earlier ones, in their
        order.

        Args:
            ids_of_misses: of each part, (m,) int32.
            distinct: above all ids.
        """
        counted = self._pool.submit(self._counted, found.parts, ids_of_misses, distinct)
        self._counting.append(counted)
        if len(self._counting) > self._max_waiting:
            yield self._counting.popleft().result()

    def counted(self) -> Iterator[Chunk]:
        """The chunks that were given to `count` and not yet taken back."""
        while self._counting:
            yield self._counting.popleft().result()

    def take_counts(self) -> Iterator[np.ndarray]:
        """How often each id was met in the chunks that were counted, in several arrays (of int64)
        to be added; all of the chunks must have been taken back.
        """
        while self._counts:
            yield self._counts.pop()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _scanned(self, chunk: bytes) -> ScannedChunk:
        try:
            scanner = self._scanners.pop()
        except IndexError:
            scanner = Scanner(self._library, self._rule, self._cache)
        before = scanner.losses
        parts = []
        scanner.open(chunk)
        while (found := scanner.next(MAX_SCAN_TOKENS)) is not None:
            parts.append(found)
        losses = scanner.losses.since(before)
        self._scanners.append(scanner)
        return ScannedChunk(chunk, parts, losses)

    def _counted(
        self, parts: list[Found], ids_of_misses: list[np.ndarray | None], distinct: int
    ) -> Chunk:
        try:
            counts = self._counts.pop()
        except IndexError:
            counts = np.zeros(0, np.int64)
        if counts.size < distinct:
            counts = np.append(counts, np.zeros(distinct, np.int64))
        for part, new in zip(parts, ids_of_misses, strict=True):
            part.number(self._library, new, counts)
        self._counts.append(counts)
        return joined([(part.ids, nonempty(part.line_ends)) for part in parts])
