"""The vectors of n-grams in a model folder, beside those of its words:

ngrams.json           {"format", "min_n", "max_n", "buckets"}: the rule of n-grams
ngrams.npy            (B, D) float32, a row for each bucket that training met
ngram_buckets.npy     (B,) int64, all different: the bucket of each row
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from xw2v.errors import FileFormatError, InputError
from xw2v.settings import MOST_NGRAM_CHARACTERS
from xw2v.storage.files import atomic_write, open_binary
from xw2v.storage.jsonfile import json_bytes
from xw2v.storage.npyfile import NpyError, map_array, read_header, write_header
from xw2v.text.ngrams import NgramRule
from xw2v.vectors.subwords import SubwordTable

FORMAT = "xw2v n-grams 1"
RULE, ROWS, BUCKETS = SUBWORD_FILES = ("ngrams.json", "ngrams.npy", "ngram_buckets.npy")


def write_subwords(folder: Path, subwords: SubwordTable) -> None:
    """Write the three files."""
    rule = subwords.rule
    content = {
        "format": FORMAT,
        "min_n": rule.min_n,
        "max_n": rule.max_n,
        "buckets": rule.buckets,
    }
    arrays = (
        (ROWS, np.ascontiguousarray(subwords.rows, "<f4")),
        (BUCKETS, np.ascontiguousarray(subwords.buckets, "<i8")),
    )
    for name, array in arrays:
        with atomic_write(folder / name, array.nbytes) as out:
            write_header(out, array.shape, array.dtype)
            out.write(array.data)
    with atomic_write(folder / RULE) as out:
        out.write(json_bytes(content) + b"\n")


def read_subwords(folder: Path, dim: int) -> SubwordTable | None:
    """The vectors of n-grams in a folder, memory-mapped; None where it has none.

    Args:
        dim: D of the words' vectors.

    Raises:
        InputError: a file is missing or damaged, or does not fit the others.
    """
    path = folder / RULE
    if not path.exists():
        return None
    rule = _read_rule(path)
    rows, buckets = _read_array(folder / ROWS, "<f4", 2), _read_array(folder / BUCKETS, "<i8", 1)
    if rows.shape[1] != dim:
        raise FileFormatError(
            f"vectors of {rows.shape[1]} dimensions, where those of words have {dim}",
            path=folder / ROWS,
        )
    try:
        return SubwordTable(rule, rows, buckets)
    except InputError as error:
        raise FileFormatError(str(error), path=folder / BUCKETS) from None


def _read_rule(path: Path) -> NgramRule:
    with open_binary(path) as file:
        data = file.read()
    try:
        content = json.loads(data)
        sizes = content["min_n"], content["max_n"], content["buckets"]
        if content["format"] != FORMAT:
            raise ValueError
        if any(type(size) is not int for size in sizes):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise FileFormatError(f"not a rule of n-grams ({FORMAT})", path=path) from None
    rule = NgramRule(*sizes)
    in_order = 1 <= rule.min_n <= rule.max_n <= MOST_NGRAM_CHARACTERS
    if not in_order or not 1 <= rule.buckets < 2**31:
        raise FileFormatError(f"there are no n-grams by {rule}", path=path)
    return rule


def _read_array(path: Path, dtype: str, dimensions: int) -> np.ndarray:
    with open_binary(path) as file:
        try:
            header = read_header(file)
            if header.dtype != np.dtype(dtype) or len(header.shape) != dimensions:
                raise FileFormatError(f"holds {header.dtype} of shape {header.shape}", path=path)
            return map_array(file, header)
        except NpyError as error:
            raise FileFormatError(f"not a complete .npy file: {error}", path=path) from None
