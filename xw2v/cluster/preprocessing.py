"""`xw2v preprocess` by several ranks: each tokenises, counts and numbers a part of the text.

Rank 0 then joins what the others have found to its own, in the order of the text, as if it had met
their words itself: provisional ids are given in order of first appearance. So the corpus is that of
one process, byte by byte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np

from xw2v.cluster.ranks import Ranks, decoded, encoded
from xw2v.errors import InputError
from xw2v.text.corpus import Corpus
from xw2v.text.coverage import Coverage, Example
from xw2v.text.encode import Encoder, Progress
from xw2v.text.options import DEFAULT_OPTIONS, TextOptions
from xw2v.text.reading import UnreadText, check_words, preprocess, preprocess_held_out
from xw2v.text.spool import Chunk
from xw2v.text.text_parts import TextPart
from xw2v.text.tokens import Losses
from xw2v.text.vocabulary import DEFAULT_LIMITS, VocabularyLimits

NOTHING = np.zeros(0, np.uint8)
COUNT = np.dtype(np.int64)


def preprocess_by_ranks(
    ranks: Ranks,
    inputs: Sequence[str | os.PathLike[str]],
    corpus: str | None,
    folder: str | os.PathLike[str],
    options: TextOptions = DEFAULT_OPTIONS,
    limits: VocabularyLimits = DEFAULT_LIMITS,
    *,
    val_input: Sequence[str | os.PathLike[str]] = (),
    progress: Progress | None = None,
) -> tuple[Corpus, Corpus | None] | None:
    """See `xw2v.text.reading.preprocess`; all ranks must call it with the same.

    Where words have to be dropped on the way, or text comes as a stream, rank 0 does all of it.

    Returns:
        What `preprocess` does at rank 0; None at the others.

    Raises:
        InputError: what `preprocess` raises, and where ranks see other files.
    """
    own_folder = folder if ranks.rank == 0 else None
    text = UnreadText.of(inputs, corpus, options, limits, own_folder)
    sources, encoder = text.found.sources, text.encoder
    sizes = ranks.gather([[source.description, source.total] for source in sources], None)
    if any(other != sizes[0] for other in sizes):
        rank = next(rank for rank, other in enumerate(sizes) if other != sizes[0])
        raise InputError(
            f"rank {rank} sees other files than rank 0, or of other sizes; give all the same text, "
            "in a folder that they share"
        )
    if not any(source.is_stream for source in sources):
        text.encode(progress, TextPart(ranks.rank, ranks.size))
        rows = _joined_words(ranks, encoder)
        if rows is not None:
            for rank, chunk in _chunks_of_others(ranks, encoder):
                encoder.join_chunk(rows[rank], *chunk)
            if ranks.rank > 0:
                return None
            check_words(text.found, encoder)
            return preprocess_held_out(text.corpus(), folder, options, val_input, progress)
    if ranks.rank > 0:
        return None
    return preprocess(
        inputs, corpus, folder, options, limits, val_input=val_input, progress=progress
    )


def _joined_words(ranks: Ranks, encoder: Encoder) -> list[np.ndarray] | None:
    """Join the words of all ranks at rank 0.

    Returns:
        Of each rank the ids that its provisional ids have there, which is nothing at other ranks;
        None, everywhere, where there are so many words that rare ones have to be dropped.
    """
    if any(ranks.gather(encoder.dropped_up_to, None)):
        return None
    counted = encoder.word_counts()
    counts = np.fromiter(counted.values(), COUNT, len(counted))
    words_of = _to_first(ranks, encoded(list(counted)))
    counts_of = [part.view(COUNT) for part in _to_first(ranks, counts.view(np.uint8))]
    coverage_of = ranks.gather(asdict(encoder.coverage), None)
    rows = [NOTHING]
    for rank in range(1, ranks.size if ranks.rank == 0 else 1):
        coverage = _coverage(**coverage_of[rank])
        rows.append(encoder.join_words(decoded(words_of[rank]), counts_of[rank], coverage))
    is_joined = len(encoder.provisional()[0]) <= encoder.distinct_limit
    return rows if ranks.broadcast(is_joined, None) else None


def _chunks_of_others(ranks: Ranks, encoder: Encoder) -> Iterator[tuple[int, Chunk]]:
    """At rank 0 the chunks of all others and whose they are, in the order of the text; nothing at
    the others, which send theirs.
    """
    _, spool = encoder.provisional()
    chunks_of = ranks.gather(len(spool), None)
    own = iter(spool)
    for rank in range(1, ranks.size):
        for _ in range(chunks_of[rank]):
            if ranks.rank == rank:
                ids, ends = next(own)
                header = np.array([len(ends)], COUNT)
                parts = [part.view(np.uint8) for part in (header, ends, ids)]
                _to_first(ranks, np.concatenate(parts))
                continue
            message = _to_first(ranks, NOTHING)[rank]
            if ranks.rank == 0:
                count = int(message[: COUNT.itemsize].view(COUNT)[0])
                split = COUNT.itemsize * (1 + count)
                ends = message[COUNT.itemsize : split].view(COUNT)
                yield rank, (message[split:].view(np.int32), ends)


def _to_first(ranks: Ranks, message: np.ndarray) -> list[np.ndarray]:
    """The messages of all ranks at rank 0; nothing at the others."""
    return ranks.exchange([message] + [NOTHING] * (ranks.size - 1), None)


def _coverage(
    losses: list[int], outside: list[str] | None, cut: list[str] | None, **other: int
) -> Coverage:
    return Coverage(
        losses=Losses(*losses),
        tokens=other["tokens"],
        outside=None if outside is None else Example(*outside),
        cut=None if cut is None else Example(*cut),
    )
