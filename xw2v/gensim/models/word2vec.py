"""gensim's path of `xw2v.gensim.word2vec`."""

from xw2v.gensim.keyedvectors import KeyedVectors
from xw2v.gensim.word2vec import (
    FAST_VERSION,
    BrownCorpus,
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    Word2Vec,
)

__all__ = [
    "FAST_VERSION",
    "BrownCorpus",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "Word2Vec",
]
