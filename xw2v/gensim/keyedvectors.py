"""KeyedVectors as gensim has them: made empty, saved in one file, with the names of gensim 3."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.gensim.modelfile import is_model_file, read_model, write_model
from xw2v.gensim.ngramtables import from_parts, parts_of
from xw2v.gensim.notices import no_attribute, old_name, warn_once
from xw2v.vectors.keyedvectors import KeyedVectors as PlainKeyedVectors
from xw2v.vectors.subwords import SubwordTable
from xw2v.vectors.wordattributes import WordAttributes

OLD_NAMES = {
    "index2word": "index_to_key",
    "index2entity": "index_to_key",
    "syn0": "vectors",
    "word_vec": "get_vector",
    "words_closer_than": "closer_than",
    "similar_by_entity": "similar_by_key",
    "expandos": "attributes",
}


@dataclass(frozen=True)
class VocabularyItem:
    """A word as gensim 3's `wv.vocab` has it: how often it occurs, and its row."""

    count: int
    index: int


class VocabularyItems(Mapping[str, VocabularyItem]):
    """gensim 3's `wv.vocab`: a word's count and row, by the word."""

    def __init__(self, vectors: KeyedVectors) -> None:
        self._vectors = vectors

    def __getitem__(self, word: str) -> VocabularyItem:
        row = self._vectors.key_to_index[word]
        counts = self._vectors.counts
        return VocabularyItem(0 if counts is None else int(counts[row]), row)

    def __contains__(self, word: object) -> bool:
        return word in self._vectors.key_to_index

    def __iter__(self) -> Iterator[str]:
        return iter(self._vectors.key_to_index)

    def __len__(self) -> int:
        return len(self._vectors)


class KeyedVectors(PlainKeyedVectors):
    """Words and their vectors; see `xw2v.KeyedVectors` for what can be asked.

    Args:
        vector_size: D, for a table without words that has D dimensions; or V words.
        vectors: (V, D) of the words.
        counts: (V,) how often each word was met, where that is known.
        subwords: vectors of n-grams, from which other words get theirs.
        count, dtype, mapfile_path: gensim's; there is no table of words without names, and vectors
            are float32.

    Attributes:
        vectors_lockf: (V,) of 0 and 1; training does not move words with 0. Of length 1 it counts
            for all.
    """

    def __init__(
        self,
        vector_size: int | Sequence[str],
        vectors: np.ndarray | None = None,
        counts: np.ndarray | None = None,
        subwords: SubwordTable | None = None,
        *,
        count: int = 0,
        dtype: Any = np.float32,
        mapfile_path: Any = None,
    ) -> None:
        self.vectors_lockf = np.ones(1, np.float32)
        _check_dtype(dtype)
        if not isinstance(vector_size, (int, np.integer)):
            super().__init__(vector_size, np.asarray(vectors), counts, subwords)
            return
        if count or vectors is not None:
            raise InputError("give the words and their vectors by add_vectors", setting="count")
        if vector_size < 1:
            raise InputError("give a number above 0", setting="vector_size", value=vector_size)
        super().__init__([""], np.zeros((1, int(vector_size)), np.float32))
        self.fill([], np.empty((0, int(vector_size)), np.float32), np.empty(0, np.int64))

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    def fill(self, words: list[str], vectors: np.ndarray, counts: np.ndarray) -> None:
        """Hold these words, vectors (V, D) and counts (V,) instead; nothing is copied."""
        self.attributes = WordAttributes(len(words))
        self.attributes["count"] = counts
        self._replace(words, vectors)

    def is_locked(self) -> np.ndarray | None:
        """(V,) bool, the words that training does not move; None where it moves all.

        Raises:
            InputError: a factor other than 0 and 1, or not one for each word.
        """
        factors = np.asarray(self.vectors_lockf)
        if not np.isin(factors, (0, 1)).all():
            raise InputError("vectors_lockf: give 0 for words that stay and 1 for the others")
        if factors.shape not in ((1,), (len(self),)):
            raise InputError(f"vectors_lockf: {factors.shape[0]} factors for {len(self)} words")
        locked: np.ndarray = np.broadcast_to(factors == 0, len(self))
        return np.ascontiguousarray(locked) if locked.any() else None

    # --- files ---

    def save(self, path: Any, format: str | None = None, **unused: Any) -> None:
        """Save in one file, or in a `format` of `xw2v.vectors.formats`."""
        if format is not None:
            super().save(path, format)
            return
        counts = {} if self.counts is None else {"counts": self.counts}
        content, more = parts_of(self.subwords)
        tables = {"vectors": self.vectors, **counts, **more}
        write_model(path, {"words": self.index_to_key, **content}, tables)

    @classmethod
    def load(cls, path: Any, format: str | None = None, *given: Any, **options: Any) -> Self:
        """Load what `save` wrote, a model that was saved, or a file of vectors in any format.

        Args:
            path: the file or folder.
            format, given, options: as of `xw2v.KeyedVectors.load`; gensim's `mmap` has no effect.
        """
        options.pop("mmap", None)
        if hasattr(path, "read") or (format in (None, "r") and is_model_file(path)):
            return cls.from_file(path)
        return super().load(path, format, *given, **options)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str] | BinaryIO) -> Self:
        """Load what `save` wrote; raises FileFormatError where the file is something else."""
        content, tables = read_model(path)
        return cls.from_content(content, tables, path)

    @classmethod
    def from_content(cls, content: dict[str, Any], tables: dict[str, Any], path: Any) -> Self:
        """The vectors of a file's content and tables."""
        try:
            words, vectors, counts = content["words"], tables["vectors"], tables.get("counts")
            if not words:
                return cls(int(vectors.shape[1]))
            return cls(words, vectors, counts, from_parts(content, tables))
        except (KeyError, IndexError, TypeError, ValueError, InputError) as error:
            place = path if isinstance(path, (str, os.PathLike)) else None
            raise FileFormatError(f"is damaged ({error})", path=place) from None

    @classmethod
    def load_word2vec_format(  # type: ignore[override]  # gensim's arguments
        cls,
        fname: str | Path,
        fvocab: str | Path | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: Any = np.float32,
        no_header: bool = False,
    ) -> Self:
        """`xw2v.KeyedVectors.load_word2vec_format`, with gensim's order of arguments.

        Vectors are float32, whatever `datatype` says. Where counts are not known, they fall from V
        to 1, as in gensim.
        """
        _check_dtype(datatype)
        found = super().load_word2vec_format(
            fname, fvocab, binary, encoding, unicode_errors, limit, no_header
        )
        if found.counts is None:
            found.attributes["count"] = np.arange(len(found), 0, -1)
        return found

    def save_word2vec_format(  # type: ignore[override]  # gensim's arguments
        self,
        fname: str | Path,
        fvocab: str | Path | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        """`xw2v.KeyedVectors.save_word2vec_format`, with gensim's order of arguments.

        Raises:
            InputError: `prefix` or `append` is given.
        """
        if prefix or append:
            raise InputError("is not here: each file holds one table", setting="prefix, append")
        if sort_attr != "count":
            warn_once("sort_attr", "has no effect here; words are sorted by count")
        super().save_word2vec_format(fname, fvocab, binary, write_header)

    def vectors_for_all(
        self, keys: Iterable[str], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> Self:
        """A smaller table of those `keys` that are known, with their counts only where
        `copy_vecattrs` says so.
        """
        found = super().vectors_for_all(keys)
        if not copy_vecattrs:
            found.attributes["count"] = np.zeros(len(found), np.int64)
        return found

    def evaluate_word_analogies(
        self, *given: Any, similarity_function: str = "most_similar", **options: Any
    ) -> tuple[float, list[dict[str, Any]]]:
        """`xw2v.KeyedVectors.evaluate_word_analogies`; gensim, too, uses `most_similar` alone."""
        if similarity_function != "most_similar":
            warn_once("similarity_function", "has no effect; analogies are by most_similar")
        return super().evaluate_word_analogies(*given, **options)

    # --- names of gensim 3 ---

    def __getattr__(self, name: str) -> Any:
        if name not in OLD_NAMES:
            raise no_attribute(self, name)
        old_name(f"wv.{name}", OLD_NAMES[name])
        return getattr(self, OLD_NAMES[name])

    @property
    def vocab(self) -> VocabularyItems:
        """gensim 3's mapping from a word to its count and row."""
        old_name("wv.vocab", "key_to_index, and get_vecattr(word, 'count')")
        return VocabularyItems(self)

    @property
    def vectors_norm(self) -> np.ndarray:
        """(V, D) rows of norm 1; gensim 3's."""
        old_name("wv.vectors_norm", "get_normed_vectors()")
        return self.get_normed_vectors()

    syn0norm = vectors_norm

    def init_sims(self, replace: bool = False) -> None:
        """gensim 3's; with `replace` every vector is scaled to norm 1, else nothing is done."""
        old_name("init_sims", "unit_normalize_all() for replace=True, and not needed otherwise")
        if replace:
            self.unit_normalize_all()

    def accuracy(self, questions: str | Path, *given: Any, **options: Any) -> list[dict[str, Any]]:
        """gensim 3's: the sections of `evaluate_word_analogies`."""
        old_name("wv.accuracy", "evaluate_word_analogies")
        options.pop("most_similar", None)
        return self.evaluate_word_analogies(questions, *given, **options)[1]

    def intersect_word2vec_format(self, *given: Any, **options: Any) -> None:
        """Refused: read the file with `load_word2vec_format` and set the rows of known words."""
        raise InputError(
            "intersect_word2vec_format is not here: load the file with load_word2vec_format, then "
            "wv[word] = other[word] for the words that both have"
        )


Word2VecKeyedVectors = EuclideanKeyedVectors = KeyedVectors  # names of gensim 3


def _check_dtype(dtype: Any) -> None:
    """Say once that there are float32 vectors alone."""
    if np.dtype(dtype) != np.float32:
        warn_once("datatype", "has no effect here; vectors are float32")
