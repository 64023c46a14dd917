"""Rows of text, "word n n n": what word2vec text, fastText .vec and GloVe files have in common.

The numbers are the last `vector_size` fields of a line, so a word may contain spaces (GloVe's 840B
file has `. . .` and `at name@domain.com`). Numbers are written in the fewest digits that give the
same float32 back, byte for byte as gensim writes them.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from xw2v.errors import InputError
from xw2v.vectors.formats.rows import BLOCK, Decoding, RowBuilder, blocks_of_rows, encode_word
from xw2v.vectors.formats.vectorfile import VectorFile, excerpt

BLANKS = b" \r"  # of which a line may consist and still be none
LONGEST_WORD = 16 << 20  # bytes
NUMBER_BYTES = 64  # more than any writer uses for one number; a line beyond this is no row
NUMBER = np.dtype("S24")  # str of a float32 has at most 19 characters: -1234567900000000.0
_IS_NUMBER = re.compile(
    rb"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)", re.IGNORECASE
)


def read_rows(
    file: VectorFile, vector_size: int, first_line: int, most: int | None, decoding: Decoding
) -> tuple[RowBuilder, bool]:
    """Read up to `most` rows; the second answer says whether anything but blank lines follows them.

    Raises InputError naming the line that does not hold a word and `vector_size` finite numbers.
    """
    builder = RowBuilder(file.path, vector_size)
    line_number = first_line
    for lines in blocks_of_lines(file, LONGEST_WORD + NUMBER_BYTES * vector_size, first_line):
        wanted = lines if most is None else lines[: most - len(builder.words)]
        if wanted:
            _add_lines(builder, wanted, vector_size, line_number, decoding)
        if len(wanted) < len(lines):
            return builder, any(line.strip() for line in lines[len(wanted) :])
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
            raw, numbers = _split_from_the_right(text, vector_size, f"{path}:{number}")
        words.append(decoding.word(raw, f"{path}:{number}"))
        rows.append(numbers.decode("latin-1"))
    block = parse_numbers(rows)
    if block is None or block.shape[1] != vector_size:
        raise _bad_line(path, rows, vector_size, first_line)
    builder.add(words, block, lambda row: f"{path}:{first_line + row}")


def _split_from_the_right(text: bytes, vector_size: int, where: str) -> tuple[bytes, bytes]:
    fields = text.rsplit(b" ", vector_size)
    if len(fields) != vector_size + 1:
        if not text:
            raise InputError(f"{where}: an empty line; expected a word and {vector_size} numbers")
        raise InputError(
            f"{where}: expected a word and {vector_size} numbers, found {len(fields)} fields in "
            f"{excerpt(text)}; is this really text, and is it whole?"
        )
    return fields[0], text[len(fields[0]) + 1 :]


def is_number(field: bytes) -> bool:
    """Whether `parse_numbers` takes it, NaN and infinities included."""
    return _IS_NUMBER.fullmatch(field) is not None


def parse_numbers(rows: list[str], delimiter: str = " ") -> np.ndarray | None:
    """(n, D) float32 of n lines of numbers, None when one of them is not numbers throughout."""
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
            if not is_number(field):
                return InputError(f"{path}:{number}: {excerpt(field)} is not a number")
    return InputError(
        f"{path}:{first_line}: the lines from here do not hold {vector_size} numbers each"
    )


def blocks_of_lines(
    file: VectorFile, longest: int, first_line: int, blanks: bytes = BLANKS
) -> Iterator[list[bytes]]:
    """Lines without their newline, about BLOCK bytes at a time; trailing lines of `blanks` alone
    are left out.
    """
    pending: list[bytes] = []  # pieces of a line that is not complete yet
    blank = 0  # blank lines held back until something follows them
    done = first_line
    while chunk := file.read(BLOCK):
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            pending.append(chunk)
            if sum(map(len, pending)) > longest:
                raise InputError(
                    f"{file.path}:{done}: a line of over {longest} bytes is no row of vectors"
                )
            continue
        lines = [b""] * blank + (b"".join(pending) + head).split(b"\n")
        pending = [tail] if tail else []
        blank = 0
        while lines and not lines[-1].strip(blanks):
            lines.pop()
            blank += 1
        done += len(lines)
        yield lines
    last = b"".join(pending)
    if last.strip(blanks):
        yield [b""] * blank + [last]


def write_rows(out: BinaryIO, path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write "word n n n" lines of words (V,) and vectors (V, D)."""
    advice = "replace the character, or choose npy or safetensors, which hold any word"
    for some, block in blocks_of_rows(path, words, vectors):
        out.writelines(
            b"%b %b\n" % (encode_word(path, word, "\n", advice), b" ".join(row))
            for word, row in zip(some, block.astype(NUMBER).tolist(), strict=True)
        )
