"""Commands on a model with n-grams: words that were never seen have vectors, and are marked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from test_cli_vectors import xw2v

from xw2v.vectors.evaluation import word_pairs
from xw2v.vectors.keyedvectors import KeyedVectors
from xw2v.vectors.testsets import read_pairs

WORDS = ["light", "lights", "lighter", "night", "nights", "nightly", "day", "days", "daily"]
NOTE = "xw2v: 'lightly' was not seen; its vector is that of its n-grams\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    text = folder / "text.txt"
    rng = np.random.default_rng(0)
    text.write_text("".join(" ".join(rng.permutation(WORDS)) + "\n" for _ in range(50)))
    output = folder / "output"
    options = ["--subword", "3-6", "--buckets", 10**5, "--vector-size", 8, "--epochs", 2]
    xw2v("train", text, "--output", output, *options, "--quiet")
    return output


def test_similar_takes_unseen_words(model: Path) -> None:
    seen = xw2v("similar", "night", "--model", model)
    assert seen.stderr == ""
    done = xw2v("similar", "lightly", "--model", model, "--top-k", 3)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == NOTE
    piped = xw2v("similar", "--model", model, "--json", stdin="lightly - light\nnight\n")
    first, second = json.loads(piped.stdout)["queries"]
    assert (first["unseen"], second["unseen"]) == (["lightly"], [])


def test_analogy_and_similarity_take_unseen_words(model: Path) -> None:
    done = xw2v("analogy", "lightly", "night", "light", "--model", model, "--json")
    assert json.loads(done.stdout)["unseen"] == ["lightly"]
    done = xw2v("similarity", "lightly", "nightly", "--model", model)
    assert done.stderr == NOTE
    done = xw2v("similarity", "nightly", "lightly", "--model", model, "--json")
    record = json.loads(done.stdout)
    assert record["unseen"] == ["lightly"]
    assert 1 <= record["rank"] <= len(WORDS)


def test_vector_prints_unseen_words(model: Path) -> None:
    done = xw2v("vector", "-", "--model", model, stdin="lightly\nday\n")
    vectors = KeyedVectors.load(model)
    for line, word in zip(done.stdout.splitlines(), ("lightly", "day"), strict=True):
        name, *numbers = line.split(" ")
        assert name == word
        np.testing.assert_array_equal(np.asarray(numbers, np.float32), vectors[word])
    assert done.stderr == NOTE
    unknown = xw2v("vector", "q", "day", "--model", model, code=1)
    assert "'q' is not in the vocabulary" in unknown.stderr


def test_info_tells_of_n_grams(model: Path) -> None:
    record = json.loads(xw2v("info", model, "--json").stdout)
    subwords = KeyedVectors.load(model).subwords
    assert subwords is not None
    expected = {"min_n": 3, "max_n": 6, "buckets": 10**5, "vectors": len(subwords.rows)}
    assert record["n_grams"] == expected
    assert "  buckets  100,000\n" in xw2v("info", model).stdout


def test_evaluate_scores_pairs_of_unseen_words(model: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("light\tday\t1\nLightly\tlight\t9\nnight\tnightlight\t7\nq\tday\t3\n")
    done = xw2v("evaluate", "--pairs", pairs, "--model", model)
    assert "1 of 4 (25.0%)" in done.stdout
    assert "pairs: 2 more pairs are scored, with words that were not seen" in done.stdout
    record = json.loads(xw2v("evaluate", "--pairs", pairs, "--model", model, "--json").stdout)
    assert (record["pairs"][0]["known"], record["pairs"][0]["composed"]) == (1, 2)
    vectors, test_set = KeyedVectors.load(model), read_pairs(pairs)
    cosines = [
        vectors.similarity(a, b)
        for a, b in (("light", "day"), ("lightly", "light"), ("night", "nightlight"))
    ]
    expected = np.corrcoef(cosines, [1, 9, 7])[0, 1]
    assert word_pairs(vectors, test_set).pearson[0] == pytest.approx(expected, abs=1e-6)
    plain = KeyedVectors(vectors.index_to_key, vectors.vectors)
    assert word_pairs(plain, test_set).composed == 0
