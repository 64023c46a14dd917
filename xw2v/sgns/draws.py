"""Random numbers as a pure function of (seed, stream, position): Philox4x64-10, drawn on the host.

Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") is a counter-based
generator: number p of a stream is number p mod 4 of the cipher of counter p // 4. There is no
state, so any part of a stream can be drawn anywhere, in any order, on any device, and is the same.

Where it matters how often each outcome comes up, and independence does not,
`low_discrepancy_uint32` replaces random numbers: each is uniform, yet any stretch of them fills the
range evenly.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

NUMBERS_PER_COUNTER = 4  # of 64 bits


class Purpose(IntEnum):
    """What a stream is for; each (purpose, epoch) has its own key, so no two streams overlap."""

    INITIAL_TABLE = 0
    TOKENS = (
        1  # number p is token p's: its high half keeps the token, its low half sizes its window
    )
    NEGATIVES = 2  # low-discrepancy number i is negative i's of the epoch
    VALIDATION_TOKENS = 3
    VALIDATION_NEGATIVES = 4


def stream_of(purpose: Purpose, epoch: int = 0) -> int:
    """The number of the stream for a purpose and epoch."""
    return epoch << 8 | purpose


def philox_uint64(seed: int, stream: int, start: int, count: int) -> np.ndarray:
    """Numbers start .. start + count of a stream.

    Args:
        seed, stream: in [0, 2⁶⁴); together they are the key.
        start, count: not negative.

    Returns:
        (count,) uint64
    """
    first, skipped = divmod(start, NUMBERS_PER_COUNTER)
    # NumPy's Philox steps its 256-bit counter before each use, so it starts one below the first.
    counter = (first - 1) % 2**256
    limbs = [(counter >> shift) % 2**64 for shift in (0, 64, 128, 192)]
    generator = np.random.Philox(
        key=np.array([seed, stream], np.uint64), counter=np.array(limbs, np.uint64)
    )
    return generator.random_raw(skipped + count)[skipped:]


def random_uint32_halves(
    seed: int, stream: int, start: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of `philox_uint64` in halves, in a dtype that every array library has.

    Returns:
        high, low: two (count,) int64 arrays in [0, 2³²)
    """
    numbers = philox_uint64(seed, stream, start, count)
    high, low = numbers >> np.uint64(32), numbers & np.uint64(0xFFFFFFFF)
    return high.astype(np.int64), low.astype(np.int64)


def low_discrepancy_uint32(seed: int, stream: int, start: int, count: int) -> np.ndarray:
    """Numbers start .. start + count of a stream that fills [0, 2³²) evenly.

    They are van der Corput's (the bits of the position in reverse order), scrambled as in Owen 1995
    ("Randomly permuted (t,m,s)-nets and (t,s)-sequences"), with a hash in place of his tree of
    random bits (Laine & Karras 2011; Burley 2020, "Practical hash-based Owen scrambling"; constants
    of Vegdahl 2021). So the 2ᵐ numbers from a multiple of 2ᵐ on have one in each 2ᵐ-th of the
    range, and a number by itself may be anywhere. They repeat after 2³².

    Args:
        seed, stream: in [0, 2⁶⁴); the high half of the first number of their Philox stream is the
            hash's key.

    Returns:
        (count,) int64 in [0, 2³²)
    """
    high, _ = random_uint32_halves(seed, stream, 0, 1)
    key = int(high[0])
    x = np.arange(start, start + count, dtype=np.uint64).astype(np.uint32)  # modulo 2³²
    # In this hash no bit affects those below it; so with the bits reversed, halves, quarters, ...
    # of the range are permuted as units.
    x = x ^ x * np.uint32(0x3D20ADEA)
    x = (x + np.uint32(key)) * np.uint32(key >> 16 | 1)
    x = x ^ x * np.uint32(0x05526C56)
    x = x ^ x * np.uint32(0x53A22864)
    for shift, mask in (
        (1, 0x55555555),
        (2, 0x33333333),
        (4, 0x0F0F0F0F),
        (8, 0x00FF00FF),
        (16, 0x0000FFFF),
    ):
        x = x >> np.uint32(shift) & np.uint32(mask) | (x & np.uint32(mask)) << np.uint32(shift)
    return x.astype(np.int64)
