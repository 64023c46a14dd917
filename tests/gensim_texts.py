"""The sentences on which gensim tries its own models, and a small model of them."""

from __future__ import annotations

from typing import Any

from xw2v.gensim import Word2Vec
from xw2v.gensim.test.utils import common_texts

DOCUMENTS = common_texts
NEW_DOCUMENTS = [["computer", "artificial", "intelligence"], ["artificial", "graph", "human"]]


def small(**given: Any) -> Word2Vec:
    return Word2Vec(DOCUMENTS, **({"vector_size": 10, "min_count": 0, "seed": 42} | given))
