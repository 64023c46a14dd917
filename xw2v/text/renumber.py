"""Provisional ids to rows of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from xw2v.text.parallel import ordered_map
from xw2v.text.scan import library
from xw2v.text.spool import Chunk


def renumber(rows: np.ndarray, ids: np.ndarray, ends: np.ndarray) -> Chunk:
    """Ids in rows of a vocabulary; those without a row are left out.

    Args:
        rows: (n,) int32, of each provisional id; -1 where it has none.
        ids: int32, provisional.
        ends: int64, of sentences: each a number of ids.

    Returns:
        The rows, and the ends as numbers of these.
    """
    compiled = library()
    if compiled is None:
        return renumber_by_numpy(rows, ids, ends)
    kept = np.empty(ids.size + 1, np.int32)  # the loop writes before it knows what stays
    ends = ends.astype(np.int64)
    total = compiled.xw2v_renumber(
        rows.ctypes.data, ids.ctypes.data, ids.size, kept.ctypes.data, ends.ctypes.data, ends.size
    )
    return kept[:total], ends


def renumbered(rows: np.ndarray, chunks: Iterable[Chunk], threads: int) -> Iterator[Chunk]:
    """The chunks of a Spool by `renumber`, with ends that count from the first id of all, and
    without those of empty sentences.
    """
    total, last_end = 0, 0
    for ids, ends in ordered_map(lambda chunk: renumber(rows, *chunk), chunks, threads):
        ends = total + ends
        ends = ends[np.diff(ends, prepend=last_end) > 0]
        last_end = int(ends[-1]) if ends.size else last_end
        total += ids.size
        yield ids, ends
    if total > last_end:  # the last sentence was left open
        yield np.empty(0, np.int32), np.array([total])


def renumber_by_numpy(rows: np.ndarray, ids: np.ndarray, ends: np.ndarray) -> Chunk:
    """`renumber` without the compiled loops."""
    found = rows.take(ids)
    is_kept = found >= 0
    removed = np.flatnonzero(~is_kept)
    return found[is_kept], ends - np.searchsorted(removed, ends)
