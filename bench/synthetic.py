"""Random text as frequent and as topical as one likes, and its batches without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from xw2v.settings import Settings
from xw2v.sgns.backend import Backend
from xw2v.sgns.batches import Batches
from xw2v.sgns.config import StepConfig
from xw2v.sgns.draws import random_uint32_halves
from xw2v.sgns.interface import Batch, SubwordIndex
from xw2v.sgns.sampling import Sampling, alias_table, sample_word_ids
from xw2v.sgns.tokenstream import TokenStream

STRAY_SHARE = 0.85  # of topical text's words, drawn regardless of topic: half the task is learnt


class Text(NamedTuple):
    """A corpus without its words: ids and offsets as `xw2v.text.corpus.Corpus` has them, counts
    (V,).
    """

    ids: np.ndarray
    offsets: np.ndarray
    counts: np.ndarray


def zipf_counts(words: int) -> np.ndarray:
    """Counts (words,) in proportion to 1 / (rank + 2.7) (Mandelbrot 1953)."""
    return (1e9 / (np.arange(words) + 2.7)).astype(np.int64)


def zipf_text(words: int, tokens: int, sentence: int = 20) -> Text:
    """Random text whose words are as frequent as in natural language."""
    import array_api_compat.numpy

    xp: Any = array_api_compat.numpy
    draws, _ = random_uint32_halves(7, 0, 0, tokens)
    ids = np.asarray(sample_word_ids(xp, alias_table(zipf_counts(words), 1.0), draws), np.int32)
    return Text(ids, offsets_of(tokens, sentence), np.bincount(ids, minlength=words))


def topical_text(words: int, tokens: int, topics: int, sentence: int = 20) -> Text:
    """Text whose sentences have a topic each, but for a share STRAY_SHARE of the words.

    Word v belongs to topic v mod `topics`.
    """
    rng = np.random.default_rng(7)
    text = zipf_text(words, tokens, sentence)
    topic = np.repeat(rng.integers(0, topics, -(-tokens // sentence)), sentence)[:tokens]
    own = np.minimum(text.ids // topics * topics + topic, words - 1)
    ids = np.where(rng.random(tokens) >= STRAY_SHARE, own, text.ids).astype(np.int32)
    return Text(ids, text.offsets, np.bincount(ids, minlength=words))


def ngram_index(words: int, ngrams: int = 16) -> SubwordIndex:
    """Words of their own row and `ngrams` others, of 7 rows a word, some in thousands of words."""
    rng = np.random.default_rng(7)
    buckets = np.arange(7 * words)
    drawn = words + (len(buckets) * rng.random((words, ngrams)) ** 3).astype(np.int32)
    rows = np.column_stack([np.arange(words, dtype=np.int32), drawn]).ravel()
    return SubwordIndex(np.arange(words + 1) * (ngrams + 1), rows, buckets)


def offsets_of(tokens: int, sentence: int) -> np.ndarray:
    return np.append(np.arange(0, tokens, sentence), tokens)


def batches_of(
    backend: Backend, text: Text, step_config: StepConfig, batch_tokens: int, seed: int = 1
) -> Batches:
    defaults = Settings()
    return Batches(
        backend,
        TokenStream(*text),
        step_config,
        Sampling(defaults.sample, defaults.ns_exponent, seed),
        batch_tokens=batch_tokens,
    )


def endless(batches: Batches, tokens: int) -> Iterator[tuple[int, Batch[Any]]]:
    """Epoch after epoch, with positions that keep growing."""
    epoch = 0
    while True:
        for position, batch in batches.epoch(epoch):
            yield epoch * tokens + position, batch
        epoch += 1
