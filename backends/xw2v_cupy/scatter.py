"""Scatter-add on CUDA: gradients summed by table row, by atomics or in a fixed order."""

from __future__ import annotations

from typing import Any

from xw2v.sgns.array import Array
from xw2v_cupy.kernels import NULL, Kernels


def add_to_sums(
    kernels: Kernels,
    sums: Array,
    ids: Array,
    plain: Array,
    spans: Array | None = None,
    window: int = 0,
) -> None:
    """Add a gradient row to the sums of each id, by atomics.

    Args:
        sums: (V, D) of the kernels' `sum_dtype`, changed in place.
        ids: (N,) int64: with spans, first those of all token positions.
        plain: (n, D), or of that size, the rows of the last n ids.
        spans: (blocks, b + 2·window, D): block k covers the positions k·b .. k·b + b + 2·window,
            and the row of a position is the sum over the spans that cover it.
    """
    n_ids, blocks, block, positions = ids.shape[0], 0, 1, 0
    if spans is not None:
        blocks, block = spans.shape[0], spans.shape[1] - 2 * window
        positions = blocks * block + 2 * window
    kernels.launch(
        "scatter_add",
        n_ids,
        D=sums.shape[1],
        blocks=blocks,
        b=block,
        w=window,
        positions=positions,
        spans=NULL if spans is None else spans,
        plain=plain,
        ids=ids,
        n_ids=n_ids,
        sums=sums,
    )


def add_in_order(kernels: Kernels, table: Array, ids: Array, rows: Array) -> None:
    """Add rows (N, D) to those of a table (V, D) that the ids (N,) name, in a fixed order."""
    xp: Any = kernels.library
    n_ids = ids.shape[0]
    keys = xp.sort(ids * 2**32 + xp.arange(n_ids))
    kernels.launch(
        "scatter_sorted",
        n_ids,
        D=table.shape[1],
        plain=rows,
        keys=keys,
        n_ids=n_ids,
        table=table,
    )
