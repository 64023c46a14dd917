"""gensim's path of `xw2v.gensim.callbacks`."""

from xw2v.gensim.callbacks import CallbackAny2Vec

__all__ = [
    "CallbackAny2Vec",
]
