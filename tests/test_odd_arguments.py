"""Odd values, given to every public method of the Python API, are answered or refused in one line
that names the argument.
"""

from __future__ import annotations

import inspect
import operator
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xw2v import KeyedVectors, Word2Vec
from xw2v.errors import Xw2vError
from xw2v.vectors.arguments import KINDS, checks_arguments

WORDS = ["a", "b", "c", "d"]
ODD: tuple[Any, ...] = (
    *(None, [], (), {}, set(), [[]], [[1], [1, 2]], [[1.0, 2.0]], [["a"], ["b"]], ["a", None]),
    *(b"x", b"", "", "\0", "\ud800", "no word", 3, -1, 10**30, True, 2.5, float("nan")),
    *(np.nan, np.float32(2), np.array(2), np.array("a"), np.array(["a", "b"]), np.zeros(3)),
    *(np.zeros(0), np.array([[1, 2, 3]]), np.full(3, 1e308), np.full(3, np.inf), 1j, object()),
    *({"a": 1}, {"count": ["x"]}, {"count": [[1], [1, 2]]}, range(2), str, Path(), print),
)
# what each parameter is given while another one has an odd value
GOOD: dict[str, Any] = {
    "words": WORDS,
    "vectors": np.eye(4, 3, dtype=np.float32),
    "keys": ["e"],
    "weights": [[1.0, 2.0, 3.0]],
    "vector": [1.0, 2.0, 3.0],
    "val": 3,
    "attr": "count",
    "device": "cpu",
    "other": None,
    "queries": np.eye(2, 3, dtype=np.float32),
    "exclude": np.zeros((2, 0), np.int64),
    "k": 2,
    "vector_1": np.ones(3, np.float32),
    "vectors_all": np.ones((2, 3), np.float32),
    "sentences": [["a", "b"]] * 9,
    "word_or_vector": "a",
    **{name: ["a", "b"] for name in ("ws1", "ws2", "keys_list", "other_words")},
    **dict.fromkeys(("key", "key1", "key2", "w1", "w2", "wa", "wb", "word", "positive"), "b"),
}
METHODS = sorted(
    {name for cls in KeyedVectors.__mro__ for name in vars(cls) if not name.startswith("_")}
    - {"vectors", "vector_size", "counts", "norms", "trained_as"}
)
FILES = {"path": "v", "fname": "v.txt", "pairs": "pairs.tsv", "analogies": "analogies.txt"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, where the test runs, of files that may be named."""
    monkeypatch.chdir(tmp_path)
    made = vectors()
    made.save("v")
    made.save_word2vec_format("v.txt")
    (tmp_path / "pairs.tsv").write_text("a\tb\t1\nb\tc\t2\nc\td\t0\n")
    (tmp_path / "analogies.txt").write_text("a b c d\n")
    return tmp_path


def vectors() -> KeyedVectors:
    table = np.eye(4, 3, dtype=np.float32) + np.float32(0.1)
    return KeyedVectors(WORDS, table, np.array([9, 8, 7, 6]))


def odd_calls(call: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Arguments of a call, one of them odd."""
    parameters = [
        parameter
        for parameter in inspect.signature(call).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    good = {
        parameter.name: FILES.get(parameter.name, GOOD.get(parameter.name, parameter.default))
        for parameter in parameters
    }
    good = {name: value for name, value in good.items() if value is not inspect.Parameter.empty}
    for parameter in parameters:
        for odd in ODD:
            yield good | {parameter.name: odd}


def check(ask: Callable[[], Any], shown: str) -> None:
    """A question is answered, or refused with a line of ours, and without a warning."""
    refusal: Exception | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            ask()
        except Exception as error:
            refusal = error
    if refusal is not None:
        assert isinstance(refusal, Xw2vError), f"{shown}: {refusal!r}"
        assert len(str(refusal).splitlines()) == 1, shown


def check_calls(make: Callable[[], Callable[..., Any]]) -> None:
    """Every odd call is answered or refused, each of what `make` makes."""
    for arguments in odd_calls(make()):
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        check(partial(make(), **arguments), f"{make().__name__}({shown})")


@pytest.mark.parametrize("name", METHODS)
def test_odd_arguments_of_vectors_are_answered_or_refused_in_one_line(
    name: str, folder: Path
) -> None:
    check_calls(lambda: getattr(vectors(), name))


def test_odd_items_and_attributes_of_vectors() -> None:
    for odd in ODD:
        wv, row = vectors(), [1.0, 2.0, 3.0]
        check(partial(operator.getitem, wv, odd), f"wv[{odd!r}]")
        check(partial(operator.contains, wv, odd), f"{odd!r} in wv")
        check(partial(operator.setitem, wv, "a", odd), f"wv['a'] = {odd!r}")
        check(partial(operator.setitem, wv, odd, row), f"wv[{odd!r}] = {row}")
        check(partial(setattr, wv, "vectors", odd), f"wv.vectors = {odd!r}")


def test_odd_arguments_of_constructors() -> None:
    check_calls(lambda: KeyedVectors)
    for given in ((None, None), ([], []), (["a"], [[1], [1, 2]]), ("a", [[1.0]])):
        with pytest.raises(Xw2vError):
            KeyedVectors(*given)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["get_params", "save"])
def test_odd_arguments_of_a_model(name: str, folder: Path) -> None:
    model = Word2Vec(vector_size=4, min_count=1, epochs=1).fit([["a", "b"]] * 9)
    check_calls(lambda: getattr(model, name))


def test_odd_arguments_of_fit(folder: Path) -> None:
    check_calls(lambda: Word2Vec(vector_size=4, min_count=1, epochs=1).fit)


def test_odd_arguments_of_an_index() -> None:
    pytest.importorskip("usearch.index")
    from xw2v.vectors.ann import AnnIndex

    for name in inspect.signature(AnnIndex).parameters:
        for odd in ODD:
            given = {"vectors": vectors(), name: odd}
            check(partial(AnnIndex, **given), f"{name}={odd!r}")
    index = AnnIndex(vectors())
    check_calls(lambda: index.most_similar)


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda wv: wv.similar_by_vector([[1], [1, 2]]), "vector="),
        (lambda wv: wv.similarity(["d"], ["a"]), "w1="),
        (lambda wv: wv.distance("a", []), "w2="),
        (lambda wv: wv.n_similarity("a", None), "ws1="),
        (lambda wv: wv.n_similarity(["a"], ["b", None]), r"ws2\[1\]=None"),
        (lambda wv: wv.doesnt_match(None), "words="),
        (lambda wv: wv.doesnt_match("a b c"), "words='a b c'"),
        (lambda wv: wv.save(None), "path="),
        (lambda wv: KeyedVectors.load(None), "path="),
        (lambda wv: KeyedVectors.load(""), "path="),
        (lambda wv: wv.most_similar(2.5), "positive=2.5"),
        (lambda wv: wv.most_similar("a", [None]), "negative=None"),
        (lambda wv: wv.most_similar("a", topn="x"), "topn='x'"),
        (lambda wv: wv.most_similar("a", indexer=3), "indexer=3"),
        (lambda wv: wv.get_vecattr("a", 3), "attr=3"),
        (lambda wv: wv[None], "key=None"),
        (lambda wv: KeyedVectors(["a"], [[1], [1, 2]]), "vectors="),
        (lambda wv: Word2Vec(epochs=1).fit([["a"]] * 9, report=3), "report=3"),
    ],
)
def test_the_message_names_the_argument(ask: Callable[[KeyedVectors], Any], named: str) -> None:
    with pytest.raises(Xw2vError, match=named):
        ask(vectors())


def test_adding_nothing_changes_nothing() -> None:
    changed = vectors()
    changed.add_vectors([], [])
    assert len(changed) == len(WORDS)


def test_a_sum_of_0_has_no_neighbours() -> None:
    wv = vectors()
    for ask in (
        lambda: wv.most_similar("a", "a"),
        lambda: wv.most_similar(["a", "b"], ["b", "a"]),
        lambda: wv.most_similar(["a", "b", "c"], ["c", "a", "b"]),
        lambda: wv.most_similar_cosmul("a", "a"),
        lambda: wv.similar_by_vector(np.zeros(3)),
    ):
        with pytest.raises(Xw2vError, match="no word is nearer"):
            ask()


def test_every_kind_has_its_optional_form() -> None:
    assert all(f"{kind} | None" in KINDS for kind in KINDS if not kind.endswith(" | None"))


def test_an_annotation_without_a_check_is_an_error_where_the_class_is_made() -> None:
    class Question:
        def ask(self, what: bytearray) -> None:
            """Ask."""

    with pytest.raises(TypeError, match="'bytearray': add what it must be to KINDS"):
        checks_arguments()(Question)
