"""fastText's models (.bin), skip-gram or CBOW: words with their own vectors, the vectors of buckets
of n-grams, and the output vectors.

    magic, version                             2 int32
    dim ... lrUpdateRate, t                    12 int32, float64: `Arguments`
    size, nwords, nlabels, ntokens, pruned     3 int32, 2 int64
    each word: UTF-8, 0, count, type           int64, int8
    quantised, rows, dim, input table          int8, 2 int64, float32: words, then buckets
    quantised, rows, dim, output table         likewise

All is little-endian. A word's vector is the mean of its own and those of its n-grams, which is what
is read and written here; in a word without n-grams it is its own. Of a model without n-grams no
bucket has a row.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from xw2v.errors import FileFormatError
from xw2v.settings import MOST_NGRAM_CHARACTERS
from xw2v.storage.packing import packed_write
from xw2v.text.ngrams import NgramRule
from xw2v.vectors.formats.registry import Sample
from xw2v.vectors.formats.rows import (
    CHUNK_BYTES,
    MAX_WORD_BYTES,
    Place,
    ReadOptions,
    RowBuilder,
    WordVectors,
    check_finite,
    check_table,
    encode_word,
    row_chunks,
)
from xw2v.vectors.formats.trained_as import TrainedAs
from xw2v.vectors.formats.vectorfile import VectorFile, open_vectors
from xw2v.vectors.subwords import SubwordTable

MAGIC = 793712314
VERSIONS = (11, 12)
CBOW, SKIPGRAM, SUPERVISED = 1, 2, 3
NEGATIVE_SAMPLING = 2
WORD, LABEL = 0, 1
NOT_PRUNED = -1
UNKNOWN_COUNT = 1  # of all words, where none is known


class Arguments(NamedTuple):
    """What fastText keeps of its options; those that are not known here as it has them itself."""

    dim: int
    ws: int
    epoch: int
    min_count: int
    neg: int
    word_ngrams: int = 1
    loss: int = NEGATIVE_SAMPLING
    model: int = SKIPGRAM
    bucket: int = 0
    minn: int = 0
    maxn: int = 0
    lr_update_rate: int = 100
    t: float = 1e-4


HEAD = struct.Struct("<2i")
ARGUMENTS = struct.Struct("<12id")
DICTIONARY = struct.Struct("<3i2q")
ENTRY = struct.Struct("<qb")
TABLE = struct.Struct("<b2q")


def recognises(sample: Sample) -> bool:
    """fastText's first bytes."""
    return sample.head.startswith(struct.pack("<i", MAGIC))


def read(path: Path, options: ReadOptions) -> WordVectors:
    """Read words, counts, vectors and those of n-grams.

    Raises InputError for a supervised or quantised model, and naming the byte where the file is not
    what it promises.
    """
    with open_vectors(path) as file:
        arguments = _read_arguments(file)
        words, counts = _read_dictionary(file, options)
        V, D = len(words), arguments.dim
        _read_table_size(file, V + arguments.bucket, D)
        own = np.concatenate(list(_read_rows(file, V, D)))
        check_finite(words, own, partial(_place_of_word, path))
        if arguments.bucket and arguments.maxn:
            subwords = _read_buckets(file, arguments)
            vectors = subwords.composed(words, own)
        else:
            subwords, vectors = None, own
            _skip(file, arguments.bucket * 4 * D)
        context = _read_outputs(file, V, D)
    V = V if options.limit is None else min(V, options.limit)
    builder = RowBuilder(path, D)
    builder.add(words[:V], vectors[:V], partial(_place_of_word, path))
    found = builder.finish()
    if len(found.words) == V:  # no word is there twice
        found.counts = counts[:V] if (counts[:V] != UNKNOWN_COUNT).any() else None
        found.context = None if context is None else context[:V]
    found.subwords = subwords
    found.trained_as = _trained_as(arguments)
    return found


def read_arguments(path: Path) -> Arguments:
    """What a model says of how it was trained; raises what `read` does."""
    with open_vectors(path) as file:
        return _read_arguments(file)


def _trained_as(arguments: Arguments) -> TrainedAs | None:
    model = {SKIPGRAM: "skipgram", CBOW: "cbow"}.get(arguments.model, "")
    sizes = arguments.ws, arguments.epoch, arguments.min_count, arguments.neg
    try:
        return TrainedAs(model, *sizes, arguments.t)
    except ValueError:
        return None


def _read_arguments(file: VectorFile) -> Arguments:
    magic, version = HEAD.unpack(_exactly(file, HEAD.size))
    if magic != MAGIC:
        raise FileFormatError("is not a fastText model: its first bytes are others", path=file.path)
    if version not in VERSIONS:
        raise FileFormatError(
            f"is a fastText model of version {version}; versions 11 and 12 are read", path=file.path
        )
    arguments = Arguments(*ARGUMENTS.unpack(_exactly(file, ARGUMENTS.size)))
    if arguments.model == SUPERVISED:
        raise FileFormatError(
            "is a supervised fastText model, a classifier of texts; models of words are read, "
            "which fastText trains as skipgram or cbow",
            path=file.path,
        )
    low, high = max(arguments.minn, 1), arguments.maxn
    has_rule = high == 0 or low <= high <= MOST_NGRAM_CHARACTERS
    if arguments.dim < 1 or arguments.bucket < 0 or high < 0 or not has_rule:
        raise FileFormatError(
            f"is no fastText model of words: {arguments.dim} dimensions, {arguments.bucket} "
            f"buckets of n-grams of {arguments.minn} to {arguments.maxn} characters",
            path=file.path,
        )
    return arguments


def _read_dictionary(file: VectorFile, options: ReadOptions) -> tuple[list[str], np.ndarray]:
    size, nwords, nlabels, _, pruned = DICTIONARY.unpack(_exactly(file, DICTIONARY.size))
    if pruned > 0:
        raise FileFormatError(
            "is a quantised fastText model; give the one it was made from", path=file.path
        )
    if nlabels or nwords != size or nwords < 1 or nwords * ENTRY.size > file.left:
        raise FileFormatError(
            f"promises {nwords} words and {nlabels} labels of {size} entries, and at most "
            f"{file.left} bytes follow: it is cut short or damaged",
            path=file.path,
        )
    words: list[str] = []
    counts: list[int] = []
    data, start = b"", 0
    while len(words) < nwords:
        end = data.find(0, start)
        if end < 0 or end + 1 + ENTRY.size > len(data):
            more = file.read(min(CHUNK_BYTES, file.left))
            if not more or len(data) - start > MAX_WORD_BYTES:
                raise _cut(file, f"word {len(words) + 1} of {nwords} is not complete")
            data, start = data[start:] + more, 0
            continue
        place = Place(file.path, detail=f"word {len(words) + 1}")
        words.append(options.decoding.word(data[start:end], place))
        count, kind = ENTRY.unpack_from(data, end + 1)
        if kind != WORD:
            raise place.error("is a label; models of words have none")
        counts.append(count)
        start = end + 1 + ENTRY.size
    file.unread(data[start:])
    return words, np.asarray(counts, np.int64)


def _read_table_size(file: VectorFile, rows: int | None, dim: int) -> int:
    """Read what stands before a table; its rows."""
    quantised, found, found_dim = TABLE.unpack(_exactly(file, TABLE.size))
    if quantised:
        raise FileFormatError(
            "is a quantised fastText model; give the one it was made from", path=file.path
        )
    if found_dim != dim or found < 0 or rows not in (None, found) or found * 4 * dim > file.left:
        expected = "" if rows is None else f"{rows} x "
        raise FileFormatError(
            f"a table of {found} x {found_dim} where {expected}{dim} is expected and at most "
            f"{file.left} bytes follow: the file is cut short or damaged",
            path=file.path,
        )
    return int(found)


def _read_rows(file: VectorFile, rows: int, dim: int) -> Iterator[np.ndarray]:
    step = max(1, CHUNK_BYTES // (4 * dim))
    for start in range(0, rows, step):
        count = min(step, rows - start)
        yield np.frombuffer(_exactly(file, 4 * count * dim), "<f4").reshape(count, dim)


def _read_buckets(file: VectorFile, arguments: Arguments) -> SubwordTable:
    """The rows of buckets that are not all zeros; zeros are what one without a row counts as."""
    parts, buckets, first = [], [], 0
    for block in _read_rows(file, arguments.bucket, arguments.dim):
        names = [f"bucket {first + i}" for i in range(len(block))]
        check_finite(names, block, partial(_place_of_word, file.path))
        there = np.flatnonzero(block.any(axis=1))
        parts.append(block[there])
        buckets.append(first + there)
        first += len(block)
    rule = NgramRule(max(arguments.minn, 1), arguments.maxn, arguments.bucket)
    return SubwordTable(rule, np.concatenate(parts), np.concatenate(buckets))


def _read_outputs(file: VectorFile, words: int, dim: int) -> np.ndarray | None:
    """The output vectors (V, D), None where there is not one for each word.

    Raises InputError unless the file ends after them.
    """
    rows, table = _read_table_size(file, None, dim), None
    if rows == words:
        table = np.concatenate(list(_read_rows(file, rows, dim)))
    else:
        _skip(file, rows * 4 * dim)
    if file.read(1):
        raise FileFormatError(f"data after its tables, byte {file.position}", path=file.path)
    return table if table is not None and np.isfinite(table).all() else None


def _skip(file: VectorFile, count: int) -> None:
    while count > 0:
        count -= len(_exactly(file, min(count, CHUNK_BYTES)))


def _exactly(file: VectorFile, count: int) -> bytes:
    parts, missing = [], count
    while missing > 0:
        part = file.read(missing)
        if not part:
            raise _cut(file, f"{missing} bytes are missing")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _cut(file: VectorFile, what: str) -> FileFormatError:
    return FileFormatError(
        f"{what} at byte {file.position}: the file is cut short or damaged", path=file.path
    )


def _place_of_word(path: Path, row: int) -> Place:
    return Place(path, detail=f"row {row + 1}")


def write(path: Path, content: WordVectors) -> None:
    """Write a model, whose output vectors are zeros where they are not known. It says of itself
    that it is a skip-gram model where that is not known.

    Raises InputError for a word with a null character or a vector that is not finite.
    """
    words, vectors, subwords = content.words, content.vectors, content.subwords
    check_table(path, words, vectors)
    V, D = vectors.shape
    about = content.trained_as or TrainedAs()
    arguments = Arguments(
        D,
        ws=about.window,
        epoch=about.epochs,
        min_count=about.min_count,
        neg=about.negative,
        model=CBOW if about.model == "cbow" else SKIPGRAM,
        t=about.sample,
    )
    if subwords is not None:
        rule = subwords.rule
        arguments = arguments._replace(bucket=rule.buckets, minn=rule.min_n, maxn=rule.max_n)
    counts = np.full(V, UNKNOWN_COUNT) if content.counts is None else content.counts
    tokens = min(sum(counts.tolist()), np.iinfo(np.int64).max)
    with packed_write(path, 4 * D * (2 * V + arguments.bucket)) as out:
        out.write(HEAD.pack(MAGIC, VERSIONS[-1]) + ARGUMENTS.pack(*arguments))
        out.write(DICTIONARY.pack(V, V, 0, tokens, NOT_PRUNED))
        advice = "choose npy or safetensors, which hold any word"
        for word, count in zip(words, counts.tolist(), strict=True):
            name = encode_word(path, word, "\0", advice)
            out.write(name + b"\0" + ENTRY.pack(count, WORD))
        out.write(TABLE.pack(0, V + arguments.bucket, D))
        for chunk_words, chunk in row_chunks(path, words, vectors):
            own = chunk if subwords is None else _own_rows(path, subwords, chunk_words, chunk)
            out.write(own.astype("<f4", copy=False).tobytes())
        if subwords is not None:
            _write_buckets(out, subwords)
        out.write(TABLE.pack(0, V, D))
        _write_outputs(out, content)


def _own_rows(
    path: Path, subwords: SubwordTable, words: Sequence[str], vectors: np.ndarray
) -> np.ndarray:
    with np.errstate(over="ignore"):  # what does not fit is found below
        own = subwords.own_rows(words, vectors)
    check_finite(words, own, partial(_place_of_word, path))
    return own


def _write_buckets(out: BinaryIO, subwords: SubwordTable) -> None:
    dim, total = subwords.rows.shape[1], subwords.rule.buckets
    step = max(1, CHUNK_BYTES // (4 * dim))
    for start in range(0, total, step):
        block = np.zeros((min(step, total - start), dim), "<f4")
        rows = subwords.rows_of_buckets(start, start + len(block))
        block[subwords.buckets[rows] - start] = subwords.rows[rows]
        out.write(block.tobytes())


def _write_outputs(out: BinaryIO, content: WordVectors) -> None:
    V, D = content.vectors.shape
    step = max(1, CHUNK_BYTES // (4 * D))
    for start in range(0, V, step):
        count = min(step, V - start)
        rows = np.zeros((count, D), "<f4")
        if content.context is not None:
            rows[:] = content.context[start : start + count]
        out.write(rows.tobytes())
