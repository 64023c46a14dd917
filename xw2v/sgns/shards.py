"""Which part of the text each of several replicas trains on.

The text is cut into pieces, at sentence ends where there is one near, and piece p belongs to rank
p mod size. So all ranks go through the text at the same speed, and each sees all parts of it. What
is drawn at a position does not depend on whose it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from xw2v.sgns.config import Shard
from xw2v.storage.filearray import FileArray

MIN_PIECE_TOKENS = 512  # shorter ones would cut many sentences
MAX_PIECE_TOKENS = 65_536
PIECES_OF_A_RANK = 16  # at least, except of short texts


class Piece(NamedTuple):
    """Tokens that are read together.

    Attributes:
        start, stop: where they are in the text.
        cut: whether the sentence at the end goes on in another rank's piece, so that what is read
            next is no neighbour of it.
    """

    start: int
    stop: int
    cut: bool


def pieces_of(
    offsets: np.ndarray | FileArray, tokens: int, shard: Shard, chunk_tokens: int
) -> Iterator[Piece]:
    """The pieces of a shard, in order; empty ones are left out.

    Args:
        offsets: (S + 1,) where sentences start, and the end of the text.
        tokens: of the text.
        chunk_tokens: of a piece where there is one process, whose pieces are neighbours.
    """
    if shard.size == 1:
        for start in range(0, tokens, chunk_tokens):
            yield Piece(start, min(start + chunk_tokens, tokens), cut=False)
        return
    size = piece_tokens(tokens, shard)
    for begin in range(shard.rank * size, tokens, shard.size * size):
        (start, _), (stop, cut) = (
            _boundary(offsets, tokens, size, at) for at in (begin, begin + size)
        )
        if start < stop:
            yield Piece(start, stop, cut)


def piece_tokens(tokens: int, shard: Shard) -> int:
    """About how many tokens a piece of a text has: all ranks have as many pieces."""
    pieces = shard.size * max(-(-tokens // (shard.size * MAX_PIECE_TOKENS)), PIECES_OF_A_RANK)
    return max(-(-tokens // pieces), MIN_PIECE_TOKENS)


def _boundary(offsets: np.ndarray | FileArray, tokens: int, size: int, at: int) -> tuple[int, bool]:
    """Where a piece ends and the next begins, near `at`, and whether that is within a sentence."""
    if at >= tokens:
        return tokens, False
    end = int(offsets[bisect_left(offsets, at)])  # of the sentence that `at` is in, or at its start
    return (end, False) if end < at + size else (at, True)
