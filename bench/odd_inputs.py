"""The valid and the foreign files, and the odd tokens, that `bench.fuzz_inputs` begins with."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import tarfile
import zipfile
from typing import Any

import numpy as np

PLAIN = "the cat, the dog\nand ünïcode — words कि\n".encode() * 20
TOKENS: tuple[Any, ...] = (
    *("a", "b", "ü", "", " ", "\n", "a\nb", "\ud800", "\0", "a" * 5000, "\u2028", "\ufeff"),
    *(None, True, 0, -1, 2.5, float("nan"), b"x", b"\xff", ["a"], ("a", "b"), [], {}, {"a": 1}),
    *(np.str_("cat"), np.int64(3), np.nan, np.array("a"), np.array(["a", "b"]), object()),
)
SENTENCES: tuple[Any, ...] = (
    *(None, 3, 2.5, "", "a b", b"a b", [], (), {}, {"text": "a b"}, {"a", "b"}, object(), [[]]),
    *(np.array(["a", "b"]), np.array([1, 2]), np.array("a"), [["a"], ["b"]], range(3), iter("ab")),
)


def foreign_files() -> list[bytes]:
    """Valid files of other kinds than text, and text in other encodings."""
    encodings = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")
    files = [PLAIN.decode().encode(encoding) for encoding in encodings]
    files += [b"\xef\xbb\xbf" * 2 + PLAIN, pickle.dumps([["a", "b"]])]
    for members in (["en.txt"], ["en.txt", "de.txt"], ["word/document.xml", "a/b"], []):
        files += [_zip(members), _tar(members), gzip.compress(_tar(members))]
    heads = (b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"PAR1")
    files += [head + PLAIN for head in (*heads, b"ARROW1", b"\xd0\xcf\x11\xe0", b"{\\rtf1", b"\0")]
    return files


def _zip(members: list[str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in members:
            archive.writestr(name, PLAIN)
    return out.getvalue()


def _tar(members: list[str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in members:
            info = tarfile.TarInfo(name)
            info.size = len(PLAIN)
            archive.addfile(info, io.BytesIO(PLAIN))
    return out.getvalue()


def odd_sentences(pick: random.Random) -> Any:
    """Lists of tokens as Python gives them, with a few that are none, or none at all."""
    sentences: list[Any] = []
    for _ in range(pick.choice((0, 1, 3, 20))):
        if pick.random() < 0.15:
            sentences.append(pick.choice(SENTENCES))
            continue
        words = [pick.choice("abcde") for _ in range(pick.choice((0, 1, 5, 30)))]
        if pick.random() < 0.3:
            words.insert(pick.randrange(len(words) + 1), pick.choice(TOKENS))
        sentences.append(pick.choice((list, tuple))(words))
    if pick.random() < 0.1:
        return pick.choice(SENTENCES)
    return pick.choice((list, tuple, iter))(sentences)
