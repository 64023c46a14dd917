"""Random words as a pure function of (seed, stream, position): Philox4x64-10, drawn on the host.

Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") is a counter-based generator:
word p of a stream is lane p mod 4 of the cipher of counter p // 4. No generator carries a state, so a piece
of a stream can be drawn anywhere, in any order, on any device, and is the same.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

LANES = 4  # 64-bit words a counter gives


class Purpose(IntEnum):
    """What a stream is for; each (purpose, epoch) has its own key, so no two streams overlap."""

    INITIAL_TABLE = 0
    TOKENS = 1  # word p belongs to token p of the corpus: high half keeps it, low half sizes its window
    NEGATIVES = 2  # word i belongs to negative i of the epoch: high half picks a column, low half its alias
    VALIDATION_TOKENS = 3
    VALIDATION_NEGATIVES = 4


def stream_of(purpose: Purpose, epoch: int = 0) -> int:
    """The number of the stream for a purpose and epoch."""
    return epoch << 8 | purpose


def philox_words(seed: int, stream: int, start: int, count: int) -> np.ndarray:
    """Words start .. start + count of a stream.

    Args:
        seed, stream: in [0, 2⁶⁴); together they are the key.
        start, count: in words, not negative.

    Returns:
        (count,) uint64
    """
    first, skipped = divmod(start, LANES)
    # NumPy's Philox steps its 256-bit counter before each use, so it starts one below the first.
    counter = (first - 1) % 2**256
    limbs = [(counter >> shift) % 2**64 for shift in (0, 64, 128, 192)]
    generator = np.random.Philox(key=np.array([seed, stream], np.uint64), counter=np.array(limbs, np.uint64))
    return generator.random_raw(skipped + count)[skipped:]


def random_words(seed: int, stream: int, start: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The words of `philox_words` in halves, as numbers that every array library can calculate with.

    Returns:
        high, low: two (count,) int64 arrays in [0, 2³²)
    """
    words = philox_words(seed, stream, start, count)
    return (words >> np.uint64(32)).astype(np.int64), (words & np.uint64(0xFFFFFFFF)).astype(np.int64)
