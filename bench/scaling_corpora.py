"""The corpora of `bench.scaling`: a text over and over, and random ids of Zipf's distribution."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.synthetic import zipf_counts, zipf_text
from xw2v.storage.filearray import FileArray
from xw2v.text.corpus_folder import write_corpus
from xw2v.text.id_arrays import chunks_of
from xw2v.text.reading import open_corpus
from xw2v.text.vocabulary import Vocabulary
from xw2v.training.record import CorpusRecord

BASE_TOKENS = 1_000_000  # of the text where they are not the variable: a slice goes round in it
ZIPF_TOKENS = 5_000_000
PADDED = "padded"  # folder of the text of fewest words with the most in its vocabulary


def make_corpora(
    text: list[str], variables: dict[str, tuple[int, ...]], folder: Path
) -> dict[str, Any]:
    """A corpus folder for each number of tokens and of words, and what the text is."""
    corpus = open_corpus(text)
    for size in {*variables["tokens"], BASE_TOKENS}:
        tokens = max(round(size * len(corpus.ids) / corpus.raw_words), 1)
        about = {"raw_words": size, "description": corpus.description, "settings": {}}
        blocks = repeated(corpus.ids, corpus.offsets, tokens)
        write_corpus(folder / f"tokens {size}", blocks, corpus.vocabulary, about)
    for size in variables["vocabulary"]:
        write_zipf(folder / f"vocabulary {size}", size, size)
    few, *_, many = variables["vocabulary"]
    write_zipf(folder / PADDED, few, many)
    return vars(CorpusRecord.of(corpus))


def repeated(
    ids: np.ndarray | FileArray, offsets: np.ndarray | FileArray, tokens: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The first `tokens` ids of the corpus over and over, a copy at a time, and where sentences
    end.
    """
    for start in range(0, tokens, len(ids)):
        count = min(tokens - start, len(ids))
        ends = offsets[1 : np.searchsorted(offsets, count)]
        yield ids[:count], start + np.append(ends, count)


def write_zipf(folder: Path, words: int, rows: int) -> None:
    """Random ids of `words` words in a vocabulary of `rows`, of which the others do not occur.

    Counts are those of the distribution: the text itself is too short to hold a million words.
    """
    text = zipf_text(words, ZIPF_TOKENS)
    counts = np.append(zipf_counts(words), np.ones(rows - words, np.int64))
    vocabulary = Vocabulary([f"word{row}" for row in range(rows)], counts)
    about = {"raw_words": ZIPF_TOKENS, "description": f"Zipf, {words:,} words", "settings": {}}
    write_corpus(folder, chunks_of(text.ids, text.offsets), vocabulary, about)
