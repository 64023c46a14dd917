"""The corpus: a text as rows of a vocabulary, in memory or read from its file."""

import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xw2v.errors import InputError
from xw2v.settings import Settings
from xw2v.storage.filearray import FileArray
from xw2v.text.corpus_folder import blocks_of, pour, read_corpus, write_corpus
from xw2v.text.encode import Encoder
from xw2v.text.spool import MEMORY, temporary_file
from xw2v.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as ids.

    ids: (N,) int32, rows of `vocabulary`; words without a row are left out.
    offsets: (S + 1,) int64; sentence s is ids[offsets[s]:offsets[s + 1]]. No sentence is empty.
    raw_words: tokens before the vocabulary was cut.
    fingerprint: SHA-256 over ids, offsets and words, whatever pieces the text was read in.
    description: one line about where the text is from. notices: lines that a user should see.
    settings: how the text was tokenised and its vocabulary cut, as far as that is known.
    """

    ids: np.ndarray | FileArray
    offsets: np.ndarray | FileArray
    vocabulary: Vocabulary
    raw_words: int
    fingerprint: str
    description: str
    notices: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Sentences."""
        return len(self.offsets) - 1

    def check(self) -> None:
        """Raise InputError if a file that the corpus is read from has changed since it was
        opened.
        """
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
    ) -> "Corpus":
        """The corpus of an iterable of token lists, read once; every token counts as it is.

        With `vocabulary` its words are taken, and `min_count` and `max_vocab` do not apply. Raises
        InputError for strings in place of token lists and when no word is left.

        >>> corpus = Corpus.from_sentences([["a", "b", "a"], ["c"], ["b", "a"]], min_count=2)
        >>> corpus.vocabulary.words, corpus.ids.tolist(), corpus.offsets.tolist(), corpus.raw_words
        (['a', 'b'], [0, 1, 0, 1, 0], [0, 3, 5], 6)
        """
        encoder = Encoder()
        encoder.add_sentences(sentences)
        return cls.from_encoder(encoder, min_count, max_vocab, vocabulary, "token lists")

    @classmethod
    def from_encoder(
        cls,
        encoder: Encoder,
        min_count: int = Settings.min_count,
        max_vocab: int | None = Settings.max_vocab,
        vocabulary: Vocabulary | None = None,
        description: str = "",
        settings: Mapping[str, Any] | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> "Corpus":
        """The corpus of everything that `encoder` was given.

        With `folder` it is written there and read from there, as a large one is from a temporary
        file without.
        """
        tokens, blocks, vocabulary = encoder.finish(min_count, max_vocab, vocabulary)
        if tokens == 0:
            raise InputError(
                f"{description}: none of its {encoder.raw_words:,} words is in the vocabulary"
            )
        notices, settings = tuple(encoder.notices), settings or {}
        if folder is not None:
            about = {
                "raw_words": encoder.raw_words,
                "description": description,
                "settings": dict(settings),
            }
            write_corpus(folder, blocks, vocabulary, about)
            return cls.open(folder, notices)
        ids: np.ndarray | FileArray
        offsets: np.ndarray | FileArray
        if 4 * tokens <= MEMORY:
            ids_buffer, offsets_buffer = io.BytesIO(), io.BytesIO()
            digest = pour(blocks, ids_buffer, offsets_buffer)
            ids = np.frombuffer(ids_buffer.getvalue(), np.int32)
            offsets = np.frombuffer(offsets_buffer.getvalue(), np.int64)
        else:
            with (
                temporary_file(encoder.folder) as ids_file,
                temporary_file(encoder.folder) as offsets_file,
            ):
                digest = pour(blocks, ids_file, offsets_file)
                ids_file.flush()
                offsets_file.flush()
                ids = FileArray(ids_file, f"{description} (in a temporary file)", np.int32)
                offsets = FileArray(offsets_file, f"{description} (in a temporary file)", np.int64)
        fingerprint = digest.hexdigest(vocabulary)
        return cls(
            ids, offsets, vocabulary, encoder.raw_words, fingerprint, description, notices, settings
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a corpus folder (see `corpus_folder`); raises InputError where it cannot be
        written.
        """
        settings = dict(self.settings)
        about = {"raw_words": self.raw_words, "description": self.description, "settings": settings}
        write_corpus(folder, blocks_of(self.ids, self.offsets), self.vocabulary, about)

    @classmethod
    def open(cls, folder: str | os.PathLike[str], notices: tuple[str, ...] = ()) -> "Corpus":
        """Open a corpus folder; raises InputError where it is none or is damaged."""
        ids, offsets, vocabulary, about = read_corpus(folder)
        return cls(
            ids,
            offsets,
            vocabulary,
            about["raw_words"],
            about["fingerprint"],
            about["description"],
            notices,
            about["settings"],
        )
