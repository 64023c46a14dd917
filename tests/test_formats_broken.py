"""One clear line for every broken file of vectors, and no memory taken for what it promises."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benches import ROOT
from wordvectors import some_vectors

from xw2v.errors import InputError, UsageError
from xw2v.vectors.formats import read_vectors
from xw2v.vectors.keyedvectors import KeyedVectors

BINARY = b"2 3\n" + b"".join(
    word + b" " + struct.pack("<3f", 1, 2, 3) + b"\n" for word in (b"one", b"two")
)
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "prose": (
        b"Once upon a time\nthere was\n",
        r":1: not a file of vectors: it starts with 'Once upon a time'",
    ),
    "no words": (b"0 5\n", r":1: the header '0 5' promises no vectors"),
    "no numbers": (b"5 0\na\n", r":1: the header '5 0' promises no vectors"),
    "10 GB header": (
        b"10000000 300\nthe 1 2 3\n",
        r":1: the header promises 10000000 words of 300 dimensions, .* 10 follow",
    ),
    "astronomic header": (
        b"999999999999999999 999999999999999999\na 1\n",
        ":1: the header promises",
    ),
    "too few rows": (
        b"3 2\na 111 222\nb 333 444\n",
        r":4: the file ends after 2 words of the promised 3",
    ),
    "too many rows": (b"1 2\na 11 22\nb 33 44\n", r":3: more rows than the 1"),
    "short row": (
        b"2 3\na 1 2 3.5\nb 1 2\n",
        r":3: expected a word and 3 numbers, found 3 fields in 'b 1 2'",
    ),
    "bad number": (b"2 2\na 1 2\nb 1 two\n", r":3: 'two' is not a number"),
    "hexadecimal": (b"2 2\na 1 2\nb 1 0x1p3\n", r":3: '0x1p3' is not a number"),
    "underscores": (b"2 2\na 1 2\nb 1 1_0\n", r":3: '1_0' is not a number"),
    "nan": (b"2 2\na 1 2\nb 1 nan\n", r":3: value 2 of 'b' is nan; vectors must be finite"),
    "overflow": (b"2 2\na 1 2\nb 1 1e99\n", r":3: value 2 of 'b' is inf"),
    "empty word": (b"2 2\na 1 2\n 3 4\n", r":3: an empty word"),
    "empty line": (b"2 2\na 1 2\n\nb 3 4\n", r":3: an empty line"),
    "glove short row": (b"a 1 2 3\nb 1 2\n", r":2: expected a word and 3 numbers"),
    "binary cut in a number": (
        BINARY[:-4],
        r"promises 2 words, but number 2 at byte 20 is not complete \('\\ntwo",
    ),
    "binary cut in a word": (BINARY[:23], "promises 2 words"),
    "binary with more": (BINARY + b"three", "data after the 2 words"),
    "binary with a nan": (
        BINARY.replace(struct.pack("<f", 3), struct.pack("<f", np.nan)),
        r"word 1, at byte 4: value 3 of 'one' is nan",
    ),
    "binary with an empty word": (BINARY.replace(b"two", b""), r"byte 20: an empty word"),
    "pickle": (b"\x80\x04\x95rest", "is a Python pickle"),
    "zip": (b"PK\x03\x04rest", "is a zip archive"),
    "fasttext model": (
        struct.pack("<i", 793712314) + b"rest",
        "is a fastText model of version 1953719666",
    ),
    "npy": (b"\x93NUMPY\x01\x00v\x00{", "not a complete .npy file"),
    "gzip cut": (gzip.compress(BINARY * 100)[:-10], "ends too early"),
    "gzip damaged": (gzip.compress(BINARY * 100)[:12] + b"\xff" * 60, "compressed file is damaged"),
    "gzip bomb": (
        gzip.compress(b"1000 1000\n" + b"\0" * (300 << 20), 9),
        "expands to more than 100 times its size|promises",
    ),
    "safetensors cut": (
        struct.pack("<Q", 30) + b'{"vectors":{"dtype":"F32","shape":[2,2]',
        "not a complete safetensors file",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_get_one_line(tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    if name.startswith("safetensors"):
        pytest.importorskip("safetensors")
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        read_vectors(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) - len(str(path)) < 300


def test_a_binary_read_as_text_and_a_text_read_as_binary(tmp_path: Path) -> None:
    vectors = some_vectors()
    vectors.save(tmp_path / "bin", "word2vec-bin")
    vectors.save(tmp_path / "text", "word2vec")
    with pytest.raises(InputError, match=r"bin:2: expected a word and 12 numbers.*may be no text"):
        read_vectors(tmp_path / "bin", "word2vec")
    with pytest.raises(
        InputError,
        match=r"not word2vec binary|is not utf-8|must be finite|data after|an empty word",
    ):
        read_vectors(tmp_path / "text", "word2vec-bin")


def test_a_header_never_makes_memory(tmp_path: Path) -> None:
    """What a small file promises is refused, compressed or not, before anything of that size is
    allocated.
    """
    import tracemalloc

    for format, content in (
        ("word2vec", b"100000 300\n" + b"a 1\n" * 50),
        ("word2vec-bin", b"100000 300\n" + b"a 1\n" * 50),
    ):
        for packed in (content, gzip.compress(content)):
            path = tmp_path / "file"
            path.write_bytes(packed)
            tracemalloc.start()
            with pytest.raises(InputError):
                read_vectors(path, format)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 8 << 20


def test_places_without_vectors(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "missing", "no such file"),
        (tmp_path, "no vectors here; expected center.npy"),
        (Path("/dev/null"), "not a regular file"),
    ):
        with pytest.raises(InputError, match=message):
            read_vectors(path)
    (tmp_path / "corpus.bin").write_bytes(b"")
    with pytest.raises(InputError, match="is a corpus, not vectors"):
        read_vectors(tmp_path)
    with pytest.raises(UsageError, match="choose one of"):
        read_vectors(tmp_path, "excel")
    with pytest.raises(UsageError, match="at least one word"):
        read_vectors(tmp_path, limit=0)


def _table(change: Callable[[np.ndarray], Any]) -> Callable[[Path], None]:
    return lambda run: np.save(run / "center.npy", change(some_vectors().vectors))


def _vocabulary(**change: Any) -> Callable[[Path], None]:
    def write(run: Path) -> None:
        content = json.loads((run / "vocab.json").read_text())
        (run / "vocab.json").write_text(json.dumps(content | change))

    return write


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_table(lambda t: t[:-1]), "399 rows, but vocab.json beside it has 400 words"),
        (_table(lambda t: t.astype(int)), "expected a .words, dimensions. table of floats"),
        (_table(lambda t: t[0]), "shape .12,."),
        (_table(lambda t: t.astype(object)), "not a complete .npy file"),
        (
            lambda run: (run / "center.npy").write_bytes((run / "center.npy").read_bytes()[:-50]),
            "not a complete .npy",
        ),
        (lambda run: (run / "vocab.json").unlink(), "no such file"),
        (lambda run: (run / "vocab.json").write_text("{"), "not a vocabulary"),
        (lambda run: (run / "vocab.json").write_text("[" * 100000), "not a vocabulary"),
        (_vocabulary(words=7), "not a vocabulary|damaged"),
        (_vocabulary(words=["a"] * 400), "damaged"),
        (_vocabulary(words="ab", counts=[1, 2]), "not a vocabulary|damaged"),
    ],
)
def test_damaged_run_folders(tmp_path: Path, damage: Callable[[Path], Any], message: str) -> None:
    some_vectors().save(tmp_path / "run")
    damage(tmp_path / "run")
    with pytest.raises(InputError, match=message) as raised:
        KeyedVectors.load(tmp_path / "run")
    assert "\n" not in str(raised.value)


def test_a_short_fuzzing_run() -> None:
    """bench.fuzz_vectors, of which docs/formats.md records the long runs."""
    command = [sys.executable, "-m", "bench.fuzz_vectors", "--inputs", "1500"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "inputs (mutate, seed 1)" in done.stdout
