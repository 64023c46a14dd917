"""How strongly two words belong together, from their counts."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable

from xw2v.errors import UsageError

Scorer = Callable[..., float]
PARAMETERS = (
    "worda_count",
    "wordb_count",
    "bigram_count",
    "len_vocab",
    "min_count",
    "corpus_word_count",
)


def original_scorer(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: int,
    corpus_word_count: int,
) -> float:
    """(count(ab) - min_count) / (count(a) count(b)) times the distinct words and pairs (Mikolov et
    al. 2013b, eq. 6).
    """
    both = worda_count * wordb_count
    return (bigram_count - min_count) / both * len_vocab if both else -math.inf


def npmi_scorer(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: int,
    corpus_word_count: int,
) -> float:
    """Normalised pointwise mutual information, -1 .. 1 (Bouma 2009); -inf below `min_count`."""
    if bigram_count < min_count or not (worda_count and wordb_count and bigram_count):
        return -math.inf
    total = float(corpus_word_count)
    a, b, both = worda_count / total, wordb_count / total, bigram_count / total
    return math.log(both / (a * b)) / -math.log(both)


SCORERS: dict[str, Scorer] = {"default": original_scorer, "npmi": npmi_scorer}


def scorer_of(scoring: str | Scorer) -> Scorer:
    """The scorer of a name, or an own one; UsageError where it is neither."""
    if isinstance(scoring, str):
        if scoring not in SCORERS:
            raise UsageError("choose default or npmi, or give a function", setting="scoring")
        return SCORERS[scoring]
    missing = set(PARAMETERS) - set(inspect.signature(scoring).parameters)
    if missing:
        raise UsageError(f"this function lacks the parameters {sorted(missing)}", setting="scoring")
    return scoring


def name_of(scorer: Scorer) -> str:
    """How a file names a scorer."""
    own = (name for name, known in SCORERS.items() if known is scorer)
    return next(own, f"{scorer.__module__}:{scorer.__qualname__}")


def scorer_named(name: str) -> Scorer:
    """The scorer that a file names: ours, or a function of a module that is imported already.

    Raises:
        UsageError: it is not there, or has other parameters than a scorer.
    """
    if name in SCORERS:
        return SCORERS[name]
    module, _, function = name.partition(":")
    scorer = getattr(sys.modules.get(module), function, None)
    if not inspect.isfunction(scorer) or set(inspect.signature(scorer).parameters) != set(
        PARAMETERS
    ):
        raise UsageError(
            f"the scoring function {name!r} is not imported here; import it, or give "
            "load(path, scoring=function)"
        )
    return scorer
