"""Words and their vectors as a table: looking rows up, averaging and replacing them.

What can be asked of the table is in `xw2v.vectors.keyedvectors`. Names and semantics are those of
gensim's KeyedVectors: a key is a word, or the number of a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike

from xw2v.errors import InputError, UnknownWordError
from xw2v.sgns.backend import Backend
from xw2v.sgns.loading import Say, load_backend, print_notice
from xw2v.vectors import tablechecks
from xw2v.vectors.arguments import as_array, as_flag, checks_arguments
from xw2v.vectors.arrays import unit
from xw2v.vectors.display import GENSIM_NAMES, html_table, one_line
from xw2v.vectors.query import KEY_TYPES, Key, Term, bad_term, is_list
from xw2v.vectors.rowsearch import RowSearch
from xw2v.vectors.spelling import MisspeltWordError
from xw2v.vectors.subwords import SubwordTable
from xw2v.vectors.vectorrows import VectorRows
from xw2v.vectors.wordattributes import WordAttributes

ROUNDING = 1e-12  # of a sum, relative to its terms: what is smaller is 0


@checks_arguments("get_index", "get_vector", "has_index_for", "is_composed")
class WordTable:
    """V words, each with a vector of D dimensions.

    Changes copy the table first, so that the array or the file it came from stays as it was.

    Attributes:
        index_to_key: the words, in row order.
        key_to_index: word -> row.
        attributes: name -> values (V,) of the words, such as "count".
        subwords: vectors of n-grams, by which words without a row have vectors, too; or None.
    """

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        counts: np.ndarray | None = None,
        subwords: SubwordTable | None = None,
    ) -> None:
        """Hold `vectors` (V, D) without copying them where they are float32.

        Args:
            words: V different words.
            vectors: (V, D), converted to float32 where they are something else.
            counts: (V,) how often each word occurred, where that is known.
            subwords: vectors of n-grams, from which other words get theirs.

        Raises:
            InputError: sizes that do not match, a word that is no string, or one that comes twice.
        """
        self.index_to_key = tablechecks.checked_words(words)
        tablechecks.check_shape(self.index_to_key, vectors)
        self.key_to_index = tablechecks.word_index(self.index_to_key)
        self._rows = VectorRows(tablechecks.as_float32(vectors))
        self.subwords = subwords
        self._backend: Backend | None = None
        self._search: RowSearch | None = None
        self.attributes = WordAttributes(len(self.index_to_key))
        if counts is not None:
            self.attributes["count"] = tablechecks.checked_counts(
                counts, len(self.index_to_key)
            ).copy()

    # --- size and look-up ---

    @property
    def vectors(self) -> np.ndarray:
        """(V, D) float32; a memory map where it was loaded as one."""
        return self._rows.table

    @vectors.setter
    def vectors(self, table: np.ndarray) -> None:
        table = as_array("vectors", table)
        tablechecks.check_shape(self.index_to_key, table)
        self._replace(self.index_to_key, tablechecks.as_float32(table))

    @property
    def vector_size(self) -> int:
        """D, the dimensions of a vector."""
        return int(self.vectors.shape[1])

    @property
    def counts(self) -> np.ndarray | None:
        """(V,) how often each word occurred, None where that is not known."""
        return self.attributes.get("count")

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.index_to_key)

    def __repr__(self) -> str:
        return one_line(type(self).__name__, self.index_to_key, self.vector_size)

    def _repr_html_(self) -> str:
        return html_table(self.index_to_key, self.vectors, self.counts)

    def __getattr__(self, name: str) -> Any:
        hint = f"; use {GENSIM_NAMES[name]}" if name in GENSIM_NAMES else ""
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self
        )

    def __contains__(self, key: object) -> bool:
        return isinstance(key, KEY_TYPES) and (self.has_index_for(key) or self.is_composed(key))

    def is_composed(self, key: Key) -> bool:
        """Whether this is a word without a row, which has a vector by its n-grams."""
        if self.subwords is None or not isinstance(key, str) or self.has_index_for(key):
            return False
        return self.subwords.knows(key)

    def has_index_for(self, key: Key) -> bool:
        """Whether there is a row of this word or number."""
        return self.get_index(key, -1) >= 0

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Row of a word (or of a row's number). Without a default, raises UnknownWordError."""
        if isinstance(key, str):
            row = self.key_to_index.get(key, -1)
        elif isinstance(key, KEY_TYPES):
            row = int(key)
        else:
            raise bad_term("key", key)
        if 0 <= row < len(self):
            return row
        if default is not None:
            return default
        if isinstance(key, str):
            raise MisspeltWordError(str(key), self.index_to_key)
        raise UnknownWordError(f"there is no row {key}; the rows are 0 to {len(self) - 1}")

    def get_vector(self, key: Key, norm: bool = False) -> np.ndarray:
        """The vector (D,) of a word, read-only; with `norm` scaled to norm 1."""
        scaled = norm is not False and as_flag("norm", norm)
        if self.subwords is not None and self.is_composed(key):
            composed: np.ndarray = self.subwords.vectors_of([str(key)])[0]
            return unit(composed) if scaled else composed
        vector = self.vectors[self.get_index(key)]
        vector = (unit(vector) if scaled else vector).view()
        vector.setflags(write=False)  # the norms are cached
        return vector

    @overload
    def __getitem__(self, key: Key) -> np.ndarray: ...
    @overload
    def __getitem__(self, key: Iterable[Key]) -> np.ndarray: ...
    def __getitem__(self, key: Key | Iterable[Key]) -> np.ndarray:
        """The vector (D,) of a word, or the vectors (n, D) of n words."""
        if isinstance(key, KEY_TYPES):
            return self.get_vector(key)
        if not is_list(key):
            raise bad_term("key", key)
        keys = list(key)
        rows = [-1 if self.is_composed(one) else self.get_index(one) for one in keys]
        found = np.asarray(self.vectors[np.asarray(rows, dtype=np.int64)])
        composed = [i for i, row in enumerate(rows) if row < 0]
        if self.subwords is not None and composed:
            found[composed] = self.subwords.vectors_of([str(keys[i]) for i in composed])
        return found

    def get_mean_vector(
        self,
        keys: Sequence[Term],
        weights: ArrayLike | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> np.ndarray:
        """Weighted mean (D,) of words' vectors: Σ wᵢ vᵢ / Σ |wᵢ|.

        Args:
            keys: words, rows, or vectors (D,); vectors are taken as they are.
            weights: one for each key, 1 by default.
            pre_normalize: scale each word's vector to norm 1 first.
            post_normalize: scale the mean to norm 1.
            ignore_missing: leave unknown words out; otherwise they raise UnknownWordError.
        """
        if len(keys) == 0:
            raise InputError("a mean needs at least one word or vector")
        mean, absolute = np.zeros((2, self.vector_size))
        total = 0.0
        for key, w in zip(keys, tablechecks.checked_weights(weights, len(keys)), strict=True):
            if isinstance(key, np.ndarray):
                vector = tablechecks.checked_vector(key, self.vector_size)
            elif ignore_missing and key not in self:
                continue
            else:
                vector = self.get_vector(key, norm=pre_normalize)
            mean += w * vector
            absolute += np.abs(w * vector)
            total += abs(w)
        if len(keys) > 1 and (np.abs(mean) <= ROUNDING * absolute).all():
            mean[:] = 0
        if total > 0:
            mean /= total
        return (unit(mean) if post_normalize else mean).astype(np.float32)

    # --- norms, and where answers are computed ---

    @property
    def norms(self) -> np.ndarray:
        """(V,) the norm of each vector; computed when first used, in one pass over the table."""
        self.fill_norms()
        assert self._rows.norms is not None
        return self._rows.norms

    def fill_norms(self, force: bool = False) -> None:
        """Compute the norms, where they are not known or with `force`.

        Raises InputError for a vector with a non-finite value.
        """
        if self._rows.norms is None or force:
            self._search = None
            self._rows.norms = tablechecks.finite_norms(self.index_to_key, self.vectors)

    def to_device(
        self, device: str = "cpu", backend: str | None = None, say: Say = print_notice
    ) -> Self:
        """Answer on a device from now on, from a copy of the table there. Returns self.

        `say` receives the reason where "auto" takes the CPU.

        Raises MissingDependencyError or UsageError where there is no such device or library.
        """
        plain = (device, backend or "numpy") == ("cpu", "numpy")
        self._backend = None if plain else load_backend(backend, device, say=say)
        self._search = None
        return self

    def row_search(self) -> RowSearch:
        """What answers questions about the table as it is now."""
        if self._search is None:
            self._search = RowSearch(self.vectors, self.norms, self._backend)
        return self._search

    def nearest_rows(
        self,
        queries: np.ndarray,
        k: int,
        exclude: np.ndarray,
        end: int | None = None,
        start: int = 0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Many questions at once: the k rows (Q, k) nearest to each query, best first, and cosines
        (Q, k).

        Args:
            queries: (Q, D), of norm 1.
            k: how many.
            exclude: (Q, E) rows between start and end not to be answered; where fewer than k others
                are left, these come last, with a cosine of minus infinity.
            start, end: answer from these rows only.
        """
        start, end, _ = slice(start, end).indices(len(self))
        return self.row_search().nearest(queries, k, exclude, start, end)

    # --- change ---

    def add_vector(self, key: str, vector: np.ndarray) -> int:
        """Add one word and return its row."""
        self.add_vectors([key], tablechecks.checked_vector(vector, self.vector_size)[None, :])
        return self.key_to_index[key]

    def add_vectors(
        self,
        keys: Sequence[str],
        weights: ArrayLike,
        extras: dict[str, np.ndarray] | None = None,
        replace: bool = False,
    ) -> None:
        """Append words with their vectors.

        A word that is there already keeps its vector, or takes the new one with `replace`.

        Args:
            keys: n words; of one that comes twice the first is added, and the last replaces.
            weights: (n, D).
            extras: attributes, (n,) each; 0 or empty where they are missing.
            replace: whether known words take the new vectors.

        Raises:
            InputError: a word that is no string, or vectors of another shape or not finite.
        """
        words = tablechecks.checked_words([keys] if isinstance(keys, str) else keys)
        new = tablechecks.as_float32(np.asarray(weights))
        if new.size != len(words) * self.vector_size:
            raise InputError(
                f"{len(words)} words with {new.size} values: give {self.vector_size} each"
            )
        if not words:
            return
        new = new.reshape(len(words), self.vector_size)
        norms = tablechecks.finite_norms(words, new)
        extras = tablechecks.checked_extras(extras or {}, len(words))
        self._search = None
        first = {word: i for i, word in reversed(list(enumerate(words)))}
        fresh = sorted(i for word, i in first.items() if word not in self.key_to_index)
        if fresh:
            added, n_before = [words[i] for i in fresh], len(self)
            self.key_to_index.update(
                zip(added, range(n_before, n_before + len(fresh)), strict=True)
            )
            self.index_to_key += added
            self._rows.append(new[fresh], norms[fresh])
        self.attributes.append(fresh, extras)
        if replace:
            last = {word: i for i, word in enumerate(words)}
            rows = [self.key_to_index[word] for word in last]
            chosen = list(last.values())
            self._rows.set(rows, new[chosen], norms[chosen])
            for name, values in extras.items():
                self.attributes[name][rows] = values[chosen]

    def __setitem__(self, key: str | list[str], weights: Any) -> None:
        """Set the vector of a word, or the vectors (n, D) of n words, new or known."""
        self.add_vectors(key, weights, replace=True)

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """An attribute of a word, such as "count"."""
        if attr not in self.attributes:
            known = ", ".join(self.attributes) or "none"
            raise InputError(f"the words have no attribute {attr!r}; there is {known}")
        return self.attributes[attr][self.get_index(key)]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set an attribute of a word; 0 or empty for the others where it is new."""
        self.attributes.set(self.get_index(key), attr, val)

    def _replace(self, words: list[str], vectors: np.ndarray) -> None:
        self.index_to_key, self.key_to_index = words, tablechecks.word_index(words)
        self._rows = VectorRows(vectors)
        self._search = None
