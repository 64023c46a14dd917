"""Valid files of text of every kind, for the fuzzer to damage."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from contextlib import suppress


def packed_texts() -> list[bytes]:
    """Running text, plain and compressed."""
    plain = "the cat, the dog\nand ünïcode — words\r\n\n'tis a b c\u2028d\n".encode() * 3
    texts = [plain, b"\xef\xbb\xbf" + plain, plain.upper()]
    texts += [packing.compress(plain) for packing in (gzip, bz2, lzma)]
    with suppress(ImportError):
        import zstandard

        texts.append(zstandard.ZstdCompressor().compress(plain))
    return texts


def arrow_files() -> list[bytes]:
    """A stream, a file and a Parquet file of one table; none without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return []
    table = pyarrow.table({"text": ["a b c", None, "d\ne"], "other": [1, 2, 3]})
    made = []
    for open_ in (pyarrow.ipc.new_stream, pyarrow.ipc.new_file):
        out = io.BytesIO()
        with open_(out, table.schema) as writer:
            writer.write_table(table)
        made.append(out.getvalue())
    out = io.BytesIO()
    parquet.write_table(table, out)
    return [*made, out.getvalue()]


def jsonlines_files() -> list[bytes]:
    """Rows of text, of tokens and of nothing: plain, compressed, in a zip file."""
    rows = (
        {"text": "Caf\u00e9, \u0939\u093f\n no"},
        {"text": [["a", "b"], ["c"]]},
        {"text": None},
    )
    plain = "".join(json.dumps(row) + "\n" for row in rows).encode() * 2
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows", plain)
    return [plain, gzip.compress(plain), zipped.getvalue()]
