"""gensim's names and values as settings of the trainer: what maps, what is old, without effect or
refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

import numpy as np

from xw2v.errors import UsageError
from xw2v.gensim.notices import old_name, warn_once
from xw2v.settings import SETTINGS, Settings, unknown_setting

OLD_ARGUMENTS = {"size": "vector_size", "iter": "epochs"}
SENTENCES = {"sentences": "corpus_iterable"}
OWN_ARGUMENTS = (  # of the trainer, which gensim lacks
    "device",
    "backend",
    "deterministic",
    "batch_tokens",
    "shared_negatives",
    "bound",
)
LARGEST_SEED = 2**63 - 1


def renamed(given: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """`given` with old names replaced by today's, each with a warning."""
    for old in given.keys() & names.keys():
        old_name(old, f"`{names[old]}`")
    return {names.get(name, name): value for name, value in given.items()}


def check_known(own: dict[str, Any]) -> None:
    """Raise UnknownSettingError for an argument that neither gensim nor the trainer has."""
    for name in own:
        if name not in OWN_ARGUMENTS:
            raise unknown_setting(name, {key: SETTINGS[key] for key in OWN_ARGUMENTS})


def check_training(hs: int, negative: float) -> None:
    """Raise UsageError for hierarchical softmax alone; say once where it is left out."""
    if not negative:
        raise UsageError(
            "there is negative sampling alone here, no hierarchical softmax; leave `hs` out and "
            "give `negative` 5",
            setting="negative",
            value=negative,
        )
    if hs:
        warn_once(
            "hs=1", "there is no hierarchical softmax here; negative sampling alone is trained"
        )


def check_others(null_word: int, sorted_vocab: int, without_effect: Iterable[str]) -> None:
    """Refuse `null_word` and `sorted_vocab=0`; say once what has no effect."""
    if null_word:
        raise UsageError("there is no padding word here; leave it out", setting="null_word")
    if not sorted_vocab:
        raise UsageError(
            "rows are always sorted by frequency here; leave it out, and use key_to_index for the "
            "row of a word",
            setting="sorted_vocab",
            value=sorted_vocab,
        )
    for name in without_effect:
        warn_once(name, "has no effect here")


def settings_of(model: Any, alpha: float, min_alpha: float, epochs: int, words: int) -> Settings:
    """The trainer's settings for a model and one call of `train`.

    Args:
        model: a `Word2Vec` of gensim's.
        alpha, min_alpha: the learning rate's largest and smallest value.
        words: tokens of the vocabulary's words, by which a `sample` of 1 or more is made a share.
    """
    cbow = {} if model.sg else cbow_settings(bool(model.cbow_mean))
    return Settings.from_mapping(
        {
            "vector_size": model.vector_size,
            "window": model.window,
            "fixed_window": not model.shrink_windows,
            "min_count": max(model.min_count or 0, 0),
            "negative": model.negative,
            "ns_exponent": model.ns_exponent,
            "sample": sample_share(model.sample, words),
            "alpha": alpha if alpha > 0 else None,
            "min_alpha": max(min_alpha, 0.0) if alpha > 0 else 0.0,
            "epochs": epochs,
            "seed": model.seed & LARGEST_SEED,
            "workers": max(model.workers, 1),
            **cbow,
            **model.own_arguments,
        }
    )


def sample_share(sample: float | None, words: int) -> float:
    """gensim's `sample` as the trainer's: 1 or more is a count, from which on words are subsampled,
    of so many words.
    """
    if not sample or sample < 1:
        return sample or 0.0
    return min(1.0, int(sample * (3 + 5**0.5) / 2) / max(words, 1))


def cbow_settings(mean: bool) -> dict[str, Any]:
    """CBOW by gensim's convention: of a mean, each context word receives all of the gradient, and
    of a sum its share.
    """
    gradient = "full" if mean else "mean"
    return {"model": "cbow", "cbow_mean": mean, "cbow_gradient": gradient}


def number(name: str, value: Any, kind: type[int] | type[float], optional: bool = False) -> Any:
    """`value` as `kind`, as gensim takes it: flags are 0 and 1, and 5.0 is 5.

    Raises:
        UsageError: it is no such number.
    """
    if value is None and optional:
        return None
    try:
        found = kind(value)
        if isinstance(value, (str, bytes)) or found != value:
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        what = "a whole number" if kind is int else "a number"
        raise UsageError(f"give {what}", setting=name, value=value) from None
    return found


def integral(value: Any) -> Any:
    """A whole float as int; other values as they are."""
    return int(value) if isinstance(value, (float, np.floating)) and value == value // 1 else value


def smallest_count(name: str, value: Any) -> Any:
    """The smallest whole number that is at least `value`, such as a share of a text's words."""
    whole = isinstance(value, (float, np.floating)) and np.isfinite(value)
    return number(name, ceil(value) if whole else value, int, optional=True)


def listed(name: str, values: Any, what: str) -> list[Any]:
    """The values of an iterable; UsageError where it is none, or one string."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise UsageError(f"give a list of {what}", setting=name, value=values)
    return list(values)


def word_counts(name: str, counts: Any) -> dict[str, int]:
    """Words and how often each occurs; UsageError where they are something else."""
    if not isinstance(counts, Mapping):
        raise UsageError("give a dict of words and counts", setting=name, value=counts)
    return {word: number(f"{name}[{word!r}]", count, int) for word, count in counts.items()}


def trim_rule(rule: Any) -> Any:
    """The rule; UsageError where it cannot be called."""
    if rule is not None and not callable(rule):
        message = "give a function of a word, its count and min_count"
        raise UsageError(message, setting="trim_rule", value=rule)
    return rule
