"""Chunks of text scanned by several threads, taken back in their order.

Each scanner has a cache of its own, and numbers the words that it does not hold by itself. Whoever
takes a chunk back looks these up, in order of appearance, so that ids do not depend on which thread
scanned what; then a thread translates the chunk's numbers. The
interpreter's lock is released in the compiled loops, where nearly all of the time goes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from xw2v.storage.native import NativeLibrary
from xw2v.text.scan import MAX_SCAN_TOKENS, Scanner
from xw2v.text.spool import Chunk, nonempty
from xw2v.text.tokens import Losses, TokenRule

MAX_NUMBERS = 1 << 21  # of a scanner's words, beyond which it starts anew: memory stays bounded
WAITING_CHUNKS = 3  # of each thread, scanned or to be scanned


class LocalWords:
    """Words by numbers of a scanner's own: one for each token that its cache did not hold, in order
    of appearance, so that a word may have several.

    Attributes:
        numbers: how many there are.
        global_ids: of words that were looked up; -1 for others.
        generation: of the index in which they were looked up, see `global_ids_of`.
    """

    def __init__(self) -> None:
        self.numbers = 0
        self.generation = 0
        self.global_ids = np.full(1 << 12, -1, np.int32)
        self._batches: list[str] = []  # the words, with spaces between them
        self._words: list[str] = []  # those of the first batches, as far as that was needed
        self._split = 0  # how many batches these are

    def number(self, words: list[str]) -> np.ndarray:
        """New numbers for words, (n,) int32."""
        first = self.numbers
        self.numbers += len(words)
        self._batches.append(" ".join(words))
        return np.arange(first, self.numbers, dtype=np.int32)

    def look_up(self, first: int, words: Sequence[str], look_up: Callable[[str], int]) -> None:
        """Set the `global_ids` of words with numbers from `first` on.

        Args:
            look_up: a word's id in the index of all words, or a new one.
        """
        self._reserve()
        ids = np.fromiter(map(look_up, words), np.int32, len(words))
        self.global_ids[first : first + ids.size] = ids

    def _reserve(self) -> None:
        if self.numbers > self.global_ids.size:
            added = np.full(2 * self.numbers - self.global_ids.size, -1, np.int32)
            self.global_ids = np.append(self.global_ids, added)

    def global_ids_of(
        self, ids: np.ndarray, look_up: Callable[[str], int], generation: int
    ) -> np.ndarray:
        """The ids of some words, looked up in order of first appearance where that is to be done.

        Args:
            ids: (n,) numbers of words.
            generation: another one than before, where words have left the index.

        Returns:
            (n,) int32.
        """
        self._reserve()
        if generation != self.generation:
            self.global_ids.fill(-1)
            self.generation = generation
        found = self.global_ids.take(ids)
        unknown = found < 0
        if not unknown.any():
            return found
        while self._split < len(self._batches):
            self._words += self._batches[self._split].split(" ")
            self._split += 1
        for number in dict.fromkeys(ids[unknown].tolist()):
            self.global_ids[number] = look_up(self._words[number])
        return self.global_ids.take(ids)


class ScannedChunk(NamedTuple):
    """What a thread found in a chunk.

    Attributes:
        text: the chunk.
        words: whose numbers the ids are.
        first_new: the number of the first that was not in its scanner's cache.
        new: these words, in the order of their numbers.
        ids: (n,) int32, of the tokens.
        ends: (m,) int64, tokens before each line end.
        losses: what was left out.
    """

    text: bytes
    words: LocalWords
    first_new: int
    new: list[str]
    ids: np.ndarray
    ends: np.ndarray
    losses: Losses


class ScanTeam:
    """Threads that scan chunks of text.

    Args:
        library: the compiled loops.
        rule: one that `scan.is_fast`.
        threads: how many.
    """

    def __init__(self, library: NativeLibrary, rule: TokenRule, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="xw2v-scan")
        self._rule = rule
        self._idle: list[_LocalScanner] = []
        self._counts: list[np.ndarray] = []  # that no thread is adding to
        self._library = library
        self._waiting: deque[Future[ScannedChunk]] = deque()
        self._max_waiting = WAITING_CHUNKS * threads

    def add(self, chunk: bytes) -> Iterator[ScannedChunk]:
        """Give a chunk to a thread; yields earlier ones that are due, in their order."""
        self._waiting.append(self._pool.submit(self._scanned, chunk))
        if len(self._waiting) > self._max_waiting:
            yield self._waiting.popleft().result()

    def rest(self) -> Iterator[ScannedChunk]:
        """The chunks that were not yet taken back, in their order."""
        while self._waiting:
            yield self._waiting.popleft().result()

    def translate(self, found: ScannedChunk, distinct: int) -> Future[Chunk]:
        """Have a thread translate a chunk, whose words were looked up, and count its tokens.

        Args:
            distinct: words in the index of all.
        """
        return self._pool.submit(self._translated, found, found.words.global_ids, distinct)

    def take_counts(self) -> Iterator[np.ndarray]:
        """How often each word was met in the chunks that were translated, in several arrays (of
        int64) to be added; none of them may be being translated.
        """
        while self._counts:
            yield self._counts.pop()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _scanned(self, chunk: bytes) -> ScannedChunk:
        try:
            scanner = self._idle.pop()
        except IndexError:
            scanner = _LocalScanner(self._library, self._rule)
        found = scanner.scan(chunk)
        self._idle.append(scanner)
        return found

    def _translated(self, found: ScannedChunk, global_ids: np.ndarray, distinct: int) -> Chunk:
        try:
            counts = self._counts.pop()
        except IndexError:
            counts = np.zeros(0, np.int64)
        if counts.size < distinct:
            counts = np.append(counts, np.zeros(distinct, np.int64))
        self._library.xw2v_translate_ids(
            global_ids.ctypes.data, found.ids.ctypes.data, found.ids.size, counts.ctypes.data
        )
        self._counts.append(counts)
        return found.ids, nonempty(found.ends)


class _LocalScanner:
    """A scanner with numbers of its own for words."""

    def __init__(self, library: NativeLibrary, rule: TokenRule) -> None:
        self._words = LocalWords()
        self._new: list[str] = []
        self._scanner = Scanner(library, rule, self._number)

    def _number(self, words: list[str]) -> np.ndarray:
        self._new += words
        return self._words.number(words)

    def scan(self, chunk: bytes) -> ScannedChunk:
        if self._words.numbers > MAX_NUMBERS:
            self._words = LocalWords()
            self._scanner.cache_clear()
        before, first_new = self._scanner.losses, self._words.numbers
        self._new = []
        ids = [np.empty(0, np.int32)]
        ends = [np.empty(0, np.int64)]
        tokens = 0
        self._scanner.open(chunk)
        while (found := self._scanner.next(MAX_SCAN_TOKENS)) is not None:
            ids.append(found[0])
            ends.append(found[1] + tokens)
            tokens += found[0].size
        return ScannedChunk(
            text=chunk,
            words=self._words,
            first_new=first_new,
            new=self._new,
            ids=np.concatenate(ids),
            ends=np.concatenate(ends),
            losses=self._scanner.losses.since(before),
        )
