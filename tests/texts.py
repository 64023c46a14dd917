"""Text read with options by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.text.options import TextOptions
from xw2v.text.reading import open_corpus
from xw2v.text.vocabulary import VocabularyLimits


def open_text(
    inputs: Sequence[str | os.PathLike[str]] = (),
    corpus: str | None = None,
    *,
    min_count: int = Settings.min_count,
    max_vocab: int | None = Settings.max_vocab,
    folder: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Corpus:
    """`open_corpus`, with the fields of its options as arguments."""
    limits = VocabularyLimits(min_count=min_count, max_vocab=max_vocab)
    return open_corpus(inputs, corpus, TextOptions(**options), limits, folder=folder)
