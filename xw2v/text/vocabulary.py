"""The vocabulary: which words have a row in the tables, and how often each occurs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import numpy as np

from xw2v.errors import InputError, UsageError
from xw2v.settings import SETTINGS, Settings
from xw2v.storage.files import atomic_write
from xw2v.storage.jsonfile import read_json

FORMAT = "xw2v vocabulary 1"
UNKNOWN = "<UNK>"
DISTINCT_LIMIT = 20_000_000  # words; about 170 bytes each


@dataclass(frozen=True, kw_only=True)
class VocabularyLimits:
    """Which words of a text get a row.

    Attributes:
        min_count: words that occur fewer times are left out.
        max_vocab: with N, only the N - 1 most frequent of the others have a row, and every other
            word of the text counts as `<UNK>`, the last row.
        distinct_limit: where more distinct words than this are met, rare ones are dropped on the
            way.

    Raises:
        UsageError: a limit out of range.
    """

    min_count: int = Settings.min_count
    max_vocab: int | None = Settings.max_vocab
    distinct_limit: int = DISTINCT_LIMIT

    def __post_init__(self) -> None:
        SETTINGS["min_count"].check(self.min_count)
        SETTINGS["max_vocab"].check(self.max_vocab)
        if self.distinct_limit < 1000:
            raise UsageError(
                "must be 1000 or more", setting="distinct_limit", value=self.distinct_limit
            )


DEFAULT_LIMITS = VocabularyLimits()


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words in row order: the most frequent first, equally frequent ones by first appearance.

    Attributes:
        words: V words.
        counts: (V,) int64, how often each occurs.
        unknown: the row of `<UNK>`, always the last one; None where there is none.
    """

    words: list[str]
    counts: np.ndarray
    unknown: int | None = None

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """Word to row."""
        return {word: row for row, word in enumerate(self.words)}

    def rows_of(self, words: Sequence[str]) -> np.ndarray:
        """The row of each of the words, (n,) int32; `unknown`, or -1, where there is none."""
        missing = -1 if self.unknown is None else self.unknown
        return np.fromiter(map(self.index.get, words, repeat(missing)), np.int32, len(words))

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, int], limits: VocabularyLimits = DEFAULT_LIMITS
    ) -> Vocabulary:
        """The words of `counts` (in order of first appearance) that are within the limits.

        Raises:
            InputError: no word is left.

        >>> limits = VocabularyLimits(min_count=1, max_vocab=3)
        >>> Vocabulary.from_counts({"a": 2, "b": 7, "c": 5, "d": 1}, limits).words
        ['b', 'c', '<UNK>']
        """
        values = np.fromiter(counts.values(), np.int64, len(counts))
        return cls.from_words(list(counts), values, limits)

    @classmethod
    def from_words(
        cls,
        words: Sequence[str],
        counts: np.ndarray,
        limits: VocabularyLimits = DEFAULT_LIMITS,
        dropped_tokens: int = 0,
    ) -> Vocabulary:
        """`from_counts` of two parallel sequences.

        Args:
            dropped_tokens: further tokens, whose words are not known.
        """
        return cls.numbered(words, counts, limits, dropped_tokens)[0]

    @classmethod
    def numbered(
        cls,
        words: Sequence[str],
        counts: np.ndarray,
        limits: VocabularyLimits,
        dropped_tokens: int,
    ) -> tuple[Vocabulary, np.ndarray]:
        """`from_words`, and what `rows_of` the words then is."""
        if len(words) == 0:
            raise InputError("no words: the corpus holds nothing that the token pattern matches")
        order = np.argsort(-counts, kind="stable")
        order = order[counts[order] >= limits.min_count]
        if order.size == 0:
            raise InputError(
                f"no words left: of {len(words):,} distinct words the most frequent occurs "
                f"{counts.max():,} times, fewer than `min_count` {limits.min_count}; lower it or "
                "give more text"
            )
        rest = 0
        if limits.max_vocab is not None:
            frequent = [i for i in order[: limits.max_vocab] if words[i] != UNKNOWN]
            order = np.array(frequent[: limits.max_vocab - 1], dtype=np.intp)
            rest = int(counts.sum() - counts[order].sum()) + dropped_tokens
        rows = np.full(len(words), -1, np.int32)
        rows[order] = np.arange(order.size)
        kept = [words[i] for i in order.tolist()]
        if rest == 0:
            return cls(kept, counts[order]), rows
        vocabulary = cls([*kept, UNKNOWN], np.append(counts[order], rest), len(kept))
        return vocabulary, np.where(rows < 0, len(kept), rows)

    def to_bytes(self) -> bytes:
        """What `vocab.json` holds: "format", "words", "counts", and "unknown" where it is a row."""
        content = {"format": FORMAT, "words": self.words, "counts": self.counts.tolist()}
        if self.unknown is not None:
            content["unknown"] = self.unknown
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `vocab.json`."""
        with atomic_write(path) as file:
            file.write(self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Vocabulary:
        """Read what `save` wrote; raises InputError where the file is something else."""
        try:
            content = read_json(path)
            words, counts = content["words"], np.array(content["counts"], dtype=np.int64)
            unknown = content.get("unknown")
            if not isinstance(words, list):
                raise TypeError
        except (ValueError, TypeError, KeyError, OverflowError):
            raise InputError(
                f"{path}: not a vocabulary of xw2v (words and counts as JSON)"
            ) from None
        if content.get("format") != FORMAT:
            found = content.get("format")
            raise InputError(
                f"{path}: format {found!r} is not known; this version reads {FORMAT!r}"
            )
        if (
            not words
            or counts.shape != (len(words),)
            or not all(isinstance(word, str) for word in words)
        ):
            raise InputError(f"{path}: damaged: {len(words)} words, {counts.size} counts")
        if len(set(words)) != len(words) or unknown not in (None, len(words) - 1):
            raise InputError(
                f"{path}: damaged: a word is there twice, or {UNKNOWN} is not the last row"
            )
        return cls(words, counts, unknown)
