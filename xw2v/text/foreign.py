"""Files that are no text, told by their first bytes: what they are, and what to do about it."""

from __future__ import annotations

import codecs

from xw2v.errors import FileFormatError

HEAD_BYTES = 1 << 12  # that show what a file is
TAR_MAGIC_OFFSET = 257
MANY_NULS = 0.3  # of the bytes at even or at odd places: text of most scripts in UTF-16

MIN_NUMBERS = 8  # of a line of vectors without a header

SIGNATURES = (
    ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "is UTF-32; convert it: iconv -f UTF-32 -t UTF-8"),
    ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"),
    ((b"%PDF",), "is a PDF; extract its text first, as pdftotext does"),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "is a picture, not text"),
    ((b"7z\xbc\xaf\x27\x1c", b"Rar!"), "is an archive; unpack it and give what is in it"),
    ((b"\xd0\xcf\x11\xe0", b"{\\rtf"), "is a Word or Office document; save it as plain text"),
    ((b"PAR1",), "is a Parquet file; give it a name that ends in .parquet"),
    ((b"ARROW1",), "is an Arrow (or Feather) file; give it a name that ends in .arrow"),
    ((b"FEA1",), "is a Feather file of version 1; write it as Arrow or Parquet"),
    ((b"\x93NUMPY",), "is a NumPy array, as in a folder of vectors, not text"),
    ((b"SQLite format 3\0",), "is an SQLite database; export its text"),
    (
        tuple(b"\x80" + bytes([protocol]) for protocol in (2, 3, 4, 5)),
        "is a Python pickle, not text",
    ),
)


def refuse_foreign(head: bytes, name: str) -> None:
    """Raise FileFormatError where a text begins with bytes that no text begins with.

    Args:
        head: the first bytes of a file, decompressed.
        name: of the file, for the message.
    """
    for first_bytes, message in SIGNATURES:
        if head.startswith(first_bytes):
            raise FileFormatError(message, path=name)
    if head[TAR_MAGIC_OFFSET:].startswith(b"ustar"):
        raise FileFormatError("is a tar archive; unpack it and give what is in it", path=name)
    if b"\0" not in head:
        return
    even, odd = (head[place::2].count(0) > MANY_NULS * len(head) / 2 for place in (0, 1))
    if even != odd:
        order = "UTF-16BE" if even else "UTF-16LE"
        raise FileFormatError(
            f"looks like UTF-16 without a byte order mark; convert it: iconv -f {order} -t UTF-8",
            path=name,
        )
    raise FileFormatError("holds NUL bytes, which no text does; give a text file", path=name)


def refuse_numbers(head: bytes, name: str) -> None:
    """Raise FileFormatError where a text begins as files of vectors do, with numbers."""
    lines = head.split(b"\n", 3)[:3]
    first, second = (lines[0].split(), lines[1].split()) if len(lines) == 3 else ([], [])
    has_header = len(first) == 2 and all(map(bytes.isdigit, first))
    if has_header:
        is_vectors = len(second) == int(first[1]) + 1 and _are_decimals(second[1:])
    else:
        is_vectors = len(first) == len(second) > MIN_NUMBERS and all(
            _are_decimals(line[1:]) for line in (first, second)
        )
    if is_vectors:
        raise FileFormatError("is a file of vectors, not text", path=name)


def _are_decimals(fields: list[bytes]) -> bool:
    """Whether fields are numbers, most of them with a decimal point."""
    try:
        list(map(float, fields))
    except ValueError:
        return False
    return 2 * sum(b"." in field for field in fields) > len(fields)
