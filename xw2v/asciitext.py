"""Running text to word numbers, vectorised: the fast path for patterns that are one set of ASCII characters.

A block of UTF-8 bytes goes through one `bytes.translate` (lower-case letters, blanks, newlines), word starts
and lengths come from the edges between blanks and letters, and a word of up to 16 letters becomes an exact
key of two 64-bit numbers. A direct-mapped cache answers with the number of a key seen lately; what it does
not hold (about one word in thirty of English) is looked up in the index of all words. Both are exact: a cached
entry answers only if the whole key agrees.
"""

from dataclasses import dataclass

import numpy as np

from xw2v.tokens import LOWER_TO_ASCII

KEY_LETTERS = 16  # longer words always go through the index
SLOTS_LOG2 = 18  # 2**18 slots of 20 bytes: about what a second-level cache and the hot words need

# the first n bytes of a little-endian number, n = 0..8
_FIRST_BYTES = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype="<u8")
_LOW = _FIRST_BYTES[np.minimum(np.arange(KEY_LETTERS + 2), 8)]  # by word length, of its letters 0..7
_HIGH = _FIRST_BYTES[np.clip(np.arange(KEY_LETTERS + 2) - 8, 0, 8)]  # and of its letters 8..15
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


class WordIndex(dict[str, int]):
    """Word to number; a word that is new gets the next number, in order of first appearance."""

    next = 0

    def __missing__(self, word: str) -> int:
        self[word] = number = self.next
        self.next = number + 1
        return number


@dataclass
class Words:
    """The n words of a block: where they are and what they hash to."""

    text: str  # ASCII
    starts: np.ndarray  # (n,) int64
    lengths: np.ndarray  # (n,) int64
    low: np.ndarray  # (n,) uint64, letters 0..7
    high: np.ndarray  # (n,) uint64, letters 8..15
    slots: np.ndarray  # (n,) int64 in the cache
    ends: np.ndarray  # (m,) int64: words before each line end


class AsciiText:
    """Finds and numbers the words of blocks of text by a table of `Tokenizer.ascii_table`."""

    def __init__(self, table: bytes, lowercase: bool, index: WordIndex) -> None:
        self.table, self.index = table, index
        self.replacements = [(a.encode(), b.encode()) for a, b in LOWER_TO_ASCII.items()] if lowercase else []
        self.forget()

    def forget(self) -> None:
        """Empty the cache, as must be done when words leave the index."""
        slots = 1 << SLOTS_LOG2
        self._low, self._high = np.zeros((2, slots), np.uint64)  # no word has the key 0, 0
        self._numbers = np.zeros(slots, np.int32)

    def find(self, block: bytes) -> Words:
        """The words of a block of UTF-8 text that begins and ends between words."""
        if not block.isascii():
            for character, lower in self.replacements:
                block = block.replace(character, lower)
        text = b"\n" + block.translate(self.table)
        text += b" " * (24 - len(text) % 8)  # 16 or more, so that a key may be read at every word
        letters = np.frombuffer(text, np.uint8)
        visible = letters > 32
        edges = np.flatnonzero(visible[1:] != visible[:-1]) + 1
        starts = np.ascontiguousarray(edges[0::2])
        lengths = edges[1::2] - starts
        line_ends = np.flatnonzero(letters == 10)[1:]
        size = np.minimum(lengths, KEY_LETTERS + 1)
        eights = np.frombuffer(text, "<u8")
        low = _eight_letters(eights, starts) & _LOW.take(size)
        high = np.zeros_like(low)
        slots = low * _MULTIPLIERS[0]
        long = np.flatnonzero(lengths > 8)
        high[long] = more = _eight_letters(eights, starts[long] + 8) & _HIGH.take(size[long])
        slots[long] ^= more * _MULTIPLIERS[1]
        slots >>= np.uint64(64 - SLOTS_LOG2)
        ends = np.searchsorted(starts, line_ends)
        return Words(text.decode("ascii"), starts, lengths, low, high, slots.view(np.int64), ends)

    def number(self, words: Words, first: int, last: int) -> np.ndarray:
        """Numbers of words first..last - 1, (last - first,) int32; words not seen before get new ones."""
        part = slice(first, last)
        slots, low, high = words.slots[part], words.low[part], words.high[part]
        numbers = self._numbers.take(slots)
        known = self._low.take(slots) == low
        known &= self._high.take(slots) == high
        known &= words.lengths[part] <= KEY_LETTERS
        missed = np.flatnonzero(~known)
        if missed.size:
            starts, lengths = words.starts[part][missed], words.lengths[part][missed]
            text, index = words.text, self.index
            spans = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
            found = np.fromiter((index[text[start:end]] for start, end in spans), np.int32, missed.size)
            numbers[missed] = found
            short = lengths <= KEY_LETTERS
            missed, found = missed[short], found[short]
            slots = slots[missed]
            self._low[slots], self._high[slots], self._numbers[slots] = low[missed], high[missed], found
        return numbers


def _eight_letters(eights: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The eight bytes from each of `starts` on, as one little-endian number: (n,) uint64."""
    at = starts >> 3
    shift = ((starts & 7) << 3).view(np.uint64)
    first = eights.take(at) >> shift
    return first | (eights.take(at + 1) << (64 - shift))  # a shift by 64 gives 0
