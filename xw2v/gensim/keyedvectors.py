"""KeyedVectors as gensim has them: made empty, saved in one file, with the names of gensim 3."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.gensim.lifecycle import Lifecycle, plain_events
from xw2v.gensim.modelfile import is_model_file, read_model, write_model
from xw2v.gensim.ngramtables import from_parts, parts_of
from xw2v.gensim.notices import warn_once
from xw2v.gensim.oldvectornames import OldVectorNames
from xw2v.vectors.evaluation import Correlation
from xw2v.vectors.keyedvectors import KeyedVectors as PlainKeyedVectors
from xw2v.vectors.query import Key, Neighbours
from xw2v.vectors.subwords import SubwordTable
from xw2v.vectors.wordattributes import WordAttributes

logger = logging.getLogger(__name__)


class KeyedVectors(Lifecycle, OldVectorNames):
    """Words and their vectors; see `xw2v.KeyedVectors` for what can be asked.

    Args:
        vector_size: D, for a table without words that has D dimensions; or V words.
        vectors: (V, D) of the words.
        counts: (V,) how often each word was met, where that is known.
        subwords: vectors of n-grams, from which other words get theirs.
        count, dtype, mapfile_path: gensim's, without effect: rows come with their words, and
            vectors are float32.

    Attributes:
        vectors_lockf: (V,) of 0 and 1; training does not move words with 0. Of length 1 it counts
            for all.
    """

    def __init__(
        self,
        vector_size: int | Sequence[str],
        vectors: np.ndarray | int | None = None,
        counts: np.ndarray | None = None,
        subwords: SubwordTable | None = None,
        *,
        count: int = 0,
        dtype: Any = np.float32,
        mapfile_path: Any = None,
    ) -> None:
        self.vectors_lockf = np.ones(1, np.float32)
        self.lifecycle_events = []
        self.mapfile_path = mapfile_path
        _check_dtype(dtype)
        if not isinstance(vector_size, (int, np.integer)):
            super().__init__(vector_size, np.asarray(vectors), counts, subwords)
            return
        if isinstance(vectors, int):  # gensim's second argument
            count = vectors
        elif vectors is not None:
            raise InputError("give the words and their vectors by add_vectors", setting="vectors")
        if count:
            warn_once("count", "has no effect here; rows are added with their words")
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

    @property
    def next_index(self) -> int:
        """The row that the next word gets."""
        return len(self)

    @property
    def expandos(self) -> WordAttributes:
        """gensim's name for `attributes`."""
        return self.attributes

    def allocate_vecattrs(
        self, attrs: Sequence[str] | None = None, types: Sequence[Any] | None = None
    ) -> None:
        """Make attributes of the words that are not there yet: zeros, or None for other types than
        numbers.
        """
        for name, kind in zip(attrs or (), types or (), strict=True):
            dtype = np.dtype(object if kind is str else kind)
            known = self.attributes.get(name)
            if known is None:
                self.attributes[name] = np.zeros(len(self), dtype)
            elif not np.issubdtype(dtype, known.dtype):
                raise InputError(f"the attribute {name!r} is of type {known.dtype}, not {dtype}")

    def similar_by_key(  # type: ignore[override]  # gensim's name of the argument
        self, key: Key, topn: int = 10, restrict_vocab: int | None = None
    ) -> Neighbours:
        """`similar_by_word`, with gensim's name of the argument."""
        return self.similar_by_word(key, topn, restrict_vocab)

    # --- files ---

    def save(self, path: Any, format: str | None = None, **unused: Any) -> None:
        """Save in one file, or in a `format` of `xw2v.vectors.formats`."""
        if format is not None:
            super().save(path, format)
            return
        self.add_lifecycle_event("saving", fname_or_handle=str(path))
        counts = {} if self.counts is None else {"counts": self.counts}
        content, more = parts_of(self.subwords)
        content |= {"words": self.index_to_key, "events": plain_events(self.lifecycle_events)}
        write_model(path, content, {"vectors": self.vectors, **counts, **more})

    @classmethod
    def load(  # type: ignore[override]  # gensim's name of the argument
        cls, fname: Any, format: str | None = None, *given: Any, **options: Any
    ) -> Self:
        """Load what `save` wrote, a model that was saved, or a file of vectors in any format.

        Args:
            fname: the file or folder.
            format, given, options: as of `xw2v.KeyedVectors.load`; gensim's `mmap` has no effect.
        """
        options.pop("mmap", None)
        if hasattr(fname, "read") or (format in (None, "r") and is_model_file(fname)):
            loaded = cls.from_file(fname)
        else:
            loaded = super().load(fname, format, *given, **options)
        loaded.add_lifecycle_event("loaded", fname=str(fname))
        return loaded

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
            if words:
                made = cls(words, vectors, counts, from_parts(content, tables))
            else:
                made = cls(int(vectors.shape[1]))
            made.lifecycle_events = content.get("events", [])
            return made
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
        message = f"loaded {found.vectors.shape} matrix of type float32 from {fname}"
        found.add_lifecycle_event(
            "load_word2vec_format", msg=message, binary=binary, encoding=encoding
        )
        return found

    def intersect_word2vec_format(
        self,
        fname: str | Path,
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        """Give the words of this table that a word2vec file has the vectors of the file.

        Args:
            lockf: 0 and training does not move them, 1 and it does.

        Raises:
            InputError: the file cannot be read, or its vectors are of another size.
        """
        if lockf not in (0, 1):
            raise InputError("give 0 for words that stay, or 1", setting="lockf", value=lockf)
        there = PlainKeyedVectors.load_word2vec_format(
            fname, None, binary, encoding, unicode_errors
        )
        if there.vector_size != self.vector_size:
            raise InputError(
                f"has vectors of {there.vector_size} dimensions, not {self.vector_size}", path=fname
            )
        words = [word for word in self.index_to_key if word in there.key_to_index]
        rows = [self.key_to_index[word] for word in words]
        if words:
            self.add_vectors(words, there[words], replace=True)
        if len(self.vectors_lockf) != len(self):
            self.vectors_lockf = np.full(len(self), self.vectors_lockf[0], np.float32)
        self.vectors_lockf[rows] = lockf
        message = f"merged {len(rows)} vectors into {self.vectors.shape} matrix from {fname}"
        self.add_lifecycle_event("intersect_word2vec_format", msg=message)

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

    # --- test sets ---

    @staticmethod
    def log_accuracy(section: dict[str, Any]) -> None:
        """Log the score of one of the sections that `evaluate_word_analogies` gives."""
        correct, incorrect = len(section["correct"]), len(section["incorrect"])
        if total := correct + incorrect:
            percent = 100 * correct / total
            logger.info("%s: %.1f%% (%i/%i)", section["section"], percent, correct, total)

    @staticmethod
    def log_evaluate_word_pairs(
        pearson: Correlation, spearman: Correlation, oov: float, pairs: str
    ) -> None:
        """Log what `evaluate_word_pairs` gives for the set `pairs`."""
        for name, found in (("Pearson", pearson), ("Spearman rank-order", spearman)):
            logger.info("%s correlation coefficient against %s: %.4f", name, pairs, found[0])
        logger.info("Pairs with unknown words ratio: %.1f%%", oov)


Word2VecKeyedVectors = EuclideanKeyedVectors = KeyedVectors  # names of gensim 3


def _check_dtype(dtype: Any) -> None:
    """Say once that there are float32 vectors alone."""
    if np.dtype(dtype) != np.float32:
        warn_once("datatype", "has no effect here; vectors are float32")
