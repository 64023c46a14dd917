"""Running text to word numbers, vectorised: the fast path for patterns that are one set of ASCII characters.

A block of UTF-8 bytes goes through one `bytes.translate` (lower-case letters, blanks, newlines), word starts
and lengths come from the edges between blanks and letters, and a word of up to 16 letters becomes an exact
key of two 64-bit numbers. A cache answers with the number of a key met before; what it does not hold (about
one word in forty of English) is looked up in the index of all words. Both are exact: a cached entry answers
only if the whole key agrees.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import count

import numpy as np

from xw2v.tokens import LOWER_TO_ASCII

KEY_LETTERS = 16  # longer words always go through the index
SLOTS_LOG2 = 18  # each of the cache's two tables has 2**18 slots of 20 bytes

# By the length of a word, 0 to 17 (for "longer than a key"): the mask of its letters 0..7, and of 8..15.
_EIGHT = np.arange(KEY_LETTERS + 2)
_LOW = np.array([(1 << 8 * n) - 1 for n in np.minimum(_EIGHT, 8).tolist()], dtype="<u8")
_HIGH = np.array([(1 << 8 * n) - 1 for n in np.clip(_EIGHT - 8, 0, 8).tolist()], dtype="<u8")
# And what marks the low half of its key. Letters are ASCII, so the top bits are free: with them set, no word of
# up to 8 letters has the low half of a longer one, and no key at all that of a word too long for a key.
_MARK = np.array([0] * 9 + [0x8080808080808080] * 8 + [0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


class WordIndex(defaultdict[str, int]):
    """Word to number; a word that is new gets the next number, in order of first appearance."""

    def __init__(self) -> None:
        super().__init__(count().__next__)


@dataclass
class Words:
    """The n words of a block: where they are, their keys, and what the keys hash to."""

    text: str  # ASCII
    starts: np.ndarray  # (n,) int64
    lengths: np.ndarray  # (n,) int64
    low: np.ndarray  # (n,) uint64, letters 0..7, marked
    high: np.ndarray  # (n,) uint64, letters 8..15
    hashes: np.ndarray  # (n,) uint64
    ends: np.ndarray  # (m,) int64: words before each line end


class AsciiText:
    """Finds and numbers the words of blocks of text by a table of `Tokenizer.ascii_table`."""

    def __init__(self, table: bytes, lowercase: bool, index: WordIndex) -> None:
        self.table, self.index = table, index
        self.replacements = [(a.encode(), b.encode()) for a, b in LOWER_TO_ASCII.items()] if lowercase else []
        self.forget()

    def forget(self) -> None:
        """Empty the cache, as must be done when words leave the index."""
        self._first, self._second = _Table(), _Table()

    def find(self, block: bytes) -> Words:
        """The words of a block of UTF-8 text that begins and ends between words."""
        if not block.isascii():
            for character, lower in self.replacements:
                if character[-1] in block and character in block:  # the first test is a good deal faster
                    block = block.replace(character, lower)
        text = b"\n" + block.translate(self.table) + b" " * KEY_LETTERS  # so that a key can be read anywhere
        letters = np.frombuffer(text, np.uint8)
        visible = letters > 32
        edges = np.flatnonzero(visible[1:] != visible[:-1]) + 1
        starts = np.ascontiguousarray(edges[0::2])
        lengths = edges[1::2] - starts
        line_ends = np.flatnonzero(letters == 10)[1:]
        size = np.minimum(lengths, KEY_LETTERS + 1)
        eight_from = np.ndarray((len(text) - 7,), "<u8", text, strides=(1,))  # the eight bytes from each place on
        low = eight_from[starts] & _LOW.take(size)
        high = np.zeros_like(low)
        hashes = low * _MULTIPLIERS[0]
        long = np.flatnonzero(lengths > 8)
        high[long] = more = eight_from[starts[long] + 8] & _HIGH.take(size[long])
        hashes[long] ^= more * _MULTIPLIERS[1]
        low[long] |= _MARK.take(size[long])
        ends = np.searchsorted(starts, line_ends)
        return Words(text.decode("ascii"), starts, lengths, low, high, hashes, ends)

    def number(self, words: Words, first: int, last: int) -> np.ndarray:
        """Numbers of words first..last - 1, (last - first,) int32; words not seen before get new ones."""
        part = slice(first, last)
        low, high, hashes = words.low[part], words.high[part], words.hashes[part]
        slots = (hashes >> np.uint64(64 - SLOTS_LOG2)).view(np.int64)
        known, numbers = self._first.look_up(low, high, slots)
        missed = np.flatnonzero(~known)
        if not missed.size:
            return numbers
        low, high = low[missed], high[missed]
        others = (hashes[missed] >> np.uint64(64 - 2 * SLOTS_LOG2)).view(np.int64) & ((1 << SLOTS_LOG2) - 1)
        known, numbers[missed] = self._second.look_up(low, high, others)
        new = np.flatnonzero(~known)
        if not new.size:
            return numbers
        missed, low, high, others = missed[new], low[new], high[new], others[new]
        starts, lengths = words.starts[part][missed], words.lengths[part][missed]
        text, index = words.text, self.index
        spans = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
        numbers[missed] = found = np.array([index[text[a:b]] for a, b in spans], np.int32)
        slots = slots[missed]
        fits = lengths <= KEY_LETTERS
        free = self._first.free(slots)  # what came first stays: the most frequent words come early
        self._first.store(fits & free, low, high, slots, found)
        self._second.store(fits & ~free, low, high, others, found)
        return numbers


class _Table:
    """One half of the cache: keys and numbers by slot."""

    def __init__(self) -> None:
        slots = 1 << SLOTS_LOG2
        self._low, self._high = np.zeros((2, slots), np.uint64)  # no word has 0 as the low half of its key
        self._numbers = np.zeros(slots, np.int32)

    def look_up(self, low: np.ndarray, high: np.ndarray, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(known, numbers) of keys; a number counts where its key is known."""
        known = self._low.take(slots) == low
        long = np.flatnonzero(high != 0)  # the low half of a key tells that it has no high half
        known[long] &= self._high.take(slots[long]) == high[long]
        return known, self._numbers.take(slots)

    def free(self, slots: np.ndarray) -> np.ndarray:
        """Which slots are empty."""
        return self._low.take(slots) == 0

    def store(
        self, chosen: np.ndarray, low: np.ndarray, high: np.ndarray, slots: np.ndarray, numbers: np.ndarray
    ) -> None:
        """Put the chosen keys into their slots; of several for one slot the last stays."""
        slots = slots[chosen]
        self._low[slots], self._high[slots], self._numbers[slots] = low[chosen], high[chosen], numbers[chosen]
