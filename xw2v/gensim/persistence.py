"""What of a model its file holds."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from xw2v.errors import FileFormatError
from xw2v.gensim.lifecycle import plain_events
from xw2v.gensim.modelfile import read_model, write_model
from xw2v.gensim.ngramtables import parts_of

TABLES = ("wv", "syn1neg")
NOT_SAVED = ("raw_vocab",)


def save(model: Any, target: Any) -> None:
    """Write a model's attributes, words and tables into a file."""
    attributes = {
        name: _plain(value)
        for name, value in vars(model).items()
        if name not in (*TABLES, *NOT_SAVED)
    }
    attributes["lifecycle_events"] = plain_events(model.lifecycle_events)
    wv = model.wv
    tables = {"vectors": wv.vectors, "syn1neg": model.syn1neg, "lockf": wv.vectors_lockf}
    if wv.counts is not None:
        tables["counts"] = wv.counts
    content, more = parts_of(wv.subwords)
    content |= {"model": attributes, "words": wv.index_to_key}
    write_model(target, content, tables | more)


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; numbers of NumPy's become Python's."""
    return value.item() if isinstance(value, np.generic) else value


def load_into(model: Any, source: Any) -> None:
    """Give a new model what `save` wrote of another.

    Raises:
        FileFormatError: the file holds something else.
    """
    content, tables = read_model(source)
    path = source if isinstance(source, (str, os.PathLike)) else None
    attributes, syn1neg = content.get("model"), tables.get("syn1neg")
    if not isinstance(attributes, dict) or syn1neg is None:
        raise FileFormatError(
            "holds vectors alone, which cannot be trained further; KeyedVectors.load reads it",
            path=path,
        )
    wv = type(model.wv).from_content(content, tables, source)
    if syn1neg.shape != wv.vectors.shape or attributes.keys() - vars(model).keys():
        raise FileFormatError("is damaged, or of another version", path=path)
    wv.vectors_lockf = tables.get("lockf", wv.vectors_lockf)
    vars(model).update(attributes, wv=wv, syn1neg=syn1neg)
