"""A table of words and vectors in files and in gensim: loading, saving, converting."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np

from xw2v.errors import InputError, MissingDependencyError
from xw2v.vectors.wordtable import WordTable


class SavedTable(WordTable):
    """A WordTable that can be loaded and saved; see `xw2v.vectors.formats` for the formats."""

    @classmethod
    def load(
        cls,
        path: str | Path,
        format: str | None = None,
        limit: int | None = None,
        encoding: str = "utf-8",
        unicode_errors: str = "strict",
    ) -> Self:
        """Load a model folder (memory-mapped) or a file of vectors in any format of
        `xw2v.vectors.formats`.

        Args:
            path: the output folder of a training run, or a file.
            format: a name from `xw2v.vectors.formats.FORMATS`; by default found from the content.
            limit: read only the first so many words.
            encoding, unicode_errors: how bytes become words, in the word2vec, GloVe and fastText
                formats.

        Raises:
            InputError: one line saying what is wrong, and in which line or at which byte.
        """
        from xw2v.vectors.formats import read_vectors

        loaded = read_vectors(Path(path), format, limit, encoding, unicode_errors)
        return cls(loaded.words, loaded.vectors, loaded.counts)

    def save(self, path: str | Path, format: str = "npy") -> None:
        """Save as a folder of center.npy and vocab.json, or in any other format of
        `xw2v.vectors.formats`.
        """
        from xw2v.vectors.formats import WordVectors, write_vectors

        write_vectors(Path(path), WordVectors(self.index_to_key, self.vectors, self.counts), format)

    @classmethod
    def load_word2vec_format(
        cls,
        fname: str | Path,
        fvocab: str | Path | None = None,
        binary: bool = False,
        encoding: str = "utf-8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        no_header: bool = False,
    ) -> Self:
        """gensim's name for `load` of a word2vec file, with counts from a file of `word count`
        lines.

        `no_header` reads a GloVe file. Words that `fvocab` lacks have a count of 0.
        """
        format = "word2vec-bin" if binary else "glove" if no_header else "word2vec"
        vectors = cls.load(fname, format, limit, encoding, unicode_errors)
        if fvocab is None:
            return vectors
        from xw2v.vectors.formats import decoding_of
        from xw2v.vectors.formats.countsfile import read_counts

        known = read_counts(Path(fvocab), decoding_of(encoding, unicode_errors))
        counts = np.asarray([known.get(word, 0) for word in vectors.index_to_key])
        return cls(vectors.index_to_key, vectors.vectors, counts)

    def save_word2vec_format(
        self,
        fname: str | Path,
        fvocab: str | Path | None = None,
        binary: bool = False,
        write_header: bool = True,
    ) -> None:
        """gensim's name for `save` as a word2vec file, the most frequent words first where counts
        are known.

        Without header it is a GloVe file. `fvocab` takes the counts, as `word count` lines.
        """
        words, vectors, counts = self.index_to_key, self.vectors, self.counts
        if counts is not None and (counts[1:] > counts[:-1]).any():
            order = np.argsort(-counts, kind="stable")
            words, vectors, counts = [words[row] for row in order], vectors[order], counts[order]
        from xw2v.vectors.formats import WordVectors, write_vectors
        from xw2v.vectors.formats.countsfile import write_counts

        if fvocab is not None:
            if counts is None:
                raise InputError(
                    f"{fvocab}: these vectors came without word counts, so none can be written"
                )
            write_counts(Path(fvocab), words, counts)
        format = "word2vec-bin" if binary else "word2vec" if write_header else "glove"
        write_vectors(Path(fname), WordVectors(words, vectors, counts), format)

    def to_gensim(self) -> Any:
        """The same as a gensim KeyedVectors, with a copy of the vectors."""
        try:
            from gensim.models import KeyedVectors as GensimKeyedVectors
        except ImportError:
            raise MissingDependencyError(
                'gensim is not installed: pip install "gensim>=4.4"'
            ) from None
        other = GensimKeyedVectors(self.vector_size)
        other.add_vectors(list(self.index_to_key), np.array(self.vectors))
        for name, values in self._attributes.items():
            other.expandos[name] = np.array(values)
        return other

    @classmethod
    def from_gensim(cls, other: Any) -> Self:
        """From a gensim KeyedVectors, or from a model that has one as `.wv`."""
        other = getattr(other, "wv", other)
        return cls(
            [str(key) for key in other.index_to_key], other.vectors, other.expandos.get("count")
        )

    def vectors_for_all(self, keys: Iterable[str]) -> Self:
        """A smaller table of those `keys` that are known, in their order."""
        rows = [self.key_to_index[key] for key in dict.fromkeys(keys) if key in self.key_to_index]
        counts = None if self.counts is None else self.counts[rows]
        return type(self)([self.index_to_key[row] for row in rows], self.vectors[rows], counts)
