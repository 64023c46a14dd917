"""The sentences on which gensim tries its own models, and a small model of them."""

from __future__ import annotations

from typing import Any

from xw2v.gensim import Word2Vec

DOCUMENTS = [
    line.split()
    for line in (
        "human interface computer",
        "survey user computer system response time",
        "eps user interface system",
        "system human system eps",
        "user response time",
        "trees",
        "graph trees",
        "graph minors trees",
        "graph minors survey",
    )
]
NEW_DOCUMENTS = [["computer", "artificial", "intelligence"], ["artificial", "graph", "human"]]


def small(**given: Any) -> Word2Vec:
    return Word2Vec(DOCUMENTS, **({"vector_size": 10, "min_count": 0, "seed": 42} | given))
