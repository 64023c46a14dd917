"""How a table of vectors shows itself: a line at a prompt, a small table in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from xw2v.errors import shown

LINE_WORDS = 3
TABLE_WORDS = 10
TABLE_DIMENSIONS = 5

GENSIM_NAMES = {  # that gensim 4 has given up, or that are called otherwise here
    "index2word": "index_to_key",
    "index2entity": "index_to_key",
    "vocab": "key_to_index",
    "vectors_norm": "get_normed_vectors()",
    "init_sims": "fill_norms()",
    "syn0": "vectors",
    "syn0norm": "get_normed_vectors()",
    "word_vec": "get_vector",
    "words_closer_than": "closer_than",
    "wmdistance": "POT's ot.emd2 over wv[words]",
    "wv": "the vectors themselves",
}


def one_line(kind: str, words: Sequence[str], vector_size: int) -> str:
    """Such as `KeyedVectors(400 words, 12 dimensions: 'the', 'of', 'and', ...)`."""
    first = [shown(word, 20) for word in words[:LINE_WORDS]]
    ellipsis = ["..."] if len(words) > LINE_WORDS else []
    return f"{kind}({len(words):,} words, {vector_size} dimensions: {', '.join(first + ellipsis)})"


def html_table(words: Sequence[str], vectors: np.ndarray, counts: np.ndarray | None) -> str:
    """The first words with their counts and the first values of their vectors (V, D)."""
    n_words, vector_size = vectors.shape
    ellipsis = ["…"] if vector_size > TABLE_DIMENSIONS else []
    names = ["word", *(["count"] if counts is not None else [])]
    head = names + [str(i) for i in range(min(vector_size, TABLE_DIMENSIONS))] + ellipsis
    rows = []
    for row, word in enumerate(words[:TABLE_WORDS]):
        cells = [escape(word)]
        if counts is not None:
            cells.append(f"{int(counts[row]):,}")
        rows.append(cells + [f"{x:.3f}" for x in vectors[row, :TABLE_DIMENSIONS]] + ellipsis)
    body = "".join(f"<tr><td>{'</td><td>'.join(cells)}</td></tr>" for cells in rows)
    caption = f"{n_words:,} words, {vector_size} dimensions"
    return (
        f"<table><caption>{caption}</caption>"
        f"<thead><tr><th>{'</th><th>'.join(head)}</th></tr></thead><tbody>{body}</tbody></table>"
    )
