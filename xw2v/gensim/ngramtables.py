"""The vectors of n-grams as members of a model's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xw2v.text.ngrams import NgramRule
from xw2v.vectors.subwords import SubwordTable


def parts_of(subwords: SubwordTable | None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """JSON content and tables for `xw2v.gensim.modelfile.write_model`."""
    if subwords is None:
        return {}, {}
    rule = subwords.rule
    content = {"ngrams": [rule.min_n, rule.max_n, rule.buckets]}
    return content, {"ngrams": subwords.rows, "ngram_buckets": subwords.buckets}


def from_parts(content: Mapping[str, Any], tables: Mapping[str, Any]) -> SubwordTable | None:
    """What `parts_of` was given.

    Raises:
        KeyError, TypeError, ValueError, InputError: the parts are others.
    """
    if "ngrams" not in content:
        return None
    min_n, max_n, buckets = map(int, content["ngrams"])
    if not 1 <= min_n <= max_n or not 1 <= buckets < 2**31:
        raise ValueError(f"no n-grams of {min_n} to {max_n} characters in {buckets} buckets")
    rows = np.asarray(tables["ngrams"], np.float32)
    return SubwordTable(
        NgramRule(min_n, max_n, buckets), rows, np.asarray(tables["ngram_buckets"], np.int64)
    )
