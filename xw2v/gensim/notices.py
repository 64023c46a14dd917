"""Warnings that are given once: of old names, and of arguments without effect."""

from __future__ import annotations

import warnings

# of gensim's names those that are not here, and what there is instead
ABSENT = {
    "wmdistance": "Word Mover's Distance is not here: wv.to_gensim() has it where gensim is "
    "installed, and wv.n_similarity compares two lists of words by their means",
    "similarity_unseen_docs": "it is of doc2vec, which is not here",
    "resize_vectors": "add_vectors and build_vocab(update=True) make room themselves",
    "update_weights": "build_vocab(update=True) gives new words their first vectors",
    "make_cum_table": "negatives are drawn without one",
    "cum_table": "negatives are drawn without one",
    "create_binary_tree": "there is no hierarchical softmax here",
    "add_null_word": "there is no padding word here",
    "random": "all draws are functions of `seed`",
    "seeded_vector": "all draws are functions of `seed`; init_weights gives first vectors",
    "callbacks": "they are given to the constructor or to train, and not kept",
    "adjust_vectors": "`vectors` are composed of n-grams whenever these change",
    "recalc_char_ngram_buckets": "n-grams are found when they are needed",
    "init_post_load": "load_facebook_model reads fastText's files",
    "load_binary_data": "load_facebook_model and load_facebook_vectors read fastText's files",
}

_given: set[str] = set()


def warn_once(name: str, message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of `name`, unless that was done before in this process."""
    if name not in _given:
        _given.add(name)
        warnings.warn(f"{name}: {message}", category, stacklevel=4)


def old_name(name: str, new: str) -> None:
    """Say once that a name of gensim 3 is called `new` in gensim 4."""
    warn_once(name, f"gensim 3's name; it is {new} in gensim 4", DeprecationWarning)


def no_attribute(instance: object, name: str) -> AttributeError:
    """The error for a name that is not here, with what there is instead, if it is gensim's."""
    text = f"{type(instance).__name__!r} object has no attribute {name!r}"
    return AttributeError(f"{text}: {ABSENT[name]}" if name in ABSENT else text)


def forget_notices() -> None:
    """Give all warnings anew."""
    _given.clear()
