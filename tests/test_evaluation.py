"""Evaluation gives gensim's numbers on the same vectors, and says what it left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from wordvectors import as_gensim, made_up_words, some_vectors

from xw2v.errors import InputError
from xw2v.vectors.evaluation import word_analogies, word_pairs
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.testsets import read_analogies, read_pairs

SETTINGS: list[dict[str, Any]] = [
    {},
    {"restrict_vocab": 150},
    {"restrict_vocab": None},
    {"case_insensitive": False},
    {"dummy4unknown": True},
    {"restrict_vocab": 200, "case_insensitive": False, "dummy4unknown": True},
]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs with words in odd case, unknown words, comments and lines that are no pairs."""
    rng = np.random.default_rng(1)
    words = made_up_words(400)
    lines = ["# word1\tword2\tscore", "", "one\ttwo", "a\tb\tc\td", "one\ttwo\tthree"]
    for a, b in rng.integers(0, 400, (200, 2)):
        lines.append(f"{words[a]}\t{words[b].upper()}\t{rng.uniform(0, 10):.2f}")
    lines += ["unknown\tkakakaka\t3", "kakakaka\tunknown\t4.5", "kakakaka\tkakakaka\t10"]
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def analogies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions in three sections; many have an answer that the vectors give, some no known
    word.
    """
    rng = np.random.default_rng(2)
    words = made_up_words(400)
    vectors = some_vectors()
    lines = []
    for name in ("family", "gram1-plural", "empty", "gram2-past"):
        lines.append(f": {name}")
        if name == "empty":
            continue
        lines += ["three words here", "five words are too many"]
        for _ in range(60):
            a, b, c = (words[i] for i in rng.choice(400, 3, replace=False))
            near = vectors.most_similar([b, c], [a], topn=3)
            answer = near[int(rng.integers(0, 3))][0]
            lines.append(f"{a} {rng.choice([b, b.title()])} {c} {answer}")
        lines += ["unknown kakakaka kakakalo kakakami", "Kakakalo kakakalo kakakaka KAKAKAKA"]
        lines += [
            f"{words[5]} {words[10]} {words[40]} {words[20]}",
            f"{words[7]} {words[41]} {words[5]} {words[10]}",
        ]
    path = tmp_path_factory.mktemp("analogies") / "questions.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def assert_same_pairs(ours: Any, theirs: Any) -> None:
    assert_allclose([*ours[0], *ours[1], ours[2]], [*theirs[0], *theirs[1], theirs[2]], atol=1e-9)


@pytest.mark.parametrize("settings", SETTINGS)
def test_pairs_are_gensims(vectors: KeyedVectors, pairs: Path, settings: dict[str, Any]) -> None:
    theirs = as_gensim(vectors).evaluate_word_pairs(str(pairs), **settings)
    assert_same_pairs(vectors.evaluate_word_pairs(pairs, **settings), theirs)


@pytest.mark.parametrize("settings", SETTINGS)
def test_analogies_are_gensims(
    vectors: KeyedVectors, analogies: Path, settings: dict[str, Any]
) -> None:
    theirs = as_gensim(vectors).evaluate_word_analogies(str(analogies), **settings)
    ours = vectors.evaluate_word_analogies(analogies, **settings)
    assert ours[0] == pytest.approx(theirs[0], abs=1e-12)
    assert ours[1] == theirs[1]
    assert 0 < ours[0] < 1


def test_gensims_numbers_on_the_standard_sets(shared_data: Path) -> None:
    """Every number, on every set, over vectors in which some of the analogies hold."""
    folder = shared_data / "eval"
    google = read_analogies(folder / "questions-words.txt")
    pair_sets = sorted(folder.glob("*.tsv"))
    words = dict.fromkeys(
        word
        for section in google.sections
        for question in section.questions
        for word in (
            question.a.lower(),
            question.b[0],
            question.c.lower(),
            question.answers[0].lower(),
        )
    )
    for path in pair_sets:
        words |= dict.fromkeys(
            word for a, b, _ in read_pairs(path).pairs[:400] for word in (a, b.lower())
        )
    names = sorted(words, key=hash_of)
    rng = np.random.default_rng(0)
    row = {word: i for i, word in enumerate(names)}
    table = rng.standard_normal((len(names), 16)).astype(np.float32)
    for section in google.sections:
        for question in section.questions[:: len(section.questions) // 40]:
            a, b, c, d = (
                word.lower()
                for word in (question.a, question.b[0], question.c, question.answers[0])
            )
            table[row[d]] = (
                table[row.get(b, 0)] - table[row[a]] + table[row[c]] + 0.6 * rng.standard_normal(16)
            )
    vectors = KeyedVectors(names, table)
    theirs = as_gensim(vectors)
    for path in pair_sets:
        for settings in ({}, {"restrict_vocab": 3000}, {"dummy4unknown": True}):
            assert_same_pairs(
                vectors.evaluate_word_pairs(path, **settings),
                theirs.evaluate_word_pairs(str(path), **settings),
            )
    ours = vectors.evaluate_word_analogies(folder / "questions-words.txt", restrict_vocab=1500)
    assert ours == theirs.evaluate_word_analogies(
        str(folder / "questions-words.txt"), restrict_vocab=1500
    )
    assert 0 < ours[0] < 1


def hash_of(word: str) -> bytes:
    """An order that has nothing to do with the alphabet, the same on every run."""
    import hashlib

    return hashlib.sha256(word.encode()).digest()


def test_the_slow_way_gives_the_same_predictions(vectors: KeyedVectors, analogies: Path) -> None:
    score = word_analogies(vectors, read_analogies(analogies), 300000)
    upper = [word.upper() for word in vectors.index_to_key]
    for section in score.sections:
        for right, quads in ((True, section.correct), (False, section.incorrect)):
            for a, b, c, d in quads:
                rows = [upper.index(word) for word in (b, c, a)]
                candidates = [
                    w.upper() for w, _ in vectors.most_similar(rows[:2], rows[2:], topn=5)
                ]
                others = [word for word in candidates if word not in (a, b, c)]
                assert ((others or candidates[-1:])[0] == d) is right


def test_totals_and_coverage(vectors: KeyedVectors, analogies: Path) -> None:
    score = word_analogies(vectors, read_analogies(analogies), 300000)
    family, _, empty, _ = score.sections
    assert [section.kind for section in score.sections] == [
        "semantic",
        "syntactic",
        "semantic",
        "syntactic",
    ]
    assert (family.questions, family.unknown, family.answered) == (64, 1, 63)
    assert family.coverage == 63 / 64
    assert (empty.questions, empty.accuracy, empty.coverage) == (0, 0.0, 0.0)
    assert (
        score.total("semantic").questions + score.total("syntactic").questions
        == score.total().questions
    )
    assert len(score.total().correct) == sum(len(section.correct) for section in score.sections)
    assert score.skipped == 6
    wrong = word_analogies(vectors, read_analogies(analogies), 300000, dummy4unknown=True).total()
    assert wrong.answered == wrong.questions
    assert wrong.coverage < 1


def test_sets_without_enough_known_pairs_have_no_correlation(
    vectors: KeyedVectors, tmp_path: Path
) -> None:
    path = tmp_path / "few.tsv"
    path.write_text("kakakaka\tkakakalo\t1\nunknown\tkakakalo\t2\n")
    score = word_pairs(vectors, read_pairs(path))
    assert np.isnan(score.pearson[0])
    assert np.isnan(score.spearman[0])
    assert (score.known, score.pairs, score.unknown_percent) == (1, 2, 50.0)
    path.write_text("unknown\tkakakalo\t2\n")
    with pytest.raises(InputError, match="no pair with both words"):
        vectors.evaluate_word_pairs(path)


def test_vectors_that_are_not_finite_have_no_correlation(tmp_path: Path) -> None:
    table = np.eye(3, dtype=np.float32)
    table[1] = np.nan
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\t1\na\tc\t2\n")
    with pytest.raises(InputError, match=r"the vector of 'b' \(row 1\) has a non-finite value"):
        word_pairs(KeyedVectors(["a", "b", "c"], table), read_pairs(path))


def test_nearly_equal_scores_print_no_warnings(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\t1\na\tc\t1.00000000000001\nb\tc\t1\n")
    score = word_pairs(KeyedVectors(["a", "b", "c"], np.eye(3) + 0.1), read_pairs(path))
    assert score.known == 3


@pytest.mark.parametrize("question", ["a b c a", "a b b a", "a a a a", "a b c c"])
def test_questions_with_few_words_left_are_gensims(tmp_path: Path, question: str) -> None:
    vectors = KeyedVectors(["a", "b", "c"], np.eye(3, dtype=np.float32))
    path = tmp_path / "questions.txt"
    path.write_text(f": section\n{question}\n")
    assert vectors.evaluate_word_analogies(path) == as_gensim(vectors).evaluate_word_analogies(
        str(path)
    )
