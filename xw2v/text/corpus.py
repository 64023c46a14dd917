"""The corpus: a text as rows of a vocabulary, in memory or read from its file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.settings import Settings
from xw2v.storage.filearray import FileArray
from xw2v.text.corpus_folder import read_corpus, write_corpus
from xw2v.text.encode import Encoder, Progress
from xw2v.text.id_arrays import Digest, chunks_of, digested, keep_arrays
from xw2v.text.vocabulary import DEFAULT_LIMITS, Vocabulary, VocabularyLimits


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as ids.

    Attributes:
        ids: (N,) int32, rows of `vocabulary`; words without a row are left out.
        offsets: (S + 1,) int64; sentence s is ids[offsets[s]:offsets[s + 1]]. No sentence is
            empty.
        vocabulary: the words of the rows, and their counts.
        raw_words: tokens before the vocabulary was cut.
        fingerprint: SHA-256 over ids, offsets and words, whatever chunks the text was read in.
        description: one line about where the text is from.
        notices: lines that a user should see.
        settings: how the text was tokenised and its vocabulary cut, as far as that is known.
        coverage: letters and digits of the text and those outside its words, see
            `coverage.Coverage.record`; empty where they were not counted.
    """

    ids: np.ndarray | FileArray
    offsets: np.ndarray | FileArray
    vocabulary: Vocabulary
    raw_words: int
    fingerprint: str
    description: str
    notices: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    coverage: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Sentences."""
        return len(self.offsets) - 1

    def check(self) -> None:
        """Raise InputError if a file that holds the corpus has changed since it was opened."""
        for array in (self.ids, self.offsets):
            if isinstance(array, FileArray):
                array.check()

    def sentence(self, s: int) -> list[str]:
        """The words of sentence s."""
        return [self.vocabulary.words[i] for i in self.ids[self.offsets[s] : self.offsets[s + 1]]]

    @classmethod
    def from_sentences(
        cls,
        sentences: Iterable[Iterable[str]],
        min_count: int = Settings.min_count,
        max_vocab: int | None = Settings.max_vocab,
        vocabulary: Vocabulary | None = None,
        progress: Progress | None = None,
    ) -> Corpus:
        """The corpus of an iterable of token lists, read once; every token counts as it is.

        Args:
            vocabulary: the words to take; `min_count` and `max_vocab` do not apply then.
            progress: called now and then.

        Raises:
            InputError: strings in place of token lists, or no word is left.

        >>> corpus = Corpus.from_sentences([["a", "b", "a"], ["c"], ["b", "a"]], min_count=2)
        >>> corpus.vocabulary.words, corpus.ids.tolist(), corpus.offsets.tolist(), corpus.raw_words
        (['a', 'b'], [0, 1, 0, 1, 0], [0, 3, 5], 6)
        """
        encoder = Encoder()
        encoder.add_sentences(sentences, progress)
        if encoder.raw_words == 0:
            raise InputError("no words in these sentences; give lists of tokens")
        limits = VocabularyLimits(min_count=min_count, max_vocab=max_vocab)
        return cls.from_encoder(encoder, vocabulary or limits, "token lists")

    @classmethod
    def from_encoder(
        cls,
        encoder: Encoder,
        vocabulary: Vocabulary | VocabularyLimits = DEFAULT_LIMITS,
        description: str = "",
        settings: Mapping[str, Any] | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> Corpus:
        """The corpus of everything that `encoder` was given.

        Args:
            vocabulary: the words to take, or which of those counted.
            folder: write the corpus there (see `corpus_folder`) and read it from there.

        Raises:
            InputError: no word is left, or the folder cannot be written.
        """
        text = encoder.finish(vocabulary)
        if text.tokens == 0:
            raise InputError(
                f"{description}: none of its {encoder.raw_words:,} words is in the vocabulary"
            )
        notices = tuple(encoder.notices)
        settings = dict(settings or {})
        coverage = encoder.coverage.record()
        if folder is not None:
            metadata = {
                "raw_words": encoder.raw_words,
                "description": description,
                "settings": settings,
                "coverage": coverage,
            }
            write_corpus(folder, text.chunks, text.vocabulary, metadata, encoder.threads)
            return cls.open(folder, notices, text.vocabulary)
        digest = Digest()
        chunks = digested(text.chunks, digest, encoder.threads)
        ids, offsets = keep_arrays(
            chunks, text.tokens, encoder.folder, description, encoder.threads
        )
        return cls(
            ids=ids,
            offsets=offsets,
            vocabulary=text.vocabulary,
            raw_words=encoder.raw_words,
            fingerprint=digest.hexdigest(text.vocabulary),
            description=description,
            notices=notices,
            settings=settings,
            coverage=coverage,
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a corpus folder (see `corpus_folder`).

        Raises:
            InputError: it cannot be written.
        """
        metadata = {
            "raw_words": self.raw_words,
            "description": self.description,
            "settings": dict(self.settings),
            "coverage": dict(self.coverage),
        }
        write_corpus(folder, chunks_of(self.ids, self.offsets), self.vocabulary, metadata)

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        notices: tuple[str, ...] = (),
        written: Vocabulary | None = None,
    ) -> Corpus:
        """Open a corpus folder; raises InputError where it is not one or is damaged.

        Args:
            written: the vocabulary with which it was just written, so that it needs no checks.
        """
        ids, offsets, vocabulary, metadata = read_corpus(folder, written)
        return cls(
            ids=ids,
            offsets=offsets,
            vocabulary=vocabulary,
            raw_words=metadata["raw_words"],
            fingerprint=metadata["fingerprint"],
            description=metadata["description"],
            notices=notices,
            settings=metadata["settings"],
            coverage=metadata["coverage"],
        )
