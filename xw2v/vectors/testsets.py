"""Test sets as files: word pairs with human scores, and analogy questions (Google, MSR, BATS).

None is shipped with xw2v. What the formats look like, and where the sets come from, is in
docs/evaluation.md.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from xw2v.errors import FileFormatError, UsageError
from xw2v.storage.files import damage_reported, decompressed, open_binary
from xw2v.text.foreign import HEAD_BYTES, refuse_foreign
from xw2v.vectors.formats import decoding_of
from xw2v.vectors.paircolumns import NAMED_DELIMITERS, Pair, find_columns

MAX_LINE_BYTES = 1 << 20
MAX_BYTES = 1 << 26  # of a test set in another encoding than UTF-8
SAMPLE_LINES = 100  # from which the columns of pairs are found


@dataclass(frozen=True)
class PairSet:
    """Word pairs with the similarity that people gave them.

    Attributes:
        name: of the file, without its ending.
        pairs: (word, word, score).
        skipped: lines that were something else.
        score_column: where the scores came from, from 1.
    """

    name: str
    pairs: list[Pair]
    skipped: int = 0
    score_column: int = 3


@dataclass(frozen=True)
class Question:
    """a is to b as c is to what? Any of `answers` is right; of several forms of b the first known
    counts.
    """

    a: str
    b: tuple[str, ...]
    c: str
    answers: tuple[str, ...]


@dataclass
class Section:
    """Questions about one relation; `kind` is "semantic", "syntactic", or None if not known."""

    name: str
    kind: str | None
    questions: list[Question] = field(default_factory=list)


@dataclass
class AnalogySet:
    """Sections of questions; `skipped` lines were something else."""

    name: str
    sections: list[Section]
    skipped: int = 0


def _lines(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """(number, line) of a text file, compressed or not, without comments (`#` first), empty lines
    and a byte order mark.

    Raises:
        InputError: it is not text, or in another encoding.
        UsageError: there is no such encoding.
    """
    decoding_of(encoding, "strict")
    with open_binary(path) as raw, damage_reported(str(path)):
        number = 0
        stream = _text_of(decompressed(raw, str(path), unzips=True), path, encoding)
        while line := stream.readline(MAX_LINE_BYTES):
            number += 1
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeError as error:
                reason = getattr(error, "reason", error)
                raise FileFormatError(f"not UTF-8 ({reason})", path=path, line=number) from None
            if text.strip() and not text.startswith("#"):
                yield number, text


def _text_of(stream: BinaryIO, path: Path, encoding: str) -> BinaryIO:
    """A stream of text as UTF-8; what is no text is refused by what it is."""
    if codecs.lookup(encoding).name == "utf-8":
        buffered = io.BufferedReader(cast(Any, stream))
        refuse_foreign(buffered.peek(HEAD_BYTES)[:HEAD_BYTES], str(path))
        return buffered
    data = stream.read(MAX_BYTES)
    try:
        return io.BytesIO(data.decode(encoding).encode())
    except UnicodeError as error:
        reason = getattr(error, "reason", error)
        raise FileFormatError(f"not {encoding} ({reason})", path=path) from None


def read_pairs(path: Path, delimiter: str | None = None, encoding: str = "utf-8") -> PairSet:
    """Read pairs of words with a score, one a line, among whatever other columns.

    Args:
        path: a text file, compressed or not.
        delimiter: between the columns, a character or its name ("tab", "comma", "semicolon",
            "space"); by default found from the first lines, as are the columns.
        encoding: of the file.

    Returns:
        The pairs. Lines of another shape are counted as skipped, as are scores that are not finite.

    Raises:
        InputError: a file without any such line.
        UsageError: an empty delimiter.
    """
    if delimiter is not None:
        delimiter = NAMED_DELIMITERS.get(delimiter, delimiter)
        if not delimiter:
            raise UsageError(
                "give a character, or tab, comma or space", setting="delimiter", value=delimiter
            )
    lines = [line.rstrip("\r\n") for _, line in _lines(path, encoding)]
    columns = find_columns(lines[:SAMPLE_LINES], delimiter)
    if columns is None:
        by = "tabs, commas, semicolons or spaces" if delimiter is None else repr(delimiter)
        raise FileFormatError(f"no line of word, word and score, separated by {by}", path=path)
    if columns.is_header(lines[0]):
        lines = lines[1:]
    pairs = [pair for line in lines if (pair := columns.pair(line)) is not None]
    if not pairs:
        raise FileFormatError("no line of word, word and score", path=path)
    return PairSet(path.stem, pairs, len(lines) - len(pairs), columns.score + 1)


def read_analogies(path: Path) -> AnalogySet:
    """Read questions `a b c d` under section lines `: name`, or a BATS folder.

    A file without section lines (MSR) is one section. Lines of other than four words are counted as
    skipped, as in gensim.

    Raises InputError where there is no question.
    """
    if path.is_dir():
        return _read_bats(path)
    sections: list[Section] = []
    skipped = 0
    for _, line in _lines(path):
        if line.startswith(": "):
            name = line.lstrip(": ").strip()
            sections.append(Section(name, "syntactic" if name.startswith("gram") else "semantic"))
            continue
        words = line.split()
        if len(words) != 4:
            skipped += 1
            continue
        if not sections:
            sections.append(Section(path.stem, "syntactic" if "msr" in path.stem.lower() else None))
        a, b, c, d = words
        sections[-1].questions.append(Question(a, (b,), c, (d,)))
    if not any(section.questions for section in sections):
        raise FileFormatError("no analogy question, a line of four words", path=path)
    return AnalogySet(path.stem, sections, skipped)


BATS_KINDS = {"I": "syntactic", "D": "syntactic", "E": "semantic", "L": "semantic"}


def _read_bats(folder: Path) -> AnalogySet:
    """A section for each file of lines `word<TAB>answer/answer`; any two of its lines are a
    question.

    The first letter of a file's name is the kind: inflection, derivation, encyclopedia,
    lexicography.
    """
    sections = []
    skipped = 0
    for path in sorted(folder.rglob("*.txt")):
        relation = []
        for _, line in _lines(path):
            words = line.split()
            if len(words) == 2:
                relation.append((words[0], tuple(filter(None, words[1].split("/")))))
            else:
                skipped += 1
        kind = BATS_KINDS[path.name[0]] if re.match(r"[IDEL]\d\d\b", path.name) else None
        questions = [
            Question(a, b, c, answers)
            for a, b in relation
            for c, answers in relation
            if (a, b) != (c, answers)
        ]
        if questions:
            sections.append(Section(path.stem, kind, questions))
    if not sections:
        raise FileFormatError(
            "no .txt file of lines 'word<TAB>answer/answer' in this folder (BATS)", path=folder
        )
    return AnalogySet(folder.resolve().name, sections, skipped)
