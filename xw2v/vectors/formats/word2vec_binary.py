"""word2vec binary: a header line, then for each word its UTF-8, a space and float32 numbers,
little-endian.

The C tool ends each row with a newline and gensim does not; both are read, and the C tool's way is
written.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write
from xw2v.vectors.formats.rows import (
    BLOCK,
    Decoding,
    RowBuilder,
    WordVectors,
    blocks_of_rows,
    check_table,
    encode_word,
)
from xw2v.vectors.formats.vectorfile import VectorFile, excerpt, open_vectors, read_header

LONGEST_WORD = 16 << 20  # bytes
_UTF8 = Decoding()


def read(path: Path, limit: int | None = None, decoding: Decoding = _UTF8) -> WordVectors:
    """Read the first `limit` words, by default all.

    Raises InputError naming the byte where the file is not what its header promises.
    """
    with open_vectors(path) as file:
        num_words, vector_size = read_header(file, row_bytes=2, number_bytes=4)
        wanted = num_words if limit is None else min(limit, num_words)
        builder = RowBuilder(path, vector_size)
        rest = b""
        while len(builder.words) < wanted:
            rest = _add_rows(file, rest, builder, wanted - len(builder.words), num_words, decoding)
        if wanted == num_words and (rest + file.read(BLOCK)).strip(b"\n"):
            byte = file.position - len(rest)
            raise InputError(
                f"{path}: data after the {num_words} words that its header promises, byte {byte}"
            )
    return builder.finish()


def _add_rows(
    file: VectorFile,
    rest: bytes,
    builder: RowBuilder,
    most: int,
    num_words: int,
    decoding: Decoding,
) -> bytes:
    """Read a block, add its whole rows (at most `most`), and answer the bytes of the row cut
    off.
    """
    size = 4 * builder.vector_size
    first_byte = file.position - len(rest)
    block = file.read(max(BLOCK, size))
    data = rest + block
    words: list[str] = []
    numbers: list[bytes] = []
    starts: list[int] = []
    start = 0

    def where(row: int) -> str:
        return (
            f"{file.path}: word {len(builder.words) + row + 1}, at byte {first_byte + starts[row]}"
        )

    while len(words) < most:
        space = data.find(b" ", start)
        end = space + 1 + size
        if space < 0 or end > len(data):
            if not block or (space < 0 and len(data) - start > LONGEST_WORD):
                raise _cut(
                    file,
                    len(builder.words) + len(words),
                    first_byte + start,
                    data[start:],
                    num_words,
                )
            break
        starts.append(start)
        raw = data[start:space].lstrip(b"\n")
        words.append(decoding.word(raw, f"{file.path}: byte {first_byte + start}"))
        numbers.append(data[space + 1 : end])
        start = end
    if words:
        table = np.frombuffer(b"".join(numbers), dtype="<f4").reshape(
            len(words), builder.vector_size
        )
        builder.add(words, table, where)
    return data[start:]


def _cut(file: VectorFile, rows: int, byte: int, rest: bytes, num_words: int) -> InputError:
    return InputError(
        f"{file.path}: the header promises {num_words} words, but number {rows + 1} at byte {byte} is not "
        f"whole ({excerpt(rest)}): the file is cut short, or is not word2vec binary"
    )


def write(path: Path, words: Sequence[str], vectors: np.ndarray, newline: bool = True) -> None:
    """Write words (V,) and vectors (V, D); `newline=False` leaves out the one after each row, as
    gensim does.

    Raises InputError for a word with a space or a line break in it or a vector that is not finite.
    """
    end = b"\n" if newline else b""
    advice = "join its parts with _, or choose npy or safetensors, which hold any word"
    check_table(path, words, vectors)
    with atomic_write(path) as out:
        out.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for some, block in blocks_of_rows(path, words, vectors):
            out.writelines(
                b"%b %b%b" % (encode_word(path, word, " \n", advice), row.tobytes(), end)
                for word, row in zip(some, block, strict=True)
            )
