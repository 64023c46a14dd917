"""gensim's Word2Vec, FastText, KeyedVectors, Phrases and helpers, by gensim's names and with its
defaults.

    from xw2v.gensim import Word2Vec

    model = Word2Vec(sentences, vector_size=100, window=5, min_count=5, workers=4)
    model.wv.most_similar("king")

The names of gensim 3 (`size`, `iter`, `wv.vocab`, `model.most_similar` ...) work too, each with one
warning. gensim itself is not needed. docs/gensim.md says what differs.
"""

import sys
from typing import Any

from xw2v.gensim import callbacks, fasttext, keyedvectors, phrases, utils, word2vec
from xw2v.gensim.callbacks import CallbackAny2Vec
from xw2v.gensim.fasttext import FastText
from xw2v.gensim.keyedvectors import KeyedVectors
from xw2v.gensim.lifecycle import GENSIM_VERSION
from xw2v.gensim.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phraser, Phrases
from xw2v.gensim.sentences import BrownCorpus, LineSentence, PathLineSentences, Text8Corpus
from xw2v.gensim.utils import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP
from xw2v.gensim.word2vec import FAST_VERSION, Word2Vec

__version__ = GENSIM_VERSION

models = sys.modules[__name__]  # for `import xw2v.gensim as gensim; gensim.models.Word2Vec`

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FAST_VERSION",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "BrownCorpus",
    "CallbackAny2Vec",
    "FastText",
    "FrozenPhrases",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Phraser",
    "Phrases",
    "Text8Corpus",
    "Word2Vec",
    "callbacks",
    "fasttext",
    "keyedvectors",
    "models",
    "phrases",
    "utils",
    "word2vec",
]

OTHER_MODELS = (
    "Doc2Vec",
    "LdaModel",
    "LsiModel",
    "TfidfModel",
    "corpora",
    "similarities",
    "parsing",
)


def __getattr__(name: str) -> Any:
    hint = ": it is gensim's alone, import it from there" if name in OTHER_MODELS else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
