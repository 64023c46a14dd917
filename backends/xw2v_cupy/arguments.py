"""What kernels take of a batch and of the tables, by the names of their parameters."""

from __future__ import annotations

from xw2v.sgns.array import Array
from xw2v.sgns.interface import Batch, Tables


def batch_arguments(tables: Tables[Array], batch: Batch[Array]) -> dict[str, Array]:
    """The arguments of kernels that go through a batch's tokens, windows and negatives."""
    return {
        "tokens": batch.tokens,
        "left": batch.left,
        "right": batch.right,
        "negatives": batch.negatives,
        "center": tables.center,
        "context": tables.context,
    }
