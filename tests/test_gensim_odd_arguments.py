"""What the gensim layer is given that is no value of its kind is answered in one line that names
it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from xw2v.errors import Xw2vError
from xw2v.gensim import FastText, KeyedVectors, Word2Vec

SENTENCES = [["a", "b", "c"]] * 20


def trained(**given: Any) -> Word2Vec:
    settings: dict[str, Any] = {"min_count": 1, "vector_size": 4, "epochs": 1, "workers": 1}
    return Word2Vec(SENTENCES, **settings | given)


@pytest.mark.parametrize("value", ["x", b"x", [1], {}, object(), float("nan")], ids=repr)
@pytest.mark.parametrize(
    "name",
    [
        *("vector_size", "alpha", "min_alpha", "window", "min_count", "max_vocab_size", "sample"),
        *("seed", "workers", "negative", "ns_exponent", "epochs", "max_final_vocab"),
    ],
)
def test_settings(name: str, value: object) -> None:
    with pytest.raises(Xw2vError) as raised:
        trained(**{name: value})
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: KeyedVectors(-1), "vector_size"),
        (lambda: KeyedVectors(0), "vector_size"),
        (lambda: trained(trim_rule=3), "trim_rule"),
        (lambda: trained(callbacks=3), "callbacks"),
        (lambda: FastText(SENTENCES, min_count=1, trim_rule=3), "trim_rule"),
        (lambda: FastText(SENTENCES, min_count=1, callbacks=3), "callbacks"),
        (lambda: trained().predict_output_word(None), "context_words_list"),
        (lambda: trained().predict_output_word("abc"), "context_words_list"),
        (lambda: trained().predict_output_word(["a"], topn="x"), "topn"),
        (lambda: trained().train(SENTENCES, total_examples="x", epochs=1), "total_examples"),
        (lambda: trained().train(SENTENCES, total_examples=20, epochs=1, callbacks=3), "callbacks"),
        (lambda: Word2Vec(min_count=1).build_vocab_from_freq(None), "word_freq"),
        (lambda: Word2Vec(min_count=1).build_vocab_from_freq({"a": "x"}), "word_freq"),
    ],
)
def test_calls(call: Callable[[], Any], name: str) -> None:
    with pytest.raises(Xw2vError, match=name) as raised:
        call()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "given", [{"sg": True, "workers": 1.0}, {"seed": 7.0, "min_count": None}, {"sample": None}]
)
def test_what_gensim_takes_for_a_number_is_one(given: dict[str, Any]) -> None:
    assert len(trained(**given).wv) == 3
