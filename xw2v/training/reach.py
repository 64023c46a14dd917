"""How far windows reach in a text: not beyond its longest sentence, however wide they are."""

from __future__ import annotations

import dataclasses

import numpy as np

from xw2v import tuning
from xw2v.errors import InputError
from xw2v.settings import Settings
from xw2v.sgns.config import StepConfig
from xw2v.text.corpus import Corpus

WIDE_WINDOW = 1000  # beyond it a step is made for the longest sentence instead of the window
MAX_REACH = 100_000  # context words at either side of a center that a step can hold
CHUNK_SENTENCES = 1 << 20


def reach_of(settings: Settings, *corpora: Corpus | None) -> int:
    """The largest distance between a center and a context word in these texts.

    Raises InputError where that is more than a step can hold.
    """
    if settings.window <= WIDE_WINDOW:
        return settings.window
    longest = max(longest_sentence(corpus) for corpus in corpora if corpus is not None)
    reach = max(1, min(settings.window, longest - 1))
    if reach > MAX_REACH:
        raise InputError(
            f"the longest sentence has {longest:,} words, and a window reaches over at most "
            f"{MAX_REACH:,} at either side; give a smaller number, or a sentence a line",
            setting="window",
            value=settings.window,
        )
    return reach


def step_config_of(settings: Settings, *corpora: Corpus | None) -> StepConfig:
    """The constants of the training step for these texts; the window is how far it reaches."""
    return dataclasses.replace(tuning.step_config(settings), window=reach_of(settings, *corpora))


def longest_sentence(corpus: Corpus) -> int:
    """Words of the longest sentence."""
    offsets = corpus.offsets
    starts = range(0, len(corpus), CHUNK_SENTENCES)
    chunks = (offsets[start : start + CHUNK_SENTENCES + 1] for start in starts)
    return max((int(np.diff(chunk).max()) for chunk in chunks), default=0)
