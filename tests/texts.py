"""Text read with options by name, and packed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

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


def sentences(corpus: Corpus) -> list[list[str]]:
    return [corpus.sentence(s) for s in range(len(corpus))]


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").compress(data))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}
