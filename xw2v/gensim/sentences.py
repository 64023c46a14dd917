"""Texts as iterables of token lists, and what is made of the token lists that a user gives."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from xw2v.errors import InputError, MissingFileError
from xw2v.gensim.notices import warn_once
from xw2v.storage.files import damage_reported, decompressed, open_binary

logger = logging.getLogger(__name__)

MAX_SENTENCE_LENGTH = 10_000  # tokens; longer lines are cut
READ_BYTES = 1 << 16
PLAIN_STRING = (
    "Each 'sentences' item should be a list of words (usually unicode strings). "
    "First item here is instead plain %s."
)


class LineSentence:
    """A sentence a line, tokens separated by whitespace.

    Args:
        source: the path of a file, compressed or not, or an open file that can be rewound.
        max_sentence_length: tokens; longer lines are cut into several sentences.
        limit: read only so many lines.
    """

    def __init__(
        self, source: Any, max_sentence_length: int = MAX_SENTENCE_LENGTH, limit: int | None = None
    ) -> None:
        self.source = source
        self.max_sentence_length = max_sentence_length
        self.limit = limit

    def __iter__(self) -> Iterator[list[str]]:
        if hasattr(self.source, "seek"):
            self.source.seek(0)
            yield from self.split(self.source)
        else:
            with open_binary(self.source) as raw, damage_reported(os.fspath(self.source)):
                yield from self.split(decompressed(raw, os.fspath(self.source)))

    def split(self, lines: Iterable[str | bytes], first: int = 1) -> Iterator[list[str]]:
        """The sentences of lines, of which the first has this number."""
        longest = self.max_sentence_length
        for number, line in enumerate(islice(lines, self.limit), first):
            tokens = _decoded(line, self.source, number).split()
            if len(tokens) <= longest:
                if tokens:
                    yield tokens
            else:
                yield from (tokens[i : i + longest] for i in range(0, len(tokens), longest))


def _decoded(line: str | bytes, source: object, number: int | None) -> str:
    if isinstance(line, str):
        return line
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        path = source if isinstance(source, (str, os.PathLike)) else None
        raise InputError("not UTF-8; convert it first", path=path, line=number) from None


class PathLineSentences:
    """`LineSentence` of all files in a folder, in alphabetical order, without folders in it.

    Args:
        source: the folder, or a single file.
        max_sentence_length, limit: of each file, see `LineSentence`.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        max_sentence_length: int = MAX_SENTENCE_LENGTH,
        limit: int | None = None,
    ) -> None:
        self.source = source
        self.max_sentence_length = max_sentence_length
        self.limit = limit
        path = Path(source)
        if not path.exists():
            raise MissingFileError("no such file or folder", path=path)
        files = [path] if path.is_file() else sorted(one for one in path.iterdir() if one.is_file())
        self.input_files = [str(one) for one in files]

    def __iter__(self) -> Iterator[list[str]]:
        for path in self.input_files:
            logger.info("reading file %s", path)
            yield from LineSentence(path, self.max_sentence_length, self.limit)


class Text8Corpus:
    """A text without line ends, such as text8, in sentences of `max_sentence_length` tokens."""

    def __init__(
        self, fname: str | os.PathLike[str], max_sentence_length: int = MAX_SENTENCE_LENGTH
    ) -> None:
        self.fname = fname
        self.max_sentence_length = max_sentence_length

    def __iter__(self) -> Iterator[list[str]]:
        longest, sentence = self.max_sentence_length, list[str]()
        with open_binary(self.fname) as raw, damage_reported(os.fspath(self.fname)):
            for tokens in self._tokens(decompressed(raw, os.fspath(self.fname))):
                sentence += tokens
                while len(sentence) >= longest:
                    yield sentence[:longest]
                    sentence = sentence[longest:]
        if sentence:
            yield sentence

    def _tokens(self, file: BinaryIO) -> Iterator[list[str]]:
        rest = b""
        while chunk := file.read(READ_BYTES):
            complete, space, rest = (rest + chunk).rpartition(b" ")
            if space:
                yield _decoded(complete, self.fname, None).split()
        yield _decoded(rest, self.fname, None).split()


class BrownCorpus:
    """The files of the Brown corpus in a folder: a sentence a line, tokens as word/tag, without
    those whose tags are no letters; tags are cut to two characters.
    """

    def __init__(self, dirname: str | os.PathLike[str]) -> None:
        self.dirname = dirname

    def __iter__(self) -> Iterator[list[str]]:
        for line in PathLineSentences(self.dirname):
            pairs = [token.split("/") for token in line if token.count("/") == 1]
            words = [f"{word.lower()}/{tag[:2]}" for word, tag in pairs if tag[:2].isalpha()]
            if words:
                yield words


class TokenLists:
    """The token lists that a user gives, as they can be trained on, counted on the way.

    Strings count as lists of their characters, as in gensim. Line breaks in tokens are removed, and
    empty tokens left out. There is a warning of either.

    Attributes:
        sentences: how many went by.
        words: tokens in them.
    """

    def __init__(self, source: Iterable[Any]) -> None:
        self._source = source
        self.sentences = 0
        self.words = 0

    def __iter__(self) -> Iterator[list[str]]:
        for sentence in self._source:
            tokens = self._checked(sentence)
            self.sentences += 1
            self.words += len(tokens)
            yield tokens

    def _checked(self, sentence: Any) -> list[str]:
        if isinstance(sentence, str):
            if self.sentences == 0:
                logger.warning(PLAIN_STRING, type(sentence))
            warn_once(
                "sentences",
                "each should be a list of words, but one is a string, so its characters count as "
                "words; split it first, as in sentence.split()",
            )
        elif isinstance(sentence, bytes) or not isinstance(sentence, Iterable):
            kind = type(sentence).__name__
            raise InputError(f"sentence {self.sentences} is of type {kind}, not a list of tokens")
        tokens = sentence if isinstance(sentence, list) else list(sentence)
        try:
            clean = "" not in tokens and "\n" not in "".join(tokens)
        except TypeError:  # the encoder says which token is no string
            return tokens
        return tokens if clean else _without_breaks(tokens)


def _without_breaks(tokens: list[str]) -> list[str]:
    warn_once(
        "tokens",
        "empty tokens are left out and line breaks in tokens removed, as split(' ') leaves them; "
        "use split()",
    )
    return [word for word in (token.replace("\n", "") for token in tokens) if word]
