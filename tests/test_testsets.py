"""Test sets are read in every published layout; lines that are none are counted or named."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from xw2v.errors import InputError, UsageError
from xw2v.vectors.evaluation import word_analogies
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.testsets import read_analogies, read_pairs


def test_bats_asks_every_pair_of_pairs(tmp_path: Path) -> None:
    """king/queen-like pairs whose second word is the first plus a constant; several right answers
    count.
    """
    folder = tmp_path / "bats" / "3_Encyclopedic_semantics"
    folder.mkdir(parents=True)
    (folder / "E10 [male - female].txt").write_text(
        "king\tqueen/kingess\nman\tnoword/woman\nboy\tgirl\nx\tunknown\n"
    )
    rng = np.random.default_rng(0)
    male = rng.standard_normal((3, 30))
    other = rng.standard_normal((20, 30))
    names = ["king", "man", "boy", "kingess", "woman", "girl", *(f"w{i}" for i in range(20)), "x"]
    vectors = KeyedVectors(
        names, np.concatenate([male, male + 3, other, other[:1]]).astype(np.float32)
    )
    given = read_analogies(tmp_path / "bats")
    assert len(given.sections) == 1
    score = word_analogies(vectors, given).sections[0]
    assert (score.kind, score.questions, score.unknown) == ("semantic", 12, 6)
    assert sorted((quad[0], quad[2]) for quad in score.correct) == sorted(
        (a.upper(), c.upper()) for a, c in itertools.permutations(["king", "man", "boy"], 2)
    )


def test_msr_is_one_syntactic_section(tmp_path: Path) -> None:
    path = tmp_path / "msr-analogies.txt"
    path.write_text("# MSR: a b c d\ngood better rough rougher\nbetter good rougher rough\n")
    (section,) = read_analogies(path).sections
    assert (section.name, section.kind, len(section.questions)) == ("msr-analogies", "syntactic", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no analogy question"),
        (": only\n: sections\n", "no analogy question"),
        ("a b c\n", "no analogy question"),
        (": s\na b \udcff d\n", r":2: not UTF-8"),
    ],
)
def test_bad_analogy_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "questions.txt"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=message) as raised:
        read_analogies(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_bad_pair_files_and_folders_are_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a b c\nd e f\n")
    with pytest.raises(InputError, match="no line of word, word and score"):
        read_pairs(path)
    with pytest.raises(InputError, match="no such file"):
        read_pairs(tmp_path / "missing.tsv")
    with pytest.raises(InputError, match="BATS"):
        read_analogies(tmp_path)


PUBLISHED = {  # the first lines of sets as they are published, and what they say
    "MEN": ("sun sunlight 50.000000\nautomobile car 50.0\n", ("sun", "sunlight", 50), 3),
    "SimLex-999": (
        "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\tSD\n"
        "old\tnew\tA\t1.58\t2.72\t2.81\t2\t7.25\t1\t0.41\n"
        "smart\tintelligent\tA\t9.2\t1.75\t2.46\t1\t7.11\t1\t0.67\n",
        ("old", "new", 1.58),
        4,
    ),
    "WordSim-353": (
        "Word 1,Word 2,Human (mean)\nlove,sex,6.77\ntiger,cat,7.35\n",
        ("love", "sex", 6.77),
        3,
    ),
    "RW": (
        "squishing\tsquirt\t5.88\t7\t5\t7\t1\t5\t8\t7\t7\t5\t7\n"
        "undated\tundatable\t5.83\t6\t10\t6\t9\t4\t3\t5\t6\t9\t0\n",
        ("squishing", "squirt", 5.88),
        3,
    ),
    "SimVerb-3500": (
        "take\tremove\tV\t6.81\tSYNONYMS\nwalk\ttrail\tV\t4.81\tCOHYPONYMS\n",
        ("take", "remove", 6.81),
        4,
    ),
    "RG-65": ("gem;jewel;3.94\nautomobile;car;3.92\n", ("gem", "jewel", 3.94), 3),
    "numbered": ("ID,Word 1,Word 2,Mean\n1,a b,c,2.5\n2,d,e,3\n", ("a b", "c", 2.5), 4),
    "padded": ("a \t b\t 1.5 \nc\t d \t2\n", ("a", "b", 1.5), 3),
    "quoted": ('"a, b","c",1.5\n"d","e",2\n', ("a, b", "c", 1.5), 3),
    "marked": ("\ufeffa\tb\t1.5\nc\td\t2\n", ("a", "b", 1.5), 3),
}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_pair_files_as_they_are_published(tmp_path: Path, name: str, ends: str) -> None:
    text, first, column = PUBLISHED[name]
    path = tmp_path / "pairs.txt"
    path.write_bytes(text.replace("\n", ends).encode())
    found = read_pairs(path)
    assert found.pairs[0] == first
    assert (len(found.pairs), found.skipped, found.score_column) == (2, 0, column)


def test_a_delimiter_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("new york|city|3\nparis|city|4\n")
    with pytest.raises(InputError, match="tabs, commas, semicolons or spaces"):
        read_pairs(path)
    assert read_pairs(path, "|").pairs[0] == ("new york", "city", 3)
    path.write_text("a b\t1\nc d\t2\n")
    assert read_pairs(path, "space").pairs[1] == ("c", "d", 2)
    with pytest.raises(InputError, match=r"separated by '\\t'"):
        read_pairs(path, "tab")
    with pytest.raises(UsageError, match="delimiter=''"):
        read_pairs(path, "")


@pytest.mark.parametrize("bad", ["a\tb\tnan", "a\tb\tinf", "a\tb\t1_0", "a\tb", "a\t\t1", "\tb\t1"])
def test_lines_that_are_no_pair_are_skipped_and_counted(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(f"a\tb\t1\n{bad}\nc\td\t2\na\tc\t1.5\n{bad}\n")
    found = read_pairs(path)
    assert (len(found.pairs), found.skipped) == (3, 2)


@pytest.mark.parametrize("name", ["questions.txt", "bats/E01 [x].txt"])
def test_a_byte_order_mark_hides_no_question(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    text = "a\tb\nc\td\n" if name.startswith("bats") else ": one\na b c d\n"
    path.write_text("\ufeff" + text, "utf-8")
    (section,) = read_analogies(tmp_path / "bats" if name.startswith("bats") else path).sections
    assert (section.questions[0].a, section.questions[0].b) == ("a", ("b",))
