"""gensim's path of `xw2v.gensim.keyedvectors`."""

from xw2v.gensim.keyedvectors import (
    EuclideanKeyedVectors,
    KeyedVectors,
    Word2VecKeyedVectors,
)
from xw2v.gensim.oldvectornames import VocabularyItem as Vocab

__all__ = [
    "EuclideanKeyedVectors",
    "KeyedVectors",
    "Vocab",
    "Word2VecKeyedVectors",
]
