"""What a training would see of a text, before it is run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from xw2v.settings import Settings
from xw2v.text.corpus import Corpus
from xw2v.text.figures import sentence_lengths, subsampling
from xw2v.text.ngrams import index_of
from xw2v.text.vocabulary import Vocabulary, VocabularyLimits
from xw2v.training.memory import available, needed
from xw2v.training.run import run_training

MIN_COUNTS = (1, 2, 5, 10, 50)
FREQUENT_WORDS = 10
TIMED_TOKENS = 200_000  # of the text's beginning that are trained on to estimate the speed


def preview(corpus: Corpus, settings: Settings) -> dict[str, Any]:
    """Figures of a text, and what a training with these settings would take.

    Args:
        corpus: of the text, with a vocabulary of all its words.

    Raises:
        InputError: no word is frequent enough.
    """
    counts = corpus.vocabulary.counts
    limits = VocabularyLimits(min_count=settings.min_count, max_vocab=settings.max_vocab)
    vocabulary = Vocabulary.from_words(corpus.vocabulary.words, counts, limits)
    tokens = int(vocabulary.counts.sum())
    head = _head(corpus, vocabulary)
    speed = None if head is None else _words_per_second(head, settings)
    lengths = sentence_lengths(corpus.offsets)
    limit = available()
    return {
        "description": corpus.description,
        "raw_words": corpus.raw_words,
        "sentences": len(corpus),
        "sentence_lengths": {name: lengths[name] for name in ("mean", "median", "longest")},
        "coverage": dict(corpus.coverage),
        "vocabulary": {str(n): int(np.count_nonzero(counts >= n)) for n in MIN_COUNTS},
        "min_count": settings.min_count,
        "words": len(vocabulary),
        "tokens": tokens,
        "share_left_by_subsampling": round(
            subsampling(vocabulary.counts, settings.sample).share, 4
        ),
        "frequent": [
            {"word": word, "count": int(count)}
            for word, count in zip(
                vocabulary.words[:FREQUENT_WORDS], vocabulary.counts.tolist(), strict=False
            )
        ],
        "estimate": {
            "vector_size": settings.vector_size,
            "epochs": settings.epochs,
            "words_per_second": None if speed is None else round(speed),
            "seconds": None if speed is None else round(tokens * settings.epochs / speed, 4),
            "memory_bytes": needed(settings, len(vocabulary), index_of(vocabulary.words, settings)),
            "memory_available_bytes": None if limit is None else limit[0],
        },
    }


def _head(corpus: Corpus, vocabulary: Vocabulary) -> Corpus | None:
    """The beginning of a text in a vocabulary; None where it has no pair of words."""
    last = int(np.searchsorted(corpus.offsets[:], TIMED_TOKENS, side="right"))
    sentences = (corpus.sentence(s) for s in range(min(last, len(corpus))))
    rows = [[word for word in sentence if word in vocabulary.index] for sentence in sentences]
    if not any(len(row) > 1 for row in rows):
        return None
    return Corpus.from_sentences(rows, vocabulary=vocabulary)


def _words_per_second(head: Corpus, settings: Settings) -> float:
    run = run_training(head, replace(settings, epochs=1))
    return float(run.record["words_per_second"])
