"""word2vec binary: a header line, then for each word its UTF-8, a space and float32 numbers,
little-endian.

The C tool ends each row with a newline and gensim does not; both are read, and the C tool's way is
written.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.storage.packing import packed_write
from xw2v.vectors.formats.registry import Sample
from xw2v.vectors.formats.rows import (
    CHUNK_BYTES,
    MAX_WORD_BYTES,
    Decoding,
    Place,
    ReadOptions,
    RowBuilder,
    WordVectors,
    check_table,
    encode_word,
    row_chunks,
)
from xw2v.vectors.formats.textrows import looks_like_rows
from xw2v.vectors.formats.vectorfile import (
    VectorFile,
    excerpt,
    open_vectors,
    parse_header,
    read_header,
)


def recognises(sample: Sample) -> bool:
    """A header, and something else than lines of text after it."""
    line, newline, rows = sample.head.partition(b"\n")
    sizes = parse_header(line + newline)
    return sizes is not None and not looks_like_rows(rows, sizes[1])


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read words and vectors.

    Raises InputError naming the byte where the file is not what its header promises.
    """
    with open_vectors(path) as file:
        num_words, vector_size = read_header(file, row_bytes=2, value_bytes=4)
        n_wanted = num_words if options.limit is None else min(options.limit, num_words)
        builder = RowBuilder(path, vector_size)
        rest = b""
        while len(builder.words) < n_wanted:
            missing = n_wanted - len(builder.words)
            rest = _add_rows(file, rest, builder, missing, num_words, options.decoding)
        if n_wanted == num_words and (rest + file.read(CHUNK_BYTES)).strip(b"\n"):
            byte = file.position - len(rest)
            raise FileFormatError(
                f"data after the {num_words} words that its header promises, byte {byte}", path=path
            )
    return builder.finish()


def _add_rows(
    file: VectorFile,
    rest: bytes,
    builder: RowBuilder,
    max_rows: int,
    num_words: int,
    decoding: Decoding,
) -> bytes:
    """Read a chunk and add its complete rows, at most `max_rows`; returns the bytes of the row that
    it cuts off.
    """
    vector_bytes = 4 * builder.vector_size
    first_byte = file.position - len(rest)
    chunk = file.read(max(CHUNK_BYTES, vector_bytes))
    data = rest + chunk
    words: list[str] = []
    numbers: list[bytes] = []
    starts: list[int] = []
    start = 0

    def place_of(row: int) -> Place:
        number = len(builder.words) + row + 1
        return Place(file.path, detail=f"word {number}, at byte {first_byte + starts[row]}")

    while len(words) < max_rows:
        space = data.find(b" ", start)
        end = space + 1 + vector_bytes
        if space < 0 or end > len(data):
            if not chunk or (space < 0 and len(data) - start > MAX_WORD_BYTES):
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
        words.append(decoding.word(raw, Place(file.path, detail=f"byte {first_byte + start}")))
        numbers.append(data[space + 1 : end])
        start = end
    if words:
        table = np.frombuffer(b"".join(numbers), dtype="<f4").reshape(
            len(words), builder.vector_size
        )
        builder.add(words, table, place_of)
    return data[start:]


def _cut(file: VectorFile, rows: int, byte: int, rest: bytes, num_words: int) -> InputError:
    return FileFormatError(
        f"the header promises {num_words} words, but number {rows + 1} at byte {byte} "
        f"is not complete ({excerpt(rest)}): the file is cut short, or is not word2vec binary",
        path=file.path,
    )


def write(path: Path, content: WordVectors, newline: bool = True) -> None:
    """Write words and vectors; `newline=False` leaves out the one after each row, as gensim does.

    Raises InputError for a word with a space or a line break in it or a vector that is not finite.
    """
    end = b"\n" if newline else b""
    advice = "join its parts with _, or choose npy or safetensors, which hold any word"
    words, vectors = content.words, content.vectors
    check_table(path, words, vectors)
    with packed_write(path, 4 * vectors.size) as out:
        out.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for chunk_words, chunk in row_chunks(path, words, vectors):
            out.writelines(
                b"%b %b%b" % (encode_word(path, word, " \n", advice), row.tobytes(), end)
                for word, row in zip(chunk_words, chunk, strict=True)
            )
