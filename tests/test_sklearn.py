"""Word2VecVectorizer: token lists to vectors, in scikit-learn's terms."""

from __future__ import annotations

import builtins
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xw2v import InputError, KeyedVectors, MissingDependencyError, UsageError, Word2Vec

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_array, validate_data

from xw2v.sklearn import Word2VecVectorizer
from xw2v.vectors.sentence_vectors import common_components

TOPICS = [[f"{topic}{n}" for n in range(12)] for topic in ("sea", "wood", "city")]
SMALL = Word2Vec(vector_size=10, min_count=1, sample=0, epochs=5, batch_tokens=256)


def topical(sentences: int = 300) -> tuple[list[list[str]], list[int]]:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=sentences).tolist()
    return [[*rng.choice(TOPICS[label], 5).tolist(), "the"] for label in labels], labels


TEXTS, LABELS = topical()
TABLE = KeyedVectors(
    ["the", "cat", "dog"], np.array([[1, 0], [0, 1], [2, 2]], np.float32), np.array([8, 1, 1])
)


def test_a_text_becomes_the_mean_of_its_words() -> None:
    vectorizer = Word2VecVectorizer(vectors=TABLE)
    texts = [["the", "cat"], ["dog", "dog", "the", "no"], [], ["no"], ("cat",)]
    found = vectorizer.fit_transform(texts)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0.5, 0.5], [5 / 3, 4 / 3], [0, 0], [0, 0], [0, 1]])
    assert vectorizer.get_feature_names_out().tolist() == [
        "word2vecvectorizer0",
        "word2vecvectorizer1",
    ]


def test_smooth_inverse_frequency_is_aroras() -> None:
    rng = np.random.default_rng(1)
    words = [f"w{i}" for i in range(30)]
    counts = rng.integers(1, 1000, 30)
    table = rng.normal(size=(30, 6)).astype(np.float32) + 0.5
    vectors = KeyedVectors(words, table, counts)
    texts = [rng.choice(words, size=rng.integers(1, 9)).tolist() for _ in range(50)]
    a = 0.01
    means = np.array(
        [
            sum(a / (a + counts[int(w[1:])] / counts.sum()) * table[int(w[1:])] for w in text)
            / len(text)
            for text in texts
        ]
    )
    u = np.linalg.svd(means, full_matrices=False)[2][:2]
    for components in (0, 1, 2):
        expected = means - means @ u[:components].T @ u[:components]
        sif = Word2VecVectorizer(vectors=vectors, weighting="sif", a=a, components=components)
        np.testing.assert_allclose(sif.fit_transform(texts), expected, atol=1e-5)
        one = sif.transform(texts[:1])  # by the components of the texts that it was fitted to
        np.testing.assert_allclose(one, expected[:1], atol=1e-5)


def test_common_components_are_orthonormal_and_lead_the_texts() -> None:
    rng = np.random.default_rng(2)
    means = rng.normal(size=(40, 5)).astype(np.float32)
    means[:, 0] += 3
    u = common_components(means, 2)
    np.testing.assert_allclose(u @ u.T, np.eye(2), atol=1e-6)
    assert abs(u[0, 0]) > 0.99


def test_words_without_counts_are_counted_in_the_texts() -> None:
    bare = KeyedVectors(TABLE.index_to_key, TABLE.vectors)
    texts = [["the"] * 8, ["cat", "dog", "no"]]
    given = Word2VecVectorizer(vectors=TABLE, weighting="sif").fit(texts)
    counted = Word2VecVectorizer(vectors=bare, weighting="sif").fit(texts)
    np.testing.assert_allclose(counted.word_weights_, given.word_weights_)


def test_vectors_are_trained_or_loaded(tmp_path: Path) -> None:
    trained = Word2VecVectorizer(SMALL).fit(TEXTS)
    model = clone(SMALL).fit(TEXTS)
    np.testing.assert_array_equal(trained.vectors_.vectors, model.wv.vectors)
    model.save(tmp_path)
    for path in (tmp_path, str(tmp_path)):
        loaded = Word2VecVectorizer(vectors=path).fit(TEXTS[:1])
        np.testing.assert_array_equal(loaded.transform(TEXTS), trained.transform(TEXTS))
    assert Word2VecVectorizer().fit(TEXTS).vectors_.vector_size == 100


@pytest.mark.parametrize("weighting", ["mean", "sif"])
def test_texts_are_classified_in_a_pipeline(weighting: str) -> None:
    vectorizer = Word2VecVectorizer(SMALL, weighting=weighting)
    pipeline = make_pipeline(vectorizer, StandardScaler(), LogisticRegression())
    assert cross_val_score(pipeline, TEXTS, LABELS, cv=2).min() > 0.9
    search = GridSearchCV(
        pipeline,
        {"word2vecvectorizer__word2vec__epochs": [1, 6], "word2vecvectorizer__weighting": ["mean"]},
        cv=2,
        error_score="raise",
    ).fit(TEXTS, LABELS)
    best = search.best_estimator_[0]
    assert best.word2vec_.settings.epochs == best.word2vec.settings.epochs
    assert SMALL.settings.epochs == 5


def test_a_generator_is_fitted_and_transformed_and_frames_are_made() -> None:
    vectorizer = Word2VecVectorizer(SMALL)
    found = vectorizer.fit_transform(text for text in TEXTS)
    np.testing.assert_array_equal(found, vectorizer.transform(np.array(TEXTS)))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a text", "another"], "sentence 0 is a string"),
        ("a text", "not a str"),
        (7, "not a int"),
        ([["a"], 7], "sentence 1 is of type int"),
        ([["rare"]], "no words left"),
    ],
)
def test_what_is_no_token_list_is_refused(texts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Word2VecVectorizer().fit(texts)


@pytest.mark.parametrize(
    "given",
    [{"weighting": "tfidf"}, {"a": 0}, {"components": -1}, {"word2vec": SMALL, "vectors": TABLE}],
)
def test_parameters_out_of_range_are_refused_by_fit(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(reversed(given))):
        Word2VecVectorizer(**given).fit(TEXTS)


def test_scikit_learn_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *given: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "sklearn":
            raise ImportError("none here")
        return plain(name, *given, **options)

    monkeypatch.delitem(sys.modules, "xw2v.sklearn")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r'pip install "xw2v\[sklearn\]"'):
        import xw2v.sklearn  # noqa: F401


class OfNumbers(Word2VecVectorizer):  # type: ignore[misc]
    """The transformer with rows of numbers as texts, which scikit-learn's own checks give."""

    def fit(self, X: Any, y: Any = None) -> OfNumbers:
        return super().fit(self._texts(X, reset=True))  # type: ignore[return-value]

    def transform(self, X: Any) -> np.ndarray:
        if not hasattr(self, "vectors_"):
            return super().transform([])  # not fitted
        return super().transform(self._texts(X, reset=False))

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        return self.fit(X, y).transform(X)

    def _texts(self, X: Any, reset: bool) -> list[list[str]]:
        rows = check_array(validate_data(self, X, reset=reset))
        words = [[f"column{i}:{value > 0}" for i, value in enumerate(row)] for row in rows]
        return [["row", *text] for text in words]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.string = False
        return tags


def test_scikit_learns_checks_pass_on_token_lists() -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Can't test estimator")
        check_estimator(Word2VecVectorizer(SMALL))


@pytest.mark.parametrize("weighting", ["mean", "sif"])
def test_scikit_learns_checks_pass_on_texts_made_of_numbers(weighting: str) -> None:
    small = Word2Vec(vector_size=4, min_count=1, epochs=1)
    results = check_estimator(OfNumbers(small, weighting=weighting), on_fail=None, on_skip=None)
    failed = {
        found["check_name"]: found["exception"] for found in results if found["status"] == "failed"
    }
    assert failed == {}
    assert sum(found["status"] == "passed" for found in results) >= 40
