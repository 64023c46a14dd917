"""gensim's paths, so that `gensim` is replaced by `xw2v.gensim` in every import of a script:
`from xw2v.gensim.models.word2vec import LineSentence`.
"""

from typing import Any

from xw2v.gensim.fasttext import FastText
from xw2v.gensim.keyedvectors import KeyedVectors
from xw2v.gensim.models import callbacks, fasttext, keyedvectors, phrases, word2vec
from xw2v.gensim.notices import no_module_attribute
from xw2v.gensim.phrases import FrozenPhrases, Phraser, Phrases
from xw2v.gensim.word2vec import FAST_VERSION, Word2Vec

__all__ = [
    "FAST_VERSION",
    "FastText",
    "FrozenPhrases",
    "KeyedVectors",
    "Phraser",
    "Phrases",
    "Word2Vec",
    "callbacks",
    "fasttext",
    "keyedvectors",
    "phrases",
    "word2vec",
]


def __getattr__(name: str) -> Any:
    raise no_module_attribute(__name__, name)
