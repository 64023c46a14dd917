"""Words and their vectors as a table: looking rows up, averaging and replacing them.

What can be asked of the table is in `xw2v.vectors.keyedvectors`. Names and semantics are those of
gensim's KeyedVectors: a key is a word, or the number of a row.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from xw2v.errors import InputError, UnknownWordError, shown
from xw2v.vectors.neighbours import divisors, row_norms

if TYPE_CHECKING:
    from xw2v.sgns.backend import Backend

Key = str | int | np.integer
KEY_TYPES = (str, int, np.integer)
Item = (
    Key | np.ndarray | tuple[Key | np.ndarray, float]
)  # a word, row or vector, with a weight or without


class WordTable:
    """V words, each with a vector of D numbers.

    Attributes:
        index_to_key: the words, in row order.
        key_to_index: word -> row.
        vectors: (V, D) float32; a memory map where it was loaded as one.
    """

    _backend: "Backend | None" = None
    _on_device: tuple[np.ndarray, Any, Any] | None = None  # of which table, its copy, its lengths

    def __init__(
        self, words: Sequence[str], vectors: np.ndarray, counts: np.ndarray | None = None
    ) -> None:
        """Hold `vectors` (V, D) without copying them where they are float32.

        Args:
            words: V different words.
            vectors: (V, D), converted to float32 where they are something else.
            counts: (V,) how often each word occurred, where that is known.

        Raises:
            InputError: sizes that do not match, or a word that comes twice.
        """
        table = np.asarray(vectors)
        if (
            table.ndim != 2
            or len(table) != len(words)
            or table.size == 0
            or table.dtype.kind not in "fiu"
        ):
            raise InputError(
                f"{len(words)} words with vectors of shape {table.shape} and type {table.dtype}: "
                "give one row of at least one number for each word"
            )
        self.vectors: np.ndarray = np.asarray(table, dtype=np.float32)
        self.index_to_key: list[str] = list(words)
        self.key_to_index: dict[str, int] = {
            word: row for row, word in enumerate(self.index_to_key)
        }
        if len(self.key_to_index) < len(self.index_to_key):
            twice = next(
                w for row, w in enumerate(self.index_to_key) if self.key_to_index[w] != row
            )
            raise InputError(
                f"the word {shown(twice)} comes more than once; give each word one row"
            )
        self._attributes: dict[str, np.ndarray] = {}
        self._norms: np.ndarray | None = None
        if counts is not None:
            if np.shape(counts) != (len(words),):
                raise InputError(f"counts of shape {np.shape(counts)} for {len(words)} words")
            self._attributes["count"] = np.asarray(counts)

    # --- size and lookup -------------------------------------------------------------------------------

    @property
    def vector_size(self) -> int:
        return int(self.vectors.shape[1])

    @property
    def counts(self) -> np.ndarray | None:
        """(V,) how often each word occurred, None where that is not known."""
        return self._attributes.get("count")

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.index_to_key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} words, vector_size={self.vector_size})"

    def __contains__(self, key: object) -> bool:
        return isinstance(key, KEY_TYPES) and self.has_index_for(key)

    def has_index_for(self, key: Key) -> bool:
        return self.get_index(key, -1) >= 0

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Row of a word (or of a row's number). Without a default, raises UnknownWordError."""
        row = self.key_to_index.get(key, -1) if isinstance(key, str) else int(key)
        if 0 <= row < len(self):
            return row
        if default is not None:
            return default
        raise self._unknown(key)

    def _unknown(self, key: Key) -> UnknownWordError:
        if not isinstance(key, str):
            return UnknownWordError(f"row {key} is not there; the rows are 0 to {len(self) - 1}")
        from xw2v.vectors.spelling import nearest_spellings

        near = nearest_spellings(key, self.index_to_key)
        hint = f"; the nearest spellings are {', '.join(map(shown, near))}" if near else ""
        return UnknownWordError(f"{shown(key)} is not in the vocabulary of {len(self)} words{hint}")

    def get_vector(self, key: Key, norm: bool = False) -> np.ndarray:
        """The vector (D,) of a word, read-only; with `norm` scaled to length 1."""
        row = self.get_index(key)
        vector: np.ndarray = unit(self.vectors[row]) if norm else self.vectors[row]
        vector = vector.view()
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
        rows = [self.get_index(one) for one in key]
        return self.vectors[np.asarray(rows, dtype=np.int64)]

    def get_mean_vector(
        self,
        keys: Sequence[Key | np.ndarray],
        weights: Sequence[float] | np.ndarray | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> np.ndarray:
        """Weighted mean (D,) of words' vectors: Σ wᵢ vᵢ / Σ |wᵢ|.

        Args:
            keys: words, rows, or vectors (D,); vectors are taken as they are.
            weights: one number a key, 1 by default.
            pre_normalize: scale each word's vector to length 1 first.
            post_normalize: scale the mean to length 1.
            ignore_missing: leave unknown words out; otherwise they raise UnknownWordError.
        """
        if len(keys) == 0:
            raise InputError("a mean needs at least one word or vector")
        weight = np.ones(len(keys)) if weights is None else np.asarray(weights, dtype=np.float64)
        if weight.shape != (len(keys),):
            raise InputError(
                f"{len(keys)} words, but weights of shape {weight.shape}: give one a word"
            )
        mean = np.zeros(self.vector_size)
        total = 0.0
        for key, w in zip(keys, weight, strict=True):
            if isinstance(key, np.ndarray):
                vector = self._check_vector(key)
            elif ignore_missing and key not in self:
                continue
            else:
                vector = self.get_vector(key, norm=pre_normalize)
            mean += w * vector
            total += abs(w)
        if total > 0:
            mean /= total
        return (unit(mean) if post_normalize else mean).astype(np.float32)

    def _check_vector(self, vector: np.ndarray) -> np.ndarray:
        if vector.shape != (self.vector_size,):
            raise InputError(
                f"a vector of shape {vector.shape}: these have {self.vector_size} numbers"
            )
        return vector

    # --- lengths ---------------------------------------------------------------------------------------

    @property
    def norms(self) -> np.ndarray:
        """(V,) the length of each vector; computed when first asked for, in one pass over the
        table.
        """
        self.fill_norms()
        assert self._norms is not None
        return self._norms

    def fill_norms(self, force: bool = False) -> None:
        """Compute the lengths if they are not known yet. Raises InputError for a vector with a NaN
        in it.
        """
        if self._norms is not None and not force:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            norms = row_norms(self.vectors)
        if not np.isfinite(norms).all():
            row = int(np.argmin(np.isfinite(norms)))
            raise InputError(
                f"the vector of {shown(self.index_to_key[row])} (row {row}) has a NaN, an infinity or numbers too "
                "large to measure; did its training diverge?"
            )
        self._norms = norms
        self._on_device = None

    def get_normed_vectors(self) -> np.ndarray:
        """A copy of the table (V, D) with rows of length 1 (rows of zeros stay zeros)."""
        return self.vectors / divisors(self.norms)[:, None]

    def unit_normalize_all(self) -> None:
        """Scale every vector to length 1, for good."""
        self._replace(self.index_to_key, self.get_normed_vectors())

    # --- where the table is
    # ---------------------------------------------------------------------------------

    def to_device(self, device: str = "cpu", backend: str | None = None) -> Self:
        """Answer on a device from now on, from a copy of the table there. Returns self.

        Raises MissingDependencyError or UsageError where there is no such device or library.
        """
        from xw2v.sgns.backend import load_backend

        self._backend = (
            None
            if (device, backend or "numpy") == ("cpu", "numpy")
            else load_backend(backend, device)
        )
        self._on_device = None
        return self

    def _table(self) -> tuple[Any, Any]:
        """The table (V, D) and the lengths (V,) to divide by, where answers are computed."""
        if self._on_device is None or self._on_device[0] is not self.vectors:
            lengths = divisors(self.norms)
            self._on_device = (
                self.vectors,
                self._to_device(self.vectors),
                self._to_device(lengths),
            )
        return self._on_device[1:]

    def _to_device(self, array: np.ndarray) -> Any:
        return array if self._backend is None else self._backend.from_numpy(array)

    def _to_host(self, array: Any) -> np.ndarray:
        return array if self._backend is None else self._backend.to_numpy(array)

    # --- change ----------------------------------------------------------------------------------------

    def _replace(self, words: list[str], vectors: np.ndarray) -> None:
        self.index_to_key = words
        self.key_to_index = {word: row for row, word in enumerate(words)}
        self.vectors = vectors
        self._norms = None

    def add_vector(self, key: str, vector: np.ndarray) -> int:
        """Add one word and answer its row; `add_vectors` is faster for many."""
        self.add_vectors([key], np.asarray(vector)[None, :])
        return self.key_to_index[key]

    def add_vectors(
        self,
        keys: Sequence[str],
        weights: Any,
        extras: dict[str, np.ndarray] | None = None,
        replace: bool = False,
    ) -> None:
        """Append words with their vectors (n, D).

        A word that is there already keeps its vector, or takes the new one with `replace`. `extras`
        are attributes, (n,) each. The table is copied, so that a memory map's file stays as it is.
        """
        keys = [keys] if isinstance(keys, str) else list(keys)
        new = np.asarray(weights, dtype=np.float32).reshape(len(keys), -1)
        if new.shape[1:] != (self.vector_size,) or any(not isinstance(key, str) for key in keys):
            raise InputError(
                f"{len(keys)} words with {new.size} numbers: give {self.vector_size} each"
            )
        last = {key: i for i, key in enumerate(keys)}  # of repeated words the last one replaces
        first = {key: i for i, key in reversed(list(enumerate(keys)))}
        fresh = [
            first[key]
            for key in sorted(first, key=first.__getitem__)
            if key not in self.key_to_index
        ]
        vectors = np.concatenate([self.vectors, new[fresh]])
        words = self.index_to_key + [keys[i] for i in fresh]
        extras = extras or {}
        attributes = {}
        for name in self._attributes.keys() | extras.keys():
            values = (
                np.asarray(extras[name]) if name in extras else np.zeros(len(keys), dtype=np.int64)
            )
            old = self._attributes.get(name, np.zeros(len(self), dtype=values.dtype))
            attributes[name] = np.concatenate([old, values[fresh]])
        self._attributes = attributes
        self._replace(words, vectors)
        if replace:
            for key, i in last.items():
                vectors[self.key_to_index[key]] = new[i]
                for name, values in extras.items():
                    attributes[name][self.key_to_index[key]] = values[i]

    def __setitem__(self, key: str | list[str], weights: Any) -> None:
        """Set the vector of a word, or the vectors (n, D) of n words, new or known."""
        self.add_vectors([key] if isinstance(key, str) else key, weights, replace=True)

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """An attribute of a word, such as "count"."""
        if attr not in self._attributes:
            raise InputError(f"these vectors have no {attr!r} of their words")
        return self._attributes[attr][self.get_index(key)]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set an attribute of a word; its type is that of the first value set, 0 or empty
        elsewhere.
        """
        if attr not in self._attributes:
            kind = object if isinstance(val, str) else type(val)
            self._attributes[attr] = np.zeros(len(self), dtype=kind)
        self._attributes[attr][self.get_index(key)] = val

    def sort_by_descending_frequency(self) -> None:
        """Put the most frequent words first; equals keep their order."""
        if self.counts is None:
            raise InputError(
                "these vectors came without word counts, so they cannot be sorted by them"
            )
        order = np.argsort(-self.counts, kind="stable")
        self._attributes = {name: values[order] for name, values in self._attributes.items()}
        self._replace([self.index_to_key[row] for row in order], self.vectors[order])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., D) scaled to length 1, in float64 and rounded once, as gensim does; zeros stay
    zeros.
    """
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=-1, keepdims=True)
    return (exact * (1 / np.where(lengths == 0, 1, lengths))).astype(vectors.dtype)


def as_items(value: Any) -> list[Item]:
    """What `positive=` and `negative=` accept, as a list: nothing, one key or vector, or
    several.
    """
    if value is None:
        return []
    if isinstance(value, KEY_TYPES) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return [value]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], float):
        return [value]
    return list(value)
