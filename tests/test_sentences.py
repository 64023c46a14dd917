"""What Python gives as text: what is no list of words is refused before training, by its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xw2v import Word2Vec
from xw2v.errors import InputError
from xw2v.text import encode
from xw2v.text.corpus import Corpus
from xw2v.vectors.keyedvectors import KeyedVectors

TINY: dict[str, Any] = {"vector_size": 8, "min_count": 1, "epochs": 1}


@pytest.mark.parametrize("nothing", [[], (), iter([]), [[]], [[], []]], ids=repr)
def test_nothing_to_train_on_is_refused_and_not_the_default_text(nothing: Any) -> None:
    with pytest.raises(InputError, match=r"is empty|no words in these sentences"):
        Word2Vec(**TINY).fit(nothing)


def test_an_empty_validation_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"^validation: is empty"):
        Word2Vec(**TINY).fit([["a", "b"]] * 9, validation=[])


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ({"text": "a b c", "label": 1}, "is a dict, not a list of tokens: give the tokens of its"),
        ({"a", "b"}, "is a set, which has no order"),
        (frozenset("ab"), "is a frozenset, which has no order"),
        ({"a": 1}.keys(), "is a dict_keys, which has no order"),
        (b"a b", "is of type bytes, not a list of tokens"),
        (bytearray(b"a b"), "is of type bytearray, not a list of tokens"),
        ("a b", "is a string, not a list of tokens"),
        (None, "is of type NoneType, not a list of tokens"),
        (3, "is of type int, not a list of tokens"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_token_list_is_refused_by_its_number(sentence: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^sentence 2 {message}"):
        Word2Vec(**TINY).fit([["a", "b"], ["c"], sentence, ["d"]])


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (None, "None is of type NoneType, not a string; convert tokens first"),
        (7, "7 is of type int, not a string"),
        (float("nan"), "nan is of type float, not a string"),
        (b"b", "b'b' is of type bytes, not a string"),
        (["b"], r"\['b'\] is of type list, not a string; lists are nested too deeply"),
        (np.array(["b"]), "is of type ndarray, not a string; lists are nested too deeply"),
        ("", "an empty string is no word"),
        ("x\ny", r"'x\\ny' has a line break"),
        ("x\udcff", r"'x\\udcff' cannot be written as UTF-8"),
    ],
    ids=lambda value: repr(value)[:20],
)
@pytest.mark.parametrize("chunk", [1, 4, 1 << 16])
def test_what_is_no_word_is_refused_by_its_place(
    token: Any, message: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "CHUNK_TOKENS", chunk)
    sentences: list[list[Any]] = [["a", "b"], [], ["c", "a", "b"], ["a", token], ["d", token]]
    with pytest.raises(InputError, match=f"^sentence 3, token 1: .*{message}"):
        Word2Vec(**TINY).fit(sentences)


@pytest.mark.parametrize(
    "make",
    [
        lambda: [np.array(["a", "b"])] * 9,
        lambda: np.array([["a", "b"]] * 9),
        lambda: [list(np.array(["a", "b"]))] * 9,
        lambda: [("a", "b")] * 9,
        lambda: ((token for token in "ab") for _ in range(9)),
    ],
)
def test_words_are_plain_strings_whatever_they_came_in(make: Callable[[], Any]) -> None:
    wv = Word2Vec(**TINY).fit(make()).wv
    assert [type(word) for word in wv.index_to_key] == [str, str]
    assert type(wv.most_similar(np.str_("a"))[0][0]) is str
    with pytest.raises(KeyError, match=r"^'z' is not in the vocabulary"):
        _ = wv[np.str_("z")]


@pytest.mark.parametrize("words", ["red wine", "\t", "\u2028", "a\r", "\x00", " ", "#", "3 4"])
def test_any_other_word_is_written_and_read_again(words: str, tmp_path: Path) -> None:
    Word2Vec(**TINY).fit([["a", words, "b"]] * 9).save(tmp_path)
    for path in (tmp_path, tmp_path / "vectors.txt"):
        assert set(KeyedVectors.load(path).index_to_key) == {"a", words, "b"}


@pytest.mark.parametrize(
    "texts", [["long text " * 40, "b"], ["the cat sat"], "the cat sat", [""], ""], ids=str
)
def test_texts_taken_for_names_of_files_are_refused_with_the_way_to_split_them(texts: Any) -> None:
    with pytest.raises(InputError, match=r"no such file or folder.*\[text.split\(\) for"):
        Word2Vec(**TINY).fit(texts)


@pytest.mark.parametrize("value", [5, 0.5, None])
def test_what_cannot_be_iterated_over_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=f"^sentences={value}: give lists of tokens"):
        Word2Vec(**TINY).fit(value)


def test_a_corpus_of_sentences_checks_them_too() -> None:
    with pytest.raises(InputError, match="sentence 0, token 0"):
        Corpus.from_sentences([[1, 2]], min_count=1)  # type: ignore[list-item]


OBJECTS = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.binary(max_size=3),
        st.text(st.characters(), max_size=3),
        st.sampled_from(["a", "b", np.str_("c"), "\udcff", "\n", ""]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=2),
        st.frozensets(st.text(max_size=2), max_size=2),
    ),
    max_leaves=12,
)


@given(st.lists(OBJECTS, max_size=5))
def test_any_objects_are_sentences_of_words_or_an_error(sentences: list[Any]) -> None:
    try:
        corpus = Corpus.from_sentences(sentences, min_count=1)
    except InputError:
        return
    words = [[str(token) for token in sentence] for sentence in sentences if len(sentence)]
    assert [corpus.sentence(s) for s in range(len(corpus))] == words
    for word in corpus.vocabulary.words:
        assert type(word) is str
        assert word.encode()
