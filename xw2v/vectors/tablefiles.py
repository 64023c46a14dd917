"""Words and their vectors in files of every format, and to and from gensim's objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from xw2v.vectors import exchange
from xw2v.vectors.arguments import checks_arguments
from xw2v.vectors.formats import WordVectors, read_vectors, write_vectors
from xw2v.vectors.formats.trained_as import TrainedAs
from xw2v.vectors.wordtable import WordTable


@checks_arguments()
class TableFiles(WordTable):
    """A table of words that is read from files and written to them.

    Attributes:
        trained_as: how it was trained, which fastText's models keep; None where that is not known.
    """

    trained_as: TrainedAs | None = None

    @classmethod
    def load(
        cls,
        path: str | Path,
        format: str | None = None,
        limit: int | None = None,
        encoding: str = "utf-8",
        unicode_errors: str = "strict",
        lenient: bool = False,
    ) -> Self:
        """Load a model folder (memory-mapped) or a file of vectors.

        Args:
            path: the output folder of a training run, or a file.
            format: a name from `xw2v.vectors.formats.FORMATS`; by default found from the content.
            limit: read only the first so many words.
            encoding, unicode_errors: how bytes become words, in the word2vec, GloVe and fastText
                formats.
            lenient: of text, skip the lines that cannot be read, and log one line that counts them.

        Raises:
            InputError: one line saying what is wrong, and in which line or at which byte.
        """
        return cls._of(read_vectors(Path(path), format, limit, encoding, unicode_errors, lenient))

    def save(self, path: str | Path, format: str = "npy") -> None:
        """Save as a folder of center.npy and vocab.json, or in another format of
        `xw2v.vectors.formats`.
        """
        write_vectors(Path(path), self._content(), format)

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
        loaded = read_vectors(Path(fname), format, limit, encoding, unicode_errors)
        if fvocab is not None:
            loaded.counts = exchange.counts_of(loaded, fvocab, encoding, unicode_errors)
        return cls._of(loaded)

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
        format = "word2vec-bin" if binary else "word2vec" if write_header else "glove"
        exchange.save_word2vec(Path(fname), fvocab, format, self._content())

    def to_gensim(self) -> Any:
        """The same as a gensim KeyedVectors, with a copy of the vectors."""
        return exchange.to_gensim(self)

    @classmethod
    def from_gensim(cls, other: Any) -> Self:
        """From a gensim KeyedVectors, or from a model that has one as `.wv`."""
        return cls._of(exchange.from_gensim(other))

    @classmethod
    def _of(cls, content: WordVectors) -> Self:
        table = cls(content.words, content.vectors, content.counts, content.subwords)
        table.trained_as = content.trained_as
        return table

    def _content(self) -> WordVectors:
        words, vectors = self.index_to_key, self.vectors
        return WordVectors(
            words, vectors, self.counts, subwords=self.subwords, trained_as=self.trained_as
        )
