"""docs/vectors.md leaves out no public method of gensim's KeyedVectors, and names none that is not
here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xw2v.vectors.keyedvectors import KeyedVectors

PAGE = (Path(__file__).parents[1] / "docs" / "vectors.md").read_text()
ROWS = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| `")]


def test_every_method_of_gensim_has_its_row() -> None:
    theirs = pytest.importorskip("gensim.models").KeyedVectors
    named = {name for left, _ in ROWS for name in re.findall(r"`(\w+)`", left)}
    assert {name for name in dir(theirs) if not name.startswith("_")} <= named


def test_what_is_said_to_be_the_same_is_there() -> None:
    same = [left for left, right in ROWS if right.strip().startswith("same")]
    names = {name for left in same for name in re.findall(r"`(\w+)`", left)}
    instance = {"index_to_key", "key_to_index", "vectors"}
    assert {name for name in names if not hasattr(KeyedVectors, name)} <= instance
    assert len(names) > 35
