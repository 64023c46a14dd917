"""Which word stands amid given ones: the softmax of a CBOW-like model over the whole vocabulary."""

from __future__ import annotations

import numpy as np

from xw2v.vectors.neighbours import top_k


def predict_center(
    context: np.ndarray, output: np.ndarray, topn: int, *, mean: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The most probable center words of a context: softmax(U h), h the mean or sum of its vectors.

    Args:
        context: (n, D) input vectors of the words around the center.
        output: (V, D) output vectors U of all words.
        topn: k, how many words.
        mean: whether h is the mean of the context's vectors, or their sum.

    Returns:
        Their rows (k,), the most probable first, and probabilities (k,).
    """
    hidden = context.mean(axis=0) if mean else context.sum(axis=0)
    scores = np.einsum("vd,d->v", output, hidden).astype(np.float64)
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    rows, best = top_k(probabilities[None, :], min(topn, len(output)))
    return np.asarray(rows[0]), np.asarray(best[0])
