"""Scatter-add on CUDA: gradients summed by table row, by atomics or in a fixed order."""

from __future__ import annotations

from typing import Any

from xw2v_cupy.kernels import Kernels
from xw2v_cupy.sums import Ids

Array = Any


def scatter_add(
    kernels: Kernels,
    table: Array,
    ids: Ids,
    plain: Array,
    spans: Array | None = None,
    window: int = 0,
    *,
    deterministic: bool,
) -> None:
    """Add a gradient row to the table row of each id.

    Args:
        table: (V, D), changed in place.
        ids: n_first token positions, whose rows are sums over `spans`, then n_second others.
        plain: (n_second, D), or of that size.
        spans: (blocks, b + 2·window, D): block k lies at positions k·b .. k·b + b + 2·window.
        deterministic: sort the ids and add in order, instead of by atomics.
    """
    blocks, block = (spans.shape[0], spans.shape[1] - 2 * window) if spans is not None else (0, 1)
    overlapping = plain if spans is None else spans  # not read where no id is a position
    count = ids.n_first + ids.n_second
    sizes = table.shape[1], blocks, block, window
    if deterministic:
        xp = kernels.library
        listed = xp.concatenate((ids.first[: ids.n_first], ids.second.ravel()))
        keys = xp.sort(listed * 2**32 + xp.arange(count))
        kernels.launch(
            "scatter_sorted", count, *sizes, ids.n_first, overlapping, plain, keys, count, table
        )
    else:
        first, second = (ids.first, ids.n_first, overlapping), (ids.second, ids.n_second, plain)
        kernels.launch("scatter_add", count, *sizes, *first, *second, table)
