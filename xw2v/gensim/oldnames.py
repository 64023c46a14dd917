"""Names of gensim 3 on a model: questions to its vectors, and what was renamed since."""

from __future__ import annotations

from typing import Any

import numpy as np

from xw2v.gensim.keyedvectors import KeyedVectors
from xw2v.gensim.notices import no_attribute, old_name
from xw2v.gensim.oldvectornames import OLD_NAMES

MOVED = (  # to wv, under the same names
    "most_similar",
    "most_similar_cosmul",
    "similarity",
    "n_similarity",
    "distance",
    "doesnt_match",
    "similar_by_word",
    "similar_by_vector",
    "most_similar_to_given",
    "evaluate_word_pairs",
    "evaluate_word_analogies",
    "save_word2vec_format",
)
RENAMED = {
    "iter": "epochs",
    "size": "vector_size",
    "syn1": "syn1neg",
    "reset_weights": "init_weights",
}
OF_VECTORS = ("vocab", "vectors_norm", "syn0norm", "init_sims", "accuracy", *OLD_NAMES)


class OldNames:
    """What gensim 3 allowed on a model; each name with one warning."""

    wv: KeyedVectors

    def __getattr__(self, name: str) -> Any:
        if name in MOVED:
            old_name(f"model.{name}", f"model.wv.{name}")
            return getattr(self.wv, name)
        if name in OF_VECTORS:
            return getattr(self.wv, name)
        if name in RENAMED:
            old_name(f"model.{name}", f"model.{RENAMED[name]}")
            return getattr(self, RENAMED[name])
        raise no_attribute(self, name)

    def __getitem__(self, words: Any) -> np.ndarray:
        old_name("model[word]", "model.wv[word]")
        found: np.ndarray = self.wv[words]
        return found

    def __contains__(self, word: object) -> bool:
        old_name("word in model", "word in model.wv")
        return word in self.wv

    def delete_temporary_training_data(
        self, replace_word_vectors_with_normalized: bool = False
    ) -> None:
        """gensim 3's, which freed memory; here there is nothing to free."""
        old_name("delete_temporary_training_data", "not needed")
        if replace_word_vectors_with_normalized:
            self.wv.unit_normalize_all()

    @classmethod
    def load_word2vec_format(cls, *given: Any, **options: Any) -> KeyedVectors:
        """gensim 3's; vectors alone cannot be trained further, so these are KeyedVectors."""
        old_name("Word2Vec.load_word2vec_format", "KeyedVectors.load_word2vec_format")
        return KeyedVectors.load_word2vec_format(*given, **options)
