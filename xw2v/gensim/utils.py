"""Which words are kept: `min_count`, `max_final_vocab`, `max_vocab_size` and trim rules; and
gensim's helpers for text.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping

from xw2v.storage.packing import packed_write

ALPHABETIC = re.compile(r"(?:(?!\d)\w)+")
RULE_DEFAULT = 0
RULE_DISCARD = 1
RULE_KEEP = 2

TrimRule = Callable[[str, int, int], int]  # of a word, its count and min_count: a RULE


def is_kept(word: str, count: int, min_count: int, trim_rule: TrimRule | None) -> bool:
    """Whether a word stays, by the rule or, where that leaves it open, by `min_count`."""
    verdict = RULE_DEFAULT if trim_rule is None else trim_rule(word, count, min_count)
    if verdict in (RULE_KEEP, RULE_DISCARD):
        return verdict == RULE_KEEP
    return count >= min_count


def kept_words(
    counts: Mapping[str, int], min_count: int, trim_rule: TrimRule | None
) -> dict[str, int]:
    """The words of `counts` that stay, in their order, and their counts."""
    if trim_rule is None:
        return {word: count for word, count in counts.items() if count >= min_count}
    return {
        word: count for word, count in counts.items() if is_kept(word, count, min_count, trim_rule)
    }


def prune(
    counts: MutableMapping[str, int], min_reduce: int, trim_rule: TrimRule | None = None
) -> None:
    """Remove the words that occur fewer than `min_reduce` times, while a text is counted."""
    kept = kept_words(counts, min_reduce, trim_rule)
    for word in [word for word in counts if word not in kept]:
        del counts[word]


def effective_min_count(
    counts: Mapping[str, int], min_count: int, max_final_vocab: int | None
) -> int:
    """The smallest count, `min_count` or more, that leaves at most `max_final_vocab` words."""
    if max_final_vocab is None or max_final_vocab >= len(counts):
        return min_count
    ranked = sorted(counts.values(), reverse=True)
    return max(ranked[max_final_vocab] + 1, min_count)


def any2unicode(text: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """Text as a string."""
    return text if isinstance(text, str) else str(text, encoding, errors)


to_unicode = any2unicode


def any2utf8(text: str | bytes, errors: str = "strict", encoding: str = "utf8") -> bytes:
    """Text as UTF-8."""
    return any2unicode(text, encoding, errors).encode()


to_utf8 = any2utf8


def save_as_line_sentence(
    corpus: Iterable[Iterable[str]], filename: str | os.PathLike[str]
) -> None:
    """Write token lists as a file that `LineSentence` and `corpus_file` read, a sentence a line;
    compressed where the name ends in .gz, .bz2, .xz or .zst.

    Raises:
        InputError: the file cannot be written.
    """
    with packed_write(filename) as file:
        for sentence in corpus:
            file.write(any2utf8(" ".join(sentence) + "\n"))


def deaccent(text: str | bytes) -> str:
    """Text without the marks over and below letters."""
    parts = unicodedata.normalize("NFD", any2unicode(text))
    bare = "".join(char for char in parts if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", bare)


def tokenize(
    text: str | bytes,
    lowercase: bool = False,
    deacc: bool = False,
    encoding: str = "utf8",
    errors: str = "strict",
    to_lower: bool = False,
    lower: bool = False,
) -> Iterator[str]:
    """The runs of letters and underscores in a text; three arguments mean the same, as in gensim's.

    Args:
        deacc: remove accents.
    """
    text = any2unicode(text, encoding, errors)
    text = text.lower() if lowercase or to_lower or lower else text
    text = deaccent(text) if deacc else text
    return (found.group() for found in ALPHABETIC.finditer(text))


def simple_preprocess(
    doc: str | bytes, deacc: bool = False, min_len: int = 2, max_len: int = 15
) -> list[str]:
    """The lower-case tokens of a text that are neither too short nor too long."""
    return [
        token
        for token in tokenize(doc, lower=True, deacc=deacc, errors="ignore")
        if min_len <= len(token) <= max_len and not token.startswith("_")
    ]
