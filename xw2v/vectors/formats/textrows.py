"""Rows of text, "word n n n": what word2vec text, fastText .vec and GloVe files have in common.

The numbers are the last `vector_size` fields of a line, so a word may contain spaces (GloVe's 840B
file has `. . .` and `at name@domain.com`). Numbers are written in the fewest digits that give the
same float32 back, byte for byte as gensim writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.vectors.formats.rows import (
    CHUNK_BYTES,
    MAX_WORD_BYTES,
    Decoding,
    Place,
    RowBuilder,
    encode_word,
    row_chunks,
)
from xw2v.vectors.formats.vectorfile import VectorFile, excerpt

LINE_PADDING = b" \r"  # whitespace that a line may end in, or be made of
MAX_NUMBER_BYTES = 64  # more than any writer uses for one number; a longer line is no row
NUMBER = np.dtype("S24")  # str of a float32 has at most 19 characters: -1234567900000000.0
_IS_NUMBER = re.compile(
    rb"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)", re.IGNORECASE
)

_HOLDS_FIELDS = re.compile(
    rf"\t|\S\s+$|[\s,;](?:{_IS_NUMBER.pattern.decode()})[,;]+$", re.IGNORECASE
)
OTHER_SEPARATORS = "the fields are not separated by single spaces"


@contextmanager
def lenient_suggested() -> Iterator[None]:
    """Errors about a line of a file say that lenient reading skips it."""
    try:
        yield
    except FileFormatError as error:
        if error.line is not None:
            error.add_hint("`lenient` reads what can be read, with any separators")
        raise


def read_rows(
    file: VectorFile, vector_size: int, first_line: int, max_rows: int | None, decoding: Decoding
) -> tuple[RowBuilder, bool]:
    """Read up to `max_rows` rows.

    Returns:
        The rows, and whether anything but empty lines follows them.

    Raises InputError naming the line that does not hold a word and `vector_size` finite numbers.
    """
    builder = RowBuilder(file.path, vector_size)
    line_number = first_line
    for lines in line_chunks(file, MAX_WORD_BYTES + MAX_NUMBER_BYTES * vector_size, first_line):
        taken = lines if max_rows is None else lines[: max_rows - len(builder.words)]
        if taken:
            _add_lines(builder, taken, vector_size, line_number, decoding)
        if len(taken) < len(lines):
            return builder, any(line.strip() for line in lines[len(taken) :])
        line_number += len(lines)
    return builder, False


def _add_lines(
    builder: RowBuilder, lines: list[bytes], vector_size: int, first_line: int, decoding: Decoding
) -> None:
    path = builder.path
    words: list[str] = []
    rows: list[str] = []
    for number, line in enumerate(lines, first_line):
        text = line.rstrip(b" \r")
        if text.count(b" ") == vector_size:
            raw, _, numbers = text.partition(b" ")
        else:  # a word with spaces, or a bad line
            raw, numbers = _split_from_the_right(text, vector_size, Place(path, number))
        words.append(decoding.word(raw, Place(path, number)))
        rows.append(numbers.decode("latin-1"))
    block = parse_numbers(rows)
    if block is None or block.shape[1] != vector_size:
        raise _bad_line(path, rows, vector_size, first_line)
    builder.add(words, block, lambda row: Place(path, first_line + row))


def _split_from_the_right(text: bytes, vector_size: int, place: Place) -> tuple[bytes, bytes]:
    fields = text.rsplit(b" ", vector_size)
    if len(fields) != vector_size + 1:
        if not text:
            raise place.error(f"an empty line; expected a word and {vector_size} numbers")
        raise place.error(
            f"expected a word and {vector_size} numbers, found {len(fields)} fields in "
            f"{excerpt(text)}: this may be no text, or be cut short"
        )
    return fields[0], text[len(fields[0]) + 1 :]


def is_number(field: bytes) -> bool:
    """Whether `parse_numbers` takes it, NaN and infinities included."""
    return _IS_NUMBER.fullmatch(field) is not None


def count_trailing_numbers(line: bytes) -> int:
    """How many numbers end a line "word n n n"; 0 where it is no such line."""
    fields = line.rstrip(b" \r\n").split(b" ")
    count = 0
    for field in reversed(fields[1:]):
        if not is_number(field):
            break
        count += 1
    return count


def words_hold_fields(words: Iterable[str]) -> bool:
    """Whether most of the first ten words end in whitespace or in a number with its separator, or
    hold a tab.

    Hardly any words do; rather, the fields of these lines are not separated by single spaces.
    """
    first = list(islice(words, 10))
    return 2 * sum(_HOLDS_FIELDS.search(word) is not None for word in first) > len(first)


def words_end_in_values(words: Sequence[str]) -> bool:
    """Whether all of the first ten words end in a decimal number after a space.

    Hardly any words do; rather, these are the first values of vectors of more dimensions than the
    header says.
    """
    last_fields = [word.rstrip().rpartition(" ") for word in words[:10]]
    return bool(words) and all(
        space and "." in field and is_number(field.encode("utf-8", "replace"))
        for _, space, field in last_fields
    )


def looks_like_rows(data: bytes, vector_size: int) -> bool:
    """Whether text, not binary rows, follows a header: numbers at the end of the first line, or
    characters all along.
    """
    line, newline, _ = data.partition(b"\n")
    fields = line.rstrip(b" \r").split(b" ")
    fields = fields[1:] if newline else fields[1:-1]
    last = fields[-min(vector_size, 10) :]
    if last and all(map(is_number, last)):
        return True
    return is_text(data)


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8, but for a character cut off at the end, without control codes."""
    text = data.decode("utf-8", "replace").rstrip("\ufffd")
    return "\ufffd" not in text and not any(c < " " and c not in "\t\r\n" for c in text)


def parse_numbers(rows: list[str], delimiter: str = " ") -> np.ndarray | None:
    """(n, D) float32 of n lines of numbers, None where a line has something else."""
    try:
        block: np.ndarray = np.loadtxt(
            rows, dtype=np.float32, delimiter=delimiter, comments=None, ndmin=2
        )
    except ValueError:
        return None
    return block if len(block) == len(rows) else None


def _bad_line(path: Path, rows: list[str], vector_size: int, first_line: int) -> InputError:
    for number, row in enumerate(rows, first_line):
        for field in row.encode("latin-1").split(b" "):
            if not field or any(separator in field for separator in b"\t,;"):
                return FileFormatError(OTHER_SEPARATORS, path=path, line=number)
            if not is_number(field):
                return FileFormatError(f"{excerpt(field)} is not a number", path=path, line=number)
    return FileFormatError(
        f"the lines from here do not hold {vector_size} numbers each", path=path, line=first_line
    )


def line_chunks(
    file: VectorFile, max_line_bytes: int, first_line: int, padding: bytes = LINE_PADDING
) -> Iterator[list[bytes]]:
    """Lines without their newline, about CHUNK_BYTES at a time; trailing lines of `padding` alone
    are left out.
    """
    parts: list[bytes] = []  # of a line that is not complete yet
    n_empty = 0  # empty lines held back until something follows them
    line_number = first_line
    while chunk := file.read(CHUNK_BYTES):
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            parts.append(chunk)
            if sum(map(len, parts)) > max_line_bytes:
                raise FileFormatError(
                    f"a line of over {max_line_bytes} bytes is no row of vectors",
                    path=file.path,
                    line=line_number,
                )
            continue
        lines = [b""] * n_empty + (b"".join(parts) + head).split(b"\n")
        parts = [tail] if tail else []
        n_empty = 0
        while lines and not lines[-1].strip(padding):
            lines.pop()
            n_empty += 1
        line_number += len(lines)
        yield lines
    last = b"".join(parts)
    if last.strip(padding):
        yield [b""] * n_empty + [last]


def write_rows(out: BinaryIO, path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write "word n n n" lines of words (V,) and vectors (V, D)."""
    advice = "replace the character, or choose npy or safetensors, which hold any word"
    for chunk_words, chunk in row_chunks(path, words, vectors):
        out.writelines(
            b"%b %b\n" % (encode_word(path, word, "\n", advice), b" ".join(row))
            for word, row in zip(chunk_words, chunk.astype(NUMBER).tolist(), strict=True)
        )
