"""The vocabulary: which words have a row in the tables, and how often each was met."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xw2v.errors import InputError, UsageError
from xw2v.settings import Settings
from xw2v.storage.files import atomic_write, open_binary

FORMAT = "xw2v vocabulary 1"
UNKNOWN = "<UNK>"


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words in row order, the most frequent first; words met equally often in order of first
    appearance.

    words: V words; counts: (V,) int64; unknown: the row of `<UNK>` (always the last one), or None.
    """

    words: list[str]
    counts: np.ndarray  # (V,) int64
    unknown: int | None = None

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """Word to row."""
        return {word: row for row, word in enumerate(self.words)}

    @classmethod
    def from_counts(
        cls,
        counts: Mapping[str, int],
        min_count: int = Settings.min_count,
        max_vocab: int | None = Settings.max_vocab,
    ) -> "Vocabulary":
        """The words of `counts` (in order of first appearance) that are met `min_count` times or
        more.

        With `max_vocab` N only the N - 1 most frequent of them, and every other word of the text
        counts as `<UNK>`, the last row. Raises InputError when no word is left, UsageError for
        options out of range.

        >>> Vocabulary.from_counts({"a": 2, "b": 7, "c": 5, "d": 1}, min_count=1, max_vocab=3).words
        ['b', 'c', '<UNK>']
        """
        values = np.fromiter(counts.values(), np.int64, len(counts))
        return cls.from_words(list(counts), values, min_count, max_vocab)

    @classmethod
    def from_words(
        cls,
        words: Sequence[str],
        counts: np.ndarray,
        min_count: int = Settings.min_count,
        max_vocab: int | None = Settings.max_vocab,
        dropped_tokens: int = 0,
    ) -> "Vocabulary":
        """`from_counts` of two parallel sequences, with `dropped_tokens` further tokens whose words
        are not known.
        """
        check_limits(min_count, max_vocab)
        if len(words) == 0:
            raise InputError("no words: the corpus holds nothing that the token pattern matches")
        order = np.argsort(-counts, kind="stable")
        order = order[counts[order] >= min_count]
        if order.size == 0:
            raise InputError(
                f"no words left: of {len(words):,} distinct words the most frequent was met {counts.max():,} "
                f"times, fewer than --min-count {min_count}; lower it or give more text"
            )
        if max_vocab is None:
            return cls([words[i] for i in order], counts[order])
        frequent = [i for i in order[:max_vocab] if words[i] != UNKNOWN]
        order = np.array(frequent[: max_vocab - 1], dtype=np.intp)
        rest = int(counts.sum() - counts[order].sum()) + dropped_tokens
        kept = [words[i] for i in order]
        if rest == 0:
            return cls(kept, counts[order])
        return cls([*kept, UNKNOWN], np.append(counts[order], rest), unknown=len(kept))

    def to_bytes(self) -> bytes:
        """What `vocab.json` holds: {"format", "words", "counts"}, and "unknown" where there is such
        a row.
        """
        content = {"format": FORMAT, "words": self.words, "counts": self.counts.tolist()}
        if self.unknown is not None:
            content["unknown"] = self.unknown
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `vocab.json`."""
        with atomic_write(path) as file:
            file.write(self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Vocabulary":
        """Read what `save` wrote; raises InputError where the file is something else."""
        with open_binary(path) as file:
            data = file.read()
        try:
            content = json.loads(data.decode("utf-8", "surrogatepass"))
            words, counts = content["words"], np.array(content["counts"], dtype=np.int64)
            unknown = content.get("unknown")
            if not isinstance(words, list):
                raise TypeError
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
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


def check_limits(min_count: int, max_vocab: int | None) -> None:
    """Raise UsageError for limits of a vocabulary that are out of range."""
    if min_count < 1:
        raise UsageError(f"--min-count {min_count}: must be 1 or more")
    if max_vocab is not None and max_vocab < 2:
        raise UsageError(f"--max-vocab {max_vocab}: must be 2 or more, one word and {UNKNOWN}")
