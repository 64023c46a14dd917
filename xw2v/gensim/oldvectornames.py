"""Names of gensim 3 on a table of vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xw2v.gensim.notices import no_attribute, old_name
from xw2v.vectors.keyedvectors import KeyedVectors as PlainKeyedVectors

OLD_NAMES = {
    "index2word": "index_to_key",
    "index2entity": "index_to_key",
    "syn0": "vectors",
    "word_vec": "get_vector",
    "words_closer_than": "closer_than",
    "similar_by_entity": "similar_by_key",
}


@dataclass(frozen=True)
class VocabularyItem:
    """A word as gensim 3's `wv.vocab` has it: how often it occurs, and its row."""

    count: int
    index: int


class VocabularyItems(Mapping[str, VocabularyItem]):
    """gensim 3's `wv.vocab`: a word's count and row, by the word."""

    def __init__(self, vectors: PlainKeyedVectors) -> None:
        self._vectors = vectors

    def __getitem__(self, word: str) -> VocabularyItem:
        row = self._vectors.key_to_index[word]
        counts = self._vectors.counts
        return VocabularyItem(0 if counts is None else int(counts[row]), row)

    def __contains__(self, word: object) -> bool:
        return word in self._vectors.key_to_index

    def __iter__(self) -> Iterator[str]:
        return iter(self._vectors.key_to_index)

    def __len__(self) -> int:
        return len(self._vectors)


class OldVectorNames(PlainKeyedVectors):
    """What gensim 3 allowed on vectors; each name with one warning."""

    def __getattr__(self, name: str) -> Any:
        if name not in OLD_NAMES:
            raise no_attribute(self, name)
        old_name(f"wv.{name}", OLD_NAMES[name])
        return getattr(self, OLD_NAMES[name])

    @property
    def vocab(self) -> VocabularyItems:
        """gensim 3's mapping from a word to its count and row."""
        old_name("wv.vocab", "key_to_index, and get_vecattr(word, 'count')")
        return VocabularyItems(self)

    @property
    def vectors_norm(self) -> np.ndarray:
        """(V, D) rows of norm 1; gensim 3's."""
        old_name("wv.vectors_norm", "get_normed_vectors()")
        return self.get_normed_vectors()

    syn0norm = vectors_norm

    def init_sims(self, replace: bool = False) -> None:
        """gensim 3's; with `replace` every vector is scaled to norm 1, else nothing is done."""
        old_name("init_sims", "unit_normalize_all() for replace=True, and not needed otherwise")
        if replace:
            self.unit_normalize_all()

    def accuracy(self, questions: str | Path, *given: Any, **options: Any) -> list[dict[str, Any]]:
        """gensim 3's: the sections of `evaluate_word_analogies`."""
        old_name("wv.accuracy", "evaluate_word_analogies")
        options.pop("most_similar", None)
        return self.evaluate_word_analogies(questions, *given, **options)[1]
