"""The file of a `LineSentence` as chunks of lines, for the compiled scanner.

`LineSentence.__iter__` is the oracle: a chunk of which the scanner might make something else is
read as token lists.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import numpy as np

from xw2v.gensim.sentences import LineSentence
from xw2v.storage.files import damage_reported, decompressed, open_binary
from xw2v.text.encode import Encoder
from xw2v.text.scan import library
from xw2v.text.tokens import RawRule

CHUNK_BYTES = 1 << 20


def is_scannable(sentences: object) -> bool:
    """Whether these are all lines of a file, and the scanner is compiled here."""
    return (
        type(sentences) is LineSentence
        and sentences.limit is None
        and isinstance(sentences.source, (str, os.PathLike))
        and library() is not None
    )


def encoder_of_lines() -> Encoder:
    """An encoder to which `add_lines` can add."""
    return Encoder(RawRule())


def add_lines(encoder: Encoder, chunk: bytes, source: LineSentence, lines_before: int) -> int:
    """Add lines of the file to an encoder of `encoder_of_lines`; returns how many sentences."""
    text = _plain_text(chunk, source.max_sentence_length)
    if text is not None:
        encoder.add(chunk)
        return sum(bool(line) and not line.isspace() for line in text.split("\n"))
    sentences = list(source.split(io.BytesIO(chunk), lines_before + 1))
    encoder.add_sentences(sentences)
    return len(sentences)


def line_chunks(source: LineSentence) -> Iterator[bytes]:
    """The file in chunks of whole lines."""
    path = os.fspath(source.source)
    with open_binary(path) as raw, damage_reported(path):
        stream = decompressed(raw, path)
        waiting: list[bytes] = []
        while data := stream.read(CHUNK_BYTES):
            lines, end, rest = data.rpartition(b"\n")
            if end:
                yield b"".join([*waiting, lines, end])
                waiting = []
            waiting.append(rest)
        if rest := b"".join(waiting):
            yield rest + b"\n"


def _plain_text(chunk: bytes, longest: int) -> str | None:
    """The text of lines of which the scanner makes what `LineSentence` does: UTF-8, no line long
    enough that it might have to be cut, no carriage return within a line, which is a line end to
    the scanner. None for others.
    """
    ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord("\n"))
    if np.diff(ends, prepend=-1).max() > longest:  # a token has a byte at least
        return None
    if b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n"):
        return None
    try:
        return chunk.decode()
    except UnicodeDecodeError:
        return None
